/*
 * What is kept of a check that took a while: the account is judged as it is when the answer comes, not as it was when
 * somebody was asked.
 */
#include "base/clock.h"
#include "domain/proofs.h"
#include "register_fixture.h"
#include "store/accounts.h"

#define NUMBER "110105188812310013"

static void (*people_test)(struct domain *domain, struct arena *arena);

static void with_people(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sealer *sealer = domain->sealers->lookup;
    const struct domain_sealers sealers = {
        .lookup = sealer, .secret = sealer, .personal = sealer, .flow = sealer, .session = sealer, .subject = sealer};
    struct domain with = *domain;
    with.sealers = &sealers;
    people_test(&with, arena);
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

RUN_TESTS(cmocka_unit_test(an_account_that_is_not_active_learns_nothing), cmocka_unit_test(what_is_closed_stays_closed),
          cmocka_unit_test(the_level_of_a_suspended_account_follows_its_evidence))
