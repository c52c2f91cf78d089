/*
 * What is kept of a check that took a while: the account is judged as it is when the answer comes, not as it was when
 * somebody was asked.
 */
#include "base/clock.h"
#include "domain/carried.h"
#include "domain/links.h"
#include "domain/login.h"
#include "domain/proofs.h"
#include "domain/second_factor.h"
#include "domain/session.h"
#include "register_fixture.h"
#include "store/accounts.h"

#define NUMBER "110105188812310013"

static void (*people_test)(struct domain *domain, struct arena *arena);

static void with_people(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    people_test(domain, arena);
}

static void on_people(void (*test)(struct domain *domain, struct arena *arena)) {
    people_test = test;
    with_register(with_people);
}

static struct evidence evidence_of(const char *source, const char *method, int level) {
    return (struct evidence){.source = str_from(source),
                             .authority = STR("test"),
                             .method = str_from(method),
                             .result = VERIFY_MATCH,
                             .checked_at = clock_wall(),
                             .level = level};
}

static struct account load(struct domain *domain, struct arena *arena, struct str account_id) {
    struct account account;
    assert_int_equal(account_load(domain, arena, account_id, &account), DOMAIN_DONE);
    return account;
}

static struct account person(struct domain *domain, struct arena *arena, const char *username) {
    const struct account_wanted wanted = {.username = str_from(username)};
    struct str account_id;
    assert_int_equal(account_create(domain, arena, &wanted, &account_id), DOMAIN_DONE);
    return load(domain, arena, account_id);
}

static const struct proof_found *named(struct arena *arena, int level) {
    struct proof_found *found = arena_new_of(arena, struct proof_found);
    *found = (struct proof_found){.evidence = evidence_of("population", "two_element_match", level),
                                  .name = STR("测试"),
                                  .id_number = STR(NUMBER)};
    return found;
}

/* --- accounts that are not open --- */

static void not_active(struct domain *domain, struct arena *arena) {
    const enum account_state states[] = {ACCOUNT_SUSPENDED, ACCOUNT_CLOSED};
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        struct account asked = person(domain, arena, i == 0 ? "suspended" : "closed");
        assert_int_equal(accounts_set_state(domain->sql, asked.account_id, states[i], asked.updated_at), SQL_DONE);
        assert_int_equal(proof_keep(domain, arena, &asked, named(arena, 2)), PROOF_SUSPENDED);
        struct account after = load(domain, arena, asked.account_id);
        assert_int_equal(after.state, states[i]);
        assert_int_equal(after.level, 1);
        assert_true(str_is_empty(after.profile.id_number));
    }
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM verifications"), 0);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM identifiers WHERE kind = 1"), 0);
    /* The number is still free. */
    struct account other = person(domain, arena, "other");
    assert_int_equal(proof_keep(domain, arena, &other, named(arena, 2)), PROOF_DONE);
}

static void an_account_that_is_not_active_learns_nothing(void **state) {
    on_people(not_active);
}

static void closed_for_good(struct domain *domain, struct arena *arena) {
    struct account account = person(domain, arena, "closed");
    const struct account_row row = {.account_id = account.account_id, .level = 3, .updated_at = account.updated_at + 1};
    assert_int_equal(accounts_set_state(domain->sql, account.account_id, ACCOUNT_CLOSED, account.updated_at), SQL_DONE);
    assert_int_equal(account_set_state(domain, arena, account.account_id, ACCOUNT_SUSPENDED), DOMAIN_NO);
    const struct sql_statement update = accounts_update(&row, account.updated_at);
    const struct sql_statement level = accounts_update_level(&row, account.updated_at);
    assert_int_equal(sql_write(domain->sql, &update, 1), SQL_MISSING);
    assert_int_equal(sql_write(domain->sql, &level, 1), SQL_MISSING);
    assert_int_equal(proof_refresh(domain, arena, account.account_id), DOMAIN_DONE);
    assert_int_equal(load(domain, arena, account.account_id).state, ACCOUNT_CLOSED);
}

static void what_is_closed_stays_closed(void **state) {
    on_people(closed_for_good);
}

static void suspended_level(struct domain *domain, struct arena *arena) {
    struct account account = person(domain, arena, "suspended");
    assert_int_equal(proof_keep(domain, arena, &account, named(arena, 2)), PROOF_DONE);
    account = load(domain, arena, account.account_id);
    assert_int_equal(accounts_set_state(domain->sql, account.account_id, ACCOUNT_SUSPENDED, account.updated_at),
                     SQL_DONE);
    run_sql(domain, "UPDATE verifications SET ended_at = 1");
    assert_int_equal(proof_refresh(domain, arena, account.account_id), DOMAIN_DONE);
    struct account after = load(domain, arena, account.account_id);
    assert_int_equal(after.level, 1);
    assert_int_equal(after.state, ACCOUNT_SUSPENDED);
    assert_str(after.profile.id_number, NUMBER);
}

static void the_level_of_a_suspended_account_follows_its_evidence(void **state) {
    on_people(suspended_level);
}

/* --- evidence that does not say whom it is about --- */

static struct account opened(struct domain *domain, struct arena *arena, const char *subject) {
    const struct evidence evidence = evidence_of("ncid", "network_credential_face", 3);
    const struct link_wanted link = {.upstream = STR("ncid"), .subject = str_from(subject)};
    const struct account_wanted wanted = {.evidence = &evidence, .evidence_count = 1, .link = &link};
    struct str account_id;
    assert_int_equal(account_create(domain, arena, &wanted, &account_id), DOMAIN_DONE);
    return load(domain, arena, account_id);
}

static struct account linked(struct domain *domain, struct arena *arena, const char *subject) {
    struct account account = person(domain, arena, subject);
    const struct link_wanted link = {
        .account_id = account.account_id, .upstream = STR("ncid"), .subject = str_from(subject)};
    assert_int_equal(link_add(domain, arena, &link), DOMAIN_DONE);
    return account;
}

static const struct proof_found nameless = {.evidence = {.source = STR_INIT("ncid"),
                                                         .authority = STR_INIT("test"),
                                                         .method = STR_INIT("network_credential_face"),
                                                         .result = VERIFY_MATCH,
                                                         .checked_at = 1,
                                                         .level = 3}};

static void nameless_counts(struct domain *domain, struct arena *arena) {
    struct account own = opened(domain, arena, "own"), other = linked(domain, arena, "other");
    struct account before = load(domain, arena, own.account_id);
    assert_int_equal(proof_keep(domain, arena, &own, &nameless), PROOF_DONE);
    assert_int_equal(proof_keep(domain, arena, &other, &nameless), PROOF_REFUSED);
    assert_int_equal(load(domain, arena, other.account_id).level, 1);
    /* Another service than the one that the account was opened with. */
    struct proof_found elsewhere = nameless;
    elsewhere.evidence.source = STR("another");
    assert_int_equal(proof_keep(domain, arena, &own, &elsewhere), PROOF_REFUSED);
    /* A phone at hand is no proof of anybody. */
    const struct proof_found phone = {.evidence = evidence_of("sms", "phone_possession", 1)};
    assert_int_equal(proof_keep(domain, arena, &other, &phone), PROOF_DONE);
    /* The number becomes known while somebody is over there: what was loaded before does not know it. */
    assert_int_equal(proof_keep(domain, arena, &own, named(arena, 2)), PROOF_DONE);
    assert_int_equal(proof_keep(domain, arena, &before, &nameless), PROOF_REFUSED);
    assert_int_equal(load(domain, arena, own.account_id).level, 2);
}

static void what_names_nobody_counts_for_the_account_that_was_opened_with_it(void **state) {
    on_people(nameless_counts);
}

static bool is_signed_in(struct domain *domain, struct arena *arena, struct str cookie) {
    struct session session;
    enum domain_status found = session_find(domain, arena, cookie, &session);
    assert_int_not_equal(found, DOMAIN_UNAVAILABLE);
    return found == DOMAIN_DONE;
}

static struct str sign_in(struct domain *domain, struct arena *arena, struct str account_id) {
    int64_t now = clock_wall();
    const struct session session = {
        .account_id = account_id, .created_at = now, .auth_time = now, .level = 3, .amr = AMR_NCID | AMR_FACE};
    struct session_started started;
    assert_int_equal(session_start(domain, arena, STR_NONE, &session, &started), DOMAIN_DONE);
    assert_true(is_signed_in(domain, arena, started.cookie));
    return started.cookie;
}

static void learning(struct domain *domain, struct arena *arena) {
    struct account account = opened(domain, arena, "own");
    struct str cookie = sign_in(domain, arena, account.account_id);
    assert_int_equal(account.level, 3);
    assert_int_equal(proof_keep(domain, arena, &account, named(arena, 2)), PROOF_DONE);
    account = load(domain, arena, account.account_id);
    assert_int_equal(account.level, 2);
    assert_str(account.profile.id_number, NUMBER);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM verifications WHERE ended_at = 0 AND level > 1"), 1);
    assert_false(is_signed_in(domain, arena, cookie));
    /* What is learnt of whom nothing was proven before ends nobody's session, and nor does what is proven besides. */
    cookie = sign_in(domain, arena, account.account_id);
    assert_int_equal(proof_keep(domain, arena, &account, named(arena, 3)), PROOF_DONE);
    assert_true(is_signed_in(domain, arena, cookie));
    assert_int_equal(load(domain, arena, account.account_id).level, 3);
    run_sql(domain, "DELETE FROM identifiers");
    account = person(domain, arena, "new");
    cookie = sign_in(domain, arena, account.account_id);
    assert_int_equal(proof_keep(domain, arena, &account, named(arena, 2)), PROOF_DONE);
    assert_true(is_signed_in(domain, arena, cookie));
}

static void bound_factors(struct domain *domain, struct arena *arena) {
    bool bound;
    struct account account = opened(domain, arena, "own");
    const struct sql_statement insert =
        second_factor_insert(domain, arena, account.account_id, second_factor_secret(arena), true);
    assert_int_equal(sql_write(domain->sql, &insert, 1), SQL_DONE);
    assert_int_equal(proof_keep(domain, arena, &account, &nameless), PROOF_DONE);
    assert_int_equal(second_factor_find(domain, arena, account.account_id, &bound), DOMAIN_DONE);
    assert_true(bound);
    assert_int_equal(proof_keep(domain, arena, &account, named(arena, 2)), PROOF_DONE);
    assert_int_equal(second_factor_find(domain, arena, account.account_id, &bound), DOMAIN_DONE);
    assert_false(bound);
    assert_int_equal(second_factor_bind(domain, arena, account.account_id), DOMAIN_DONE);
    assert_int_equal(proof_keep(domain, arena, &account, named(arena, 3)), PROOF_DONE);
    assert_int_equal(second_factor_find(domain, arena, account.account_id, &bound), DOMAIN_DONE);
    assert_true(bound);
}

static void a_number_that_becomes_known_unbinds_the_one_time_password(void **state) {
    on_people(bound_factors);
}

static void a_number_that_becomes_known_ends_what_named_nobody(void **state) {
    on_people(learning);
}

/* --- what a sign-in shows --- */

static void a_face_is_shown_where_it_is_known_whose_it_was(void **state) {
    static const struct {
        const char *name;
        const char *known; /* number of the account */
        const char *told;  /* of the service */
        bool opened, counts;
    } cases[] = {
        {"opened with it", NULL, NULL, true, true},
        {"linked to it", NULL, NULL, false, false},
        {"opened with it, and known since", NUMBER, NULL, true, false},
        {"known, and linked to it", NUMBER, NULL, false, false},
        {"it says the same number", NUMBER, NUMBER, false, true},
        {"it says a number that nobody confirmed", NULL, NUMBER, false, false},
        {"it says another number", NUMBER, "110105188812310021", false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        const struct account account = {.profile = {.id_number = str_from(cases[i].known)}};
        const struct carried carried = {.certified = cases[i].told != NULL,
                                        .id_number = str_from(cases[i].told),
                                        .opened = cases[i].opened,
                                        .amr = AMR_NCID | AMR_FACE | AMR_MFA};
        unsigned amr = carried_amr(&account, &carried);
        assert_row(amr == (cases[i].counts ? (unsigned)(AMR_NCID | AMR_FACE | AMR_MFA) : (unsigned)AMR_NCID),
                   cases[i].name);
    }
}

/* --- opening an account --- */

static void openings(struct domain *domain, struct arena *arena) {
    opened(domain, arena, "own");
    const struct evidence evidence = evidence_of("ncid", "network_credential_face", 3);
    const struct link_wanted link = {.upstream = STR("ncid"), .subject = STR("own")};
    const struct account_wanted again = {
        .username = STR("again"), .evidence = &evidence, .evidence_count = 1, .link = &link};
    struct str account_id = STR_NONE;
    assert_int_equal(account_create(domain, arena, &again, &account_id), DOMAIN_NO);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM accounts"), 1);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM verifications"), 1);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM links WHERE opened = 1"), 1);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM audit_outbox WHERE record LIKE '%link.add%'"), 1);
}

static void one_identity_opens_one_account(void **state) {
    on_people(openings);
}

static const struct carried carried_nameless = {.upstream = STR_INIT("ncid"),
                                                .subject = STR_INIT("own"),
                                                .evidence = {.source = STR_INIT("ncid"),
                                                             .authority = STR_INIT("test"),
                                                             .method = STR_INIT("network_credential_face"),
                                                             .result = VERIFY_MATCH,
                                                             .checked_at = 1,
                                                             .level = 3}};

static enum registration_result register_with(struct domain *domain, struct arena *arena, struct carried carried,
                                              const char *subject, const char *address) {
    carried.subject = str_from(subject);
    const struct registration registration = {.carried = &carried};
    struct registration_problems problems;
    struct account account;
    return register_person(domain, arena, &registration, str_from(address), &account, &problems);
}

static void registrations(struct domain *domain, struct arena *arena) {
    struct domain_settings settings = *domain->settings;
    settings.registration_attempts_per_number = 3;
    settings.registration_attempts_per_address = 5;
    struct domain with = *domain;
    with.settings = &settings;
    const struct {
        const char *subject, *address;
        enum registration_result result;
    } tries[] = {
        {"one", "192.0.2.1", REGISTRATION_DONE},          {"one", "192.0.2.1", REGISTRATION_SERVICE_TAKEN},
        {"one", "192.0.2.2", REGISTRATION_SERVICE_TAKEN}, {"one", "192.0.2.3", REGISTRATION_LIMITED},
        {"two", "192.0.2.1", REGISTRATION_DONE},          {"three", "192.0.2.1", REGISTRATION_DONE},
        {"four", "192.0.2.1", REGISTRATION_DONE},         {"five", "192.0.2.1", REGISTRATION_LIMITED},
    };
    for (size_t i = 0; i < ARRAY_LEN(tries); i++) {
        enum registration_result result =
            register_with(&with, arena, carried_nameless, tries[i].subject, tries[i].address);
        assert_row(result == tries[i].result, str_format(arena, "try %zu: %d", i, (int)result).ptr);
    }
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM accounts"), 4);
    assert_int_equal(count_sql(domain, "SELECT count(*) FROM accounts WHERE level = 3"), 4);
}

static void registrations_without_a_number_are_counted_by_who_signed_in(void **state) {
    on_people(registrations);
}

RUN_TESTS(cmocka_unit_test(an_account_that_is_not_active_learns_nothing), cmocka_unit_test(what_is_closed_stays_closed),
          cmocka_unit_test(the_level_of_a_suspended_account_follows_its_evidence),
          cmocka_unit_test(what_names_nobody_counts_for_the_account_that_was_opened_with_it),
          cmocka_unit_test(a_number_that_becomes_known_ends_what_named_nobody),
          cmocka_unit_test(a_face_is_shown_where_it_is_known_whose_it_was),
          cmocka_unit_test(one_identity_opens_one_account),
          cmocka_unit_test(a_number_that_becomes_known_unbinds_the_one_time_password),
          cmocka_unit_test(registrations_without_a_number_are_counted_by_who_signed_in))
