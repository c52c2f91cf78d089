/*
 * Histograms with one set of classes for everything that is timed.
 */
#include "base/histogram.h"

const int64_t histogram_bounds_us[HISTOGRAM_BOUNDS] = {
    100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

uint64_t histogram_count(const struct histogram *histogram) {
    uint64_t count = 0;
    for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        count += histogram->counts[i];
    }
    return count;
}

void histogram_merge(struct histogram *to, const struct histogram *from) {
    for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        to->counts[i] += from->counts[i];
    }
    to->sum_us += from->sum_us;
}

struct histogram histogram_since(const struct histogram *now, const struct histogram *before) {
    struct histogram since = {.sum_us = now->sum_us - before->sum_us};
    for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        since.counts[i] = now->counts[i] - before->counts[i];
    }
    return since;
}

int64_t histogram_quantile_us(const struct histogram *histogram, int per_mille) {
    uint64_t count = histogram_count(histogram);
    if (count == 0) {
        return 0;
    }
    double rank = (double)count * per_mille / 1000, below = 0;
    int64_t lower = 0;
    for (int i = 0; i < HISTOGRAM_BOUNDS; i++) {
        double here = (double)histogram->counts[i];
        if (here > 0 && below + here >= rank) {
            return lower + (int64_t)((double)(histogram_bounds_us[i] - lower) * (rank - below) / here);
        }
        below += here;
        lower = histogram_bounds_us[i];
    }
    return lower;
}
