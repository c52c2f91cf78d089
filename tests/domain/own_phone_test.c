/*
 * Changing one's phone number, on real stores and a gateway of the test's own: a code is good for the account as it was
 * when it was sent, of several changes at once there is one, and what rested on the old number ends with it.
 */
#include "base/clock.h"
#include "domain/own.h"
#include "domain/phone_notice.h"
#include "domain/proofs.h"
#include "domain/recovery.h"
#include "loop/fetch.h"
#include "loop/fiber.h"
#include "register_fixture.h"
#include "sms_gateway.h"

#define OLD   "+8613800138000"
#define NEW   "+8613800138001"
#define OTHER "+8613800138002"

/* --- a domain with people and a gateway --- */

static const char *gateway_options = "{transaction_member: transaction, template_phone_changed: changed}";
static void (*phone_test)(struct domain *domain, struct arena *arena);

static void with_gateway(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct fault fault;
    struct upstream *upstream;
    struct domain_settings settings = *domain->settings;
    settings.sms_code_s = 300;
    settings.sms_resend_s = 1;
    settings.sms_per_phone_and_address = settings.sms_per_phone = settings.sms_per_address = settings.sms_per_account =
        20;
    settings.clock_skew_s = 5;
    settings.refresh_token_s = 3600;
    const struct upstream_settings wanted = gateway_settings(arena, gateway_options);
    const struct fetch_options options = {0};
    struct domain with = *domain;
    struct fetcher *fetcher = fetcher_new(domain->loop, &options);
    assert_true(upstream_open(&wanted, fetcher, &upstream, &fault));
    with.settings = &settings;
    with.upstreams = (struct upstreams){&upstream, 1};
    gateway.notices = 0;
    phone_test(&with, arena);
    while (fiber_count(domain->loop) > 1) { /* notices on their way */
        fiber_sleep(5);
    }
    upstream_free(upstream);
    fetcher_free(fetcher);
}

static void on_phones(void (*test)(struct domain *domain, struct arena *arena)) {
    phone_test = test;
    with_register(with_gateway);
}

static struct account load(struct domain *domain, struct arena *arena, struct str account_id) {
    struct account account;
    assert_int_equal(account_load(domain, arena, account_id, &account), DOMAIN_DONE);
    return account;
}

static struct own own_of(struct str account_id) {
    return (struct own){.account_id = account_id, .session_id = STR("s"), .address = STR("192.0.2.1")};
}

/* Level 2 by a register, and the phone where it is proven. */
static struct str person(struct domain *domain, struct arena *arena, const char *username, const char *phone,
                         bool proven) {
    const struct evidence evidence[] = {
        {.source = STR("test"), .authority = STR("test"), .method = STR("two_element_match"), .level = 2},
        phone_code_evidence(domain, STR("first"))};
    const struct account_wanted wanted = {
        .profile = {.name = STR("测试"), .phone_number = str_from(phone), .phone_number_verified = proven},
        .username = str_from(username),
        .evidence = evidence,
        .evidence_count = proven ? 2 : 1};
    struct str account_id;
    assert_int_equal(account_create(domain, arena, &wanted, &account_id), DOMAIN_DONE);
    return account_id;
}

static struct own_phone asked(struct domain *domain, struct arena *arena, struct str account_id, const char *phone) {
    const struct own own = own_of(account_id);
    const struct own_phone wanted = {str_from(phone), load(domain, arena, account_id).updated_at};
    enum phone_code_result sent = own_phone_send_code(domain, arena, &own, &wanted, false);
    if (sent == PHONE_CODE_TOO_SOON) { /* of an earlier one in this test */
        fiber_sleep(1100);
        sent = own_phone_send_code(domain, arena, &own, &wanted, false);
    }
    assert_int_equal(sent, PHONE_CODE_DONE);
    return wanted;
}

static enum own_phone_result change(struct domain *domain, struct arena *arena, struct str account_id,
                                    const struct own_phone *wanted, struct str code) {
    const struct own own = own_of(account_id);
    return own_phone_change(domain, arena, &own, wanted, code);
}

static struct str found_by(struct domain *domain, struct arena *arena, const char *phone) {
    struct str account_id = STR_NONE;
    account_find(domain, arena, IDENTIFIER_PHONE, str_from(phone), &account_id);
    return account_id;
}

static struct str code_now(struct arena *arena) {
    return str_dup(arena, str_from(gateway.code));
}

/* --- the change --- */

static size_t phone_evidence(struct domain *domain, struct arena *arena, struct str account_id,
                             struct evidence *ret_valid) {
    struct verification_row *rows;
    size_t count, valid = 0;
    assert_int_equal(proof_list(domain, arena, account_id, &rows, &count), DOMAIN_DONE);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(rows[i].evidence.method, STR("phone_possession")) && proof_counts(&rows[i], clock_wall())) {
            *ret_valid = rows[i].evidence;
            valid++;
        }
    }
    return valid;
}

static void changes(struct domain *domain, struct arena *arena) {
    struct str id = person(domain, arena, "somebody", OLD, true);
    struct evidence evidence;
    assert_int_equal(phone_evidence(domain, arena, id, &evidence), 1);
    assert_str(evidence.check_id, "first");
    struct own_phone wanted = asked(domain, arena, id, NEW), travelled;
    assert_true(own_phone_unpack(own_phone_pack(arena, &wanted), &travelled));
    assert_int_equal(change(domain, arena, id, &travelled, STR("00000x")), OWN_PHONE_WRONG);
    assert_str(load(domain, arena, id).profile.phone_number, OLD);
    assert_int_equal(change(domain, arena, id, &travelled, code_now(arena)), OWN_PHONE_DONE);
    struct account account = load(domain, arena, id);
    assert_str(account.profile.phone_number, NEW);
    assert_str(account.profile.name, "测试");
    assert_true(account.profile.phone_number_verified && account.level == 2);
    assert_true(str_equal(found_by(domain, arena, NEW), id) && str_is_absent(found_by(domain, arena, OLD)));
    assert_int_equal(phone_evidence(domain, arena, id, &evidence), 1);
    assert_str(evidence.check_id, gateway.transaction);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM verifications WHERE ended_at > 0"), 1);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM audit_outbox WHERE record LIKE '%phone.change%'"), 1);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM audit_outbox WHERE record LIKE '%13800138%'"), 0);
    fiber_sleep(300);
    assert_int_equal(gateway.notices, 1);
    assert_str(str_from(gateway.notice_phone), OLD);
    assert_str(str_from(gateway.notice_template), "changed");
    assert_int_equal(change(domain, arena, id, &travelled, code_now(arena)), OWN_PHONE_STALE);
}

static void the_number_its_hash_and_its_evidence_change_together(void **state) {
    on_phones(changes);
}

static void nothing_to_tell(struct domain *domain, struct arena *arena) {
    static const struct {
        const char *name, *before;
        bool proven;
        const char *after;
    } cases[] = {{"none before", NULL, false, NEW},
                 {"only stated", OTHER, false, "+8613800138003"},
                 {"stated, now proven", "+8613800138004", false, "+8613800138004"}};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct evidence evidence;
        struct str id = person(domain, arena, cases[i].name, cases[i].before, cases[i].proven);
        const struct own_phone wanted = asked(domain, arena, id, cases[i].after);
        assert_row(change(domain, arena, id, &wanted, code_now(arena)) == OWN_PHONE_DONE, cases[i].name);
        assert_row(str_equal(found_by(domain, arena, cases[i].after), id), cases[i].name);
        assert_row(phone_evidence(domain, arena, id, &evidence) == 1, cases[i].name);
    }
    fiber_sleep(300);
    assert_int_equal(gateway.notices, 0);
}

static void a_number_that_was_never_proven_is_told_nothing(void **state) {
    on_phones(nothing_to_tell);
}

static void taken(struct domain *domain, struct arena *arena) {
    struct str id = person(domain, arena, "somebody", OLD, true), holder = person(domain, arena, "holder", NEW, true);
    const struct own_phone wanted = asked(domain, arena, id, NEW);
    assert_int_equal(change(domain, arena, id, &wanted, STR("00000x")), OWN_PHONE_WRONG);
    assert_int_equal(change(domain, arena, id, &wanted, code_now(arena)), OWN_PHONE_TAKEN);
    assert_true(str_equal(found_by(domain, arena, NEW), holder) && str_equal(found_by(domain, arena, OLD), id));
    assert_str(load(domain, arena, id).profile.phone_number, OLD);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM verifications WHERE ended_at > 0"), 0);
    fiber_sleep(300);
    assert_int_equal(gateway.notices, 0);
}

static void a_number_of_another_account_stays_there(void **state) {
    on_phones(taken);
}

static void stale(struct domain *domain, struct arena *arena) {
    struct str id = person(domain, arena, "somebody", OLD, true);
    const struct own_phone first = asked(domain, arena, id, NEW);
    struct str first_code = code_now(arena);
    const struct own_phone second = asked(domain, arena, id, OTHER);
    struct str second_code = code_now(arena);
    assert_int_equal(change(domain, arena, id, &second, second_code), OWN_PHONE_DONE);
    assert_int_equal(change(domain, arena, id, &first, first_code), OWN_PHONE_STALE);
    /* Nor does the code of before open a form of now, or one account's form another's. */
    const struct own_phone now = {first.phone, load(domain, arena, id).updated_at};
    assert_int_equal(change(domain, arena, id, &now, first_code), OWN_PHONE_GONE);
    struct str other = person(domain, arena, "other", NULL, false);
    const struct own_phone theirs = {first.phone, load(domain, arena, other).updated_at};
    assert_int_equal(change(domain, arena, other, &theirs, first_code), OWN_PHONE_GONE);
    assert_str(load(domain, arena, id).profile.phone_number, OTHER);
    /* Suspended meanwhile. */
    const struct own_phone third = asked(domain, arena, id, "+8613800138005");
    run_sql(domain, "UPDATE accounts SET state = 2");
    assert_int_equal(change(domain, arena, id, &third, code_now(arena)), OWN_PHONE_STALE);
}

static void a_code_is_for_the_account_as_it_was(void **state) {
    on_phones(stale);
}

/* --- several at once --- */

struct racer {
    struct domain *domain;
    struct str account_id, code;
    struct own_phone wanted;
    enum own_phone_result result;
    int *left;
};

static void race_fiber(void *arg) {
    struct racer *racer = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    racer->result = change(racer->domain, arena, racer->account_id, &racer->wanted, racer->code);
    (*racer->left)--;
}

static int race(struct racer *racers, size_t count) {
    int left = (int)count, done = 0;
    for (size_t i = 0; i < count; i++) {
        racers[i].left = &left;
        fiber_spawn(racers[i].domain->loop, race_fiber, &racers[i]);
    }
    while (left > 0) {
        fiber_sleep(5);
    }
    for (size_t i = 0; i < count; i++) {
        done += racers[i].result == OWN_PHONE_DONE;
    }
    return done;
}

static void races(struct domain *domain, struct arena *arena) {
    struct str one = person(domain, arena, "one", OLD, true), two = person(domain, arena, "two", NULL, false);
    struct racer numbers[2], holders[2];
    static const char *const phones[] = {NEW, OTHER};
    for (size_t i = 0; i < 2; i++) {
        numbers[i] = (struct racer){.domain = domain, .account_id = one};
        numbers[i].wanted = asked(domain, arena, one, phones[i]);
        numbers[i].code = code_now(arena);
    }
    assert_int_equal(race(numbers, 2), 1);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM identifiers WHERE kind = 2"), 1);
    for (size_t i = 0; i < 2; i++) {
        holders[i] = (struct racer){.domain = domain, .account_id = i == 0 ? one : two};
        holders[i].wanted = asked(domain, arena, holders[i].account_id, "+8613800138006");
        holders[i].code = code_now(arena);
    }
    assert_int_equal(race(holders, 2), 1);
    assert_true(holders[0].result == OWN_PHONE_TAKEN || holders[1].result == OWN_PHONE_TAKEN);
}

static void of_two_numbers_and_of_two_accounts_one_wins(void **state) {
    on_phones(races);
}

/* --- what rested on the old number --- */

static void recoveries(struct domain *domain, struct arena *arena) {
    struct str id = person(domain, arena, "somebody", OLD, true);
    struct recovery recovery;
    run_sql(domain, "UPDATE accounts SET level = 1");
    assert_int_equal(recovery_start(domain, arena, STR("somebody"), STR("192.0.2.1"), &recovery), RECOVERY_GOES_ON);
    recovery_send_code(domain, &recovery, STR("192.0.2.1"), false);
    int calls = gateway.calls;
    for (int i = 0; gateway.calls == calls && i < 100; i++) {
        fiber_sleep(20);
    }
    struct str code = code_now(arena);
    struct recovery shown = recovery, travelled;
    assert_int_equal(recovery_check_code(domain, arena, &shown, code, STR("192.0.2.1")), RECOVERY_GOES_ON);
    assert_true(shown.shown & RECOVERY_PHONE);
    assert_true(recovery_unpack(domain, recovery_pack(arena, &shown), &travelled));
    assert_int_equal(recovery_is_enough(domain, arena, &travelled), DOMAIN_DONE);
    const struct own_phone wanted = asked(domain, arena, id, NEW);
    assert_int_equal(change(domain, arena, id, &wanted, code_now(arena)), OWN_PHONE_DONE);
    assert_int_equal(recovery_is_enough(domain, arena, &travelled), DOMAIN_NO);
    assert_int_equal(recovery_finish(domain, arena, &travelled, STR("Good-Pass-1234"), STR("192.0.2.1")), RECOVERY_NO);
    /* What was shown otherwise is still shown. */
    travelled.shown |= RECOVERY_COUNTER;
    assert_int_equal(recovery_is_enough(domain, arena, &travelled), DOMAIN_DONE);
}

static void a_recovery_by_the_old_number_ends(void **state) {
    on_phones(recoveries);
}

/* --- where it is offered --- */

static void offered(struct domain *domain, struct arena *arena) {
    assert_true(own_phone_offered(domain));
    domain->upstreams.count = 0;
    assert_false(own_phone_offered(domain));
}

static void without_notices(struct domain *domain, struct arena *arena) {
    assert_true(phone_code_available(domain));
    assert_false(own_phone_offered(domain));
}

static void it_is_offered_where_codes_and_notices_can_be_sent(void **state) {
    on_phones(offered);
    const char *kept = gateway_options;
    gateway_options = "{template: code, template_recover: recover}";
    on_phones(without_notices);
    gateway_options = kept;
}

static void moods(struct domain *domain, struct arena *arena) {
    static const struct { int status, notices; } rows[] = {{400, 1}, {200, 1}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        gateway.notices = 0;
        gateway.status = rows[i].status;
        phone_notice_send(domain, &(struct phone_notice){STR(OLD), STR("account")});
        fiber_sleep(300);
        assert_int_equal(gateway.notices, rows[i].notices);
    }
    gateway.status = 503; /* and again after a while */
    gateway.notices = 0;
    phone_notice_send(domain, &(struct phone_notice){STR(OLD), STR("account")});
    fiber_sleep(300);
    assert_int_equal(gateway.notices, 1);
    gateway.status = 200;
    fiber_sleep(5500);
    assert_int_equal(gateway.notices, 2);
}

static void a_notice_is_tried_again_unless_the_number_is_refused(void **state) {
    on_phones(moods);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_its_hash_and_its_evidence_change_together),
        cmocka_unit_test(a_number_that_was_never_proven_is_told_nothing),
        cmocka_unit_test(a_number_of_another_account_stays_there),
        cmocka_unit_test(a_code_is_for_the_account_as_it_was),
        cmocka_unit_test(of_two_numbers_and_of_two_accounts_one_wins),
        cmocka_unit_test(a_recovery_by_the_old_number_ends),
        cmocka_unit_test(it_is_offered_where_codes_and_notices_can_be_sent),
        cmocka_unit_test(a_notice_is_tried_again_unless_the_number_is_refused),
    };
    return cmocka_run_group_tests(tests, gateway_start, gateway_stop);
}
