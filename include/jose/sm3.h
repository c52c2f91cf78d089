/*
 * sm3: the hash of GM/T 0004-2012 (GB/T 32905) and HMAC with it, for the interfaces of authorities that ask for them.
 */
#ifndef JOSE_SM3_H
#define JOSE_SM3_H

#include "base/secret.h"

#define SM3_SIZE 32

struct sm3 {
    unsigned char bytes[SM3_SIZE];
};

struct sm3 sm3_of(struct str text);
struct sm3 hmac_sm3(struct secret key, struct str text);

static inline struct str sm3_str(const struct sm3 *digest) {
    return str_of(digest->bytes, SM3_SIZE);
}

#endif
