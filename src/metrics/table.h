/*
 * table: the rows of metrics.def, and where the numbers of each are.
 */
#ifndef METRICS_TABLE_H
#define METRICS_TABLE_H

#include "metrics/metrics.h"

#include <stdatomic.h>

enum metric_kind {
    METRIC_KIND_COUNTER,
    METRIC_KIND_COUNTER_US,
    METRIC_KIND_GAUGE,
    METRIC_KIND_LEAST,
    METRIC_KIND_HISTOGRAM,
};

struct metric_row {
    struct str name, help;
    enum metric_kind kind;
    enum metric_label labels[2];
};
extern const struct metric_row metric_rows[METRICS];
extern const struct str metric_label_names[METRIC_LABELS];

#define HISTOGRAM_WORDS (HISTOGRAM_BOUNDS + 2) /* the classes, and the sum */

/* A metric's numbers lie together, those of its first label's value after each other. */
struct metric_place {
    size_t offset;    /* in words */
    size_t counts[2]; /* of label values; 1 without a label */
    size_t width;     /* words of one number: 1, or HISTOGRAM_WORDS */
    const struct str *names[2];
};

struct metrics_group {
    size_t workers;
    size_t words;
    struct metric_place places[METRICS];
    struct metrics **of;
};

struct metrics {
    const struct metrics_group *group;
    _Atomic uint64_t words[];
};

static inline size_t metric_word(const struct metric_place *place, size_t first, size_t second) {
    return place->offset + (first * place->counts[1] + second) * place->width;
}

/* The number of one place over the workers: the sum, or the least where the kind says so. */
uint64_t metric_sum(const struct metrics_group *group, enum metric metric, size_t word);

#endif
