/*
 * Buckets in thousandths of a call, so that filling them needs no fractions.
 */
#include "limiter.h"

#include "base/arena.h"
#include "base/clock.h"

#define BUCKETS     64
#define CALLER_MOST 64
#define CALL        1000

struct bucket {
    char caller[CALLER_MOST]; /* cut to what fits: ids are shorter */
    size_t caller_len;        /* 0: free */
    int64_t level, at_ms;
};

struct limiter {
    struct bucket buckets[BUCKETS];
};

struct limiter *limiter_new(struct arena *arena) {
    return arena_new_of(arena, struct limiter);
}

/* Theirs, or the one that has been quiet longest. */
static struct bucket *bucket_of(struct limiter *limiter, struct str caller, int64_t now) {
    struct bucket *oldest = &limiter->buckets[0];
    for (size_t i = 0; i < BUCKETS; i++) {
        struct bucket *bucket = &limiter->buckets[i];
        if (str_equal(str_of(bucket->caller, bucket->caller_len), caller)) {
            return bucket;
        }
        if (bucket->at_ms < oldest->at_ms) {
            oldest = bucket;
        }
    }
    *oldest = (struct bucket){.caller_len = caller.len, .level = LIMITER_BURST * CALL, .at_ms = now};
    memcpy(oldest->caller, caller.ptr, caller.len);
    return oldest;
}

bool limiter_allows_at(struct limiter *limiter, struct str caller, int64_t monotonic_ms) {
    caller = str_sub(caller, 0, caller.len < CALLER_MOST ? caller.len : CALLER_MOST);
    struct bucket *bucket = bucket_of(limiter, caller, monotonic_ms);
    int64_t waited = monotonic_ms - bucket->at_ms;
    int64_t full = LIMITER_BURST * CALL;
    /* As long as it takes to fill it is as good as for ever, and cannot overflow. */
    int64_t level = waited >= full / LIMITER_PER_SECOND ? full : bucket->level + waited * LIMITER_PER_SECOND;
    bucket->level = level < full ? level : full;
    bucket->at_ms = monotonic_ms;
    if (bucket->level < CALL) {
        return false;
    }
    bucket->level -= CALL;
    return true;
}

bool limiter_allows(struct limiter *limiter, struct str caller) {
    return limiter_allows_at(limiter, caller, clock_monotonic_ms());
}
