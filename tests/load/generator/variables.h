/*
 * variables: the names a plan knows, and what they stand for in one connection.
 *
 * A name is an index from the moment the plan is read; nothing is looked up by text afterwards. The values of a
 * connection are texts that belong to the plan, or to rooms of the connection's own that only ever grow.
 */
#ifndef LOAD_VARIABLES_H
#define LOAD_VARIABLES_H

#include "base/str.h"

#define VARIABLES_MOST 64

/* The first indices are those a plan need not declare. */
enum {
    VARIABLE_STATE,
    VARIABLE_NONCE,
    VARIABLE_VERIFIER,
    VARIABLE_CHALLENGE,
    VARIABLE_COUNT,
    VARIABLE_ASSERTION,
    VARIABLES_BUILT_IN
};

struct variable {
    struct str name;
    struct str constant; /* absent: it has none */
    const struct str *elements;
    size_t element_count; /* 0: it is no list */
    bool known;           /* has a value at the place where the plan is being read */
    bool used;            /* stands in some request */
};

struct variables {
    struct variable items[VARIABLES_MOST];
    size_t count;
};

/* The built-in names. */
void variables_init(struct variables *variables);
bool variables_find(const struct variables *variables, struct str name, size_t *ret_index);
/* Finds or adds; false when there are too many or the name is no name: small letters, digits and underscores. */
bool variables_add(struct variables *variables, struct str name, size_t *ret_index);
bool variable_name_is_valid(struct str name);

struct values {
    struct arena *arena;
    struct str *texts; /* by index; absent until it has a value */
    struct room {
        char *ptr;
        size_t size;
    } * rooms;
};

void values_init(struct values *values, struct arena *arena, const struct variables *variables);
/* At least `size` bytes that belong to this variable. What it held there before is lost. */
char *values_room(struct values *values, size_t index, size_t size);

#endif
