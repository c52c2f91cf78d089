/*
 * The traceparent field, §3.2.2 of W3C Trace Context: version "-" trace id "-" parent id "-" flags.
 */
#include "base/trace.h"

#include "base/random.h"

#define VERSION_AT 0
#define TRACE_AT   3
#define SPAN_AT    36
#define FLAGS_AT   53
#define SAMPLED    1

_Thread_local const struct trace *trace_current;

static const char digits[] = "0123456789abcdef";

/* Lower case only; -1 for anything else. */
static int digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_hex(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (digit(text.ptr[i]) < 0) {
            return false;
        }
    }
    return true;
}

/* An id: hexadecimal, and not the one that stands for none. */
static bool is_id(struct str text) {
    return is_hex(text) && str_count(text, '0') < text.len;
}

/* Version ff is forbidden; 00 ends after the flags; what a later one adds begins with another dash. */
static bool version_fits(struct str text) {
    struct str version = str_sub(text, VERSION_AT, 2);
    if (!is_hex(version) || str_equal(version, STR("ff"))) {
        return false;
    }
    bool exact = text.len == TRACE_PARENT_LENGTH;
    return exact || (!str_equal(version, STR("00")) && text.ptr[TRACE_PARENT_LENGTH] == '-');
}

bool trace_read(struct str traceparent, struct trace *ret_trace) {
    if (traceparent.len < TRACE_PARENT_LENGTH || !version_fits(traceparent)) {
        return false;
    }
    struct str trace_id = str_sub(traceparent, TRACE_AT, TRACE_ID_LENGTH);
    struct str span_id = str_sub(traceparent, SPAN_AT, TRACE_SPAN_LENGTH);
    struct str flags = str_sub(traceparent, FLAGS_AT, 2);
    const char *text = traceparent.ptr;
    bool dashes = text[TRACE_AT - 1] == '-' && text[SPAN_AT - 1] == '-' && text[FLAGS_AT - 1] == '-';
    if (!dashes || !is_id(trace_id) || !is_id(span_id) || !is_hex(flags)) {
        return false;
    }
    memcpy(ret_trace->trace_id, trace_id.ptr, TRACE_ID_LENGTH);
    memcpy(ret_trace->span_id, span_id.ptr, TRACE_SPAN_LENGTH);
    ret_trace->sampled = digit(flags.ptr[1]) & SAMPLED;
    return true;
}

/* The first digit is never 0, so that not all are. */
static void make_id(char *to, size_t len) {
    unsigned char bytes[TRACE_ID_LENGTH / 2];
    random_bytes(bytes, len / 2);
    bytes[0] |= 0x10;
    for (size_t i = 0; i < len / 2; i++) {
        to[2 * i] = digits[bytes[i] >> 4];
        to[2 * i + 1] = digits[bytes[i] & 15];
    }
}

struct trace trace_child(const struct trace *parent) {
    struct trace child = *parent;
    make_id(child.span_id, TRACE_SPAN_LENGTH);
    return child;
}

struct trace trace_new(void) {
    struct trace trace = {0};
    make_id(trace.trace_id, TRACE_ID_LENGTH);
    make_id(trace.span_id, TRACE_SPAN_LENGTH);
    return trace;
}

void trace_write(const struct trace *trace, char ret_text[TRACE_PARENT_LENGTH]) {
    const struct str version = STR("00-"), flags = trace->sampled ? STR("-01") : STR("-00");
    memcpy(ret_text, version.ptr, version.len);
    memcpy(ret_text + TRACE_AT, trace->trace_id, TRACE_ID_LENGTH);
    ret_text[SPAN_AT - 1] = '-';
    memcpy(ret_text + SPAN_AT, trace->span_id, TRACE_SPAN_LENGTH);
    memcpy(ret_text + FLAGS_AT - 1, flags.ptr, flags.len);
}
