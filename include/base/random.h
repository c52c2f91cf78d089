/*
 * random: bytes from the kernel's generator (getrandom(2)). Cannot fail: a kernel without it ends the process.
 */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include "base/str.h"

void random_bytes(void *to, size_t len);
/* base64url of `bytes` random bytes. */
struct str random_text(struct arena *arena, size_t bytes);

#endif
