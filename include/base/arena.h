/*
 * arena: memory of one request (or of one loaded file) that is released in one stroke.
 *
 * Nothing taken from an arena is freed by hand. Foreign handles (EVP_PKEY, CURL, json_t, sqlite3_stmt) are attached
 * with arena_defer and released with it, last attached first. An arena belongs to one thread at a time.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
/* Runs the deferred releases, wipes nothing (see secret.h) and frees the memory. NULL is fine. */
void arena_free(struct arena *arena);

/* Zeroed, aligned for any type. Never NULL: running out of memory ends the process. */
void *arena_alloc(struct arena *arena, size_t size) __attribute__((malloc, returns_nonnull));
void *arena_alloc_array(struct arena *arena, size_t count, size_t size) __attribute__((malloc, returns_nonnull));
#define arena_new_of(arena, type)          ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array_of(arena, count, type) ((type *)arena_alloc_array((arena), (count), sizeof(type)))

void arena_defer(struct arena *arena, void (*release)(void *handle), void *handle);

/* struct arena *scratch ARENA_AUTO = arena_new(); is freed when the scope ends. */
static inline void arena_free_at_scope_end(struct arena **arena) {
    arena_free(*arena);
}
#define ARENA_AUTO __attribute__((cleanup(arena_free_at_scope_end)))

#endif
