/*
 * key: a loaded key: EVP handles with type, algorithm and kid, never PEM on a hot path. The only home of EVP is
 * src/jose.
 *
 * A struct jose_key is immutable after loading and may be shared by threads; each thread signs through a struct
 * jose_signer of its own.
 */
#ifndef JOSE_KEY_H
#define JOSE_KEY_H

#include "base/buf.h"
#include "base/fault.h"
#include "base/json.h"

/* RFC 7518 §3.1, RFC 8037. JOSE_NONE stands for "no such algorithm" and is never accepted anywhere. */
enum jose_alg { JOSE_NONE, JOSE_ES256, JOSE_RS256, JOSE_PS256, JOSE_EDDSA, JOSE_HS256 };

struct str jose_alg_name(enum jose_alg alg);
enum jose_alg jose_alg_from_name(struct str name); /* exact case */

struct jose_key;

/* A fresh key pair for an algorithm (RSA: 3072 bits); kid is the RFC 7638 thumbprint. NULL only when OpenSSL cannot.
 * Free with jose_key_free. */
struct jose_key *jose_key_generate(enum jose_alg alg);
/* Holds one reference more; each is given back with jose_key_free. */
struct jose_key *jose_key_hold(struct jose_key *key);
void jose_key_free(struct jose_key *key);

struct str jose_key_kid(const struct jose_key *key);
enum jose_alg jose_key_alg(const struct jose_key *key);

/* JWK (RFC 7517): the public members, or the private ones too (for key files only). */
void jose_key_write_public(const struct jose_key *key, struct json_out *out);
void jose_key_write_private(const struct jose_key *key, struct json_out *out);
/*
 * From a JWK. A public key from outside is checked (JW-20): sizes (RSA 2048 to 4096 bits, e odd and at most 32 bits),
 * point on the curve, member types, no private members. `alg` names the algorithm when the JWK does not (RSA: RS256 or
 * PS256 by the caller's use); one that disagrees with kty is refused.
 */
bool jose_key_read_public(const struct json *jwk, enum jose_alg alg, struct jose_key **ret_key);
bool jose_key_read_private(const struct json *jwk, struct jose_key **ret_key);

/*
 * A private key of ours that somebody else knows the public half of, from a PEM file without a passphrase that nobody
 * but its owner can read: RSA of 2048 to 4096 bits (`alg` says RS256 or PS256), P-256 or Ed25519. `kid` is what the
 * other side calls it; absent: the thumbprint.
 */
bool jose_key_read_pem(struct str path, enum jose_alg alg, struct str kid, struct jose_key **ret_key,
                       struct fault *fault);

/* A set of public keys (a client's jwks). Members that are not usable (unknown kty, use=enc) are skipped, a malformed
 * set is refused. */
struct jose_key_set;
bool jose_key_set_read(const struct json *jwks, struct jose_key_set **ret_set);
void jose_key_set_free(struct jose_key_set *set);
size_t jose_key_set_count(const struct jose_key_set *set);
bool jose_key_set_has_kid(const struct jose_key_set *set, struct str kid);

#endif
