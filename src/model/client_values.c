/*
 * Values of client metadata by kind: texts, flags, numbers, URIs, choices. And how a problem is noted.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"
#include "client_reading.h"

#include <stdarg.h>
#include <stdio.h>

#define URIS_MOST 50

void client_problem(struct reading *reading, const char *format, ...) {
    struct client_problems *problems = reading->problems;
    if (problems->count == CLIENT_PROBLEMS_MOST) {
        return;
    }
    struct client_problem *item = &problems->items[problems->count++];
    item->member = str_from(reading->member);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item->text, sizeof(item->text), format, arguments);
    va_end(arguments);
}

const char *client_shown(struct reading *reading, struct str text) {
    char *copy = str_c(reading->arena, str_sub(text, 0, text.len < 100 ? text.len : 100));
    for (char *c = copy; *c; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
    }
    return copy;
}

/* What does not show, or makes other text show differently: C0 and C1 controls, zero-width characters, directional
 * marks, line separators. A name that people are asked to trust may hold none of it. */
static bool is_invisible(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
           (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || c == 0xad || c == 0x61c || (c >= 0xe0000 && c <= 0xe007f);
}

static bool has_invisible(struct str text) {
    uint32_t c;
    while (text.len > 0) {
        if (!utf8_next(&text, &c) || is_invisible(c)) {
            return true;
        }
    }
    return false;
}

bool client_read_text(struct reading *reading, const struct json *value, size_t most, struct str *ret_text) {
    struct str text;
    if (!json_str(value, &text)) {
        client_problem(reading, "must be a string");
        return false;
    }
    if (text.len == 0 || text.len > most || has_invisible(text)) {
        client_problem(reading, "must be 1 to %zu bytes without control or invisible characters", most);
        return false;
    }
    *ret_text = text;
    return true;
}

void client_read_flag(struct reading *reading, const struct json *value, bool *ret_flag) {
    if (!json_bool(value, ret_flag)) {
        client_problem(reading, "must be true or false");
    }
}

void client_read_number(struct reading *reading, const struct json *value, int64_t least, int64_t most,
                        int64_t *ret_number) {
    int64_t number;
    if (!json_int(value, &number) || number < least || number > most) {
        client_problem(reading, "must be a whole number from %lld to %lld", (long long)least, (long long)most);
        return;
    }
    *ret_number = number;
}

bool client_uri_is_web(const struct uri *uri) {
    return str_equal(uri->scheme, STR("https")) || (str_equal(uri->scheme, STR("http")) && uri_is_loopback(uri));
}

/* A page or an address the server or the browser goes to: https, or http on this very machine for trials. */
bool client_read_web_uri(struct reading *reading, const struct json *value, struct str *ret_uri) {
    struct str text;
    struct uri uri;
    if (!client_read_text(reading, value, URI_MOST, &text)) {
        return false;
    }
    const char *wrong = uri_read(text, &uri);
    if (!wrong && !client_uri_is_web(&uri)) {
        wrong = "is not https";
    }
    if (wrong) {
        client_problem(reading, "%s %s", client_shown(reading, text), wrong);
        return false;
    }
    *ret_uri = text;
    return true;
}

void client_read_uris(struct reading *reading, const struct json *value, const struct str **ret_uris,
                      size_t *ret_count) {
    size_t count = json_length(value);
    if (json_kind(value) != JSON_KIND_ARRAY || count == 0 || count > URIS_MOST) {
        client_problem(reading, "must be a list of 1 to %d URIs", URIS_MOST);
        return;
    }
    struct str *uris = arena_array_of(reading->arena, count, struct str);
    for (size_t i = 0; i < count; i++) {
        struct uri uri;
        if (!json_str(json_element(value, i), &uris[i])) {
            client_problem(reading, "must be a list of strings");
            return;
        }
        const char *wrong = uri_read(uris[i], &uri);
        if (wrong) {
            client_problem(reading, "%s %s", client_shown(reading, uris[i]), wrong);
            return;
        }
    }
    *ret_uris = uris;
    *ret_count = count;
}

bool client_choose(struct reading *reading, const struct json *value, const struct client_choice *choices, size_t count,
                   int *ret_value) {
    struct str text = STR("");
    json_str(value, &text);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(choices[i].name, text)) {
            *ret_value = choices[i].value;
            return true;
        }
    }
    client_problem(reading, "%s is not one we support", client_shown(reading, text));
    return false;
}
