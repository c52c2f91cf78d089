/*
 * Sets of a few entries, chosen by the digest's first bytes. Nobody chooses the digest of a token that verifies, so no
 * one can make sets overflow at will.
 */
#include "jose/verified.h"

#include "base/check.h"

#include <stdlib.h>
#include <string.h>

#define SETS     2048 /* 8192 tokens, 2 MiB when all are used; pages that are not touched are not there */
#define SET_SIZE 4

struct entry {
    struct sha256 token;
    uint16_t len; /* 0: empty */
    char content[VERIFIED_BYTES_MOST];
};

struct verified {
    struct entry sets[SETS][SET_SIZE];
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

bool verified_find(const struct verified *verified, const struct sha256 *token, struct str *ret_content) {
    const struct entry *set = verified->sets[set_of(token)];
    for (size_t i = 0; i < SET_SIZE; i++) {
        if (set[i].len > 0 && memcmp(set[i].token.bytes, token->bytes, SHA256_SIZE) == 0) {
            *ret_content = str_of(set[i].content, set[i].len);
            return true;
        }
    }
    return false;
}

void verified_add(struct verified *verified, const struct sha256 *token, struct str content) {
    if (content.len == 0 || content.len > VERIFIED_BYTES_MOST) {
        return;
    }
    size_t set = set_of(token);
    struct entry *entry = &verified->sets[set][verified->oldest[set]];
    verified->oldest[set] = (unsigned char)((verified->oldest[set] + 1) % SET_SIZE);
    entry->token = *token;
    entry->len = (uint16_t)content.len;
    memcpy(entry->content, content.ptr, content.len);
}
