/* traceparent: what is taken for one can be written, and is then the same trace. */
#include "base/trace.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct trace trace, again;
    char text[TRACE_PARENT_LENGTH];
    if (trace_read(str_of(data, size), &trace)) {
        trace_write(&trace, text);
        CHECK(trace_read(str_of(text, sizeof(text)), &again));
        CHECK(memcmp(trace.trace_id, again.trace_id, TRACE_ID_LENGTH) == 0 && trace.sampled == again.sampled);
        CHECK(memcmp(trace.span_id, again.span_id, TRACE_SPAN_LENGTH) == 0);
        struct trace child = trace_child(&trace);
        trace_write(&child, text);
        CHECK(trace_read(str_of(text, sizeof(text)), &again));
    }
    return 0;
}
