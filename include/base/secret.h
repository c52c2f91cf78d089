/*
 * secret: bytes that must not leak. Wiped on release, compared in constant time, and there is no log field for it.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include "base/str.h"

struct secret {
    unsigned char *ptr;
    size_t len;
};

/* A copy in the arena that is wiped when the arena is freed. */
struct secret secret_copy(struct arena *arena, struct str bytes);
/* `len` random bytes, likewise. */
struct secret secret_random(struct arena *arena, size_t len);
static inline struct str secret_bytes(struct secret secret) {
    return str_of(secret.ptr, secret.len);
}
/* Cannot be optimised away. */
void secret_wipe(void *ptr, size_t len);

#endif
