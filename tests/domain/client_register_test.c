/* Entering and changing client systems, their secrets, and what servers see of it. */
#include "base/clock.h"
#include "domain/registry.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "register_fixture.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#define HOST actor_as(ROLE_HOST, "host:x")

static struct registered enter_as(struct domain *domain, struct arena *arena, const struct actor *actor, const char *id,
                                  const char *metadata, struct client_credentials_new *credentials) {
    struct registered client;
    const struct client_wanted wanted = {
        .client_id = str_from(id), .origin = STR("shell"), .metadata = json_of(arena, metadata)};
    assert_row(register_create(domain, arena, actor, &wanted, &client, credentials).result == ADMIN_DONE, id);
    return client;
}

/* Through submission and approval by two people. */
static struct registered approved(struct domain *domain, struct arena *arena, const char *id, const char *metadata,
                                  struct client_credentials_new *credentials) {
    const struct actor system = actor_as(ROLE_SYSTEM, "system"), security = actor_as(ROLE_SECURITY, "security");
    struct registered client = enter_as(domain, arena, &system, id, metadata, credentials);
    assert_int_equal(
        register_act(domain, arena, &system, str_from(id), client.row.version, CLIENT_SUBMIT, &client).result,
        ADMIN_DONE);
    assert_int_equal(
        register_act(domain, arena, &security, str_from(id), client.row.version, CLIENT_APPROVE, &client).result,
        ADMIN_DONE);
    return client;
}

static int64_t events_of(struct domain *domain) {
    return count_sql(domain, "SELECT COUNT(*) FROM audit_outbox");
}

/* --- entering --- */

static void entering(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client_credentials_new credentials;
    const struct actor host = HOST;
    struct registered client = enter_as(domain, arena, &host, "c", METADATA, &credentials);
    assert_int_equal(client.row.state, CLIENT_DRAFT);
    assert_int_equal(client.secret_count, 1);
    assert_true(credentials.secret.len >= 32);
    assert_true(str_is_absent(credentials.registration_token));
    assert_int_equal(events_of(domain), 1);
    static const struct {
        const char *id, *metadata;
        enum admin_result result;
        const char *member;
    } rows[] = {
        {"c", METADATA, ADMIN_CONFLICT, NULL},
        {CONSOLE_CLIENT_ID, METADATA, ADMIN_CONFLICT, NULL},
        {"a b", METADATA, ADMIN_INVALID, "client_id"},
        {"d", "{}", ADMIN_INVALID, "redirect_uris"},
        {"d", "{\"redirect_uris\":[\"https://id.example/authorize\"]}", ADMIN_INVALID, "redirect_uris"},
        {"d", "{\"redirect_uris\":[\"https://rp.example/cb\"],\"client_secret\":\"0123456789abcdef\"}", ADMIN_INVALID,
         "client_secret"},
        {"d", "{\"redirect_uris\":[\"https://rp.example/cb\"],\"tongxing_agency\":\"b\"}", ADMIN_INVALID,
         "tongxing_agency"},
        {"d", "{\"redirect_uris\":[\"https://rp.example/cb\"],\"trusted\":true}", ADMIN_INVALID, "trusted"},
        {"d", "[]", ADMIN_INVALID, "client_id"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct client_wanted wanted = {
            .client_id = str_from(rows[i].id), .origin = STR("shell"), .metadata = json_of(arena, rows[i].metadata)};
        const struct admin_answer answer = register_create(domain, arena, &host, &wanted, &client, &credentials);
        assert_row(answer.result == rows[i].result, rows[i].metadata);
        assert_row(!rows[i].member || str_equal(answer.problems->items[0].member, str_from(rows[i].member)),
                   rows[i].metadata);
    }
    const struct client_wanted homeless = {.agency_id = STR("nobody"), .metadata = json_of(arena, METADATA)};
    assert_int_equal(register_create(domain, arena, &host, &homeless, &client, &credentials).result, ADMIN_INVALID);
    assert_int_equal(events_of(domain), 1);
    assert_int_equal(count_sql(domain, "SELECT COUNT(*) FROM clients"), 1);
    assert_int_equal(count_sql(domain, "SELECT COUNT(*) FROM client_secrets"), 1);
}

static void what_cannot_be_entered_leaves_nothing(void **state) {
    with_register(entering);
}

static void sandbox(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client_credentials_new credentials;
    const struct actor developer = actor_as(ROLE_DEVELOPER, "dev");
    struct registered client =
        enter_as(domain, arena, &developer, "s",
                 "{\"redirect_uris\":[\"http://localhost:3000/cb\"],\"tongxing_sandbox\":true}", &credentials);
    assert_int_equal(client.row.state, CLIENT_APPROVED);
    const struct admin_answer out =
        register_update(domain, arena, &developer, STR("s"), 1, json_of(arena, METADATA), STR_NONE, &client);
    assert_int_equal(out.result, ADMIN_CONFLICT);
    const struct admin_answer stays =
        register_update(domain, arena, &developer, STR("s"), 1,
                        json_of(arena, "{\"redirect_uris\":[\"http://localhost:4000/cb\"],\"tongxing_sandbox\":true}"),
                        STR_NONE, &client);
    assert_int_equal(stays.result, ADMIN_DONE);
    assert_true(str_is_absent(client.row.pending));
}

static void a_sandbox_works_at_once_and_stays_one(void **state) {
    with_register(sandbox);
}

/* --- changing --- */

struct racer {
    struct domain *domain;
    const char *metadata;
    enum admin_result result;
    int *running;
};

static void race(void *arg) {
    struct racer *racer = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct registered client;
    const struct actor host = HOST;
    racer->result =
        register_update(racer->domain, arena, &host, STR("c"), 1, json_of(arena, racer->metadata), STR_NONE, &client)
            .result;
    --*racer->running;
}

static void concurrent(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client_row row;
    struct racer racers[8];
    int running = ARRAY_LEN(racers), done = 0;
    put_client(domain, arena, "c", CLIENT_DRAFT, false);
    for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
        racers[i] = (struct racer){domain, i % 2 ? METADATA : CHANGED, ADMIN_UNAVAILABLE, &running};
        fiber_spawn(domain->loop, race, &racers[i]);
    }
    while (running > 0) {
        assert_int_equal(fiber_sleep(1), WAIT_DONE);
    }
    for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
        assert_true(racers[i].result == ADMIN_DONE || racers[i].result == ADMIN_STALE);
        done += racers[i].result == ADMIN_DONE;
    }
    assert_int_equal(done, 1);
    assert_int_equal(clients_get(domain->sql, arena, STR("c"), &row), SQL_DONE);
    assert_int_equal(row.version, 2);
    assert_int_equal(events_of(domain), 1);
}

static void of_changes_at_the_same_time_one_wins(void **state) {
    with_register(concurrent);
}

static void pending(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client_credentials_new credentials;
    const struct actor system = actor_as(ROLE_SYSTEM, "system"), security = actor_as(ROLE_SECURITY, "security");
    struct registered client = approved(domain, arena, "c", METADATA, &credentials);
    int64_t version = client.row.version;
    assert_int_equal(
        register_update(domain, arena, &system, STR("c"), version, json_of(arena, CHANGED), STR_NONE, &client).result,
        ADMIN_DONE);
    assert_str(client.row.metadata, METADATA);
    assert_str(client.row.pending, CHANGED);
    refresh(domain);
    assert_str(registry_find(domain->registry, STR("c"))->client.client_name, "甲");
    assert_int_equal(register_act(domain, arena, &security, STR("c"), version + 1, CLIENT_REJECT, &client).result,
                     ADMIN_DONE);
    assert_int_equal(client.row.state, CLIENT_APPROVED);
    assert_true(str_is_absent(client.row.pending));
    refresh(domain);
    assert_str(registry_find(domain->registry, STR("c"))->client.client_name, "甲");
    assert_int_equal(
        register_update(domain, arena, &system, STR("c"), version + 2, json_of(arena, CHANGED), STR_NONE, &client)
            .result,
        ADMIN_DONE);
    const struct actor same = actor_as(ROLE_SECURITY, "system");
    assert_int_equal(register_act(domain, arena, &same, STR("c"), version + 3, CLIENT_APPROVE, &client).result,
                     ADMIN_CONFLICT);
    assert_int_equal(register_act(domain, arena, &security, STR("c"), version + 3, CLIENT_APPROVE, &client).result,
                     ADMIN_DONE);
    assert_str(client.row.metadata, CHANGED);
    assert_str(client.row.search, "c 乙 ");
    refresh(domain);
    assert_str(registry_find(domain->registry, STR("c"))->client.client_name, "乙");
    put_setting(domain, arena, "four_eyes", 0);
    assert_int_equal(
        register_update(domain, arena, &system, STR("c"), version + 4, json_of(arena, METADATA), STR_NONE, &client)
            .result,
        ADMIN_DONE);
    assert_str(client.row.metadata, METADATA);
    assert_int_equal(events_of(domain), 3 + 5);
}

static void a_change_waits_beside_what_is_in_force(void **state) {
    with_register(pending);
}

static void retired(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct registered client;
    struct client_credentials_new credentials;
    const struct actor host = HOST;
    put_client(domain, arena, "c", CLIENT_RETIRED, false);
    assert_int_equal(
        register_update(domain, arena, &host, STR("c"), 1, json_of(arena, CHANGED), STR_NONE, &client).result,
        ADMIN_CONFLICT);
    assert_int_equal(register_new_secret(domain, arena, &host, STR("c"), 1, 0, &client, &credentials).result,
                     ADMIN_CONFLICT);
    const struct client_wanted again = {
        .client_id = STR("c"), .origin = STR("shell"), .metadata = json_of(arena, METADATA)};
    assert_int_equal(register_create(domain, arena, &host, &again, &client, &credentials).result, ADMIN_CONFLICT);
    assert_int_equal(events_of(domain), 0);
}

static void what_is_retired_stays_so_and_its_id_is_not_given_again(void **state) {
    with_register(retired);
}

/* --- developers --- */

static void isolation(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct registered client;
    struct client_credentials_new credentials;
    struct client_row *rows;
    size_t count;
    const struct actor developer = actor_as(ROLE_DEVELOPER, "dev"), host = HOST;
    const struct client_wanted others = {.client_id = STR("theirs"),
                                         .agency_id = STR("b"),
                                         .origin = STR("shell"),
                                         .metadata = json_of(arena, METADATA)};
    assert_int_equal(register_create(domain, arena, &host, &others, &client, &credentials).result, ADMIN_DONE);
    enter_as(domain, arena, &host, "nobodys", METADATA, &credentials);
    const struct client_wanted grasp = {.client_id = STR("own"),
                                        .agency_id = STR("b"), /* is not theirs to say */
                                        .origin = STR("console"),
                                        .metadata = json_of(arena, METADATA)};
    assert_int_equal(register_create(domain, arena, &developer, &grasp, &client, &credentials).result, ADMIN_DONE);
    assert_str(client.row.agency_id, "a");
    int64_t events = events_of(domain);
    static const char *const hidden[] = {"theirs", "nobodys", "missing", CONSOLE_CLIENT_ID};
    for (size_t i = 0; i < ARRAY_LEN(hidden); i++) {
        struct str id = str_from(hidden[i]);
        assert_row(register_get(domain, arena, &developer, id, &client).result == ADMIN_MISSING, hidden[i]);
        assert_row(
            register_update(domain, arena, &developer, id, 1, json_of(arena, CHANGED), STR_NONE, &client).result ==
                ADMIN_MISSING,
            hidden[i]);
        assert_row(register_act(domain, arena, &developer, id, 1, CLIENT_SUBMIT, &client).result == ADMIN_MISSING,
                   hidden[i]);
        assert_row(register_new_secret(domain, arena, &developer, id, 1, 0, &client, &credentials).result ==
                       ADMIN_MISSING,
                   hidden[i]);
    }
    const struct clients_filter all = {0}, of_b = {.agency_id = STR("b")};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(register_list(domain, arena, &developer, i ? &of_b : &all, 10, &rows, &count).result,
                         ADMIN_DONE);
        assert_int_equal(count, 1);
        assert_str(rows[0].client_id, "own");
    }
    assert_int_equal(
        register_update(domain, arena, &developer, STR("own"), 1, json_of(arena, CHANGED), STR("b"), &client).result,
        ADMIN_DONE);
    assert_str(client.row.agency_id, "a");
    assert_int_equal(events_of(domain), events + 1);
}

static void a_developer_sees_their_own_agency_alone(void **state) {
    with_register(isolation);
}

/* --- secrets --- */

static bool fits(struct domain *domain, struct str secret) {
    refresh(domain);
    return registered_client_secret_fits(registry_find(domain->registry, STR("c")), domain->sealers, secret);
}

static void secrets(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client_credentials_new first, second, third, fourth;
    const struct actor host = HOST;
    struct registered client = approved(domain, arena, "c", METADATA, &first);
    assert_true(fits(domain, first.secret));
    static const char *const wrong[] = {"", "x", "0123456789"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        assert_row(!fits(domain, str_from(wrong[i])), wrong[i]);
    }
    assert_false(fits(domain, STR_NONE));
    assert_int_equal(
        register_new_secret(domain, arena, &host, STR("c"), client.row.version, 60, &client, &second).result,
        ADMIN_DONE);
    assert_true(fits(domain, first.secret) && fits(domain, second.secret));
    assert_int_equal(client.secret_count, 2);
    assert_int_equal(register_new_secret(domain, arena, &host, STR("c"), client.row.version, 0, &client, &third).result,
                     ADMIN_DONE);
    assert_true(!fits(domain, first.secret) && !fits(domain, second.secret) && fits(domain, third.secret));
    /* An end that has come is not put off by a later change. */
    assert_int_equal(
        register_new_secret(domain, arena, &host, STR("c"), client.row.version, 60, &client, &fourth).result,
        ADMIN_DONE);
    assert_true(!fits(domain, second.secret) && fits(domain, third.secret) && fits(domain, fourth.secret));
    /* Never past thirty days, and as the setting says where nothing is said. */
    put_setting(domain, arena, "secret_overlap_s", 5);
    int64_t now = clock_wall();
    assert_int_equal(
        register_new_secret(domain, arena, &host, STR("c"), client.row.version, INT64_MAX, &client, &second).result,
        ADMIN_DONE);
    assert_in_range(count_sql(domain, "SELECT MAX(expires_at) FROM client_secrets"), now, now + 30 * 86400 + 5);
    assert_int_equal(
        register_new_secret(domain, arena, &host, STR("c"), client.row.version, -1, &client, &third).result,
        ADMIN_DONE);
    assert_in_range(count_sql(domain, "SELECT MAX(expires_at) FROM client_secrets"), now, now + 10);
    /* The snapshot was read before the end came: the clock decides, not the reading. */
    refresh(domain);
    run_sql(domain, "UPDATE client_secrets SET expires_at = 1 WHERE expires_at = 0");
    assert_true(fits(domain, third.secret));
    run_sql(domain, "UPDATE revisions SET revision = revision + 1 WHERE name = 'register'");
    run_sql(domain, "UPDATE clients SET revision = (SELECT revision FROM revisions WHERE name = 'register')");
    assert_false(fits(domain, third.secret));
}

static void an_old_secret_stays_good_for_a_while(void **state) {
    with_register(secrets);
}

static void sealed(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client_credentials_new credentials;
    struct registered client;
    struct str opened;
    const struct actor host = HOST;
    approved(domain, arena, "plain", METADATA, &credentials);
    approved(domain, arena, "hmac",
             "{\"redirect_uris\":[\"https://rp.example/cb\"],\"token_endpoint_auth_method\":\"client_secret_jwt\"}",
             &credentials);
    refresh(domain);
    assert_true(registered_client_secret_open(registry_find(domain->registry, STR("hmac")), domain->sealers, arena, 0,
                                              &opened));
    assert_true(str_equal(opened, credentials.secret));
    assert_false(registered_client_secret_open(registry_find(domain->registry, STR("plain")), domain->sealers, arena, 0,
                                               &opened));
    enter_as(domain, arena, &host, "public",
             "{\"redirect_uris\":[\"https://rp.example/cb\"],\"token_endpoint_auth_method\":\"none\"}", &credentials);
    assert_true(str_is_absent(credentials.secret));
    assert_int_equal(register_new_secret(domain, arena, &host, STR("public"), 1, 0, &client, &credentials).result,
                     ADMIN_CONFLICT);
    assert_int_equal(register_new_secret(domain, arena, &host, STR("plain"), 1, 0, &client, &credentials).result,
                     ADMIN_STALE);
}

static void a_secret_itself_is_kept_only_where_the_method_needs_it(void **state) {
    with_register(sealed);
}

/* --- what servers see --- */

static void snapshot(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client_credentials_new credentials;
    struct registered client;
    struct registry *nothing;
    const struct actor host = HOST;
    approved(domain, arena, "same", METADATA, &credentials);
    approved(domain, arena, "other", METADATA, &credentials);
    put_client(domain, arena, "draft", CLIENT_DRAFT, false);
    refresh(domain);
    int64_t revision = registry_revision(domain->registry);
    const struct registered_client *same = registry_find(domain->registry, STR("same"));
    const struct registered_client *other = registry_find(domain->registry, STR("other"));
    const struct registered_client *console = registry_find(domain->registry, STR(CONSOLE_CLIENT_ID));
    assert_true(same && other && console);
    assert_null(registry_find(domain->registry, STR("draft")));
    assert_int_equal(registry_refresh(domain, domain->registry, &nothing), DOMAIN_NO);
    int64_t now = clock_wall();
    assert_int_equal(register_act(domain, arena, &host, STR("other"), 3, CLIENT_END_SESSIONS, &client).result,
                     ADMIN_DONE);
    refresh(domain);
    assert_int_equal(registry_revision(domain->registry), revision + 1);
    assert_ptr_equal(registry_find(domain->registry, STR("same")), same);
    assert_ptr_equal(registry_find(domain->registry, STR(CONSOLE_CLIENT_ID)), console);
    assert_ptr_not_equal(registry_find(domain->registry, STR("other")), other);
    assert_true(registry_find(domain->registry, STR("other"))->client.not_before > now);
    assert_int_equal(same->client.not_before, 0);
    put_setting(domain, arena, "four_eyes", 0);
    refresh(domain);
    assert_false(registry_settings(domain->registry)->four_eyes);
    assert_ptr_equal(registry_find(domain->registry, STR("same")), same);
    assert_int_equal(register_act(domain, arena, &host, STR("other"), 4, CLIENT_SUSPEND, &client).result, ADMIN_DONE);
    refresh(domain);
    assert_null(registry_find(domain->registry, STR("other")));
    assert_int_equal(register_act(domain, arena, &host, STR("other"), 5, CLIENT_RESUME, &client).result, ADMIN_DONE);
    refresh(domain);
    assert_non_null(registry_find(domain->registry, STR("other")));
    assert_ptr_equal(registry_find(domain->registry, STR("same")), same);
}

static void a_snapshot_takes_what_changed_and_shares_the_rest(void **state) {
    with_register(snapshot);
}

/* What is logged while `refresh` runs. */
static struct str logged_by_refresh(struct domain *domain, struct arena *arena) {
    char path[] = "/tmp/register-log-XXXXXX";
    int log = mkstemp(path), standard_error = dup(STDERR_FILENO);
    char *text = arena_alloc(arena, 4096);
    assert_true(log >= 0 && standard_error >= 0);
    dup2(log, STDERR_FILENO);
    refresh(domain);
    dup2(standard_error, STDERR_FILENO);
    ssize_t length = pread(log, text, 4095, 0);
    close(log);
    close(standard_error);
    unlink(path);
    assert_true(length >= 0);
    text[length] = 0;
    return str_from(text);
}

static void unusable(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const broken[] = {"", "{", "[]", "{\"trusted\":true}", "{\"redirect_uris\":[\"javascript:x\"]}"};
    struct client_credentials_new credentials;
    approved(domain, arena, "fine", METADATA, &credentials);
    approved(domain, arena, "broken", METADATA, &credentials);
    refresh(domain);
    for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
        const struct sql_statement statements[] = {
            register_next(),
            {.text = "UPDATE clients SET metadata = $1, revision = (SELECT revision FROM revisions) WHERE client_id = "
                     "'broken'",
             .values = {sql_text(str_from(broken[i]))},
             .value_count = 1,
             .must_change = true}};
        assert_int_equal(sql_write(domain->sql, statements, 2), SQL_DONE);
        struct str logged = logged_by_refresh(domain, arena);
        assert_row(strstr(logged.ptr, "register.client_unusable"), broken[i]);
        assert_row(strstr(logged.ptr, "broken"), broken[i]);
        assert_row(!registry_find(domain->registry, STR("broken")), broken[i]);
        assert_non_null(registry_find(domain->registry, STR("fine")));
    }
}

static void what_cannot_be_read_is_left_out_and_logged(void **state) {
    with_register(unusable);
}

#define MANY    10000
#define AT_ONCE 500

static void many(struct domain *domain) {
    for (int first = 0; first < MANY; first += AT_ONCE) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct sql_statement *statements = arena_array_of(arena, AT_ONCE + 1, struct sql_statement);
        statements[0] = register_next();
        for (int i = 0; i < AT_ONCE; i++) {
            struct client_row row = {.client_id = str_format(arena, "c%d", first + i),
                                     .search = STR("c"),
                                     .state = CLIENT_APPROVED,
                                     .origin = STR("shell"),
                                     .metadata = STR(METADATA),
                                     .created_at = 1};
            statements[1 + i] = clients_insert(&row);
        }
        assert_int_equal(sql_write(domain->sql, statements, AT_ONCE + 1), SQL_DONE);
    }
    refresh(domain);
    assert_int_equal(registry_count(domain->registry), MANY + 2); /* and the built-in ones */
    const struct registered_client *first = registry_find(domain->registry, STR("c0"));
    for (int i = 0; i < MANY; i += 7) {
        struct arena *arena ARENA_AUTO = arena_new();
        assert_non_null(registry_find(domain->registry, str_format(arena, "c%d", i)));
    }
    assert_null(registry_find(domain->registry, STR("c10000")));
    struct arena *arena ARENA_AUTO = arena_new();
    struct registered client;
    const struct actor host = HOST;
    assert_int_equal(register_act(domain, arena, &host, STR("c9999"), 1, CLIENT_SUSPEND, &client).result, ADMIN_DONE);
    refresh(domain);
    assert_int_equal(registry_count(domain->registry), MANY + 1);
    assert_ptr_equal(registry_find(domain->registry, STR("c0")), first);
    assert_null(registry_find(domain->registry, STR("c9999")));
}

static void ten_thousand_are_loaded(void **state) {
    with_register(many);
}

RUN_TESTS(cmocka_unit_test(what_cannot_be_entered_leaves_nothing),
          cmocka_unit_test(a_sandbox_works_at_once_and_stays_one),
          cmocka_unit_test(of_changes_at_the_same_time_one_wins),
          cmocka_unit_test(a_change_waits_beside_what_is_in_force),
          cmocka_unit_test(what_is_retired_stays_so_and_its_id_is_not_given_again),
          cmocka_unit_test(a_developer_sees_their_own_agency_alone),
          cmocka_unit_test(an_old_secret_stays_good_for_a_while),
          cmocka_unit_test(a_secret_itself_is_kept_only_where_the_method_needs_it),
          cmocka_unit_test(a_snapshot_takes_what_changed_and_shares_the_rest),
          cmocka_unit_test(what_cannot_be_read_is_left_out_and_logged), cmocka_unit_test(ten_thousand_are_loaded))
