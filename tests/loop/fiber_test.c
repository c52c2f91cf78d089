/* Fibers: waits, deadlines, cancelling, the pool, and the end of a loop. */
#include "base/clock.h"
#include "loop/pool.h"
#include "on_loop.h"
#include "test.h"

#include <time.h>

static void sleep_and_look(void *arg) {
    int64_t before = clock_monotonic_ms();
    *(bool *)arg = fiber_sleep(30) == WAIT_DONE && clock_monotonic_ms() - before >= 29;
}

static void a_sleep_takes_its_time(void **state) {
    struct loop *loop = loop_new();
    bool fine = false;
    run_on(loop, sleep_and_look, &fine);
    assert_true(fine);
    loop_free(loop);
}

static void sleep_past_deadline(void *arg) {
    int64_t before = clock_monotonic_ms();
    fiber_set_deadline(before + 50);
    *(bool *)arg = fiber_sleep(10000) == WAIT_DEADLINE && clock_monotonic_ms() - before < 1000;
}

static void a_deadline_ends_every_wait(void **state) {
    struct loop *loop = loop_new();
    bool fine = false;
    run_on(loop, sleep_past_deadline, &fine);
    assert_true(fine);
    loop_free(loop);
}

static void sleep_long(void *arg) {
    *(enum wait_result *)arg = fiber_sleep(100000);
}

static void cancel_other(void *arg) {
    struct fiber *other = fiber_spawn(loop_current(), sleep_long, arg);
    fiber_cancel(other);
    fiber_sleep(1);
}

static void a_cancelled_wait_says_so(void **state) {
    struct loop *loop = loop_new();
    enum wait_result result = WAIT_DONE;
    run_on(loop, cancel_other, &result);
    assert_int_equal(result, WAIT_CANCELLED);
    loop_free(loop);
}

static void leave_one_waiting(void *arg) {
    fiber_spawn(loop_current(), sleep_long, arg);
}

static void the_end_of_a_loop_cancels_what_waits(void **state) {
    struct loop *loop = loop_new();
    enum wait_result result = WAIT_DONE;
    run_on(loop, leave_one_waiting, &result);
    assert_int_equal(fiber_count(loop), 1);
    loop_free(loop);
    assert_int_equal(result, WAIT_CANCELLED);
}

struct blocking {
    struct pool *pool;
    int done, full;
};

static void work(void *arg) {
    struct timespec wait = {.tv_nsec = 20000000};
    nanosleep(&wait, NULL);
    __atomic_add_fetch(&((struct blocking *)arg)->done, 1, __ATOMIC_SEQ_CST);
}

static void use_pool(void *arg) {
    struct blocking *blocking = arg;
    if (pool_run(blocking->pool, work, blocking) == POOL_FULL) {
        blocking->full++;
    }
}

static void many_use_pool(void *arg) {
    for (int i = 0; i < 20; i++) {
        fiber_spawn(loop_current(), use_pool, arg);
    }
    while (fiber_count(loop_current()) > 1) {
        fiber_sleep(5);
    }
}

static void a_full_pool_says_so_and_runs_the_rest(void **state) {
    struct loop *loop = loop_new();
    struct blocking blocking = {.pool = pool_new("test", 2, 5, 0)};
    run_on(loop, many_use_pool, &blocking);
    assert_int_equal(blocking.done + blocking.full, 20);
    assert_in_range(blocking.done, 5, 8);
    pool_free(blocking.pool);
    loop_free(loop);
}

static void sleep_short(void *arg) {
    *(bool *)arg = fiber_sleep(30) == WAIT_DONE;
}

static void spawn_thousands(void *arg) {
    bool *slept = arg;
    for (int i = 0; i < 3000; i++) {
        fiber_spawn(loop_current(), sleep_short, &slept[i]);
    }
    while (fiber_count(loop_current()) > 1) {
        fiber_sleep(5);
    }
}

static void thousands_wait_at_once(void **state) {
    struct loop *loop = loop_new();
    static bool fine[3000];
    run_on(loop, spawn_thousands, fine);
    for (int i = 0; i < 3000; i++) {
        assert_true(fine[i]);
    }
    loop_free(loop);
}

RUN_TESTS(cmocka_unit_test(a_sleep_takes_its_time), cmocka_unit_test(a_deadline_ends_every_wait),
          cmocka_unit_test(a_cancelled_wait_says_so), cmocka_unit_test(the_end_of_a_loop_cancels_what_waits),
          cmocka_unit_test(a_full_pool_says_so_and_runs_the_rest), cmocka_unit_test(thousands_wait_at_once))
