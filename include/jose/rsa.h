/*
 * rsa: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2) over any bytes, with keys from PEM files that others made; and
 * what a certificate says of itself. For the gateways of other services; tokens are jws.h's.
 *
 * Keys are of 2048 to 4096 bits. They live as long as the arena they were read into, and are wiped with it.
 */
#ifndef JOSE_RSA_H
#define JOSE_RSA_H

#include "base/fault.h"
#include "base/str.h"

struct arena;
struct rsa_key;

/* PKCS#8 or PKCS#1, not encrypted; the file is refused when others may read it. */
bool rsa_key_read_private(struct arena *arena, struct str path, struct rsa_key **ret_key, struct fault *fault);
/* SubjectPublicKeyInfo ("BEGIN PUBLIC KEY"). */
bool rsa_key_read_public(struct arena *arena, struct str path, struct rsa_key **ret_key, struct fault *fault);
/* The same from text; false when it holds no such key. */
bool rsa_key_parse_private(struct arena *arena, struct str pem, struct rsa_key **ret_key);
bool rsa_key_parse_public(struct arena *arena, struct str pem, struct rsa_key **ret_key);
/* A fresh pair of 2048 bits, for tests and simulators. */
struct rsa_key *rsa_key_generate(struct arena *arena);

/* The signature's bytes; absent only when OpenSSL cannot, as with a key that is not private. */
struct str rsa_sign(struct arena *arena, const struct rsa_key *key, struct str text);
bool rsa_verify(const struct rsa_key *key, struct str text, struct str signature);
/* Do both halves belong to one pair? */
bool rsa_key_is_pair(const struct rsa_key *private_key, const struct rsa_key *public_key);

struct rsa_certificate {
    struct str serial_name; /* lower-case hexadecimal MD5 of the issuer (RFC 2253) and the decimal serial number: how
                               some gateways name a certificate. Not for security. */
    bool signed_with_rsa;   /* by SHA-1 or SHA-256 with RSA */
    struct rsa_key *key;    /* NULL where it is of another kind or size */
};
#define RSA_CERTIFICATES_MOST 32
/* All of a PEM file, in order; at least one. */
bool rsa_certificates_read(struct arena *arena, struct str path, struct rsa_certificate **ret_certificates,
                           size_t *ret_count, struct fault *fault);
/* The same from text; 0 when one cannot be read, or there are too many. */
size_t rsa_certificates_parse(struct arena *arena, struct str pem, struct rsa_certificate **ret_certificates);

#endif
