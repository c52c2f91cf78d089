/*
 * JSON pointers: the text into steps, and the steps down a document.
 */
#include "base/json_pointer.h"

#include "base/arena.h"

struct json_step {
    const char *name;
    uint64_t index;
    bool is_index; /* also a name, where the container is an object */
};

/* ~1 is a slash and ~0 a tilde; a tilde before anything else is a mistake (§3). */
static bool unescape(struct arena *arena, struct str text, struct str *ret_name) {
    char *name = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\0') {
            return false;
        }
        if (c == '~') {
            if (i + 1 == text.len || (text.ptr[i + 1] != '0' && text.ptr[i + 1] != '1')) {
                return false;
            }
            c = text.ptr[++i] == '0' ? '~' : '/';
        }
        name[len++] = c;
    }
    *ret_name = str_of(name, len); /* the arena's zeros end it */
    return true;
}

static bool is_index(struct str name, uint64_t *ret_index) {
    return str_to_u64(name, ret_index) && (name.len == 1 || name.ptr[0] != '0');
}

bool json_pointer_read(struct arena *arena, struct str text, struct json_pointer *ret_pointer) {
    struct json_step *steps = arena_array_of(arena, JSON_POINTER_STEPS_MOST, struct json_step);
    size_t count = 0;
    struct str rest = text;
    if (text.len > JSON_POINTER_BYTES_MOST || (text.len > 0 && text.ptr[0] != '/')) {
        return false;
    }
    if (text.len > 0) {
        rest = str_sub(text, 1, text.len - 1);
    }
    while (text.len > 0 && !str_is_absent(rest)) {
        struct str name;
        if (count == JSON_POINTER_STEPS_MOST || !unescape(arena, str_cut(rest, '/', &rest), &name)) {
            return false;
        }
        steps[count].name = name.ptr;
        steps[count].is_index = is_index(name, &steps[count].index);
        count++;
    }
    *ret_pointer = (struct json_pointer){str_dup(arena, text), steps, count};
    return true;
}

static const struct json *follow(const struct json_step *step, const struct json *value) {
    switch (json_kind(value)) {
    case JSON_KIND_OBJECT:
        return json_member(value, step->name);
    case JSON_KIND_ARRAY:
        return step->is_index && step->index < json_length(value) ? json_element(value, (size_t)step->index) : NULL;
    default:
        return NULL;
    }
}

const struct json *json_pointer_find(const struct json_pointer *pointer, const struct json *root) {
    const struct json *value = root;
    for (size_t i = 0; value && i < pointer->count; i++) {
        value = follow(&pointer->steps[i], value);
    }
    return value;
}
