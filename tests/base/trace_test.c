/* The traceparent field: what W3C Trace Context says is one, and what is not. */
#include "base/trace.h"

#include "test.h"

#define TRACE  "4bf92f3577b34da6a3ce929d0e0e4736"
#define SPAN   "00f067aa0ba902b7"
#define SIMPLE "00-" TRACE "-" SPAN "-01"

static void the_form_is_exact(void **state) {
    static const struct {
        const char *text;
        bool fine, sampled;
    } rows[] = {
        {SIMPLE, true, true},
        {"00-" TRACE "-" SPAN "-00", true, false},
        {"00-" TRACE "-" SPAN "-ff", true, true}, /* flags of later levels are not ours to pass on */
        {"00-" TRACE "-" SPAN "-02", true, false},
        {"00-" TRACE "-" SPAN "-fe", true, false},
        {"00-00000000000000000000000000000001-0000000000000001-00", true, false},
        {"01-" TRACE "-" SPAN "-01", true, true},
        {"cc-" TRACE "-" SPAN "-01-what-the-future-holds", true, true},
        {"cc-" TRACE "-" SPAN "-01-", true, true},
        {"", false, false},
        {"00", false, false},
        {"ff-" TRACE "-" SPAN "-01", false, false},
        {"ff-" TRACE "-" SPAN "-01-more", false, false},
        {"00-" TRACE "-" SPAN "-01-", false, false},
        {"00-" TRACE "-" SPAN "-01-more", false, false},
        {"00-" TRACE "-" SPAN "-011", false, false},
        {"cc-" TRACE "-" SPAN "-01.what", false, false},
        {"cc-" TRACE "-" SPAN "-011", false, false},
        {"00-" TRACE "-" SPAN "-1", false, false},
        {"00-" TRACE "-" SPAN, false, false},
        {"0-" TRACE "-" SPAN "-01", false, false},
        {"000-" TRACE "-" SPAN "-01", false, false},
        {".0-" TRACE "-" SPAN "-01", false, false},
        {"0A-" TRACE "-" SPAN "-01", false, false},
        {"00-00000000000000000000000000000000-" SPAN "-01", false, false},
        {"00-" TRACE "-0000000000000000-01", false, false},
        {"00-4BF92F3577B34DA6A3CE929D0E0E4736-" SPAN "-01", false, false},
        {"00-4bf92f3577b34da6a3ce929d0e0e473.-" SPAN "-01", false, false},
        {"00-4bf92f3577b34da6a3ce929d0e0e473-" SPAN "-01-", false, false},
        {"00-" TRACE "-00f067aa0ba902bG-01", false, false},
        {"00-" TRACE "-00F067AA0BA902B7-01", false, false},
        {"00-" TRACE "-" SPAN "-0G", false, false},
        {"00-" TRACE "-" SPAN "-.0", false, false},
        {"00_" TRACE "-" SPAN "-01", false, false},
        {"00-" TRACE "_" SPAN "-01", false, false},
        {"00-" TRACE "-" SPAN "_01", false, false},
        {" " SIMPLE, false, false},
        {SIMPLE " ", false, false},
        {SIMPLE "," SIMPLE, false, false},
        {"\"" SIMPLE "\"", false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct trace trace = {.sampled = !rows[i].sampled};
        assert_row(trace_read(str_from(rows[i].text), &trace) == rows[i].fine, rows[i].text);
        assert_row(!rows[i].fine || trace.sampled == rows[i].sampled, rows[i].text);
    }
}

static void what_was_read_is_written_as_version_00(void **state) {
    struct trace trace;
    char text[TRACE_PARENT_LENGTH];
    assert_true(trace_read(STR("cc-" TRACE "-" SPAN "-09-more"), &trace));
    trace_write(&trace, text);
    assert_str(str_of(text, sizeof(text)), SIMPLE);
    assert_false(trace_read(STR("00-" TRACE), &trace));
    assert_str(str_of(trace.trace_id, TRACE_ID_LENGTH), TRACE); /* untouched */
}

static void a_child_has_a_span_of_its_own(void **state) {
    struct trace trace, again;
    char text[TRACE_PARENT_LENGTH];
    assert_true(trace_read(STR(SIMPLE), &trace));
    struct trace child = trace_child(&trace), other = trace_child(&trace);
    assert_memory_equal(child.trace_id, trace.trace_id, TRACE_ID_LENGTH);
    assert_memory_not_equal(child.span_id, trace.span_id, TRACE_SPAN_LENGTH);
    assert_memory_not_equal(child.span_id, other.span_id, TRACE_SPAN_LENGTH);
    assert_true(child.sampled);
    for (int i = 0; i < 1000; i++) {
        struct trace made = trace_new();
        trace_write(&made, text);
        assert_true(trace_read(str_of(text, sizeof(text)), &again));
        assert_false(again.sampled);
    }
}

RUN_TESTS(cmocka_unit_test(the_form_is_exact), cmocka_unit_test(what_was_read_is_written_as_version_00),
          cmocka_unit_test(a_child_has_a_span_of_its_own))
