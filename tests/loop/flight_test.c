/* Single flight: one does it, the others hear of it, and nobody waits for longer than they will. */
#include "loop/flight.h"

#include "base/clock.h"
#include "on_loop.h"
#include "test.h"

#define MANY 10

struct fixture {
    struct flight flight;
    int64_t deadline_ms; /* of those who wait */
    int runs, results[FLIGHT_FAILED + 1];
};

static void board(void *arg) {
    struct fixture *fixture = arg;
    enum flight_result result = flight_board(&fixture->flight, clock_monotonic_ms() + fixture->deadline_ms);
    fixture->results[result]++;
}

/* Many come while one is under way that takes `ms`. */
static void fly(struct fixture *fixture, int64_t ms, bool done) {
    assert_int_equal(flight_board(&fixture->flight, INT64_MAX), FLIGHT_OURS);
    for (int i = 0; i < MANY; i++) {
        fiber_spawn(loop_current(), board, fixture);
    }
    fiber_sleep(ms);
    flight_land(&fixture->flight, done);
    fiber_sleep(1);
}

static void hear(void *arg) {
    struct fixture *fixture = arg;
    fixture->deadline_ms = 10000;
    fly(fixture, 20, true);
    assert_int_equal(fixture->results[FLIGHT_DONE], MANY);
    fly(fixture, 20, false);
    assert_int_equal(fixture->results[FLIGHT_FAILED], MANY);
    assert_int_equal(fixture->results[FLIGHT_OURS], 0);
}

static void give_up(void *arg) {
    struct fixture *fixture = arg;
    fixture->deadline_ms = 30;
    fly(fixture, 200, true);
    assert_int_equal(fixture->results[FLIGHT_FAILED], MANY);
    board(fixture);
    assert_int_equal(fixture->results[FLIGHT_OURS], 1);
    flight_land(&fixture->flight, true);
}

static void run_with(void (*run)(void *arg)) {
    struct loop *loop = loop_new();
    struct fixture fixture = {0};
    run_on(loop, run, &fixture);
    loop_free(loop);
}

static void all_hear_how_it_ended(void **state) {
    run_with(hear);
}

static void who_waited_long_enough_goes_without(void **state) {
    run_with(give_up);
}

static void stay_behind(void *arg) {
    struct fixture *fixture = arg;
    fixture->deadline_ms = 10000;
    assert_int_equal(flight_board(&fixture->flight, INT64_MAX), FLIGHT_OURS);
    fiber_spawn(loop_current(), board, fixture);
}

static void the_end_of_the_loop_ends_the_wait(void **state) {
    struct loop *loop = loop_new();
    struct fixture fixture = {0};
    run_on(loop, stay_behind, &fixture);
    loop_free(loop);
    assert_int_equal(fixture.results[FLIGHT_FAILED], 1);
    assert_null(fixture.flight.waiting);
}

RUN_TESTS(cmocka_unit_test(all_hear_how_it_ended), cmocka_unit_test(who_waited_long_enough_goes_without),
          cmocka_unit_test(the_end_of_the_loop_ends_the_wait))
