/*
 * histogram: how long things took, counted in fixed classes, so that those of many threads, nodes and minutes can be
 * added up and still say what nineteen in twenty took at most.
 *
 * Plain memory: whoever shares one sees to it.
 */
#ifndef BASE_HISTOGRAM_H
#define BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BOUNDS 16
/* Upper bounds of the classes, rising, in microseconds: 100 µs to 10 s. One more class is above them all. */
extern const int64_t histogram_bounds_us[HISTOGRAM_BOUNDS];

struct histogram {
    uint64_t counts[HISTOGRAM_BOUNDS + 1]; /* each class by itself, not summed up */
    uint64_t sum_us;
};

/* The class of a duration; a negative one, from a clock that was set, counts as 0. */
static inline int histogram_class(int64_t us) {
    int i = 0;
    while (i < HISTOGRAM_BOUNDS && us > histogram_bounds_us[i]) {
        i++;
    }
    return i;
}

static inline void histogram_add(struct histogram *histogram, int64_t us) {
    histogram->counts[histogram_class(us)]++;
    histogram->sum_us += us > 0 ? (uint64_t)us : 0;
}

uint64_t histogram_count(const struct histogram *histogram);
void histogram_merge(struct histogram *to, const struct histogram *from);
/* What came between two looks at one that only grows. */
struct histogram histogram_since(const struct histogram *now, const struct histogram *before);
/*
 * Microseconds that `per_mille` of a thousand stayed below, between the bounds of the class in proportion (as
 * Prometheus does); 0 when there is nothing, the last bound when it is above that.
 */
int64_t histogram_quantile_us(const struct histogram *histogram, int per_mille);

#endif
