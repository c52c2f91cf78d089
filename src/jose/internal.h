/*
 * internal: what the files of jose share about keys. EVP handles do not leave this folder.
 */
#ifndef JOSE_INTERNAL_H
#define JOSE_INTERNAL_H

#include "jose/key.h"

#include <openssl/evp.h>
#include <stdatomic.h>

struct jose_key {
    atomic_int holds;
    enum jose_alg alg;
    EVP_PKEY *pkey;
    char kid[128];
    size_t kid_len;
};

struct jose_key_set {
    struct jose_key **keys;
    size_t count, size;
};

/* Takes over pkey; kid is the thumbprint. */
struct jose_key *jose_key_of(EVP_PKEY *pkey, enum jose_alg alg);
/* False when it is empty or too long. */
bool jose_key_set_kid(struct jose_key *key, struct str kid);

/* Takes over the caller's hold of the key. */
void jose_key_set_add(struct jose_key_set *set, struct jose_key *key);
struct jose_key_set *jose_key_set_new(void);

/* Raw big-endian integers of ES256 signatures (RFC 7518 §3.4). */
#define ES256_SIZE 64
#define ES256_HALF 32
/* Between them and the DER of OpenSSL; SM2's have the same two forms. `der` has room for ES256_SIZE + 16 bytes. */
bool jose_raw_from_der(const unsigned char *der, size_t len, unsigned char raw[ES256_SIZE]);
bool jose_der_from_raw(struct str raw, unsigned char *der, size_t *ret_len);

/* One signature check with a loaded key; the length rules of each algorithm included. */
bool jose_key_verify(const struct jose_key *key, struct str input, struct str signature);

#endif
