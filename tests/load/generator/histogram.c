/*
 * Buckets of equal relative width. A duration's highest bit tells the power of two, the seven bits below it the bucket.
 */
#include "histogram.h"

#include "base/check.h"

#include <math.h>
#include <stddef.h>

#define STEP_BITS 7

static size_t bucket_of(uint64_t nanoseconds) {
    if (nanoseconds < HISTOGRAM_STEPS) {
        return (size_t)nanoseconds;
    }
    unsigned power = 63 - (unsigned)__builtin_clzll(nanoseconds) - STEP_BITS;
    size_t bucket = ((size_t)power + 1) * HISTOGRAM_STEPS + ((nanoseconds >> power) - HISTOGRAM_STEPS);
    size_t last = HISTOGRAM_STEPS * (HISTOGRAM_POWERS + 1) - 1;
    return bucket < last ? bucket : last;
}

/* The middle of a bucket. */
static int64_t duration_of(size_t bucket) {
    if (bucket < HISTOGRAM_STEPS) {
        return (int64_t)bucket;
    }
    unsigned power = (unsigned)(bucket / HISTOGRAM_STEPS) - 1;
    uint64_t begin = (HISTOGRAM_STEPS + bucket % HISTOGRAM_STEPS) << power;
    return (int64_t)(begin + (1ull << power) / 2);
}

void histogram_add(struct histogram *histogram, int64_t nanoseconds) {
    int64_t duration = nanoseconds > 0 ? nanoseconds : 0;
    histogram->counts[bucket_of((uint64_t)duration)]++;
    histogram->total++;
    histogram->longest = duration > histogram->longest ? duration : histogram->longest;
}

int64_t histogram_quantile(const struct histogram *histogram, double share) {
    uint64_t wanted = (uint64_t)ceil(share * (double)histogram->total);
    uint64_t seen = 0;
    for (size_t i = 0; i < ARRAY_LEN(histogram->counts); i++) {
        seen += histogram->counts[i];
        if (seen > 0 && seen >= wanted) {
            int64_t duration = duration_of(i);
            return duration < histogram->longest ? duration : histogram->longest;
        }
    }
    return 0;
}
