/*
 * Location, Set-Cookie and JSON bodies. The JSON is not parsed: its member is searched for.
 */
#include "capture.h"

#include "digit.h"

#include "base/utf8.h"

static void set_copy(struct values *values, size_t variable, struct str text) {
    char *room = values_room(values, variable, text.len);
    if (text.len > 0) {
        memcpy(room, text.ptr, text.len);
    }
    values->texts[variable] = str_of(room, text.len);
}

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* --- Location --- */

/* Path and query: without scheme and authority (RFC 3986 §3), and without a fragment. */
static struct str request_target(struct str location) {
    struct str rest;
    struct str target = str_cut(location, '#', &rest);
    const char *authority = memmem(target.ptr, target.len, "//", 2);
    bool absolute = authority && (authority == target.ptr || authority[-1] == ':') &&
                    !memchr(target.ptr, '?', (size_t)(authority - target.ptr));
    if (!absolute) {
        return target;
    }
    size_t from = (size_t)(authority - target.ptr) + 2;
    const char *path = memchr(target.ptr + from, '/', target.len - from);
    return path ? str_of(path, target.len - (size_t)(path - target.ptr)) : STR("/");
}

static bool take_parameter(struct str location, struct str name, struct str *ret_value) {
    struct str query, fragment;
    str_cut(str_cut(location, '#', &fragment), '?', &query);
    while (!str_is_absent(query)) {
        struct str value;
        struct str parameter = str_cut(query, '&', &query);
        if (str_equal(str_cut(parameter, '=', &value), name) && !str_is_absent(value)) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

static bool take_location(const struct capture *capture, const struct answer *answer, struct values *values) {
    struct str text = answer->location;
    if (str_is_absent(text)) {
        return false;
    }
    if (str_is_absent(capture->name)) {
        text = request_target(text);
    } else if (!take_parameter(answer->location, capture->name, &text)) {
        return false;
    }
    set_copy(values, capture->variable, text);
    return true;
}

/* --- Set-Cookie --- */

/* RFC 6265 §5.2: the value is what stands before the first semicolon. A later cookie of the same name replaces it. */
static bool take_cookie(const struct capture *capture, const struct answer *answer, struct values *values) {
    bool found = false;
    size_t position = 0;
    struct str field;
    while (!str_is_absent(field = answer_next_field(answer, STR("set-cookie"), &position))) {
        struct str attributes, value;
        struct str pair = str_cut(field, ';', &attributes);
        if (str_equal(str_trim(str_cut(pair, '=', &value)), capture->name) && !str_is_absent(value)) {
            set_copy(values, capture->variable, str_trim(value));
            found = true;
        }
    }
    return found;
}

/* --- JSON --- */

/* The text behind `"name" : "`, up to the end of the body; absent when there is no such member. */
static struct str find_member(struct str body, struct str quoted) {
    struct str left = body;
    for (;;) {
        const char *found = memmem(left.ptr, left.len, quoted.ptr, quoted.len);
        if (!found) {
            return STR_NONE;
        }
        const char *at = found + quoted.len, *end = body.ptr + body.len;
        left = str_of(at, (size_t)(end - at));
        while (at < end && is_space(*at)) {
            at++;
        }
        /* Behind a backslash the quote is part of another text; without a colon this is no member's name. */
        if (at == end || *at != ':' || (found > body.ptr && found[-1] == '\\')) {
            continue;
        }
        do {
            at++;
        } while (at < end && is_space(*at));
        if (at < end && *at == '"') {
            return str_of(at + 1, (size_t)(end - at - 1));
        }
    }
}

/* The end of a string whose begin is `text`; SIZE_MAX when it has none. */
static size_t string_end(struct str text, bool *ret_escapes) {
    *ret_escapes = false;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') {
            return i;
        }
        if (text.ptr[i] == '\\') {
            *ret_escapes = true;
            i++;
        }
    }
    return SIZE_MAX;
}

static bool read_hex(struct str digits, uint32_t *ret_number) {
    *ret_number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int value = digit_value(digits.ptr[i]);
        if (value < 0) {
            return false;
        }
        *ret_number = *ret_number << 4 | (uint32_t)value;
    }
    return true;
}

/* One escape (RFC 8259 §7) at `*at`, which is moved to its last character; how many bytes it stands for, 0 for none
 * that we know. Halves of surrogate pairs are none: no token or address has them. */
static size_t decode_escape(struct str text, size_t *at, char *to) {
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    uint32_t code_point;
    char c = text.ptr[++*at];
    const char *letter = memchr(letters, c, sizeof(letters) - 1);
    if (letter) {
        *to = meanings[letter - letters];
        return 1;
    }
    bool known = c == 'u' && text.len - *at > 4 && read_hex(str_sub(text, *at + 1, 4), &code_point);
    if (!known || code_point / 0x800 == 0x1b) {
        return 0;
    }
    *at += 4;
    return utf8_write(to, code_point);
}

static bool set_unescaped(struct values *values, size_t variable, struct str text) {
    char *room = values_room(values, variable, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '\\') {
            room[len++] = text.ptr[i];
            continue;
        }
        size_t bytes = decode_escape(text, &i, room + len);
        if (bytes == 0) {
            return false;
        }
        len += bytes;
    }
    values->texts[variable] = str_of(room, len);
    return true;
}

static bool take_json(const struct capture *capture, const struct answer *answer, struct values *values) {
    struct str text = find_member(answer_body(answer), capture->quoted);
    bool escapes;
    size_t end = str_is_absent(text) ? SIZE_MAX : string_end(text, &escapes);
    if (end == SIZE_MAX) {
        return false;
    }
    text.len = end;
    if (escapes) {
        return set_unescaped(values, capture->variable, text);
    }
    set_copy(values, capture->variable, text);
    return true;
}

bool capture_take(const struct capture *capture, const struct answer *answer, struct values *values) {
    switch (capture->from) {
    case CAPTURE_LOCATION:
        return take_location(capture, answer, values);
    case CAPTURE_JSON:
        return take_json(capture, answer, values);
    case CAPTURE_COOKIE:
        return take_cookie(capture, answer, values);
    case CAPTURE_HTML:
        break;
    }
    return capture_html(answer_body(answer), capture->name, values, capture->variable);
}
