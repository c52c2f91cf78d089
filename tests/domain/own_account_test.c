/*
 * The rules of people's own accounts, on real stores: forms open once and for one purpose, an account is got back by as
 * much as it is proven by, evidence is pooled only of one person, and the last way of signing in stays.
 */
#include "base/clock.h"
#include "domain/counter_code.h"
#include "domain/form.h"
#include "domain/links.h"
#include "domain/merging.h"
#include "domain/own.h"
#include "domain/proofs.h"
#include "domain/recovery.h"
#include "domain/second_factor.h"
#include "domain/session.h"
#include "loop/fiber.h"
#include "register_fixture.h"
#include "store/admins.h"
#include "store/links.h"
#include "store/mandates.h"

/* --- a domain with people --- */

static void (*people_test)(struct domain *domain, struct arena *arena);

static void with_people(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct domain_settings settings = *domain->settings;
    settings.access_token_s = settings.refresh_token_s = settings.session_s = settings.session_idle_s = 3600;
    settings.clock_skew_s = 5;
    settings.login_lock_s = 60;
    struct domain with = *domain;
    with.settings = &settings;
    people_test(&with, arena);
}

static void on_people(void (*test)(struct domain *domain, struct arena *arena)) {
    people_test = test;
    with_register(with_people);
}

static struct evidence evidence_of(int level) {
    return (struct evidence){.source = STR("test"),
                             .authority = STR("test"),
                             .method = STR("two_element_match"),
                             .result = VERIFY_MATCH,
                             .checked_at = clock_wall(),
                             .level = level};
}

static struct str person(struct domain *domain, struct arena *arena, const char *username, const char *id_number,
                         int level) {
    const struct evidence evidence = evidence_of(level);
    const struct account_wanted wanted = {
        .profile = {.name = STR("测试"), .id_number = str_from(id_number), .id_type = id_number ? 1 : 0},
        .username = str_from(username),
        .evidence = &evidence,
        .evidence_count = 1};
    struct str account_id;
    assert_int_equal(account_create(domain, arena, &wanted, &account_id), DOMAIN_DONE);
    return account_id;
}

static struct own own_of(struct str account_id) {
    return (struct own){.account_id = account_id, .session_id = STR("s"), .address = STR("192.0.2.1")};
}

/* --- forms --- */

static void forms(struct domain *domain, struct arena *arena) {
    const struct form form = {.browser = STR("b"), .session_id = STR("s"), .purpose = "p"};
    const struct {
        const char *name;
        struct form form;
    } others[] = {
        {"another browser", {.browser = STR("c"), .session_id = STR("s"), .purpose = "p"}},
        {"no browser", {.browser = STR_NONE, .session_id = STR("s"), .purpose = "p"}},
        {"another session", {.browser = STR("b"), .session_id = STR("t"), .purpose = "p"}},
        {"no session", {.browser = STR("b"), .session_id = STR(""), .purpose = "p"}},
        {"another purpose", {.browser = STR("b"), .session_id = STR("s"), .purpose = "q"}},
        {"a purpose that only begins so", {.browser = STR("b"), .session_id = STR("s"), .purpose = "pp"}},
    };
    struct str sealed = form_seal(domain, arena, &form, STR("extra")), extra;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_row(form_take(domain, arena, &others[i].form, sealed, NULL) == DOMAIN_NO, others[i].name);
    }
    for (size_t i = 0; i < sealed.len; i += 7) { /* one character is another */
        char *bent = str_c(arena, sealed);
        bent[i] = bent[i] == 'A' ? 'B' : 'A';
        assert_int_equal(form_take(domain, arena, &form, str_from(bent), NULL), DOMAIN_NO);
    }
    assert_int_equal(form_take(domain, arena, &form, STR(""), NULL), DOMAIN_NO);
    assert_int_equal(form_take(domain, arena, &form, sealed, &extra), DOMAIN_DONE);
    assert_str(extra, "extra");
    assert_int_equal(form_take(domain, arena, &form, sealed, &extra), DOMAIN_NO);
}

static void a_form_opens_once_where_it_belongs(void **state) {
    on_people(forms);
}

/* --- recovery --- */

static void an_account_is_got_back_by_as_much_as_it_is_proven_by(void **state) {
    const unsigned identity = RECOVERY_IDENTITY, phone = RECOVERY_PHONE, service = RECOVERY_SERVICE,
                   presence = RECOVERY_PRESENCE, counter = RECOVERY_COUNTER, factor = RECOVERY_FACTOR;
    const struct {
        const char *name;
        int level;
        bool phone_verified;
        unsigned shown;
        bool enough;
    } cases[] = {
        {"nothing", 1, true, 0, false},
        {"name and number are no possession", 1, true, identity, false},
        {"a phone that was proven", 1, true, phone, true},
        {"a phone that was only typed", 1, false, phone, false},
        {"a service that is linked", 1, false, service, true},
        {"level 2 by phone alone", 2, true, phone, false},
        {"level 2 by name and number alone", 2, true, identity, false},
        {"level 2 by both", 2, false, identity | phone, true},
        {"level 2 by a service", 2, true, service, true},
        {"level 3 by name, number and phone", 3, true, identity | phone, false},
        {"level 3 by a service", 3, true, service | phone | identity, false},
        {"level 3 in person alone: it may have been begun by somebody else", 3, true, presence, false},
        {"level 3 in person and by a service", 3, true, presence | service, false},
        {"level 3 in person and by the phone", 3, true, presence | phone, true},
        {"level 3 in person, whose phone was only typed", 3, false, presence, true},
        {"level 4 by all but presence", 4, true, identity | phone | service, false},
        {"level 4 by a face alone", 4, true, presence, false},
        {"level 4 by a face, name, number and phone", 4, true, presence | identity | phone, false},
        {"level 4 by a face, a one-time password and the phone", 4, true, presence | factor | phone, true},
        {"level 4 by a face and a one-time password alone", 4, true, presence | factor, false},
        {"level 4 by both, whose phone was only typed", 4, false, presence | factor, true},
        {"level 4 by a one-time password and all but a face", 4, true, factor | identity | phone | service, false},
        {"level 4 by the code of a counter", 4, false, counter, true},
        {"level 3 by the code of a counter", 3, false, counter, true},
        {"level 2 by the code of a counter", 2, false, counter, true},
        {"level 1 by the code of a counter", 1, false, counter, true},
        {"level 3 by a one-time password", 3, true, factor | identity | phone, false},
        {"level 1 by a one-time password", 1, false, factor, false},
        {"level 1 in person", 1, false, presence, true},
        {"level 1 in person alone, with a phone that was proven", 1, true, presence, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct account account = {.level = cases[i].level,
                                        .profile = {.phone_number_verified = cases[i].phone_verified}};
        assert_row(recovery_shows_level(&account, cases[i].shown, true) == cases[i].enough, cases[i].name);
    }
}

static struct recovery started(struct domain *domain, struct arena *arena, const char *typed) {
    struct recovery recovery;
    assert_int_equal(recovery_start(domain, arena, str_from(typed), STR("192.0.2.1"), &recovery), RECOVERY_GOES_ON);
    return recovery;
}

static void recoveries(struct domain *domain, struct arena *arena) {
    struct account account;
    struct str id = person(domain, arena, "known", "110105188812310013", 2);
    struct recovery recovery = started(domain, arena, " Known ");
    assert_true(str_equal(recovery.account_id, id));
    const struct {
        const char *name, *typed_name, *number;
        bool fits;
    } cases[] = {
        {"another name", "测验", "110105188812310013", false}, {"another number", "测试", "110105188812310021", false},
        {"no name", "", "110105188812310013", false},          {"no number", "测试", "", false},
        {"both", "测试", "110105188812310013", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        recovery_match(domain, arena, &recovery, str_from(cases[i].typed_name), str_from(cases[i].number),
                       STR("192.0.2.1"), &account);
        assert_row(((recovery.shown & RECOVERY_IDENTITY) != 0) == cases[i].fits, cases[i].name);
    }
    assert_int_equal(
        recovery_match(domain, arena, &recovery, STR("测试"), STR("110105188812310013"), STR("192.0.2.1"), &account),
        RECOVERY_LIMITED);
    assert_int_equal(recovery_is_enough(domain, arena, &recovery), DOMAIN_NO);
    recovery.shown |= RECOVERY_PHONE; /* but of a phone that the account does not have */
    assert_int_equal(recovery_is_enough(domain, arena, &recovery), DOMAIN_NO);
    recovery.shown |= RECOVERY_PRESENCE;
    assert_int_equal(recovery_is_enough(domain, arena, &recovery), DOMAIN_DONE);

    struct recovery nobody = started(domain, arena, "unknown"), carried;
    assert_true(str_is_absent(nobody.account_id));
    nobody.shown = RECOVERY_IDENTITY | RECOVERY_PHONE | RECOVERY_SERVICE | RECOVERY_PRESENCE;
    assert_int_equal(recovery_is_enough(domain, arena, &nobody), DOMAIN_NO);

    assert_true(recovery_unpack(domain, recovery_pack(arena, &recovery), &carried));
    assert_true(str_equal(carried.account_id, id) && carried.shown == recovery.shown);
    recovery.started_at -= RECOVERY_S + 1;
    assert_false(recovery_unpack(domain, recovery_pack(arena, &recovery), &carried));
    assert_false(recovery_unpack(domain, STR(""), &carried));

    /* The password was set meanwhile: what was shown before does not count any more. */
    recovery = started(domain, arena, "known");
    recovery.shown = RECOVERY_PRESENCE;
    assert_int_equal(accounts_set_password(domain->sql, id, STR("$argon2id$other"), 1), SQL_DONE);
    assert_int_equal(recovery_finish(domain, arena, &recovery, STR("Good-Pass-1234"), STR("192.0.2.1")), RECOVERY_NO);
}

static void a_recovery_is_of_one_person_for_half_an_hour(void **state) {
    on_people(recoveries);
}

static void counter_codes(struct domain *domain, struct arena *arena) {
    struct str id = person(domain, arena, "counted", "110105188812310013", 4), code, other_code;
    struct str other = person(domain, arena, "another", "110105188812310021", 4);
    const struct str address = STR("192.0.2.1");
    assert_true(counter_code_make(domain, arena, id, &code));
    assert_true(counter_code_make(domain, arena, other, &other_code));
    struct recovery recovery = started(domain, arena, "counted"), nobody = started(domain, arena, "unknown");
    /* Mistyped, which is no try; of nobody; and somebody else's. */
    for (int i = 0; i < 9; i++) {
        assert_int_equal(recovery_check_counter_code(domain, arena, &recovery, STR("CC-1234"), address),
                         RECOVERY_GOES_ON);
    }
    assert_int_equal(recovery_check_counter_code(domain, arena, &nobody, code, address), RECOVERY_GOES_ON);
    assert_int_equal(recovery_check_counter_code(domain, arena, &recovery, other_code, address), RECOVERY_GOES_ON);
    assert_int_equal(recovery.shown | nobody.shown, 0);
    assert_int_equal(recovery_check_counter_code(domain, arena, &recovery, code, address), RECOVERY_GOES_ON);
    assert_int_equal(recovery.shown, RECOVERY_COUNTER);
    assert_int_equal(recovery_is_enough(domain, arena, &recovery), DOMAIN_DONE);
    struct recovery again = started(domain, arena, "counted");
    for (int i = 0; i < 3; i++) {
        assert_int_equal(recovery_check_counter_code(domain, arena, &again, code, address), RECOVERY_GOES_ON);
    }
    assert_int_equal(again.shown, 0);
    /* Whoever has tried too often is told so, whether the code is right; from elsewhere it is still good. */
    assert_true(counter_code_make(domain, arena, id, &code));
    assert_int_equal(recovery_check_counter_code(domain, arena, &again, code, address), RECOVERY_LIMITED);
    assert_int_equal(recovery_check_counter_code(domain, arena, &again, code, STR("192.0.2.2")), RECOVERY_GOES_ON);
    assert_int_equal(again.shown, RECOVERY_COUNTER);
}

static void the_code_of_a_counter_gives_one_account_back_once(void **state) {
    on_people(counter_codes);
}

static void factors(struct domain *domain, struct arena *arena) {
    struct str with = person(domain, arena, "with", "110105188812310013", 4), secret = second_factor_secret(arena);
    struct str without = person(domain, arena, "without", "110105188812310021", 4);
    const struct sql_statement insert = second_factor_insert(domain, arena, with, secret, false);
    assert_int_equal(sql_write(domain->sql, &insert, 1), SQL_DONE);
    struct account account;
    struct recovery recovery = started(domain, arena, "with"), bare = started(domain, arena, "without");
    assert_int_equal(account_load(domain, arena, with, &account), DOMAIN_DONE);
    assert_int_equal(recovery_may_be_seen(domain, arena, &account), DOMAIN_NO); /* anybody could have set it up */
    assert_int_equal(second_factor_bind(domain, arena, with), DOMAIN_DONE);
    assert_int_equal(recovery_may_be_seen(domain, arena, &account), DOMAIN_DONE);
    assert_int_equal(account_load(domain, arena, without, &account), DOMAIN_DONE);
    assert_int_equal(recovery_may_be_seen(domain, arena, &account), DOMAIN_NO);
    account.level = 3;
    assert_int_equal(recovery_may_be_seen(domain, arena, &account), DOMAIN_DONE);

    assert_int_equal(recovery_wants_factor(domain, arena, &recovery), DOMAIN_NO); /* not before a face was seen */
    recovery.shown = bare.shown = RECOVERY_PRESENCE;
    assert_int_equal(recovery_wants_factor(domain, arena, &recovery), DOMAIN_DONE);
    assert_int_equal(recovery_wants_factor(domain, arena, &bare), DOMAIN_NO);
    assert_int_equal(recovery_check_factor(domain, arena, &bare, STR("123456")), RECOVERY_GOES_ON);
    for (int i = 0; i < 5; i++) {
        assert_int_equal(recovery_check_factor(domain, arena, &recovery, STR("12345")), RECOVERY_GOES_ON);
    }
    assert_int_equal(recovery_check_factor(domain, arena, &recovery, STR("12345")), RECOVERY_LIMITED);
    assert_int_equal(recovery.shown | bare.shown, RECOVERY_PRESENCE);
}

static void an_account_of_level_4_takes_its_one_time_password_besides_a_face(void **state) {
    on_people(factors);
}

/* --- merging --- */

static struct account load(struct domain *domain, struct arena *arena, struct str account_id) {
    struct account account;
    assert_int_equal(account_load(domain, arena, account_id, &account), DOMAIN_DONE);
    return account;
}

static void merges(struct domain *domain, struct arena *arena) {
    const char *one = "110105188812310013", *two = "110105188812310021";
    static int number;
    const struct {
        const char *name;
        const char *kept_number, *gone_number;
        int kept_level, gone_level;
        enum merge_result result;
        int level; /* of what is left */
    } cases[] = {
        {"two that are not proven", NULL, NULL, 1, 1, MERGE_DONE, 1},
        {"the one that goes is proven", NULL, one, 1, 3, MERGE_DONE, 3},
        {"the one that stays is proven", two, NULL, 2, 1, MERGE_DONE, 2},
        {"a proof without a number does not raise a known person", two, NULL, 2, 3, MERGE_DONE, 2},
        {"nor is what stays without one pooled with a known person", NULL, one, 3, 2, MERGE_DONE, 2},
        {"of two proofs without numbers that of the account that stays", NULL, NULL, 2, 3, MERGE_DONE, 2},
        {"one proof without a number comes along", NULL, NULL, 1, 3, MERGE_DONE, 3},
        {"two numbers", one, two, 2, 2, MERGE_OTHER_PERSON, 2},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        if (i > 0) {
            run_sql(domain, "DELETE FROM identifiers"); /* the numbers are used again */
        }
        char kept_name[16], gone_name[16];
        snprintf(kept_name, sizeof(kept_name), "kept%d", number);
        snprintf(gone_name, sizeof(gone_name), "gone%d", number++);
        struct str kept = person(domain, arena, kept_name, cases[i].kept_number, cases[i].kept_level);
        struct str gone = person(domain, arena, gone_name, cases[i].gone_number, cases[i].gone_level);
        struct merge_plan plan;
        const struct own own = own_of(kept);
        assert_row(merge_plan(domain, arena, kept, gone, &plan) == cases[i].result, cases[i].name);
        assert_row(merge_accounts(domain, arena, &own, gone) == cases[i].result, cases[i].name);
        struct account after = load(domain, arena, kept);
        assert_row(after.level == cases[i].level, cases[i].name);
        if (cases[i].result != MERGE_DONE) {
            load(domain, arena, gone);
            continue;
        }
        assert_row(plan.level == cases[i].level, cases[i].name);
        const char *known = cases[i].kept_number ? cases[i].kept_number : cases[i].gone_number;
        assert_row(str_equal(str_or(after.profile.id_number, STR("")), str_from(known ? known : "")), cases[i].name);
        struct account lost;
        assert_row(account_load(domain, arena, gone, &lost) == DOMAIN_NO, cases[i].name);
        assert_row(merge_accounts(domain, arena, &own, gone) == MERGE_NO, cases[i].name);
        int64_t until;
        struct verification_row *rows;
        size_t count;
        assert_int_equal(accounts_verifications(domain->sql, arena, kept, &rows, &count), SQL_DONE);
        assert_row(count == 2 && proof_level(rows, count, clock_wall(), &until) == cases[i].level, cases[i].name);
    }
}

static void evidence_is_pooled_only_of_one_person(void **state) {
    on_people(merges);
}

static void put_admin(struct domain *domain, struct str account_id, enum admin_state state) {
    static int number;
    char id[16];
    snprintf(id, sizeof(id), "admin%d", number++);
    const struct admin_row row = {.admin_id = str_from(id),
                                  .account_id = account_id,
                                  .role = ROLE_AUDITOR,
                                  .name = STR("审计"),
                                  .state = state,
                                  .created_by = STR("test"),
                                  .version = 1};
    const struct sql_statement insert = admins_insert(&row);
    assert_int_equal(sql_write(domain->sql, &insert, 1), SQL_DONE);
}

static void administrators(struct domain *domain, struct arena *arena) {
    struct merge_plan plan;
    struct str admin = person(domain, arena, "admin", NULL, 1), other = person(domain, arena, "other", NULL, 1);
    put_admin(domain, admin, ADMIN_PENDING);
    const struct own own = own_of(admin), own_other = own_of(other);
    assert_int_equal(merge_plan(domain, arena, other, admin, &plan), MERGE_ADMINISTRATOR);
    assert_int_equal(merge_plan(domain, arena, admin, other, &plan), MERGE_ADMINISTRATOR);
    assert_int_equal(merge_accounts(domain, arena, &own, other), MERGE_ADMINISTRATOR);
    assert_int_equal(merge_accounts(domain, arena, &own_other, admin), MERGE_ADMINISTRATOR);
    assert_int_equal(merge_plan(domain, arena, other, other, &plan), MERGE_SAME);
    assert_int_equal(own_close(domain, arena, &own), OWN_CLOSE_ADMINISTRATOR);
    /* Whoever is named between the look and the write is noticed by the write. */
    struct account account = load(domain, arena, other);
    const struct account_row row = {.account_id = admin, .profile_sealed = STR("x"), .updated_at = 9};
    const struct sql_statement close = accounts_close(&row, load(domain, arena, admin).updated_at);
    assert_int_equal(sql_write(domain->sql, &close, 1), SQL_MISSING);
    assert_int_equal(own_close(domain, arena, &own_other), OWN_CLOSE_DONE);
    assert_int_equal(account_load(domain, arena, other, &account), DOMAIN_DONE);
    assert_int_equal(account.state, ACCOUNT_CLOSED);
    assert_true(str_is_empty(account.profile.name));
    assert_int_equal(own_close(domain, arena, &own_other), OWN_CLOSE_NO);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM audit_outbox WHERE record LIKE '%account.close%'"), 1);
}

static void administrators_are_neither_merged_nor_closed(void **state) {
    on_people(administrators);
}

static void mandates(struct domain *domain, struct arena *arena) {
    struct str id = person(domain, arena, "representative", "110105188812310013", 3);
    const struct own own = own_of(id);
    const struct organisation_row organisation = {.organisation_id = STR("o1"),
                                                  .code_hash = STR("hash"),
                                                  .sealed = STR("sealed"),
                                                  .status = ORGANISATION_OPERATING,
                                                  .source = STR("corporate"),
                                                  .authority = STR("samr-corporate"),
                                                  .method = STR("enterprise_four_element_match"),
                                                  .check_id = STR("1")};
    const struct mandate_row mandate = {.mandate_id = STR("m1"),
                                        .organisation_id = STR("o1"),
                                        .account_id = id,
                                        .role = MANDATE_REPRESENTATIVE,
                                        .scope = STR("*"),
                                        .state = MANDATE_ACCEPTED,
                                        .granted_by = STR("register"),
                                        .method = STR("enterprise_four_element_match")};
    const struct sql_statement put[] = {organisations_insert(&organisation), mandates_insert(&mandate)};
    assert_int_equal(sql_write(domain->sql, put, 2), SQL_DONE);
    assert_int_equal(own_may_close(domain, arena, id), OWN_CLOSE_MANDATES);
    assert_int_equal(own_close(domain, arena, &own), OWN_CLOSE_MANDATES);
    assert_int_equal(load(domain, arena, id).state, ACCOUNT_ACTIVE);
    run_sql(domain, "UPDATE mandates SET state = 3");
    assert_int_equal(own_close(domain, arena, &own), OWN_CLOSE_DONE);
}

static void nobody_closes_an_account_that_acts_for_others(void **state) {
    on_people(mandates);
}

/* --- the last way of signing in --- */

struct removal {
    struct domain *domain;
    struct str account_id, link_id;
    enum domain_status result;
    int *left;
};

static void remove_one(void *arg) {
    struct removal *removal = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    removal->result = link_remove(removal->domain, arena, removal->account_id, removal->link_id);
    (*removal->left)--;
}

static void last_links(struct domain *domain, struct arena *arena) {
    static const char *const names[] = {"alipay", "wechat", "province"};
    struct str id = person(domain, arena, "linked", NULL, 1);
    struct link *links;
    size_t count, done = 0;
    int left = ARRAY_LEN(names);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct link_wanted wanted = {
            .account_id = id, .upstream = str_from(names[i]), .subject = STR("subject"), .label = STR("me")};
        assert_int_equal(link_add(domain, arena, &wanted), DOMAIN_DONE);
    }
    assert_int_equal(link_list(domain, arena, id, &links, &count), DOMAIN_DONE);
    assert_int_equal(count, ARRAY_LEN(names));
    struct removal removals[ARRAY_LEN(names)];
    for (size_t i = 0; i < count; i++) {
        removals[i] = (struct removal){domain, id, links[i].link_id, DOMAIN_UNAVAILABLE, &left};
        fiber_spawn(domain->loop, remove_one, &removals[i]);
    }
    while (left > 0) {
        fiber_sleep(5);
    }
    for (size_t i = 0; i < ARRAY_LEN(removals); i++) {
        done += removals[i].result == DOMAIN_DONE;
    }
    assert_int_equal(done, ARRAY_LEN(names) - 1);
    assert_int_equal(link_list(domain, arena, id, &links, &count), DOMAIN_DONE);
    assert_int_equal(count, 1);
    /* Somebody else's is none of this account's; with a password even the last may go. */
    struct str other = person(domain, arena, "other", NULL, 1);
    assert_int_equal(link_remove(domain, arena, other, links[0].link_id), DOMAIN_NO);
    assert_int_equal(accounts_set_password(domain->sql, id, STR("$argon2id$"), 1), SQL_DONE);
    assert_int_equal(link_remove(domain, arena, id, links[0].link_id), DOMAIN_DONE);
}

static void of_three_that_remove_the_last_three_links_one_is_refused(void **state) {
    on_people(last_links);
}

/* --- one link to a service --- */

struct addition {
    struct domain *domain;
    struct link_wanted wanted;
    enum domain_status result;
    int *left;
};

static void add_one(void *arg) {
    struct addition *addition = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    addition->result = link_add(addition->domain, arena, &addition->wanted);
    (*addition->left)--;
}

static enum domain_status add_link(struct domain *domain, struct arena *arena, struct str account_id,
                                   const char *upstream, const char *subject) {
    const struct link_wanted wanted = {
        .account_id = account_id, .upstream = str_from(upstream), .subject = str_from(subject), .label = STR("me")};
    return link_add(domain, arena, &wanted);
}

static void additions(struct domain *domain, struct arena *arena) {
    static const char *const subjects[] = {"one", "two", "three"};
    struct str id = person(domain, arena, "adds", NULL, 1);
    struct addition adding[ARRAY_LEN(subjects)];
    int left = ARRAY_LEN(subjects), done = 0;
    for (size_t i = 0; i < ARRAY_LEN(subjects); i++) {
        adding[i] = (struct addition){
            domain, {.account_id = id, .upstream = STR("ncid"), .subject = str_from(subjects[i])}, DOMAIN_NO, &left};
        fiber_spawn(domain->loop, add_one, &adding[i]);
    }
    while (left > 0) {
        fiber_sleep(5);
    }
    for (size_t i = 0; i < ARRAY_LEN(adding); i++) {
        done += adding[i].result == DOMAIN_DONE;
        assert_true(adding[i].result == DOMAIN_DONE || adding[i].result == DOMAIN_NO);
    }
    assert_int_equal(done, 1);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM links"), 1);
    assert_int_equal(add_link(domain, arena, id, "wechat", "one"), DOMAIN_DONE);
    assert_int_equal(add_link(domain, arena, id, "wechat", "one"), DOMAIN_DONE); /* it has it already */
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM links"), 2);
}

/* Somebody without a number, opened with a service that proves without saying of whom, or proven by it in vain. */
static struct str nameless(struct domain *domain, struct arena *arena, const char *username, const char *upstream,
                           bool opened) {
    struct evidence evidence = evidence_of(3);
    evidence.source = str_from(upstream);
    const struct link_wanted link = {.upstream = str_from(upstream), .subject = str_from(username)};
    const struct account_wanted wanted = {
        .username = str_from(username), .evidence = &evidence, .evidence_count = opened, .link = opened ? &link : NULL};
    struct str account_id;
    assert_int_equal(account_create(domain, arena, &wanted, &account_id), DOMAIN_DONE);
    assert_int_equal(accounts_set_password(domain->sql, account_id, STR("$argon2id$"), 1), SQL_DONE);
    assert_int_equal(load(domain, arena, account_id).level, opened ? 3 : 1);
    if (!opened) {
        assert_int_equal(add_link(domain, arena, account_id, upstream, username), DOMAIN_DONE);
    }
    return account_id;
}

static struct str sign_in(struct domain *domain, struct arena *arena, struct str account_id) {
    int64_t now = clock_wall();
    const struct session session = {
        .account_id = account_id, .created_at = now, .auth_time = now, .level = 3, .amr = AMR_NCID | AMR_FACE};
    struct session_started started;
    assert_int_equal(session_start(domain, arena, STR_NONE, &session, &started), DOMAIN_DONE);
    assert_int_equal(session_find(domain, arena, started.cookie, &started.session), DOMAIN_DONE);
    return started.cookie;
}

static void removals(struct domain *domain, struct arena *arena) {
    struct link *links;
    size_t count;
    struct link_owner owner;
    struct session session;
    struct str id = nameless(domain, arena, "nameless", "ncid", true), cookie = sign_in(domain, arena, id);
    assert_int_equal(add_link(domain, arena, id, "wechat", "subject"), DOMAIN_DONE);
    assert_int_equal(link_find(domain, arena, STR("ncid"), STR("nameless"), &owner), DOMAIN_DONE);
    assert_true(owner.opened);
    assert_int_equal(link_list(domain, arena, id, &links, &count), DOMAIN_DONE);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(links[i].upstream, STR("ncid"))) {
            assert_int_equal(link_remove(domain, arena, id, links[i].link_id), DOMAIN_DONE);
        }
    }
    assert_int_equal(load(domain, arena, id).level, 1);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM verifications WHERE ended_at = 0"), 0);
    assert_int_equal(count_sql(domain, "SELECT level FROM accounts WHERE account_id IN (SELECT account_id FROM links)"),
                     1);
    assert_int_equal(session_find(domain, arena, cookie, &session), DOMAIN_NO);
    /* It opens another account, and nothing of the first comes back by linking it there again. */
    struct str other = nameless(domain, arena, "other", "ncid", true);
    assert_int_equal(link_opened(domain, arena, other, STR("ncid")), DOMAIN_DONE);
    assert_int_equal(add_link(domain, arena, id, "ncid", "again"), DOMAIN_DONE);
    assert_int_equal(link_opened(domain, arena, id, STR("ncid")), DOMAIN_NO);
}

static void what_a_service_proved_of_nobody_ends_with_its_link(void **state) {
    on_people(removals);
}

static void merged_links(struct domain *domain, struct arena *arena) {
    static const struct {
        const char *name;
        const char *kept, *gone; /* services */
        bool kept_opened, gone_opened;
        int level, opened; /* afterwards, and how many links it was opened with */
    } cases[] = {
        {"the one that goes was opened with another service", "alipay", "ncid", false, true, 3, 1},
        {"both were opened with services", "ncid", "other", true, true, 3, 1},
        {"the one that stays has a link to the same service", "ncid", "ncid", false, true, 1, 0},
        {"the one that stays was opened with it", "ncid", "ncid", true, false, 3, 1},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str kept =
            nameless(domain, arena, str_format(arena, "kept%zu", i).ptr, cases[i].kept, cases[i].kept_opened);
        struct str gone =
            nameless(domain, arena, str_format(arena, "gone%zu", i).ptr, cases[i].gone, cases[i].gone_opened);
        const struct own own = own_of(kept);
        struct merge_plan plan;
        assert_row(merge_plan(domain, arena, kept, gone, &plan) == MERGE_DONE, cases[i].name);
        assert_row(merge_accounts(domain, arena, &own, gone) == MERGE_DONE, cases[i].name);
        assert_row(plan.level == cases[i].level, cases[i].name);
        assert_row(load(domain, arena, kept).level == cases[i].level, cases[i].name);
        assert_row(count_sql(domain, "SELECT count(*) FROM links WHERE opened = 1") == cases[i].opened, cases[i].name);
        assert_row(
            count_sql(domain, "SELECT count(DISTINCT source) FROM verifications WHERE ended_at = 0 AND level > 1") ==
                (cases[i].level > 1),
            cases[i].name);
        run_sql(domain, "DELETE FROM links");
        run_sql(domain, "DELETE FROM verifications");
    }
}

static void of_two_who_opened_accounts_with_services_one_is_the_persons(void **state) {
    on_people(merged_links);
}

static void merged_sessions(struct domain *domain, struct arena *arena) {
    struct session session;
    struct str kept = nameless(domain, arena, "kept", "ncid", true), cookie = sign_in(domain, arena, kept);
    struct str gone = person(domain, arena, "gone", "110105188812310013", 2);
    const struct own own = own_of(kept);
    assert_int_equal(merge_accounts(domain, arena, &own, gone), MERGE_DONE);
    assert_int_equal(load(domain, arena, kept).level, 2);
    assert_int_equal(session_find(domain, arena, cookie, &session), DOMAIN_NO);
}

static void no_session_keeps_a_level_of_before_the_merger(void **state) {
    on_people(merged_sessions);
}

static void of_three_that_link_one_service_one_is_linked(void **state) {
    on_people(additions);
}

static void closed_links(struct domain *domain, struct arena *arena) {
    const enum account_state states[] = {ACCOUNT_SUSPENDED, ACCOUNT_CLOSED};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct str id = person(domain, arena, i == 0 ? "suspended" : "closed", NULL, 1);
        assert_int_equal(accounts_set_state(domain->sql, id, states[i], 5), SQL_DONE);
        assert_int_equal(add_link(domain, arena, id, "wechat", "subject"), DOMAIN_NO);
    }
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM links"), 0);
}

static void an_account_that_is_not_open_links_nothing(void **state) {
    on_people(closed_links);
}

RUN_TESTS(cmocka_unit_test(a_form_opens_once_where_it_belongs),
          cmocka_unit_test(of_three_that_link_one_service_one_is_linked),
          cmocka_unit_test(an_account_that_is_not_open_links_nothing),
          cmocka_unit_test(what_a_service_proved_of_nobody_ends_with_its_link),
          cmocka_unit_test(of_two_who_opened_accounts_with_services_one_is_the_persons),
          cmocka_unit_test(no_session_keeps_a_level_of_before_the_merger),
          cmocka_unit_test(an_account_is_got_back_by_as_much_as_it_is_proven_by),
          cmocka_unit_test(a_recovery_is_of_one_person_for_half_an_hour),
          cmocka_unit_test(the_code_of_a_counter_gives_one_account_back_once),
          cmocka_unit_test(an_account_of_level_4_takes_its_one_time_password_besides_a_face),
          cmocka_unit_test(evidence_is_pooled_only_of_one_person),
          cmocka_unit_test(administrators_are_neither_merged_nor_closed),
          cmocka_unit_test(nobody_closes_an_account_that_acts_for_others),
          cmocka_unit_test(of_three_that_remove_the_last_three_links_one_is_refused))
