/*
 * limiter: how often somebody may call, as a bucket that fills again while they wait. One per worker, of fixed size.
 *
 * When there are more callers than buckets, whoever has been quiet longest is forgotten, which gives them a full
 * bucket.
 */
#ifndef ENDPOINT_ADMIN_LIMITER_H
#define ENDPOINT_ADMIN_LIMITER_H

#include "base/str.h"

#define LIMITER_PER_SECOND 50
#define LIMITER_BURST      100

struct limiter;

struct limiter *limiter_new(struct arena *arena); /* lives as long as the arena */
/* Takes one call from the caller's bucket; false when it is empty. */
bool limiter_allows(struct limiter *limiter, struct str caller);
/* The same at a time, for tests. */
bool limiter_allows_at(struct limiter *limiter, struct str caller, int64_t monotonic_ms);

#endif
