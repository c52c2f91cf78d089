/* Counting over workers, the text for Prometheus, and that what is written about metrics speaks of those there are. */
#include "metrics/metrics.h"

#include "base/byte.h"
#include "test.h"

#include <pthread.h>
#include <stdlib.h>

static const struct str upstream_names[] = {STR_INIT("population"), STR_INIT("a\"b\\c\nd")};
static const struct str route_names[] = {STR_INIT("other"), STR_INIT("/token")};
static const struct str status_names[] = {STR_INIT("2xx"), STR_INIT("5xx")};

static struct metrics_group *group_of(size_t workers) {
    struct metrics_options options = {.workers = workers};
    options.values[METRIC_LABEL_UPSTREAM] = (struct metric_values){upstream_names, ARRAY_LEN(upstream_names)};
    options.values[METRIC_LABEL_ROUTE] = (struct metric_values){route_names, ARRAY_LEN(route_names)};
    options.values[METRIC_LABEL_STATUS] = (struct metric_values){status_names, ARRAY_LEN(status_names)};
    return metrics_group_new(&options);
}

static struct str text_of(struct arena *arena, const struct metrics_group *group) {
    struct buf buf;
    buf_init(&buf, arena, 0, METRICS_TEXT_MOST);
    metrics_write(group, &buf);
    assert_false(buf.failed);
    return buf_str(&buf);
}

static bool has(struct str text, const char *part) {
    return memmem(text.ptr, text.len, part, strlen(part)) != NULL;
}

static void numbers_of_all_workers_are_added_up(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct metrics_group *group = group_of(2);
    metrics_add(metrics_of(group, 0), METRIC_HTTP_REQUESTS, 1, 0, 2);
    metrics_add(metrics_of(group, 1), METRIC_HTTP_REQUESTS, 1, 0, 3);
    metrics_add(metrics_of(group, 1), METRIC_HTTP_REQUESTS, 0, 1, 7);
    metrics_add(NULL, METRIC_HTTP_REQUESTS, 0, 0, 1);
    assert_int_equal(metrics_total(group, METRIC_HTTP_REQUESTS, 1, 0), 5);
    assert_int_equal(metrics_total(group, METRIC_HTTP_REQUESTS, METRICS_ALL, 1), 7);
    assert_int_equal(metrics_total(group, METRIC_HTTP_REQUESTS, METRICS_ALL, METRICS_ALL), 12);
    struct str text = text_of(arena, group);
    assert_true(has(text, "\ntongxing_http_requests_total{route=\"/token\",status=\"2xx\"} 5\n"));
    assert_true(has(text, "\ntongxing_http_requests_total{route=\"other\",status=\"2xx\"} 0\n"));
    metrics_group_free(group);
}

static void one_worker_that_is_down_is_down(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct metrics_group *group = group_of(2);
    metrics_set(metrics_of(group, 0), METRIC_REDIS_UP, 0, 0, 1);
    assert_true(has(text_of(arena, group), "\ntongxing_redis_up 0\n"));
    metrics_set(metrics_of(group, 1), METRIC_REDIS_UP, 0, 0, 1);
    assert_true(has(text_of(arena, group), "\ntongxing_redis_up 1\n"));
    metrics_group_free(group);
}

static void names_of_operators_are_escaped(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct metrics_group *group = group_of(1);
    metrics_set(metrics_of(group, 0), METRIC_UPSTREAM_RUNNING, 1, 0, 4);
    assert_true(has(text_of(arena, group), "\ntongxing_upstream_calls_running{upstream=\"a\\\"b\\\\c\\nd\"} 4\n"));
    metrics_group_free(group);
}

static void histograms_sum_up_their_classes(void **state) {
    static const char wanted[] = "tongxing_http_request_duration_seconds_bucket{route=\"/token\",le=\"0.0001\"} 2\n"
                                 "tongxing_http_request_duration_seconds_bucket{route=\"/token\",le=\"0.00025\"} 3\n";
    struct arena *arena ARENA_AUTO = arena_new();
    struct metrics_group *group = group_of(2);
    struct metrics *one = metrics_of(group, 0), *two = metrics_of(group, 1);
    metrics_observe(one, METRIC_HTTP_DURATION, 1, -5);
    metrics_observe(one, METRIC_HTTP_DURATION, 1, 100);
    metrics_observe(two, METRIC_HTTP_DURATION, 1, 101);
    metrics_observe(two, METRIC_HTTP_DURATION, 1, 20000000);
    struct str text = text_of(arena, group);
    assert_true(has(text, wanted));
    assert_true(has(text, "tongxing_http_request_duration_seconds_bucket{route=\"/token\",le=\"10\"} 3\n"));
    assert_true(has(text, "tongxing_http_request_duration_seconds_bucket{route=\"/token\",le=\"+Inf\"} 4\n"));
    assert_true(has(text, "tongxing_http_request_duration_seconds_sum{route=\"/token\"} 20.000201\n"));
    assert_true(has(text, "tongxing_http_request_duration_seconds_count{route=\"/token\"} 4\n"));
    struct histogram total = metrics_histogram(group, METRIC_HTTP_DURATION, METRICS_ALL);
    assert_int_equal(histogram_count(&total), 4);
    metrics_put(one, METRIC_HTTP_DURATION, 0, &total);
    assert_int_equal(metrics_histogram(group, METRIC_HTTP_DURATION, 0).sum_us, 20000201);
    metrics_group_free(group);
}

static void quantiles_lie_within_their_class(void **state) {
    struct histogram histogram = {0};
    assert_int_equal(histogram_quantile_us(&histogram, 500), 0);
    for (int i = 0; i < 90; i++) {
        histogram_add(&histogram, 80);
    }
    for (int i = 0; i < 10; i++) {
        histogram_add(&histogram, 3000);
    }
    assert_in_range(histogram_quantile_us(&histogram, 500), 50, 60);
    assert_int_equal(histogram_quantile_us(&histogram, 900), 100);
    assert_int_equal(histogram_quantile_us(&histogram, 950), 2500 + 1250);
    histogram_add(&histogram, INT64_MAX / 2);
    assert_int_equal(histogram_quantile_us(&histogram, 1000), 10000000);
}

static void events_are_counted_by_result(void **state) {
    struct metrics_group *group = group_of(1);
    for (int i = 0; i < EVENT_KINDS; i++) {
        metrics_hear(metrics_of(group, 0), &(struct event){.kind = (enum event_kind)i, .result = EVENT_REFUSED});
    }
    assert_int_equal(metrics_total(group, METRIC_EVENTS, EVENT_LOGIN, EVENT_REFUSED), 1);
    assert_int_equal(metrics_total(group, METRIC_EVENTS, METRICS_ALL, METRICS_ALL), EVENT_KINDS);
    metrics_group_free(group);
}

struct counting {
    struct metrics *metrics;
    size_t times;
};

static void *count(void *arg) {
    const struct counting *counting = arg;
    for (size_t i = 0; i < counting->times; i++) {
        metrics_add(counting->metrics, METRIC_SESSIONS, 0, 0, 1);
        metrics_observe(counting->metrics, METRIC_HTTP_DURATION, 1, (int64_t)i);
    }
    return NULL;
}

/* A reader at any moment sees numbers that only rise, and a count that is the sum of the classes. */
static void a_reader_sees_whole_numbers(void **state) {
    struct metrics_group *group = group_of(2);
    struct counting counting[2] = {{metrics_of(group, 0), 300000}, {metrics_of(group, 1), 300000}};
    pthread_t threads[2];
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, count, &counting[i]), 0);
    }
    uint64_t before = 0;
    while (before < 100) {
        uint64_t now = metrics_total(group, METRIC_SESSIONS, 0, 0);
        assert_in_range(now, before, 600000);
        before = now;
    }
    for (size_t i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
    }
    struct histogram total = metrics_histogram(group, METRIC_HTTP_DURATION, 1);
    assert_int_equal(metrics_total(group, METRIC_SESSIONS, 0, 0), 600000);
    assert_int_equal(histogram_count(&total), 600000);
    metrics_group_free(group);
}

/* --- agreement --- */

static struct str read_all(struct arena *arena, const char *path) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    struct buf buf;
    buf_init(&buf, arena, 1 << 16, 1 << 20);
    size_t len = fread(buf_reserve(&buf, 1 << 18), 1, 1 << 18, file);
    fclose(file);
    assert_in_range(len, 1, (1 << 18) - 1);
    return str_of(buf.ptr, len);
}

static bool is_metric(struct str name) {
    for (int i = 0; i < METRICS; i++) {
        struct metric_entry entry = metric_entry((enum metric)i);
        static const char *const suffixes[] = {"_bucket", "_sum", "_count"};
        struct str rest = name;
        if (str_equal(name, entry.name)) {
            return true;
        }
        for (size_t j = 0; str_equal(entry.type, STR("histogram")) && j < ARRAY_LEN(suffixes); j++) {
            rest = name;
            if (str_drop_prefix(&rest, entry.name) && str_equal(rest, str_from(suffixes[j]))) {
                return true;
            }
        }
    }
    return false;
}

/* Every word of the file that looks like a metric's name is one. */
static size_t check_names(struct str text, const char *path) {
    size_t found = 0;
    for (size_t i = 0; i < text.len; i++) {
        struct str word = str_sub(text, i, 0);
        while (i + word.len < text.len && (byte_is((unsigned char)text.ptr[i + word.len], BYTE_BASE64URL)) &&
               text.ptr[i + word.len] != '-') {
            word.len++;
        }
        if (str_starts(word, STR("tongxing_")) || str_starts(word, STR("process_"))) {
            found++;
            if (!is_metric(word)) {
                print_error("%s: %.*s is no metric\n", path, STR_ARG(word));
                fail();
            }
        }
        i += word.len;
    }
    return found;
}

static void the_reference_has_each_metric(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = read_all(arena, "docs/metrics.md");
    for (int i = 0; i < METRICS; i++) {
        struct metric_entry entry = metric_entry((enum metric)i);
        bool two = entry.labels[1].len > 0;
        struct str row =
            str_format(arena, "\n| `%.*s` | %.*s | %.*s%s%.*s | %.*s |\n", STR_ARG(entry.name), STR_ARG(entry.type),
                       STR_ARG(entry.labels[0]), two ? ", " : "", STR_ARG(entry.labels[1]), STR_ARG(entry.help));
        if (!memmem(text.ptr, text.len, row.ptr, row.len)) {
            print_error("docs/metrics.md lacks this row:%.*s", STR_ARG(row));
            fail();
        }
    }
    assert_in_range(check_names(text, "docs/metrics.md"), METRICS, 1000);
}

RUN_TESTS(cmocka_unit_test(numbers_of_all_workers_are_added_up), cmocka_unit_test(one_worker_that_is_down_is_down),
          cmocka_unit_test(names_of_operators_are_escaped), cmocka_unit_test(histograms_sum_up_their_classes),
          cmocka_unit_test(quantiles_lie_within_their_class), cmocka_unit_test(events_are_counted_by_result),
          cmocka_unit_test(a_reader_sees_whole_numbers), cmocka_unit_test(the_reference_has_each_metric))
