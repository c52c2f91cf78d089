/*
 * verified: which tokens' signatures one thread has found right, so that the next look at the same token costs a hash
 * and not a signature check. It holds digests only, of tokens that did verify, in a table of fixed size in which newer
 * ones take the place of older.
 *
 * It says that these very bytes were signed by a key of ours, which stays true. Whether a token is in its time,
 * revoked, or its session has ended is not in here and is looked up each time. It goes with the keys it was made
 * beside.
 */
#ifndef JOSE_VERIFIED_H
#define JOSE_VERIFIED_H

#include "jose/digest.h"

struct verified;

struct verified *verified_new(void);
void verified_free(struct verified *verified);

bool verified_has(const struct verified *verified, const struct sha256 *token);
void verified_add(struct verified *verified, const struct sha256 *token);

#endif
