/*
 * digest: SHA-256 and HMAC-SHA-256; SHA-512 where others' tokens want it.
 */
#ifndef JOSE_DIGEST_H
#define JOSE_DIGEST_H

#include "base/secret.h"

#define SHA256_SIZE 32

struct sha256 {
    unsigned char bytes[SHA256_SIZE];
};

struct sha256 sha256_of(struct str text);
/* Of several parts, each preceded by its length, so that ("ab","c") and ("a","bc") differ. */
struct sha256 sha256_of_parts(const struct str *parts, size_t count);
/* Of what comes piece by piece. The end releases the stream. */
struct sha256_stream;
struct sha256_stream *sha256_begin(void);
void sha256_add(struct sha256_stream *stream, struct str piece);
struct sha256 sha256_end(struct sha256_stream *stream);

struct sha256 hmac_sha256(struct secret key, struct str text);

#define SHA512_SIZE 64

struct sha512 {
    unsigned char bytes[SHA512_SIZE];
};
struct sha512 sha512_of(struct str text);

static inline struct str sha256_str(const struct sha256 *digest) {
    return str_of(digest->bytes, SHA256_SIZE);
}

#endif
