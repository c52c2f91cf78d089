/*
 * Counting: each worker's words, and the sums over them.
 *
 * A word has one writer, so adding is a plain load and a plain store; they are atomic only in that a reader on another
 * thread sees the old or the new number.
 */
#include "metrics/metrics.h"

#include "base/check.h"
#include "table.h"

#include <stdlib.h>

const struct str metric_label_names[METRIC_LABELS] = {
#define LABEL(identifier, name) STR_INIT(name),
#define METRIC(...)
#include "metrics/metrics.def"
#undef LABEL
#undef METRIC
};

const struct metric_row metric_rows[METRICS] = {
#define LABEL(...)
#define METRIC(identifier, kind, name, first, second, help)                                                            \
    {STR_INIT(name), STR_INIT(help), METRIC_KIND_##kind, {METRIC_LABEL_##first, METRIC_LABEL_##second}},
#include "metrics/metrics.def"
#undef LABEL
#undef METRIC
};

/* --- making --- */

static struct str *event_names(void) {
    static struct str names[EVENT_KINDS];
    for (int i = 0; i < EVENT_KINDS; i++) {
        names[i] = event_name((enum event_kind)i);
    }
    return names;
}

static struct str *result_names(void) {
    static struct str names[EVENT_FAILED + 1];
    for (int i = 0; i <= EVENT_FAILED; i++) {
        names[i] = event_result_name((enum event_result)i);
    }
    return names;
}

static void place(struct metrics_group *group, enum metric metric, const struct metric_values *values) {
    static const struct str nothing = STR_INIT("");
    const struct metric_row *row = &metric_rows[metric];
    struct metric_place *place = &group->places[metric];
    place->offset = group->words;
    place->width = row->kind == METRIC_KIND_HISTOGRAM ? HISTOGRAM_WORDS : 1;
    for (int i = 0; i < 2; i++) {
        bool labelled = row->labels[i] != METRIC_LABEL_NONE;
        place->counts[i] = labelled ? values[row->labels[i]].count : 1;
        place->names[i] = labelled ? values[row->labels[i]].names : &nothing;
    }
    CHECK(row->kind != METRIC_KIND_HISTOGRAM || place->counts[1] == 1);
    group->words += place->counts[0] * place->counts[1] * place->width;
}

struct metrics_group *metrics_group_new(const struct metrics_options *options) {
    struct metrics_group *group = check_calloc(1, sizeof(*group));
    struct metric_values values[METRIC_LABELS];
    memcpy(values, options->values, sizeof(values));
    values[METRIC_LABEL_EVENT] = (struct metric_values){event_names(), EVENT_KINDS};
    values[METRIC_LABEL_RESULT] = (struct metric_values){result_names(), EVENT_FAILED + 1};
    for (int i = 0; i < METRICS; i++) {
        place(group, (enum metric)i, values);
    }
    group->workers = options->workers;
    group->of = check_calloc(options->workers, sizeof(*group->of));
    for (size_t i = 0; i < group->workers; i++) {
        /* Blocks of their own, with room so that two workers never write to one cache line. */
        group->of[i] = check_calloc(1, sizeof(struct metrics) + (group->words + 16) * sizeof(uint64_t));
        group->of[i]->group = group;
    }
    return group;
}

void metrics_group_free(struct metrics_group *group) {
    if (!group) {
        return;
    }
    for (size_t i = 0; i < group->workers; i++) {
        free(group->of[i]);
    }
    free(group->of);
    free(group);
}

struct metrics *metrics_of(struct metrics_group *group, size_t worker) {
    CHECK(worker < group->workers);
    return group->of[worker];
}

/* --- counting --- */

static inline _Atomic uint64_t *at(struct metrics *metrics, enum metric metric, size_t first, size_t second) {
    const struct metric_place *place = &metrics->group->places[metric];
    CHECK(first < place->counts[0] && second < place->counts[1]);
    return &metrics->words[metric_word(place, first, second)];
}

static inline uint64_t get(const _Atomic uint64_t *word) {
    return atomic_load_explicit(word, memory_order_relaxed);
}

static inline void set(_Atomic uint64_t *word, uint64_t value) {
    atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline void add(_Atomic uint64_t *word, uint64_t amount) {
    set(word, get(word) + amount);
}

void metrics_add(struct metrics *metrics, enum metric metric, size_t first, size_t second, uint64_t amount) {
    if (metrics) {
        add(at(metrics, metric, first, second), amount);
    }
}

void metrics_set(struct metrics *metrics, enum metric metric, size_t first, size_t second, uint64_t value) {
    if (metrics) {
        set(at(metrics, metric, first, second), value);
    }
}

void metrics_observe(struct metrics *metrics, enum metric metric, size_t first, int64_t us) {
    if (metrics) {
        _Atomic uint64_t *words = at(metrics, metric, first, 0);
        add(words + histogram_class(us), 1);
        add(words + HISTOGRAM_BOUNDS + 1, us > 0 ? (uint64_t)us : 0);
    }
}

void metrics_put(struct metrics *metrics, enum metric metric, size_t first, const struct histogram *histogram) {
    if (!metrics) {
        return;
    }
    _Atomic uint64_t *words = at(metrics, metric, first, 0);
    for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        set(words + i, histogram->counts[i]);
    }
    set(words + HISTOGRAM_BOUNDS + 1, histogram->sum_us);
}

void metrics_hear(struct metrics *metrics, const struct event *event) {
    metrics_add(metrics, METRIC_EVENTS, event->kind, event->result, 1);
}

/* --- sums --- */

uint64_t metric_sum(const struct metrics_group *group, enum metric metric, size_t word) {
    bool least = metric_rows[metric].kind == METRIC_KIND_LEAST;
    uint64_t result = least ? UINT64_MAX : 0;
    for (size_t i = 0; i < group->workers; i++) {
        uint64_t value = get(&group->of[i]->words[word]);
        if (!least) {
            result += value;
        } else if (value < result) {
            result = value;
        }
    }
    return result;
}

struct range {
    size_t from, to;
};

static struct range range_of(size_t index, size_t count) {
    CHECK(index == METRICS_ALL || index < count);
    return index == METRICS_ALL ? (struct range){0, count} : (struct range){index, index + 1};
}

uint64_t metrics_total(const struct metrics_group *group, enum metric metric, size_t first, size_t second) {
    const struct metric_place *place = &group->places[metric];
    struct range firsts = range_of(first, place->counts[0]), seconds = range_of(second, place->counts[1]);
    uint64_t total = 0;
    for (size_t i = firsts.from; i < firsts.to; i++) {
        for (size_t j = seconds.from; j < seconds.to; j++) {
            total += metric_sum(group, metric, metric_word(place, i, j));
        }
    }
    return total;
}

struct histogram metrics_histogram(const struct metrics_group *group, enum metric metric, size_t first) {
    const struct metric_place *place = &group->places[metric];
    CHECK(metric_rows[metric].kind == METRIC_KIND_HISTOGRAM);
    struct range firsts = range_of(first, place->counts[0]);
    struct histogram total = {0};
    for (size_t i = firsts.from; i < firsts.to; i++) {
        size_t word = metric_word(place, i, 0);
        for (size_t j = 0; j <= HISTOGRAM_BOUNDS; j++) {
            total.counts[j] += metric_sum(group, metric, word + j);
        }
        total.sum_us += metric_sum(group, metric, word + HISTOGRAM_BOUNDS + 1);
    }
    return total;
}
