/*
 * verified: what one thread has read from tokens whose signature it found right, so that the next look at the same
 * token costs a hash and not a signature check. A table of fixed size in which newer ones take the place of older,
 * found by the digest of the whole token.
 *
 * It says that these very bytes were signed by a key of ours and what they say, which stays true. Whether a token is in
 * its time, revoked, or its session has ended is not in here and is looked up each time. It goes with the keys it was
 * made beside.
 */
#ifndef JOSE_VERIFIED_H
#define JOSE_VERIFIED_H

#include "jose/digest.h"

#define VERIFIED_BYTES_MOST 222 /* of one token's content; larger ones are not remembered */

struct verified;

struct verified *verified_new(void);
void verified_free(struct verified *verified);

/* The content is the table's, and may be overwritten after the next wait. */
bool verified_find(const struct verified *verified, const struct sha256 *token, struct str *ret_content);
void verified_add(struct verified *verified, const struct sha256 *token, struct str content);

#endif
