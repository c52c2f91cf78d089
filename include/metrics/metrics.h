/*
 * metrics: counters, gauges and histograms of one process (include/metrics/metrics.def is the list), and their text for
 * Prometheus.
 *
 * Each worker counts in memory of its own, without a lock or a locked instruction: only its thread writes, whoever
 * writes the text reads and adds up. So a number may be one request old, never torn. Label values are lists given at
 * the start, and a place is named by indices into them: nothing from a request ever becomes a label.
 */
#ifndef METRICS_METRICS_H
#define METRICS_METRICS_H

#include "base/buf.h"
#include "base/histogram.h"
#include "model/event.h"

enum metric_label {
#define LABEL(identifier, name) METRIC_LABEL_##identifier,
#define METRIC(...)
#include "metrics/metrics.def"
#undef LABEL
#undef METRIC
    METRIC_LABELS
};

enum metric {
#define LABEL(...)
#define METRIC(identifier, ...) METRIC_##identifier,
#include "metrics/metrics.def"
#undef LABEL
#undef METRIC
    METRICS
};

struct metric_values {
    const struct str *names;
    size_t count;
};

struct metrics_options {
    size_t workers;
    /* Of each label but EVENT and RESULT. Borrowed for as long as the metrics live. A label without values has no
     * lines. */
    struct metric_values values[METRIC_LABELS];
};

struct metrics_group; /* of the process */
struct metrics;       /* of one worker */

struct metrics_group *metrics_group_new(const struct metrics_options *options);
void metrics_group_free(struct metrics_group *group);
struct metrics *metrics_of(struct metrics_group *group, size_t worker);

/*
 * By the worker's own thread. `first` and `second` are indices of label values, 0 where the metric has no such label.
 * NULL metrics count nothing.
 */
void metrics_add(struct metrics *metrics, enum metric metric, size_t first, size_t second, uint64_t amount);
void metrics_set(struct metrics *metrics, enum metric metric, size_t first, size_t second, uint64_t value);
void metrics_observe(struct metrics *metrics, enum metric metric, size_t first, int64_t us);
/* A histogram that somebody else has counted in, as it stands now. */
void metrics_put(struct metrics *metrics, enum metric metric, size_t first, const struct histogram *histogram);
/* One more of METRIC_EVENTS. */
void metrics_hear(struct metrics *metrics, const struct event *event);

/* From any thread: the sum over the workers, and over all values of a label where METRICS_ALL stands for the index. */
#define METRICS_ALL SIZE_MAX
uint64_t metrics_total(const struct metrics_group *group, enum metric metric, size_t first, size_t second);
struct histogram metrics_histogram(const struct metrics_group *group, enum metric metric, size_t first);

/* Prometheus' text exposition format 0.0.4. From any thread. */
#define METRICS_TEXT_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_TEXT_MOST (4 * 1024 * 1024)
void metrics_write(const struct metrics_group *group, struct buf *buf);

/* What metrics.def says, for documents and tests. */
struct metric_entry {
    struct str name, help, type; /* type as Prometheus names it: "counter", "gauge", "histogram" */
    struct str labels[2];        /* empty where there is none */
};
struct metric_entry metric_entry(enum metric metric);

#endif
