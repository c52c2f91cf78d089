/* Client systems that register themselves, beside administrators who change the same entries; and the end of those that
 * are not used. What goes over HTTP is in tests/flow/dynamic_registration.test.mjs. */
#include "domain/self_registration.h"

#include "base/clock.h"
#include "domain/initial_tokens.h"
#include "domain/registry.h"
#include "loop/fiber.h"
#include "register_fixture.h"
#include "store/self_registrations.h"

#define POLICY "{\"redirect_hosts\":[\"rp.example\"],\"lifetime_s\":86400}"

static struct str make_token(struct domain *domain, struct arena *arena, const char *policy, int64_t uses) {
    struct initial_token_row row;
    struct str token;
    const struct actor host = actor_as(ROLE_HOST, "host:x");
    const struct initial_token_wanted wanted = {.policy = json_of(arena, policy), .uses = uses, .expires_in = 600};
    assert_row(initial_token_create(domain, arena, &host, &wanted, &row, &token).result == ADMIN_DONE, policy);
    return token;
}

static struct self_caller with(struct str token) {
    return (struct self_caller){.token = token, .address = STR("192.0.2.9"), .request_id = STR("rq_9")};
}

static struct registered enter(struct domain *domain, struct arena *arena, const char *policy, struct str *ret_token) {
    struct registered client;
    struct client_credentials_new credentials;
    const struct self_caller caller = with(make_token(domain, arena, policy, 1));
    const struct self_answer answer =
        self_register(domain, arena, &caller, json_of(arena, METADATA), &client, &credentials);
    assert_row(answer.result == SELF_DONE, policy);
    *ret_token = credentials.registration_token;
    refresh(domain);
    return client;
}

static enum self_result replace(struct domain *domain, struct arena *arena, struct str token, struct str client_id,
                                const char *rest, struct registered *ret_client) {
    struct client_credentials_new credentials;
    const struct self_caller caller = with(token);
    const char *body = str_c(arena, str_concat(arena, STR("{\"client_id\":\""), client_id, STR("\","), str_from(rest)));
    return self_replace(domain, arena, &caller, client_id, json_of(arena, body), ret_client, &credentials).result;
}

/* --- initial access tokens --- */

static void tokens(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct {
        enum role role;
        bool reads, writes;
    } rows[] = {{ROLE_SYSTEM, true, true},      {ROLE_SECURITY, true, false},    {ROLE_AUDITOR, true, false},
                {ROLE_DEVELOPER, false, false}, {ROLE_REGISTRANT, false, false}, {ROLE_HOST, true, true},
                {ROLE_NONE, false, false}};
    const struct initial_token_wanted wanted = {.policy = json_of(arena, POLICY), .uses = 1, .expires_in = 600};
    int64_t events = 0;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct actor actor = actor_as(rows[i].role, "somebody");
        struct initial_token_row row = {.token_id = STR("it_none")}, *listed;
        struct str token;
        size_t count;
        enum admin_result write = rows[i].writes ? ADMIN_DONE : ADMIN_FORBIDDEN;
        assert_int_equal(initial_token_create(domain, arena, &actor, &wanted, &row, &token).result, write);
        assert_int_equal(initial_token_list(domain, arena, &actor, STR_NONE, 10, &listed, &count).result,
                         rows[i].reads ? ADMIN_DONE : ADMIN_FORBIDDEN);
        assert_int_equal(initial_token_revoke(domain, arena, &actor, row.token_id).result, write);
        if (rows[i].writes) {
            assert_int_equal(initial_token_find(domain, arena, token, &row), DOMAIN_NO);
            assert_int_equal(initial_token_revoke(domain, arena, &actor, row.token_id).result, ADMIN_MISSING);
            events += 2;
        }
        assert_int_equal(count_sql(domain, "SELECT COUNT(*) FROM audit_outbox"), events);
    }
}

static void initial_tokens_are_for_those_who_may_change_settings(void **state) {
    with_register(tokens);
}

static void good_until(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct initial_token_row row;
    struct str token = make_token(domain, arena, POLICY, 2);
    assert_int_equal(initial_token_find(domain, arena, token, &row), DOMAIN_DONE);
    static const char *const others[] = {"", "ia_", "ia_x", "x"};
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_row(initial_token_find(domain, arena, str_from(others[i]), &row) == DOMAIN_NO, others[i]);
    }
    assert_int_equal(initial_token_find(domain, arena, STR_NONE, &row), DOMAIN_NO);
    run_sql(domain, "UPDATE initial_access_tokens SET uses_left = 0");
    assert_int_equal(initial_token_find(domain, arena, token, &row), DOMAIN_NO);
    run_sql(domain, "UPDATE initial_access_tokens SET uses_left = 1, expires_at = 1");
    assert_int_equal(initial_token_find(domain, arena, token, &row), DOMAIN_NO);
    /* Between finding a token and using it somebody else may: the write itself decides. */
    const struct sql_statement use = initial_tokens_use(row.token_id, clock_wall(), 100);
    assert_int_equal(sql_write(domain->sql, &use, 1), SQL_MISSING);
    run_sql(domain, "UPDATE initial_access_tokens SET expires_at = 99999999999");
    assert_int_equal(sql_write(domain->sql, &use, 1), SQL_DONE);
    assert_int_equal(sql_write(domain->sql, &use, 1), SQL_MISSING);
}

static void a_token_is_good_for_its_uses_and_its_time(void **state) {
    with_register(good_until);
}

static void agency_closed(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct registered client;
    struct client_credentials_new credentials;
    const struct self_caller caller =
        with(make_token(domain, arena, "{\"redirect_hosts\":[\"rp.example\"],\"agency_id\":\"a\"}", 2));
    const struct json *metadata = json_of(arena, METADATA);
    assert_int_equal(self_register(domain, arena, &caller, metadata, &client, &credentials).result, SELF_DONE);
    assert_str(client.row.agency_id, "a");
    run_sql(domain, "UPDATE agencies SET state = 2 WHERE agency_id = 'a'");
    assert_int_equal(self_register(domain, arena, &caller, metadata, &client, &credentials).result, SELF_INVALID);
    assert_int_equal(count_sql(domain, "SELECT uses_left FROM initial_access_tokens"), 1);
    run_sql(domain, "UPDATE initial_access_tokens SET policy = '{\"trusted\":true}'");
    assert_int_equal(self_register(domain, arena, &caller, metadata, &client, &credentials).result, SELF_UNAVAILABLE);
    assert_int_equal(count_sql(domain, "SELECT COUNT(*) FROM clients"), 1);
}

static void what_is_refused_uses_nothing_up(void **state) {
    with_register(agency_closed);
}

/* --- beside administrators --- */

static void hardened(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str token;
    const struct actor host = actor_as(ROLE_HOST, "host:x"), security = actor_as(ROLE_SECURITY, "security");
    struct registered client = enter(domain, arena, POLICY, &token);
    struct str id = client.row.client_id;
    assert_int_equal(client.row.state, CLIENT_APPROVED);
    /* An administrator asks for more proof. With four eyes this waits, and the client system cannot get past it. */
    const struct json *harder =
        json_of(arena, "{\"client_name\":\"甲\",\"redirect_uris\":[\"https://rp.example/cb\"],"
                       "\"scope\":\"openid\",\"tongxing_consent\":\"ask\",\"tongxing_level\":3}");
    assert_int_equal(register_update(domain, arena, &host, id, 1, harder, STR_NONE, &client).result, ADMIN_DONE);
    assert_false(str_is_absent(client.row.pending));
    const char *again = "\"client_name\":\"乙\",\"redirect_uris\":[\"https://rp.example/cb\"]}";
    assert_int_equal(replace(domain, arena, token, id, again, &client), SELF_CONFLICT);
    assert_int_equal(register_act(domain, arena, &security, id, 2, CLIENT_APPROVE, &client).result, ADMIN_DONE);
    /* Its own changes do not wait, and do not take away what the administrator put. */
    assert_int_equal(replace(domain, arena, token, id, again, &client), SELF_DONE);
    assert_true(str_is_absent(client.row.pending));
    refresh(domain);
    const struct client *served = &registry_find(domain->registry, id)->client;
    assert_int_equal(served->level, 3);
    assert_str(served->client_name, "乙");
    const char *lower = "\"redirect_uris\":[\"https://rp.example/cb\"],\"tongxing_level\":1}";
    assert_int_equal(replace(domain, arena, token, id, lower, &client), SELF_INVALID);
    /* Suspended, it may read and mend itself, and does not work for that. */
    assert_int_equal(register_act(domain, arena, &host, id, 4, CLIENT_SUSPEND, &client).result, ADMIN_DONE);
    assert_int_equal(replace(domain, arena, token, id, again, &client), SELF_DONE);
    assert_int_equal(client.row.state, CLIENT_SUSPENDED);
    refresh(domain);
    assert_null(registry_find(domain->registry, id));
}

static void what_administrators_decided_stays(void **state) {
    with_register(hardened);
}

static void only_itself(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str token, other_token;
    struct registered client = enter(domain, arena, POLICY, &token), seen;
    struct registered other = enter(domain, arena, POLICY, &other_token);
    put_client(domain, arena, "shell", CLIENT_APPROVED, false);
    const struct self_caller caller = with(token), none = with(STR_NONE), empty = with(STR(""));
    assert_int_equal(self_read(domain, arena, &caller, client.row.client_id, &seen).result, SELF_DONE);
    assert_int_equal(self_read(domain, arena, &caller, other.row.client_id, &seen).result, SELF_UNKNOWN);
    assert_int_equal(self_read(domain, arena, &caller, STR("shell"), &seen).result, SELF_UNKNOWN);
    assert_int_equal(self_read(domain, arena, &caller, STR("nobody"), &seen).result, SELF_UNKNOWN);
    assert_int_equal(self_read(domain, arena, &none, client.row.client_id, &seen).result, SELF_UNKNOWN);
    assert_int_equal(self_read(domain, arena, &empty, STR("shell"), &seen).result, SELF_UNKNOWN);
    assert_int_equal(self_retire(domain, arena, &caller, other.row.client_id).result, SELF_UNKNOWN);
    /* A registrant past the tokens: the register itself shows it nothing else. */
    struct actor registrant = actor_as(ROLE_REGISTRANT, "client:x");
    registrant.client_id = client.row.client_id;
    assert_int_equal(register_get(domain, arena, &registrant, client.row.client_id, &seen).result, ADMIN_DONE);
    assert_int_equal(register_get(domain, arena, &registrant, other.row.client_id, &seen).result, ADMIN_MISSING);
    registrant.client_id = STR("shell");
    assert_int_equal(register_get(domain, arena, &registrant, STR("shell"), &seen).result, ADMIN_MISSING);
    assert_int_equal(self_retire(domain, arena, &caller, client.row.client_id).result, SELF_DONE);
    assert_int_equal(self_read(domain, arena, &caller, client.row.client_id, &seen).result, SELF_UNKNOWN);
}

static void a_client_system_sees_itself_alone(void **state) {
    with_register(only_itself);
}

/* --- out of use --- */

static void set_used(struct domain *domain, struct arena *arena, struct str client_id, int64_t ago) {
    const struct sql_statement statement = {.text = "UPDATE self_registrations SET used_at = $2 WHERE client_id = $1",
                                            .values = {sql_text(client_id), sql_int(clock_wall() - ago)},
                                            .value_count = 2,
                                            .must_change = true};
    assert_int_equal(sql_write(domain->sql, &statement, 1), SQL_DONE);
}

static enum client_state state_of(struct domain *domain, struct arena *arena, struct str client_id) {
    struct client_row row;
    assert_int_equal(clients_get(domain->sql, arena, client_id, &row), SQL_DONE);
    return row.state;
}

static void expiring(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str token;
    static const struct {
        const char *policy;
        int64_t unused_for;
        enum client_state state;
    } rows[] = {
        {POLICY, 0, CLIENT_APPROVED},
        {POLICY, 86400 + SELF_REGISTRATION_GRAIN_S - 60, CLIENT_APPROVED},
        {POLICY, 86400 + SELF_REGISTRATION_GRAIN_S + 60, CLIENT_RETIRED},
        {"{\"redirect_hosts\":[\"rp.example\"]}", 86400 * 400, CLIENT_APPROVED},
    };
    struct str ids[ARRAY_LEN(rows)];
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        ids[i] = enter(domain, arena, rows[i].policy, &token).row.client_id;
        set_used(domain, arena, ids[i], rows[i].unused_for);
    }
    int64_t events = count_sql(domain, "SELECT COUNT(*) FROM audit_outbox");
    for (int round = 0; round < 2; round++) {
        self_registrations_expire(domain);
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            assert_int_equal(state_of(domain, arena, ids[i]), rows[i].state);
        }
        assert_int_equal(count_sql(domain, "SELECT COUNT(*) FROM audit_outbox"), events + 1);
    }
    assert_int_equal(count_sql(domain, "SELECT COUNT(*) FROM audit_outbox WHERE record LIKE '%client.retire%unused%'"),
                     1);
    refresh(domain);
    assert_null(registry_find(domain->registry, ids[2]));
    assert_non_null(registry_find(domain->registry, ids[3]));
}

static void what_is_not_used_for_its_lifetime_is_retired(void **state) {
    with_register(expiring);
}

static void in_use(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str token;
    struct str id = enter(domain, arena, POLICY, &token).row.client_id;
    set_used(domain, arena, id, 86400 * 3);
    const struct registered_client *served = registry_find(domain->registry, id);
    self_registration_used(domain, served);
    self_registration_used(domain, served);
    for (int tries = 0;
         tries < 2000 && count_sql(domain, "SELECT MAX(used_at) FROM self_registrations") < clock_wall() - 60;
         tries++) {
        assert_int_equal(fiber_sleep(1), WAIT_DONE);
    }
    self_registrations_expire(domain);
    assert_int_equal(state_of(domain, arena, id), CLIENT_APPROVED);
    /* Written once an hour at most, whoever asks. */
    set_used(domain, arena, id, 86400 * 3);
    self_registration_used(domain, served);
    assert_int_equal(fiber_sleep(50), WAIT_DONE);
    assert_true(count_sql(domain, "SELECT MAX(used_at) FROM self_registrations") < clock_wall() - 60);
    /* In use just as it was to be retired. */
    const struct sql_statement unused = self_registrations_still_unused(id, clock_wall());
    assert_int_equal(sql_write(domain->sql, &unused, 1), SQL_DONE);
    set_used(domain, arena, id, 0);
    assert_int_equal(sql_write(domain->sql, &unused, 1), SQL_MISSING);
}

static void what_is_used_stays(void **state) {
    with_register(in_use);
}

RUN_TESTS(cmocka_unit_test(initial_tokens_are_for_those_who_may_change_settings),
          cmocka_unit_test(a_token_is_good_for_its_uses_and_its_time),
          cmocka_unit_test(what_is_refused_uses_nothing_up), cmocka_unit_test(what_administrators_decided_stays),
          cmocka_unit_test(a_client_system_sees_itself_alone),
          cmocka_unit_test(what_is_not_used_for_its_lifetime_is_retired), cmocka_unit_test(what_is_used_stays))
