/*
 * Log lines in a fixed buffer on the stack, one write(2) each.
 */
#include "base/log.h"

#include "base/clock.h"
#include "base/trace.h"
#include "base/utf8.h"

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define LINE_MOST  4096
#define VALUE_MOST 256

_Thread_local struct str log_request_id;

static atomic_int lowest_level = LOG_INFO;
static atomic_int line_format = LOG_TEXT;

static const char *const level_names[] = {"debug", "info", "warn", "error"};

struct line {
    char text[LINE_MOST];
    size_t len;
};

void log_init(enum log_level lowest, enum log_format format) {
    atomic_store(&lowest_level, lowest);
    atomic_store(&line_format, format);
}

/* Always leaves room for the end of the line. */
static void put(struct line *line, const char *text, size_t len) {
    size_t room = LINE_MOST - 4 - line->len;
    len = len < room ? len : room;
    memcpy(line->text + line->len, text, len);
    line->len += len;
}

static void put_text(struct line *line, const char *text) {
    put(line, text, strlen(text));
}

static void put_escape(struct line *line, uint32_t c) {
    char escape[8];
    int len = snprintf(escape, sizeof(escape), "\\u%04x", (unsigned)(c & 0xffff));
    put(line, escape, (size_t)len);
}

/* What a terminal, a line-based reader or a JSON parser could trip over is written as an escape. */
static bool needs_escape(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == '"' || c == '\\' || c == 0x2028 || c == 0x2029 ||
           (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

static void put_value(struct line *line, struct str value) {
    size_t most = value.len;
    if (most > VALUE_MOST) {
        most = VALUE_MOST;
        while (most > 0 && ((unsigned char)value.ptr[most] & 0xc0) == 0x80) {
            most--;
        }
    }
    struct str left = str_of(value.ptr, most);
    while (left.len > 0) {
        const char *at = left.ptr;
        uint32_t c;
        if (!utf8_next(&left, &c)) {
            put_escape(line, 0xfffd);
            left = str_sub(left, 1, left.len - 1);
        } else if (needs_escape(c)) {
            put_escape(line, c);
        } else {
            put(line, at, (size_t)(left.ptr - at));
        }
    }
    if (most < value.len) {
        put_text(line, "…");
    }
}

static void put_time(struct line *line) {
    int64_t now = clock_wall_ms();
    time_t seconds = (time_t)(now / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    char text[32];
    size_t len = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    put(line, text, len);
    char fraction[8];
    put(line, fraction, (size_t)snprintf(fraction, sizeof(fraction), ".%03dZ", (int)(now % 1000)));
}

static void put_number(struct line *line, int64_t number) {
    char text[24];
    put(line, text, (size_t)snprintf(text, sizeof(text), "%lld", (long long)number));
}

static void put_field(struct line *line, bool json, const struct log_field *field) {
    put_text(line, json ? ",\"" : " ");
    put_text(line, field->name);
    put_text(line, json ? "\":" : "=");
    if (field->type == LOG_FIELD_INT) {
        put_number(line, field->number);
        return;
    }
    bool quoted = json || field->text.len == 0 || str_contains(field->text, ' ');
    put_text(line, quoted ? "\"" : "");
    put_value(line, field->text);
    put_text(line, quoted ? "\"" : "");
}

/* What the running fiber works for. */
static void put_context(struct line *line, bool json) {
    if (log_request_id.len > 0) {
        const struct log_field id = log_str("request_id", log_request_id);
        put_field(line, json, &id);
    }
    if (trace_current) {
        const struct log_field trace = log_str("trace_id", str_of(trace_current->trace_id, TRACE_ID_LENGTH));
        const struct log_field span = log_str("span_id", str_of(trace_current->span_id, TRACE_SPAN_LENGTH));
        put_field(line, json, &trace);
        put_field(line, json, &span);
    }
}

void log_write(enum log_level level, const char *event, const struct log_field *fields, size_t count) {
    if ((int)level < atomic_load(&lowest_level)) {
        return;
    }
    bool json = atomic_load(&line_format) == LOG_JSON;
    struct line line;
    line.len = 0;
    put_text(&line, json ? "{\"time\":\"" : "");
    put_time(&line);
    put_text(&line, json ? "\",\"level\":\"" : " ");
    put_text(&line, level_names[level]);
    put_text(&line, json ? "\",\"event\":\"" : " ");
    put_text(&line, event);
    put_text(&line, json ? "\"" : "");
    put_context(&line, json);
    for (size_t i = 0; i < count; i++) {
        put_field(&line, json, &fields[i]);
    }
    line.text[line.len++] = json ? '}' : '\n';
    if (json) {
        line.text[line.len++] = '\n';
    }
    ssize_t written = write(STDERR_FILENO, line.text, line.len);
    (void)written; /* nobody is left to tell */
}
