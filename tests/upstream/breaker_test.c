/*
 * The guard around every adapter: breaker, trial, concurrency, second attempt, deadline. The table of adapters is this
 * test's own, with two adapters that do what a script says.
 */
#include "base/clock.h"
#include "on_loop.h"
#include "test.h"
#include "upstream/adapter.h"

#include <time.h>

#define BREAKER_MS 250
#define CALLS_MOST 64

struct step {
    enum verify_result result;
    bool unreachable;
    int64_t takes_ms;
    enum { ANSWERED, SILENT, NOBODY_ASKED } heard;
};

static struct {
    struct step steps[CALLS_MOST]; /* of the calls to come; all further are VERIFY_MATCH */
    size_t count, next;
    int64_t timeouts[CALLS_MOST]; /* what each call was given */
} script;

static bool check_settings(const struct upstream_settings *settings, struct fault *fault) {
    return settings->app_id.len > 0 || fault_set(fault, "no app_id");
}

static const enum upstream_heard heard_of[] = {
    [ANSWERED] = HEARD_ANSWER, [SILENT] = HEARD_SILENCE, [NOBODY_ASKED] = HEARD_NOTHING};

static enum verify_result next_step(struct upstream_call *call) {
    size_t at = script.next++;
    CHECK(at < CALLS_MOST);
    struct step step = at < script.count ? script.steps[at] : (struct step){.result = VERIFY_MATCH};
    script.timeouts[at] = call->timeout_ms;
    if (step.takes_ms > 0) {
        fiber_sleep(step.takes_ms);
    }
    call->unreachable = step.unreachable;
    call->heard = heard_of[step.heard];
    return step.result;
}

static enum verify_result follow_script(struct upstream_call *call, const struct upstream_asked *asked,
                                        struct upstream_found *ret_found) {
    ret_found->evidence.check_id = STR("chk-7");
    return next_step(call);
}

static enum verify_result begin_script(struct upstream_call *call, const struct upstream_begin *begin,
                                       struct upstream_begun *ret_begun) {
    ret_begun->url = STR("https://service.example/");
    return next_step(call);
}

static enum verify_result finish_script(struct upstream_call *call, const struct upstream_returned *returned,
                                        struct upstream_found *ret_found) {
    return next_step(call);
}

static const struct upstream_adapter adapters[] = {
    {.name = "again", .authority = "a-register", .idempotent = true, .check = check_settings, .verify = follow_script},
    {.name = "once", .authority = "a-register", .check = check_settings, .verify = follow_script},
    {.name = "visited", .authority = "a-service", .begin = begin_script, .finish = finish_script},
};

const struct upstream_adapter *upstream_adapter_find(struct str name) {
    for (size_t i = 0; i < ARRAY_LEN(adapters); i++) {
        if (str_equal(str_from(adapters[i].name), name)) {
            return &adapters[i];
        }
    }
    return NULL;
}

static const struct upstream_settings usual = {
    .name = STR_INIT("population"),
    .adapter = STR_INIT("again"),
    .url = STR_INIT("https://register.example"),
    .app_id = STR_INIT("tongxing"),
    .timeout_ms = 5000,
    .concurrent = 2,
    .breaker_errors = 3,
    .breaker_ms = BREAKER_MS,
};

static struct upstream *opened_with(const struct upstream_settings *settings, const struct step *steps, size_t count) {
    struct upstream *upstream;
    struct fault fault;
    CHECK(count <= CALLS_MOST && upstream_open(settings, NULL, &upstream, &fault));
    memset(&script, 0, sizeof(script));
    memcpy(script.steps, steps, count * sizeof(*steps));
    script.count = count;
    return upstream;
}
#define opened(settings, ...)                                                                                          \
    opened_with((settings), (const struct step[]){__VA_ARGS__}, ARRAY_LEN(((const struct step[]){__VA_ARGS__})))

static enum verify_result ask(struct upstream *upstream) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct upstream_asked asked = {.name = STR("测试甲"), .id_number = STR("110105188812310013")};
    struct upstream_found found;
    return upstream_verify(upstream, arena, &asked, &found);
}

/* A browser that goes there, and one that comes back. */
static enum verify_result go(struct upstream *upstream) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct upstream_begin begin = {.transaction = STR("0123456789abcdef0123456789abcdef")};
    struct upstream_begun begun;
    return upstream_begin(upstream, arena, &begin, &begun);
}
static enum verify_result come_back(struct upstream *upstream) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct upstream_returned returned = {.kept = STR("")};
    struct upstream_found found;
    return upstream_finish(upstream, arena, &returned, &found);
}

static void pause_ms(int64_t ms) {
    struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    nanosleep(&span, NULL);
}

#define ERROR                                                                                                          \
    { .result = VERIFY_UPSTREAM_ERROR }
#define SILENCE                                                                                                        \
    { .result = VERIFY_UPSTREAM_ERROR, .heard = SILENT }
#define GONE                                                                                                           \
    { .result = VERIFY_PENDING, .heard = NOBODY_ASKED }
#define NO_REACH                                                                                                       \
    { .result = VERIFY_UPSTREAM_ERROR, .unreachable = true }

/* --- opening --- */

static void an_unknown_adapter_and_bad_settings_are_refused(void **state) {
    struct upstream *upstream = NULL;
    struct fault fault;
    struct upstream_settings settings = usual;
    settings.adapter = STR("bank");
    assert_false(upstream_open(&settings, NULL, &upstream, &fault));
    assert_string_equal(fault.text, "upstreams.population.adapter: there is no adapter bank");
    settings = usual;
    settings.app_id = STR("");
    assert_false(upstream_open(&settings, NULL, &upstream, &fault));
    assert_null(upstream);
}

/* --- results --- */

static void every_result_comes_through_with_its_evidence(void **state) {
    for (enum verify_result result = VERIFY_MATCH; result <= VERIFY_UPSTREAM_ERROR; result++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct upstream *upstream = opened(&usual, {.result = result});
        const struct upstream_asked asked = {.name = STR("测试甲")};
        struct upstream_found found;
        int64_t before = clock_wall();
        assert_int_equal(upstream_verify(upstream, arena, &asked, &found), result);
        assert_int_equal(found.evidence.result, result);
        assert_str(found.evidence.source, "population");
        assert_str(found.evidence.authority, "a-register");
        assert_str(found.evidence.check_id, "chk-7");
        assert_true(found.evidence.checked_at >= before && found.evidence.checked_at <= clock_wall());
        upstream_free(upstream);
    }
}

/* --- breaker --- */

static void errors_in_a_row_open_the_breaker(void **state) {
    struct upstream *upstream = opened(&usual, ERROR, ERROR, ERROR);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(upstream_health(upstream)->breaker, BREAKER_CLOSED);
        assert_int_equal(ask(upstream), VERIFY_UPSTREAM_ERROR);
    }
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_OPEN);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(upstream), VERIFY_UPSTREAM_ERROR);
    }
    assert_int_equal(script.next, 3);
    assert_int_equal(upstream_health(upstream)->errors, 3);
    assert_int_equal(upstream_health(upstream)->calls, 3);
    assert_int_equal(upstream_health(upstream)->answers[VERIFY_UPSTREAM_ERROR], 3);
    assert_int_equal(upstream_health(upstream)->shed, 5);
    assert_int_equal(histogram_count(&upstream_health(upstream)->took), 3);
    upstream_free(upstream);
}

/* "No" is an answer: a register that denies everybody works. */
static void no_answer_but_an_error_counts_as_an_error(void **state) {
    for (enum verify_result result = VERIFY_MATCH; result < VERIFY_UPSTREAM_ERROR; result++) {
        struct upstream *upstream = opened(&usual, ERROR, ERROR, {.result = result}, ERROR, ERROR);
        for (int i = 0; i < 5; i++) {
            ask(upstream);
        }
        assert_int_equal(upstream_health(upstream)->breaker, BREAKER_CLOSED);
        upstream_free(upstream);
    }
}

static void a_good_trial_closes_the_breaker(void **state) {
    struct upstream *upstream = opened(&usual, ERROR, ERROR, ERROR, {.result = VERIFY_MISMATCH}, ERROR, ERROR);
    for (int i = 0; i < 3; i++) {
        ask(upstream);
    }
    pause_ms(BREAKER_MS + 5);
    assert_int_equal(ask(upstream), VERIFY_MISMATCH);
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_CLOSED);
    ask(upstream);
    ask(upstream);
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_CLOSED);
    upstream_free(upstream);
}

static void a_failed_trial_opens_it_for_as_long_again(void **state) {
    struct upstream *upstream = opened(&usual, ERROR, ERROR, ERROR, ERROR);
    for (int i = 0; i < 3; i++) {
        ask(upstream);
    }
    pause_ms(BREAKER_MS + 5);
    assert_int_equal(ask(upstream), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_OPEN);
    assert_int_equal(ask(upstream), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(script.next, 4);
    pause_ms(BREAKER_MS + 5);
    assert_int_equal(ask(upstream), VERIFY_MATCH);
    upstream_free(upstream);
}

static void one_asks(void *arg) {
    ask(arg);
}

static void wait_for_all(struct upstream *upstream) {
    while (upstream_health(upstream)->running > 0) {
        fiber_sleep(5);
    }
}

static void many_during_a_trial(void *arg) {
    struct upstream *upstream = arg;
    for (int i = 0; i < 3; i++) {
        ask(upstream);
    }
    fiber_sleep(BREAKER_MS + 5);
    fiber_spawn(loop_current(), one_asks, upstream);
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_TRIAL);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(ask(upstream), VERIFY_UPSTREAM_ERROR);
    }
    assert_int_equal(script.next, 4);
    wait_for_all(upstream);
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_CLOSED);
}

static void during_a_trial_nobody_else_is_let_through(void **state) {
    struct loop *loop = loop_new();
    struct upstream *upstream = opened(&usual, ERROR, ERROR, ERROR, {.result = VERIFY_MATCH, .takes_ms = 30});
    run_on(loop, many_during_a_trial, upstream);
    upstream_free(upstream);
    loop_free(loop);
}

/* --- what strangers can bring about --- */

static struct upstream_settings of_visits(void) {
    struct upstream_settings settings = usual;
    settings.adapter = STR("visited");
    return settings;
}

static void an_answer_to_what_a_browser_brought_opens_nothing(void **state) {
    const struct upstream_settings settings = of_visits();
    struct upstream *upstream = opened(&settings, ERROR, ERROR, ERROR, ERROR, ERROR, ERROR);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(come_back(upstream), VERIFY_UPSTREAM_ERROR);
    }
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_CLOSED);
    assert_int_equal(upstream_health(upstream)->errors, 0);
    assert_int_equal(upstream_health(upstream)->answers[VERIFY_UPSTREAM_ERROR], 6);
    assert_int_equal(come_back(upstream), VERIFY_MATCH);
    upstream_free(upstream);
}

/* Else whoever goes there again and again would keep the breaker from opening. */
static void a_service_that_is_silent_is_found_out_whoever_comes_between(void **state) {
    const struct upstream_settings settings = of_visits();
    const struct step wrong_state = {.result = VERIFY_INVALID_INPUT, .heard = NOBODY_ASKED};
    struct upstream *upstream = opened(&settings, SILENCE, GONE, SILENCE, wrong_state, ERROR, SILENCE);
    come_back(upstream);
    assert_int_equal(go(upstream), VERIFY_PENDING);
    come_back(upstream);
    come_back(upstream);
    come_back(upstream);
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_CLOSED);
    come_back(upstream);
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_OPEN);
    assert_int_equal(go(upstream), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(script.next, 6);
    upstream_free(upstream);
}

static void only_an_answer_ends_a_trial(void **state) {
    const struct upstream_settings settings = of_visits();
    struct upstream *upstream = opened(&settings, SILENCE, SILENCE, SILENCE, GONE, ERROR, {.result = VERIFY_MISMATCH});
    for (int i = 0; i < 3; i++) {
        come_back(upstream);
    }
    pause_ms(BREAKER_MS + 5);
    assert_int_equal(go(upstream), VERIFY_PENDING);
    assert_int_equal(come_back(upstream), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_TRIAL);
    assert_int_equal(come_back(upstream), VERIFY_MISMATCH);
    assert_int_equal(upstream_health(upstream)->breaker, BREAKER_CLOSED);
    upstream_free(upstream);
}

/* --- concurrency --- */

static void three_at_once(void *arg) {
    struct upstream *upstream = arg;
    fiber_spawn(loop_current(), one_asks, upstream);
    fiber_spawn(loop_current(), one_asks, upstream);
    assert_int_equal(upstream_health(upstream)->running, 2);
    for (int i = 0; i < 10; i++) {
        assert_int_equal(ask(upstream), VERIFY_RATE_LIMITED);
    }
    assert_int_equal(script.next, 2);
    wait_for_all(upstream);
    assert_int_equal(ask(upstream), VERIFY_MATCH);
    assert_int_equal(upstream_health(upstream)->errors, 0);
    assert_int_equal(upstream_health(upstream)->calls, 3);
}

static void more_than_allowed_at_once_are_turned_away_at_once(void **state) {
    struct loop *loop = loop_new();
    struct upstream *upstream =
        opened(&usual, {.result = VERIFY_MATCH, .takes_ms = 30}, {.result = VERIFY_MATCH, .takes_ms = 30});
    run_on(loop, three_at_once, upstream);
    upstream_free(upstream);
    loop_free(loop);
}

/* --- second attempt --- */

static void a_lost_connection_is_tried_once_more(void **state) {
    struct upstream *upstream = opened(&usual, NO_REACH, {.result = VERIFY_MISMATCH});
    assert_int_equal(ask(upstream), VERIFY_MISMATCH);
    assert_int_equal(script.next, 2);
    assert_int_equal(upstream_health(upstream)->calls, 1);
    assert_int_equal(upstream_health(upstream)->errors, 0);
    upstream_free(upstream);
    upstream = opened(&usual, NO_REACH, NO_REACH);
    assert_int_equal(ask(upstream), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(script.next, 2);
    assert_int_equal(upstream_health(upstream)->errors, 1);
    upstream_free(upstream);
}

static void nothing_else_is_tried_again(void **state) {
    for (enum verify_result result = VERIFY_MATCH; result <= VERIFY_UPSTREAM_ERROR; result++) {
        struct upstream *upstream = opened(&usual, {.result = result});
        assert_int_equal(ask(upstream), result);
        assert_int_equal(script.next, 1);
        upstream_free(upstream);
    }
}

static void what_must_not_be_asked_twice_is_not(void **state) {
    struct upstream_settings settings = usual;
    settings.adapter = STR("once");
    struct upstream *upstream = opened(&settings, NO_REACH);
    assert_int_equal(ask(upstream), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(script.next, 1);
    upstream_free(upstream);
}

static void both_attempts_share_one_deadline(void *arg) {
    struct upstream_settings settings = usual;
    settings.timeout_ms = 1000;
    struct upstream *upstream =
        opened(&settings, {.result = VERIFY_UPSTREAM_ERROR, .unreachable = true, .takes_ms = 50});
    assert_int_equal(ask(upstream), VERIFY_MATCH);
    assert_int_equal(script.timeouts[0], 1000);
    assert_true(script.timeouts[1] > 0 && script.timeouts[1] <= 951);
    upstream_free(upstream);
    settings.timeout_ms = 20;
    upstream = opened(&settings, {.result = VERIFY_UPSTREAM_ERROR, .unreachable = true, .takes_ms = 50});
    assert_int_equal(ask(upstream), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(script.next, 1);
    upstream_free(upstream);
}

static void a_second_attempt_gets_what_is_left_of_the_time(void **state) {
    struct loop *loop = loop_new();
    run_on(loop, both_attempts_share_one_deadline, NULL);
    loop_free(loop);
}

RUN_TESTS(cmocka_unit_test(an_unknown_adapter_and_bad_settings_are_refused),
          cmocka_unit_test(every_result_comes_through_with_its_evidence),
          cmocka_unit_test(errors_in_a_row_open_the_breaker),
          cmocka_unit_test(no_answer_but_an_error_counts_as_an_error),
          cmocka_unit_test(a_good_trial_closes_the_breaker),
          cmocka_unit_test(a_failed_trial_opens_it_for_as_long_again),
          cmocka_unit_test(during_a_trial_nobody_else_is_let_through),
          cmocka_unit_test(an_answer_to_what_a_browser_brought_opens_nothing),
          cmocka_unit_test(a_service_that_is_silent_is_found_out_whoever_comes_between),
          cmocka_unit_test(only_an_answer_ends_a_trial),
          cmocka_unit_test(more_than_allowed_at_once_are_turned_away_at_once),
          cmocka_unit_test(a_lost_connection_is_tried_once_more), cmocka_unit_test(nothing_else_is_tried_again),
          cmocka_unit_test(what_must_not_be_asked_twice_is_not),
          cmocka_unit_test(a_second_attempt_gets_what_is_left_of_the_time))
