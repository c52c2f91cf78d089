/*
 * Secrets in an arena, wiped with it.
 */
#include "base/secret.h"

#include "base/arena.h"
#include "base/random.h"

void secret_wipe(void *ptr, size_t len) {
    explicit_bzero(ptr, len);
}

static void wipe(void *handle) {
    struct secret *secret = handle;
    secret_wipe(secret->ptr, secret->len);
}

static struct secret *secret_new(struct arena *arena, size_t len) {
    struct secret *secret = arena_new_of(arena, struct secret);
    secret->ptr = arena_alloc(arena, len);
    secret->len = len;
    arena_defer(arena, wipe, secret);
    return secret;
}

struct secret secret_copy(struct arena *arena, struct str bytes) {
    struct secret *secret = secret_new(arena, bytes.len);
    if (bytes.len > 0) {
        memcpy(secret->ptr, bytes.ptr, bytes.len);
    }
    return *secret;
}

struct secret secret_random(struct arena *arena, size_t len) {
    struct secret *secret = secret_new(arena, len);
    random_bytes(secret->ptr, len);
    return *secret;
}
