/*
 * Prometheus' text exposition format 0.0.4.
 *
 * Histogram classes are summed up on the way (`le` means "at most"), and the count is the last of those sums: so the
 * two agree although the workers go on counting.
 */
#include "metrics/metrics.h"

#include "base/check.h"
#include "table.h"

static const struct str type_names[] = {
    [METRIC_KIND_COUNTER] = STR_INIT("counter"),     [METRIC_KIND_COUNTER_US] = STR_INIT("counter"),
    [METRIC_KIND_GAUGE] = STR_INIT("gauge"),         [METRIC_KIND_LEAST] = STR_INIT("gauge"),
    [METRIC_KIND_HISTOGRAM] = STR_INIT("histogram"),
};

/* In help, `\` and the end of a line are escaped; in a label's value `"` too. */
static void put_escaped(struct buf *buf, struct str text, bool quoted) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\n') {
            buf_puts(buf, "\\n");
        } else {
            if (c == '\\' || (c == '"' && quoted)) {
                buf_putc(buf, '\\');
            }
            buf_putc(buf, c);
        }
    }
}

struct line {
    struct buf *buf;
    size_t labels;
};

static void line_open(struct line *line, struct buf *buf, struct str name, struct str suffix) {
    *line = (struct line){.buf = buf};
    buf_put(buf, name);
    buf_put(buf, suffix);
}

static void line_label(struct line *line, struct str name, struct str value) {
    if (str_is_empty(name)) {
        return;
    }
    buf_putc(line->buf, line->labels++ == 0 ? '{' : ',');
    buf_put(line->buf, name);
    buf_puts(line->buf, "=\"");
    put_escaped(line->buf, value, true);
    buf_putc(line->buf, '"');
}

static void line_value(struct line *line) {
    if (line->labels > 0) {
        buf_putc(line->buf, '}');
    }
    buf_putc(line->buf, ' ');
}

static void line_number(struct line *line, uint64_t number) {
    line_value(line);
    buf_put_u64(line->buf, number);
    buf_putc(line->buf, '\n');
}

/* Microseconds as seconds, without the zeros at the end. */
static void put_seconds(struct buf *buf, uint64_t us) {
    buf_put_u64(buf, us / 1000000);
    uint64_t fraction = us % 1000000;
    if (fraction == 0) {
        return;
    }
    char digits[7] = {'.'};
    size_t len = 7;
    for (size_t i = 6; i > 0; i--, fraction /= 10) {
        digits[i] = (char)('0' + fraction % 10);
    }
    while (digits[len - 1] == '0') {
        len--;
    }
    buf_put(buf, str_of(digits, len));
}

static void line_seconds(struct line *line, uint64_t us) {
    line_value(line);
    put_seconds(line->buf, us);
    buf_putc(line->buf, '\n');
}

static void line_labels(struct line *line, const struct metric_row *row, const struct metric_place *place, size_t first,
                        size_t second) {
    line_label(line, metric_label_names[row->labels[0]], place->names[0][first]);
    line_label(line, metric_label_names[row->labels[1]], place->names[1][second]);
}

static void put_histogram(struct buf *buf, const struct metrics_group *group, enum metric metric, size_t first) {
    const struct metric_row *row = &metric_rows[metric];
    const struct metric_place *place = &group->places[metric];
    struct histogram histogram = metrics_histogram(group, metric, first);
    struct line line;
    uint64_t count = 0;
    for (int i = 0; i <= HISTOGRAM_BOUNDS; i++) {
        char text[24];
        struct buf bound = {.ptr = text, .size = sizeof(text), .ceiling = sizeof(text)};
        if (i < HISTOGRAM_BOUNDS) {
            put_seconds(&bound, (uint64_t)histogram_bounds_us[i]);
        } else {
            buf_puts(&bound, "+Inf");
        }
        count += histogram.counts[i];
        line_open(&line, buf, row->name, STR("_bucket"));
        line_labels(&line, row, place, first, 0);
        line_label(&line, STR("le"), buf_str(&bound));
        line_number(&line, count);
    }
    line_open(&line, buf, row->name, STR("_sum"));
    line_labels(&line, row, place, first, 0);
    line_seconds(&line, histogram.sum_us);
    line_open(&line, buf, row->name, STR("_count"));
    line_labels(&line, row, place, first, 0);
    line_number(&line, count);
}

static void put_numbers(struct buf *buf, const struct metrics_group *group, enum metric metric, size_t first) {
    const struct metric_row *row = &metric_rows[metric];
    const struct metric_place *place = &group->places[metric];
    for (size_t second = 0; second < place->counts[1]; second++) {
        struct line line;
        uint64_t value = metric_sum(group, metric, metric_word(place, first, second));
        line_open(&line, buf, row->name, STR(""));
        line_labels(&line, row, place, first, second);
        if (row->kind == METRIC_KIND_COUNTER_US) {
            line_seconds(&line, value);
        } else {
            line_number(&line, value);
        }
    }
}

static void put_metric(struct buf *buf, const struct metrics_group *group, enum metric metric) {
    const struct metric_row *row = &metric_rows[metric];
    const struct metric_place *place = &group->places[metric];
    buf_puts(buf, "# HELP ");
    buf_put(buf, row->name);
    buf_putc(buf, ' ');
    put_escaped(buf, row->help, false);
    buf_puts(buf, "\n# TYPE ");
    buf_put(buf, row->name);
    buf_putc(buf, ' ');
    buf_put(buf, type_names[row->kind]);
    buf_putc(buf, '\n');
    for (size_t first = 0; first < place->counts[0]; first++) {
        if (row->kind == METRIC_KIND_HISTOGRAM) {
            put_histogram(buf, group, metric, first);
        } else {
            put_numbers(buf, group, metric, first);
        }
    }
}

void metrics_write(const struct metrics_group *group, struct buf *buf) {
    for (int i = 0; i < METRICS; i++) {
        put_metric(buf, group, (enum metric)i);
    }
}

struct metric_entry metric_entry(enum metric metric) {
    CHECK(metric < METRICS);
    const struct metric_row *row = &metric_rows[metric];
    return (struct metric_entry){.name = row->name,
                                 .help = row->help,
                                 .type = type_names[row->kind],
                                 .labels = {metric_label_names[row->labels[0]], metric_label_names[row->labels[1]]}};
}
