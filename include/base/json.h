/*
 * json: reading JSON from outside (through jansson, whose only home is base/json.c) and writing it straight into a buf.
 *
 * Reading is strict (RFC 8259, I-JSON): UTF-8 without a byte order mark, no duplicate names, no NUL in strings, nothing
 * behind the value, depth and size within the caller's limits. Parse at the edge into a struct with real types: below
 * the edge nobody looks things up by name. Values belong to the arena given to json_parse.
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

struct json; /* one value; never changes */

enum json_kind {
    JSON_KIND_NULL,
    JSON_KIND_BOOL,
    JSON_KIND_INT,
    JSON_KIND_REAL,
    JSON_KIND_STRING,
    JSON_KIND_ARRAY,
    JSON_KIND_OBJECT
};

struct json_limits {
    size_t bytes;
    unsigned depth; /* nesting of arrays and objects, 1 for a flat object */
};

#define JSON_LIMITS_TOKEN ((struct json_limits){.bytes = 16 * 1024, .depth = 12}) /* a JOSE header or claims */
#define JSON_LIMITS_DOCUMENT                                                                                           \
    ((struct json_limits){.bytes = 256 * 1024, .depth = 16}) /* a JWKS, an upstream's answer                           \
                                                              */

bool json_parse(struct arena *arena, struct str text, struct json_limits limits, const struct json **ret_value);

enum json_kind json_kind(const struct json *value); /* JSON_KIND_NULL also for NULL */
/* Members and elements: NULL when absent or when the container is of another type (also when it is NULL). */
const struct json *json_member(const struct json *object, const char *name);
const struct json *json_element(const struct json *array, size_t index);
size_t json_length(const struct json *container); /* elements or members; 0 for anything else */

/* False when absent or of another type; ret_ is left untouched. A string may hold any byte but NUL. */
bool json_get_str(const struct json *object, const char *name, struct str *ret_text);
bool json_get_int(const struct json *object, const char *name, int64_t *ret_number);
bool json_get_bool(const struct json *object, const char *name, bool *ret_flag);
bool json_str(const struct json *value, struct str *ret_text);
bool json_int(const struct json *value, int64_t *ret_number); /* also a real without fraction inside ±2^53 */
bool json_bool(const struct json *value, bool *ret_flag);

/* Walking the members of an object, in the order of the text. `visit` returns false to stop. */
bool json_each(const struct json *object, bool (*visit)(void *ctx, struct str name, const struct json *value),
               void *ctx);

/* The value as compact JSON text appended to the buf. */
void json_write_value(struct buf *buf, const struct json *value);

/* Writing. Commas are put by themselves; a writer is a position in a buf and needs no release. */
struct json_out {
    struct buf *buf;
    bool comma;
};

static inline struct json_out json_out(struct buf *buf) {
    return (struct json_out){.buf = buf};
}
/* `name` is NULL inside an array and for the outermost value. Names are constants that need no escape. */
void json_open_object(struct json_out *out, const char *name);
void json_close_object(struct json_out *out);
void json_open_array(struct json_out *out, const char *name);
void json_close_array(struct json_out *out);
void json_put_str(struct json_out *out, const char *name, struct str text);
void json_put_int(struct json_out *out, const char *name, int64_t number);
void json_put_bool(struct json_out *out, const char *name, bool flag);
void json_put_raw(struct json_out *out, const char *name, struct str json); /* json is already JSON text */

#endif
