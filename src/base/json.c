/*
 * Strict reading over jansson, whose only home this is, and writing without a tree.
 */
#include "base/json.h"

#include "base/arena.h"
#include "base/check.h"

#include <jansson.h>
#include <math.h>

/* jansson recurses up to 2048 deep, so depth is looked at first, with an eye for strings. */
static bool shallow(struct str text, unsigned most) {
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (in_string) {
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '[' || c == '{') {
            if (++depth > most) {
                return false;
            }
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return true;
}

static void release(void *handle) {
    json_decref(handle);
}

bool json_parse(struct arena *arena, struct str text, struct json_limits limits, const struct json **ret_value) {
    if (text.len == 0 || text.len > limits.bytes || !shallow(text, limits.depth)) {
        return false;
    }
    json_t *root = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    if (!root) {
        return false;
    }
    arena_defer(arena, release, root);
    *ret_value = (const struct json *)root;
    return true;
}

static const json_t *real_of(const struct json *value) {
    return (const json_t *)value;
}

enum json_kind json_kind(const struct json *value) {
    if (!value) {
        return JSON_KIND_NULL;
    }
    switch (json_typeof(real_of(value))) {
    case JSON_OBJECT:
        return JSON_KIND_OBJECT;
    case JSON_ARRAY:
        return JSON_KIND_ARRAY;
    case JSON_STRING:
        return JSON_KIND_STRING;
    case JSON_INTEGER:
        return JSON_KIND_INT;
    case JSON_REAL:
        return JSON_KIND_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return JSON_KIND_BOOL;
    case JSON_NULL:
        break;
    }
    return JSON_KIND_NULL;
}

const struct json *json_member(const struct json *object, const char *name) {
    return object ? (const struct json *)json_object_get(real_of(object), name) : NULL;
}

const struct json *json_element(const struct json *array, size_t index) {
    return array ? (const struct json *)json_array_get(real_of(array), index) : NULL;
}

size_t json_length(const struct json *container) {
    if (!container) {
        return 0;
    }
    return json_is_array(real_of(container)) ? json_array_size(real_of(container))
                                             : json_object_size(real_of(container));
}

bool json_str(const struct json *value, struct str *ret_text) {
    if (!value || !json_is_string(real_of(value))) {
        return false;
    }
    *ret_text = str_of(json_string_value(real_of(value)), json_string_length(real_of(value)));
    return true;
}

bool json_int(const struct json *value, int64_t *ret_number) {
    const double exact = 9007199254740992.0; /* 2^53 */
    if (value && json_is_integer(real_of(value))) {
        *ret_number = json_integer_value(real_of(value));
        return true;
    }
    if (!value || !json_is_real(real_of(value))) {
        return false;
    }
    double number = json_real_value(real_of(value));
    if (!(number >= -exact && number <= exact) || number != floor(number)) {
        return false;
    }
    *ret_number = (int64_t)number;
    return true;
}

bool json_bool(const struct json *value, bool *ret_flag) {
    if (!value || !json_is_boolean(real_of(value))) {
        return false;
    }
    *ret_flag = json_is_true(real_of(value));
    return true;
}

bool json_get_str(const struct json *object, const char *name, struct str *ret_text) {
    return json_str(json_member(object, name), ret_text);
}

bool json_get_int(const struct json *object, const char *name, int64_t *ret_number) {
    return json_int(json_member(object, name), ret_number);
}

bool json_get_bool(const struct json *object, const char *name, bool *ret_flag) {
    return json_bool(json_member(object, name), ret_flag);
}

bool json_each(const struct json *object, bool (*visit)(void *ctx, struct str name, const struct json *value),
               void *ctx) {
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)object, name, value) {
        if (!visit(ctx, str_from(name), (const struct json *)value)) {
            return false;
        }
    }
    return true;
}

static int append(const char *bytes, size_t len, void *arg) {
    buf_put(arg, str_of(bytes, len));
    return 0;
}

void json_write_value(struct buf *buf, const struct json *value) {
    json_dump_callback(real_of(value), append, buf, JSON_COMPACT | JSON_ENCODE_ANY);
}

/* --- writing --- */

static void start(struct json_out *out, const char *name) {
    if (out->comma) {
        buf_putc(out->buf, ',');
    }
    out->comma = true;
    if (name) {
        buf_putc(out->buf, '"');
        buf_put(out->buf, str_from(name));
        buf_puts(out->buf, "\":");
    }
}

static void open_with(struct json_out *out, const char *name, char bracket) {
    start(out, name);
    buf_putc(out->buf, bracket);
    out->comma = false;
}

static void close_with(struct json_out *out, char bracket) {
    buf_putc(out->buf, bracket);
    out->comma = true;
}

void json_open_object(struct json_out *out, const char *name) {
    open_with(out, name, '{');
}

void json_close_object(struct json_out *out) {
    close_with(out, '}');
}

void json_open_array(struct json_out *out, const char *name) {
    open_with(out, name, '[');
}

void json_close_array(struct json_out *out) {
    close_with(out, ']');
}

static void put_quoted(struct json_out *out, struct str text) {
    buf_putc(out->buf, '"');
    buf_put_json(out->buf, text);
    buf_putc(out->buf, '"');
}

void json_put_str(struct json_out *out, const char *name, struct str text) {
    start(out, name);
    put_quoted(out, text);
}

void json_put_int(struct json_out *out, const char *name, int64_t number) {
    start(out, name);
    buf_put_i64(out->buf, number);
}

void json_put_bool(struct json_out *out, const char *name, bool flag) {
    start(out, name);
    buf_put(out->buf, flag ? STR("true") : STR("false"));
}

void json_put_raw(struct json_out *out, const char *name, struct str json) {
    start(out, name);
    buf_put(out->buf, json);
}
