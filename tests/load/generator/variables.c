/*
 * Names and their values.
 */
#include "variables.h"

#include "base/arena.h"

#define ROOM_FIRST 1024

static const struct str built_in[VARIABLES_BUILT_IN] = {
    [VARIABLE_STATE] = STR_INIT("state"),       [VARIABLE_NONCE] = STR_INIT("nonce"),
    [VARIABLE_VERIFIER] = STR_INIT("verifier"), [VARIABLE_CHALLENGE] = STR_INIT("challenge"),
    [VARIABLE_COUNT] = STR_INIT("count"),       [VARIABLE_ASSERTION] = STR_INIT("assertion"),
};

void variables_init(struct variables *variables) {
    *variables = (struct variables){.count = VARIABLES_BUILT_IN};
    for (size_t i = 0; i < VARIABLES_BUILT_IN; i++) {
        /* Assertions are known once the plan says how to sign them. */
        variables->items[i] = (struct variable){.name = built_in[i], .known = i != VARIABLE_ASSERTION};
    }
}

bool variable_name_is_valid(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_')) {
            return false;
        }
    }
    return name.len > 0;
}

bool variables_find(const struct variables *variables, struct str name, size_t *ret_index) {
    for (size_t i = 0; i < variables->count; i++) {
        if (str_equal(variables->items[i].name, name)) {
            *ret_index = i;
            return true;
        }
    }
    return false;
}

bool variables_add(struct variables *variables, struct str name, size_t *ret_index) {
    if (variables_find(variables, name, ret_index)) {
        return true;
    }
    if (variables->count == VARIABLES_MOST || !variable_name_is_valid(name)) {
        return false;
    }
    *ret_index = variables->count++;
    variables->items[*ret_index] = (struct variable){.name = name};
    return true;
}

void values_init(struct values *values, struct arena *arena, const struct variables *variables) {
    *values = (struct values){
        .arena = arena,
        .texts = arena_array_of(arena, variables->count, struct str),
        .rooms = arena_array_of(arena, variables->count, struct room),
    };
    for (size_t i = 0; i < variables->count; i++) {
        values->texts[i] = variables->items[i].constant;
    }
}

char *values_room(struct values *values, size_t index, size_t size) {
    struct room *room = &values->rooms[index];
    if (room->size < size) {
        size_t fresh = room->size ? room->size : ROOM_FIRST;
        while (fresh < size) {
            fresh *= 2;
        }
        *room = (struct room){arena_alloc(values->arena, fresh), fresh};
    }
    return room->ptr;
}
