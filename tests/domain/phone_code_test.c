/*
 * One-time codes to phones, on the memory kv, with a gateway of this test's.
 */
#include "domain/phone_code.h"

#include "jose/seal.h"
#include "loop/fetch.h"
#include "model/event.h"
#include "on_loop.h"
#include "sms_gateway.h"
#include "store/kv.h"
#include "test.h"

#include "../src/jose/sealer.h"

#define PHONE STR("+8613800138000")

/* --- the domain --- */

static struct told {
    int count;
    enum event_result result;
    char reason[32];
    char text[2048];
} told;

static void hear(void *ctx, const struct event *event) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf text;
    buf_init(&text, arena, 512, sizeof(told.text) - 1);
    assert_int_equal(event->kind, EVENT_PHONE_CODE);
    event_write(event, &text);
    told.count++;
    told.result = event->result;
    snprintf(told.reason, sizeof(told.reason), "%s", event->reason);
    snprintf(told.text, sizeof(told.text), "%.*s", (int)text.len, text.ptr);
}

static struct domain_settings settings;
static struct domain domain;

struct running {
    void (*run)(struct arena *arena);
};

static void run_inside(void *arg) {
    struct running *running = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    running->run(arena);
}

static void with_domain(void (*run)(struct arena *arena)) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fault fault;
    struct upstream *upstream;
    struct kv_memory *memory = kv_memory_new(1 << 24);
    const struct upstream_settings wanted = gateway_settings(arena, "{transaction_member: transaction}");
    static const struct event_sink sink = {.hear = hear};
    struct sealer *lookup = sealer_new(secret_copy(arena, STR("01234567890123456789012345678901")), "lookup");
    struct sealer *flow = sealer_new(secret_copy(arena, STR("01234567890123456789012345678901")), "flow");
    const struct domain_sealers sealers = {.lookup = lookup, .flow = flow};
    const struct fetch_options options = {0};
    settings = (struct domain_settings){.sms_code_s = 300,
                                        .sms_resend_s = 60,
                                        .sms_per_phone = 10,
                                        .sms_per_phone_and_address = 10,
                                        .sms_per_address = 50,
                                        .sms_per_account = 10};
    domain = (struct domain){.settings = &settings, .sealers = &sealers, .events = &sink};
    domain.loop = loop_new();
    domain.kv = kv_memory_open(memory);
    struct fetcher *fetcher = fetcher_new(domain.loop, &options);
    assert_true(upstream_open(&wanted, fetcher, &upstream, &fault));
    domain.upstreams = (struct upstreams){&upstream, 1};
    told = (struct told){0};
    run_on(domain.loop, run_inside, &(struct running){run});
    loop_end_fibers(domain.loop);
    upstream_free(upstream);
    fetcher_free(fetcher);
    kv_free(domain.kv);
    loop_free(domain.loop);
    kv_memory_free(memory);
    sealer_free(lookup);
    sealer_free(flow);
}

static struct phone_code asked_for(const char *bound) {
    return (struct phone_code){.purpose = PHONE_CODE_REGISTER,
                               .phone = PHONE,
                               .bound = str_from(bound),
                               .client_address = STR("192.0.2.1"),
                               .client_id = STR("c1")};
}

/* --- what is tested --- */

static struct str wrong_code(struct arena *arena) {
    char first = gateway.code[0] == '9' ? '0' : (char)(gateway.code[0] + 1);
    return str_format(arena, "%c%s", first, gateway.code + 1);
}

static void once(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1");
    assert_int_equal(phone_code_verify(&domain, arena, &asked, STR("123456"), NULL), PHONE_CODE_GONE);
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
    assert_str(str_from(told.reason), "sent");
    struct str code = str_format(arena, " %s ", gateway.code), check_id = STR_NONE;
    assert_int_equal(phone_code_verify(&domain, arena, &asked, wrong_code(arena), &check_id), PHONE_CODE_WRONG);
    assert_true(str_is_absent(check_id));
    assert_int_equal(phone_code_verify(&domain, arena, &asked, code, &check_id), PHONE_CODE_DONE);
    assert_str(check_id, gateway.transaction);
    assert_str(phone_code_evidence(&domain, check_id).check_id, gateway.transaction);
    assert_str(str_from(told.reason), "right");
    assert_int_equal(phone_code_verify(&domain, arena, &asked, code, NULL), PHONE_CODE_GONE);
    assert_int_equal(told.result, EVENT_REFUSED);
    assert_null(strstr(told.text, "13800138000"));
    assert_null(strstr(told.text, gateway.code));
}

static void a_code_is_good_once(void **state) {
    with_domain(once);
}

/* Another purpose, phone or flow: what was sent for one is nothing for the other. */
static void bound(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1"), other;
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
    struct str code = str_dup(arena, str_from(gateway.code));
    other = asked_for("flow-2");
    assert_int_equal(phone_code_verify(&domain, arena, &other, code, NULL), PHONE_CODE_GONE);
    other = asked_for("flow-1");
    other.purpose = PHONE_CODE_SIGN_IN;
    assert_int_equal(phone_code_verify(&domain, arena, &other, code, NULL), PHONE_CODE_GONE);
    other = asked_for("flow-1");
    other.phone = STR("+8613800138001");
    assert_int_equal(phone_code_verify(&domain, arena, &other, code, NULL), PHONE_CODE_GONE);
    assert_int_equal(phone_code_verify(&domain, arena, &asked, code, NULL), PHONE_CODE_DONE);
}

static void a_code_is_bound_to_what_it_was_sent_for(void **state) {
    with_domain(bound);
}

static void five(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1");
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
    static const char *const mistyped[] = {"", "12345", "1234567", "12345a", "１２３４５６", "-12345", "1e5"};
    for (size_t i = 0; i < ARRAY_LEN(mistyped); i++) {
        assert_row(phone_code_verify(&domain, arena, &asked, str_from(mistyped[i]), NULL) == PHONE_CODE_WRONG,
                   mistyped[i]);
    }
    for (int i = 0; i < PHONE_CODE_TRIES_MOST; i++) {
        assert_int_equal(phone_code_verify(&domain, arena, &asked, wrong_code(arena), NULL), PHONE_CODE_WRONG);
    }
    assert_int_equal(phone_code_verify(&domain, arena, &asked, str_from(gateway.code), NULL), PHONE_CODE_GONE);
}

static void after_five_wrong_tries_the_right_one_is_gone(void **state) {
    with_domain(five);
}

/* --- many at once --- */

struct guess {
    struct str code;
    enum phone_code_result result;
};
static int guesses_left;

static void guess_fiber(void *arg) {
    struct guess *guess = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct phone_code asked = asked_for("flow-1");
    guess->result = phone_code_verify(&domain, arena, &asked, guess->code, NULL);
    guesses_left--;
}

static int count_of(const struct guess *guesses, size_t count, enum phone_code_result result) {
    int found = 0;
    for (size_t i = 0; i < count; i++) {
        found += guesses[i].result == result;
    }
    return found;
}

static void guess_at_once(struct guess *guesses, size_t count) {
    guesses_left = (int)count;
    for (size_t i = 0; i < count; i++) {
        fiber_spawn(domain.loop, guess_fiber, &guesses[i]);
    }
    while (guesses_left > 0) {
        fiber_sleep(5);
    }
}

static void parallel(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1");
    struct guess guesses[40];
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
    for (size_t i = 0; i < ARRAY_LEN(guesses); i++) {
        guesses[i] = (struct guess){.code = wrong_code(arena)};
    }
    guess_at_once(guesses, ARRAY_LEN(guesses));
    assert_int_equal(count_of(guesses, ARRAY_LEN(guesses), PHONE_CODE_WRONG), PHONE_CODE_TRIES_MOST);
    assert_int_equal(count_of(guesses, ARRAY_LEN(guesses), PHONE_CODE_GONE), 35);
}

static void parallel_guesses_are_counted_one_by_one(void **state) {
    with_domain(parallel);
}

static void race(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1");
    struct guess guesses[4];
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
    for (size_t i = 0; i < ARRAY_LEN(guesses); i++) {
        guesses[i] = (struct guess){.code = str_dup(arena, str_from(gateway.code))};
    }
    guess_at_once(guesses, ARRAY_LEN(guesses));
    assert_int_equal(count_of(guesses, ARRAY_LEN(guesses), PHONE_CODE_DONE), 1);
}

static void of_several_right_ones_at_once_one_wins(void **state) {
    with_domain(race);
}

/* --- limits --- */

static void resend(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1"), other = asked_for("flow-2");
    int calls = gateway.calls;
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
    struct str first = str_dup(arena, str_from(gateway.code));
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_TOO_SOON);
    assert_int_equal(phone_code_send(&domain, arena, &other), PHONE_CODE_TOO_SOON);
    assert_int_equal(gateway.calls, calls + 1);
    settings.sms_resend_s = 1;
    other.phone = STR("+8613800138001");
    assert_int_equal(phone_code_send(&domain, arena, &other), PHONE_CODE_DONE);
    fiber_sleep(1100);
    assert_int_equal(phone_code_send(&domain, arena, &other), PHONE_CODE_DONE);
    assert_int_equal(phone_code_verify(&domain, arena, &asked, first, NULL), PHONE_CODE_DONE);
}

static void a_phone_is_sent_nothing_anew_for_a_while(void **state) {
    with_domain(resend);
}

static void replaced(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1");
    settings.sms_resend_s = 1;
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
    struct str first = str_dup(arena, str_from(gateway.code));
    fiber_sleep(1100);
    do { /* one in a million is the same */
        settings.sms_per_phone++;
        settings.sms_per_phone_and_address++;
        assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
        fiber_sleep(1100);
    } while (str_equal(first, str_from(gateway.code)));
    assert_int_equal(phone_code_verify(&domain, arena, &asked, first, NULL), PHONE_CODE_WRONG);
    assert_int_equal(phone_code_verify(&domain, arena, &asked, str_from(gateway.code), NULL), PHONE_CODE_DONE);
}

static void a_new_code_replaces_the_old_one(void **state) {
    with_domain(replaced);
}

static void a_day(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1");
    settings.sms_per_address = 3;
    settings.sms_per_account = 2;
    for (int i = 0; i < 4; i++) {
        asked.phone = str_format(arena, "+861380013900%d", i);
        assert_int_equal(phone_code_send(&domain, arena, &asked), i < 3 ? PHONE_CODE_DONE : PHONE_CODE_LIMITED);
    }
    asked.client_address = STR("192.0.2.2");
    asked.account_id = STR("account-1");
    for (int i = 4; i < 7; i++) {
        asked.phone = str_format(arena, "+861380013900%d", i);
        assert_int_equal(phone_code_send(&domain, arena, &asked), i < 6 ? PHONE_CODE_DONE : PHONE_CODE_LIMITED);
    }
    settings.sms_per_phone = 1;
    settings.sms_resend_s = 1;
    asked = asked_for("flow-1");
    asked.client_address = STR("192.0.2.3");
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
    fiber_sleep(1100);
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_LIMITED);
}

static void phones_addresses_and_accounts_have_limits(void **state) {
    with_domain(a_day);
}

static enum phone_code_result sent_for(struct arena *arena, enum phone_code_purpose purpose, const char *address) {
    struct phone_code asked = asked_for("flow-1");
    bool typed = purpose == PHONE_CODE_REGISTER;
    asked.purpose = purpose;
    asked.account_id = typed ? STR_NONE : STR("account-1");
    asked.client_address = str_from(address);
    return phone_code_send(&domain, arena, &asked);
}

/* The pause, the phone's allowance and the account's: those of recovery and sign-in are none of other purposes'. */
static void strangers(struct arena *arena) {
    settings.sms_resend_s = 1;
    settings.sms_per_phone = 2;
    settings.sms_per_account = 2;
    assert_int_equal(sent_for(arena, PHONE_CODE_REGISTER, "192.0.2.66"), PHONE_CODE_DONE);
    assert_int_equal(sent_for(arena, PHONE_CODE_CHANGE, "192.0.2.66"), PHONE_CODE_TOO_SOON);
    assert_int_equal(sent_for(arena, PHONE_CODE_RECOVER, "192.0.2.1"), PHONE_CODE_DONE);
    assert_int_equal(sent_for(arena, PHONE_CODE_SIGN_IN, "192.0.2.1"), PHONE_CODE_TOO_SOON);
    fiber_sleep(1100);
    assert_int_equal(sent_for(arena, PHONE_CODE_CHANGE, "192.0.2.66"), PHONE_CODE_DONE);
    fiber_sleep(1100);
    assert_int_equal(sent_for(arena, PHONE_CODE_CHANGE, "192.0.2.66"), PHONE_CODE_LIMITED);
    assert_int_equal(sent_for(arena, PHONE_CODE_REGISTER, "192.0.2.67"), PHONE_CODE_LIMITED);
    assert_int_equal(sent_for(arena, PHONE_CODE_SIGN_IN, "192.0.2.1"), PHONE_CODE_DONE);
    fiber_sleep(1100);
    assert_int_equal(sent_for(arena, PHONE_CODE_RECOVER, "192.0.2.1"), PHONE_CODE_LIMITED);
}

static void strangers_use_up_nothing_of_the_owner_s(void **state) {
    with_domain(strangers);
}

static void shares(struct arena *arena) {
    settings.sms_resend_s = 1;
    settings.sms_per_phone = 2;
    settings.sms_per_phone_and_address = 1;
    assert_int_equal(sent_for(arena, PHONE_CODE_REGISTER, "2001:db8:0:66::1"), PHONE_CODE_DONE);
    fiber_sleep(1100);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(sent_for(arena, PHONE_CODE_REGISTER, "2001:db8:0:66::2"), PHONE_CODE_LIMITED);
    }
    assert_int_equal(sent_for(arena, PHONE_CODE_REGISTER, "192.0.2.1"), PHONE_CODE_DONE);
    fiber_sleep(1100);
    assert_int_equal(sent_for(arena, PHONE_CODE_REGISTER, "192.0.2.2"), PHONE_CODE_LIMITED);
}

static void one_address_has_a_share_of_what_a_phone_is_allowed(void **state) {
    with_domain(shares);
}

/* --- the gateway's moods --- */

static void moods(struct arena *arena) {
    static const struct {
        int status;
        enum phone_code_result result;
        bool again; /* may be asked again at once: surely nothing was sent */
    } rows[] = {{400, PHONE_CODE_REFUSED, false},
                {429, PHONE_CODE_CANNOT_SEND, true},
                {500, PHONE_CODE_CANNOT_SEND, false},
                {0, PHONE_CODE_CANNOT_SEND, false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct phone_code asked = asked_for("flow-1");
        asked.phone = str_format(arena, "+861380013800%zu", i);
        gateway.status = rows[i].status;
        assert_int_equal(phone_code_send(&domain, arena, &asked), rows[i].result);
        gateway.status = 200;
        assert_int_equal(phone_code_send(&domain, arena, &asked),
                         rows[i].again ? PHONE_CODE_DONE : PHONE_CODE_TOO_SOON);
    }
}

static void a_gateway_that_does_not_take_it(void **state) {
    with_domain(moods);
}

static void none(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1");
    assert_true(phone_code_available(&domain));
    domain.upstreams.count = 0;
    assert_false(phone_code_available(&domain));
    assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_CANNOT_SEND);
}

static void without_a_gateway_nothing_is_sent(void **state) {
    with_domain(none);
}

/* --- the proof --- */

static void proof(struct arena *arena) {
    struct phone_code asked = asked_for("flow-1"), other = asked_for("flow-2");
    struct phone_proof opened;
    struct str sealed = phone_proof_seal(&domain, arena, &asked, STR("check-1"));
    assert_true(phone_proof_open(&domain, arena, &asked, sealed, &opened));
    assert_str(opened.phone, "+8613800138000");
    assert_str(opened.check_id, "check-1");
    assert_false(phone_proof_open(&domain, arena, &other, sealed, &opened));
    other = asked;
    other.purpose = PHONE_CODE_CHANGE;
    assert_false(phone_proof_open(&domain, arena, &other, sealed, &opened));
    assert_false(phone_proof_open(&domain, arena, &asked, STR(""), &opened));
    assert_false(phone_proof_open(&domain, arena, &asked, STR_NONE, &opened));
    assert_false(phone_proof_open(&domain, arena, &asked, str_sub(sealed, 0, sealed.len - 2), &opened));
    for (size_t i = 0; i < sealed.len; i += 5) {
        char *changed = arena_alloc(arena, sealed.len);
        memcpy(changed, sealed.ptr, sealed.len);
        changed[i] = changed[i] == 'A' ? 'B' : 'A';
        assert_false(phone_proof_open(&domain, arena, &asked, str_of(changed, sealed.len), &opened));
    }
}

static void a_proof_is_of_one_phone_in_one_flow(void **state) {
    with_domain(proof);
}

/* All digits come, in all places, about as often. */
static void spread(struct arena *arena) {
    int seen[PHONE_CODE_DIGITS][10] = {0};
    settings.sms_per_address = 1000;
    for (int i = 0; i < 400; i++) {
        struct phone_code asked = asked_for("flow-1");
        asked.phone = str_format(arena, "+8613900%06d", i);
        assert_int_equal(phone_code_send(&domain, arena, &asked), PHONE_CODE_DONE);
        for (int place = 0; place < PHONE_CODE_DIGITS; place++) {
            seen[place][gateway.code[place] - '0']++;
        }
    }
    for (int place = 0; place < PHONE_CODE_DIGITS; place++) {
        for (int digit = 0; digit < 10; digit++) {
            assert_in_range(seen[place][digit], 10, 90);
        }
    }
}

static void codes_are_spread_evenly(void **state) {
    with_domain(spread);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_code_is_good_once),
        cmocka_unit_test(a_code_is_bound_to_what_it_was_sent_for),
        cmocka_unit_test(after_five_wrong_tries_the_right_one_is_gone),
        cmocka_unit_test(parallel_guesses_are_counted_one_by_one),
        cmocka_unit_test(of_several_right_ones_at_once_one_wins),
        cmocka_unit_test(a_phone_is_sent_nothing_anew_for_a_while),
        cmocka_unit_test(a_new_code_replaces_the_old_one),
        cmocka_unit_test(phones_addresses_and_accounts_have_limits),
        cmocka_unit_test(strangers_use_up_nothing_of_the_owner_s),
        cmocka_unit_test(one_address_has_a_share_of_what_a_phone_is_allowed),
        cmocka_unit_test(a_gateway_that_does_not_take_it),
        cmocka_unit_test(without_a_gateway_nothing_is_sent),
        cmocka_unit_test(a_proof_is_of_one_phone_in_one_flow),
        cmocka_unit_test(codes_are_spread_evenly),
    };
    return cmocka_run_group_tests(tests, gateway_start, gateway_stop);
}
