/*
 * json_pointer: where something is in a JSON document (RFC 6901): "/data/items/0/code". Read once, followed often.
 */
#ifndef BASE_JSON_POINTER_H
#define BASE_JSON_POINTER_H

#include "base/json.h"

#define JSON_POINTER_BYTES_MOST 512
#define JSON_POINTER_STEPS_MOST 16 /* no document is read deeper */

struct json_pointer {
    struct str text; /* as it was written */
    const struct json_step *steps;
    size_t count;
};

/* False when it is none, or longer than the ceilings. In the arena. */
bool json_pointer_read(struct arena *arena, struct str text, struct json_pointer *ret_pointer);
/* NULL where there is nothing. An index is written without leading zeros, and "-" (behind the last) is never there. */
const struct json *json_pointer_find(const struct json_pointer *pointer, const struct json *root);

#endif
