/*
 * SHA-256 and HMAC-SHA-256, with the algorithm fetched once; SHA-512 is needed seldom and is not.
 */
#include "jose/digest.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>

static EVP_MD *sha256_md;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void) {
    sha256_md = EVP_MD_fetch(NULL, "SHA256", NULL);
    CHECK(sha256_md);
}

static const EVP_MD *md(void) {
    pthread_once(&fetched, fetch);
    return sha256_md;
}

struct sha256 sha256_of(struct str text) {
    struct sha256 digest;
    CHECK(EVP_Digest(text.ptr, text.len, digest.bytes, NULL, md(), NULL) == 1);
    return digest;
}

static void length_bytes(size_t len, unsigned char to[8]) {
    for (int i = 0; i < 8; i++) {
        to[i] = (unsigned char)((uint64_t)len >> (8 * (7 - i)));
    }
}

struct sha256 sha256_of_parts(const struct str *parts, size_t count) {
    struct sha256 digest;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(ctx && EVP_DigestInit_ex(ctx, md(), NULL) == 1);
    for (size_t i = 0; i < count; i++) {
        unsigned char length[8];
        length_bytes(parts[i].len, length);
        CHECK(EVP_DigestUpdate(ctx, length, sizeof(length)) == 1 &&
              EVP_DigestUpdate(ctx, parts[i].ptr, parts[i].len) == 1);
    }
    CHECK(EVP_DigestFinal_ex(ctx, digest.bytes, NULL) == 1);
    EVP_MD_CTX_free(ctx);
    return digest;
}

/* struct sha256_stream is EVP's context under a name of ours. */
struct sha256_stream *sha256_begin(void) {
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    CHECK(ctx && EVP_DigestInit_ex(ctx, md(), NULL) == 1);
    return (struct sha256_stream *)ctx;
}

void sha256_add(struct sha256_stream *stream, struct str piece) {
    CHECK(EVP_DigestUpdate((EVP_MD_CTX *)stream, piece.ptr, piece.len) == 1);
}

struct sha256 sha256_end(struct sha256_stream *stream) {
    struct sha256 digest;
    CHECK(EVP_DigestFinal_ex((EVP_MD_CTX *)stream, digest.bytes, NULL) == 1);
    EVP_MD_CTX_free((EVP_MD_CTX *)stream);
    return digest;
}

struct sha256 hmac_sha256(struct secret key, struct str text) {
    struct sha256 digest;
    unsigned len = 0;
    CHECK(HMAC(md(), key.ptr, (int)key.len, (const unsigned char *)text.ptr, text.len, digest.bytes, &len) &&
          len == SHA256_SIZE);
    return digest;
}

struct sha512 sha512_of(struct str text) {
    struct sha512 digest;
    CHECK(EVP_Digest(text.ptr, text.len, digest.bytes, NULL, EVP_sha512(), NULL) == 1);
    return digest;
}
