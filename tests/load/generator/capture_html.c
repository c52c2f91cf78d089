/*
 * Hidden fields of forms: enough of HTML to find the attributes of a tag, not a parser of pages.
 */
#include "capture.h"

#include "digit.h"

#include "base/check.h"
#include "base/utf8.h"

static bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static void skip_spaces(struct str *text) {
    while (text->len > 0 && is_space(text->ptr[0])) {
        *text = str_sub(*text, 1, text->len - 1);
    }
}

/* Takes characters as long as they are none of the stops. */
static struct str take_until(struct str *text, struct str stops) {
    size_t len = 0;
    while (len < text->len && !str_contains(stops, text->ptr[len])) {
        len++;
    }
    struct str taken = str_sub(*text, 0, len);
    *text = str_sub(*text, len, text->len - len);
    return taken;
}

static struct str take_value(struct str *text) {
    if (text->len > 0 && (text->ptr[0] == '"' || text->ptr[0] == '\'')) {
        char quote = text->ptr[0];
        struct str rest;
        struct str value = str_cut(str_sub(*text, 1, text->len - 1), quote, &rest);
        *text = str_is_absent(rest) ? STR("") : rest;
        return value;
    }
    return take_until(text, STR(" \t\r\n\f>"));
}

/* The next attribute of a tag; false at the tag's end. An attribute without a value has an absent one. */
static bool next_attribute(struct str *tag, struct str *ret_name, struct str *ret_value) {
    while (tag->len > 0 && (is_space(tag->ptr[0]) || tag->ptr[0] == '/')) {
        *tag = str_sub(*tag, 1, tag->len - 1);
    }
    if (tag->len == 0 || tag->ptr[0] == '>') {
        return false;
    }
    *ret_name = take_until(tag, STR(" \t\r\n\f/>="));
    *ret_value = STR_NONE;
    skip_spaces(tag);
    if (tag->len > 0 && tag->ptr[0] == '=') {
        *tag = str_sub(*tag, 1, tag->len - 1);
        skip_spaces(tag);
        *ret_value = take_value(tag);
    }
    return true;
}

/* The `value` of the tag, if its `name` is the wanted one. */
static struct str value_of_input(struct str *tag, struct str wanted) {
    struct str name, text, value = STR_NONE;
    bool ours = false;
    while (next_attribute(tag, &name, &text)) {
        if (str_equal_fold(name, STR("name"))) {
            ours = str_equal(text, wanted);
        } else if (str_equal_fold(name, STR("value"))) {
            value = text;
        }
    }
    return ours ? value : STR_NONE;
}

/* --- character references --- */

static const struct {
    struct str name;
    char means;
} entities[] = {
    {STR_INIT("amp"), '&'},  {STR_INIT("lt"), '<'},    {STR_INIT("gt"), '>'},
    {STR_INIT("quot"), '"'}, {STR_INIT("apos"), '\''},
};

/* The digits behind "#": decimal, or hexadecimal behind an x. */
static bool read_code_point(struct str digits, uint32_t *ret_code_point) {
    bool hex = digits.len > 0 && (digits.ptr[0] | 0x20) == 'x';
    uint32_t base = hex ? 16 : 10, number = 0;
    digits = hex ? str_sub(digits, 1, digits.len - 1) : digits;
    for (size_t i = 0; i < digits.len; i++) {
        int value = digit_value(digits.ptr[i]);
        if (value < 0 || (uint32_t)value >= base || number > 0x10ffff / base) {
            return false;
        }
        number = number * base + (uint32_t)value;
    }
    *ret_code_point = number;
    return digits.len > 0 && number > 0 && number <= 0x10ffff && number / 0x800 != 0x1b;
}

/* How many bytes the name between & and ; stands for; 0 for a name that we do not know. */
static size_t decode_entity(struct str name, char *to) {
    uint32_t code_point;
    if (name.len > 1 && name.ptr[0] == '#' && read_code_point(str_sub(name, 1, name.len - 1), &code_point)) {
        return utf8_write(to, code_point);
    }
    for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
        if (str_equal(entities[i].name, name)) {
            *to = entities[i].means;
            return 1;
        }
    }
    return 0;
}

/* A reference never gets longer by being decoded. Those we do not know stay as they are. */
static void set_decoded(struct values *values, size_t variable, struct str text) {
    char *room = values_room(values, variable, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        struct str rest = STR_NONE;
        struct str name = text.ptr[i] == '&' ? str_cut(str_sub(text, i + 1, text.len - i - 1), ';', &rest) : STR("");
        size_t bytes = str_is_absent(rest) ? 0 : decode_entity(name, room + len);
        if (bytes > 0) {
            len += bytes;
            i += name.len + 1;
        } else {
            room[len++] = text.ptr[i];
        }
    }
    values->texts[variable] = str_of(room, len);
}

bool capture_html(struct str page, struct str name, struct values *values, size_t variable) {
    while (page.len > 0) {
        struct str rest;
        str_cut(page, '<', &rest);
        page = rest;
        if (page.len > 5 && str_equal_fold(str_sub(page, 0, 5), STR("input")) && is_space(page.ptr[5])) {
            page = str_sub(page, 5, page.len - 5);
            struct str value = value_of_input(&page, name);
            if (!str_is_absent(value)) {
                set_decoded(values, variable, value);
                return true;
            }
        }
    }
    return false;
}
