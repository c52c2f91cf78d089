/*
 * trace: which distributed trace a request belongs to (W3C Trace Context, level 1): the `traceparent` field read and
 * written.
 *
 * What comes in is only ever the fixed form of hexadecimal digits, so that it may go into logs and to others as it is.
 * `tracestate` is not read and not passed on (docs/decisions/metrics.md).
 */
#ifndef BASE_TRACE_H
#define BASE_TRACE_H

#include "base/str.h"

#define TRACE_ID_LENGTH     32
#define TRACE_SPAN_LENGTH   16
#define TRACE_PARENT_LENGTH 55

struct trace {
    char trace_id[TRACE_ID_LENGTH]; /* lower-case hexadecimal, never all zeros; no NUL behind it */
    char span_id[TRACE_SPAN_LENGTH];
    bool sampled; /* the caller records it; the one flag of level 1 */
};

/*
 * §3.2: version 00 in its exact form, or a later version whose beginning has that form. False for anything else, which
 * is then ignored as a whole. The span is the caller's.
 */
bool trace_read(struct str traceparent, struct trace *ret_trace);
/* The next span of a trace: what is called on its behalf. */
struct trace trace_child(const struct trace *parent);
/* A trace of our own, not sampled. */
struct trace trace_new(void);
/* As version 00. */
void trace_write(const struct trace *trace, char ret_text[TRACE_PARENT_LENGTH]);

/* Of what runs now on this thread, NULL for none: in its log lines, and passed on by fetch. Kept right across fiber
 * switches by loop. */
extern _Thread_local const struct trace *trace_current;

#endif
