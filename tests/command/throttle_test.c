/*
 * The throttle of the audit trail: strangers have room for so many records a minute, everybody else for all.
 */
#include "command/throttle.h"

#include "test.h"

static struct throttle throttle;

static size_t admitted(struct event event, size_t times, uint32_t *ret_left_out) {
    size_t count = 0;
    for (size_t i = 0; i < times; i++) {
        uint32_t left_out;
        count += throttle_admits(&throttle, &event, &left_out);
        *ret_left_out = left_out > 0 ? left_out : *ret_left_out;
    }
    return count;
}

static void a_stranger_has_room_for_so_many_a_minute(void **state) {
    uint32_t left_out = 0;
    struct event event = {.kind = EVENT_LOGIN, .result = EVENT_REFUSED, .at_ms = 60000, .address = STR("192.0.2.1")};
    assert_int_equal(admitted(event, 1000, &left_out), THROTTLE_A_MINUTE);
    event.address = STR("192.0.2.2"); /* another address has its own */
    assert_int_equal(admitted(event, 10, &left_out), 10);
    assert_int_equal(left_out, 0);
    event.address = STR("192.0.2.1");
    event.at_ms = 120000; /* the next minute says how many were left out, once */
    assert_int_equal(admitted(event, 1, &left_out), 1);
    assert_int_equal(left_out, 1000 - THROTTLE_A_MINUTE);
    left_out = 0;
    assert_int_equal(admitted(event, 1, &left_out), 1);
    assert_int_equal(left_out, 0);
}

static void what_is_done_or_known_is_never_left_out(void **state) {
    uint32_t left_out = 0;
    struct event done = {.kind = EVENT_LOGIN, .result = EVENT_DONE, .at_ms = 60000};
    struct event refused = {.kind = EVENT_ADMIN_REFUSED, .result = EVENT_REFUSED, .at_ms = 60000};
    assert_int_equal(admitted(done, 1000, &left_out), 1000);
    assert_int_equal(admitted(refused, 1000, &left_out), 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_stranger_has_room_for_so_many_a_minute),
                                       cmocka_unit_test(what_is_done_or_known_is_never_left_out)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
