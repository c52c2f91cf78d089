/*
 * SM3 and HMAC-SM3, with the algorithm fetched once.
 */
#include "jose/sm3.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>

static EVP_MD *sm3_md;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void) {
    sm3_md = EVP_MD_fetch(NULL, "SM3", NULL);
    CHECK(sm3_md);
}

static const EVP_MD *md(void) {
    pthread_once(&fetched, fetch);
    return sm3_md;
}

struct sm3 sm3_of(struct str text) {
    struct sm3 digest;
    CHECK(EVP_Digest(text.ptr, text.len, digest.bytes, NULL, md(), NULL) == 1);
    return digest;
}

struct sm3 hmac_sm3(struct secret key, struct str text) {
    struct sm3 digest;
    unsigned len = 0;
    CHECK(HMAC(md(), key.ptr, (int)key.len, (const unsigned char *)text.ptr, text.len, digest.bytes, &len) &&
          len == SM3_SIZE);
    return digest;
}
