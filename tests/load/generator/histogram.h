/*
 * histogram: how often which duration was seen, in a fixed space, with an error below 1 %.
 *
 * Durations up to 128 ns have a bucket each; above, each power of two is cut into 128 buckets.
 */
#ifndef LOAD_HISTOGRAM_H
#define LOAD_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_STEPS  128 /* per power of two */
#define HISTOGRAM_POWERS 36  /* up to 2^43 ns, more than two hours; what is longer counts as that */

struct histogram {
    uint64_t counts[HISTOGRAM_STEPS * (HISTOGRAM_POWERS + 1)];
    uint64_t total;
    int64_t longest;
};

void histogram_add(struct histogram *histogram, int64_t nanoseconds);
/* The duration that this share (0 to 1) of all does not exceed, in nanoseconds; 0 when there are none. */
int64_t histogram_quantile(const struct histogram *histogram, double share);

#endif
