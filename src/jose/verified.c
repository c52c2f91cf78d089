/*
 * Sets of a few digests, chosen by the digest's first bytes. Nobody chooses the digest of a token that verifies, so no
 * one can make sets overflow at will.
 */
#include "jose/verified.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define SETS     4096 /* 16384 tokens, 512 KiB when all are used; pages that are not touched are not there */
#define SET_SIZE 4

struct verified {
    struct sha256 sets[SETS][SET_SIZE];
    unsigned char oldest[SETS];
};

struct verified *verified_new(void) {
    return check_calloc(1, sizeof(struct verified));
}

void verified_free(struct verified *verified) {
    free(verified);
}

static size_t set_of(const struct sha256 *token) {
    return ((size_t)token->bytes[0] << 8 | token->bytes[1]) % SETS;
}

bool verified_has(const struct verified *verified, const struct sha256 *token) {
    const struct sha256 *set = verified->sets[set_of(token)];
    for (size_t i = 0; i < SET_SIZE; i++) {
        if (memcmp(set[i].bytes, token->bytes, SHA256_SIZE) == 0) {
            return true;
        }
    }
    return false;
}

void verified_add(struct verified *verified, const struct sha256 *token) {
    size_t set = set_of(token);
    verified->sets[set][verified->oldest[set]] = *token;
    verified->oldest[set] = (unsigned char)((verified->oldest[set] + 1) % SET_SIZE);
}
