/*
 * jws: signed tokens in the compact form (RFC 7515), signed and verified with loaded keys.
 *
 * Verification takes the algorithms allowed for the use at hand and keys that carry their own algorithm: a token
 * chooses neither.
 */
#ifndef JOSE_JWS_H
#define JOSE_JWS_H

#include "jose/key.h"

#define JWS_BYTES_MOST (16 * 1024) /* longer tokens are refused before they are looked at */

/* Contexts of one key for one thread: makes signing cost the signature alone. */
struct jose_signer;
struct jose_signer *jose_signer_new(struct jose_key *key);
void jose_signer_free(struct jose_signer *signer);

/*
 * Appends header.payload.signature. `typ` is the header's typ member ("JWT", "at+jwt", "logout+jwt"); alg and kid come
 * from the key. False when OpenSSL fails or the buf is full; the buf is then cut back to where it was.
 */
bool jws_sign(struct jose_signer *signer, struct str typ, struct str payload, struct buf *buf);

enum jws_result {
    JWS_VALID,
    JWS_MALFORMED,   /* not three parts, bad base64url, bad JSON, crit, duplicate members, too long */
    JWS_WRONG_ALG,   /* alg not allowed here, "none" included */
    JWS_UNKNOWN_KEY, /* kid not in the set, or no key of that algorithm */
    JWS_BAD_SIGNATURE,
};

struct jws {
    enum jose_alg alg;
    struct str typ; /* absent when the header has none */
    struct str kid; /* likewise */
    struct str payload;
    const struct json *claims; /* the payload as a JSON object */
};

#define JOSE_ALG_BIT(alg) (1u << (alg))

/* Reads without verifying, to find out whose token it claims to be. Nothing in it may be believed. */
enum jws_result jws_peek(struct arena *arena, struct str token, struct jws *ret_jws);
/* `allowed`: JOSE_ALG_BITs. kid is only an index into this set; without one every key of that algorithm is tried (at
 * most 8). */
enum jws_result jws_verify(struct arena *arena, struct str token, const struct jose_key_set *keys, unsigned allowed,
                           struct jws *ret_jws);
/* HS256 with a client secret of at least 32 bytes, through libjwt (client_secret_jwt). */
enum jws_result jws_verify_hs256(struct arena *arena, struct str token, struct str secret, struct jws *ret_jws);

#endif
