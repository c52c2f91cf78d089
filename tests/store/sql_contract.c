/* The sql contract, promise by promise: tables, transactions, values, many at once, cancellation, the schema. */
#include "sql_contract.h"

#include "base/clock.h"
#include "store/accounts.h"
#include "store/clients.h"
#include "store/consents.h"
#include "store/copy.h"
#include "store/disclosures.h"
#include "store/links.h"
#include "store/mandates.h"
#include "store/merging.h"
#include "store/window_records.h"

#include "../src/store/sql_driver.h"

#include <pthread.h>

struct sql_options sql_contract_options;

static struct sql_database *open_contract_database(void) {
    struct sql_database *database;
    struct fault fault;
    if (!sql_open(&sql_contract_options, &database, &fault)) {
        print_error("%s\n", fault.text);
        fail();
    }
    return database;
}

static void on_open(struct sql_database *database, void (*run)(void *arg)) {
    struct loop *loop = loop_new();
    struct sql *sql;
    struct fault fault;
    assert_true(sql_connect(database, &sql, &fault));
    run_on(loop, run, sql);
    loop_end_fibers(loop);
    sql_free(sql);
    loop_free(loop);
}

void on_database(void (*run)(void *arg)) {
    struct sql_database *database = open_contract_database();
    on_open(database, run);
    sql_database_free(database);
}

void refuses_to_open(const struct sql_options *options, const char *about) {
    struct sql_database *database;
    struct fault fault;
    assert_false(sql_open(options, &database, &fault));
    if (!strstr(fault.text, about) || strstr(fault.text, "password-of")) {
        print_error("said: %s\n", fault.text);
        fail();
    }
}

enum sql_status create_account(struct sql *sql, const char *id, const char *phone_hash) {
    const struct identifier_row identifier = {IDENTIFIER_PHONE, str_from(phone_hash)};
    const struct verification_row verification = {
        .verification_id = str_from(id),
        .account_id = str_from(id),
        .evidence = {.source = STR("population"), .result = VERIFY_MATCH, .level = 2, .checked_at = 5}};
    const struct account_new account = {
        .account = {.account_id = str_from(id),
                    .state = ACCOUNT_ACTIVE,
                    .level = 2,
                    .created_at = 1,
                    .updated_at = 1,
                    .profile_sealed = str_of("\0\xff", 2)},
        .identifiers = &identifier,
        .identifier_count = 1,
        .password_hash = STR("$argon2id$"),
        .verifications = &verification,
        .verification_count = 1,
    };
    return accounts_create(sql, &account);
}

/* --- the tables --- */

static void run_text(struct sql *sql, const char *text) {
    const struct sql_statement statement = {.text = text};
    assert_int_equal(sql_write(sql, &statement, 1), SQL_DONE);
}

static struct window_row record_of(const char *id, struct str account_id) {
    return (struct window_row){.record_id = str_from(id),
                               .account_id = account_id,
                               .state = WINDOW_WAITING,
                               .sealed = str_of("\0\xff", 2),
                               .place = STR("3"),
                               .recorded_by = STR("one"),
                               .decided_by = STR("two"),
                               .version = 1,
                               .created_at = 5};
}

static void decide(struct sql *sql, const char *id, struct str account_id, enum sql_status expected) {
    struct window_row row = record_of(id, account_id);
    row.state = WINDOW_CONFIRMED;
    row.version = 2;
    const struct sql_statement statement = window_records_decide(&row);
    assert_int_equal(sql_write(sql, &statement, 1), expected);
}

static void records_of_counters(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct window_row *rows, row;
    size_t count;
    assert_int_equal(create_account(sql, "a", "hash-1"), SQL_DONE);
    assert_int_equal(create_account(sql, "b", "hash-2"), SQL_DONE);
    const struct window_row of_a = record_of("r1", STR("a")), of_nobody = record_of("r2", STR_NONE);
    const struct sql_statement put[] = {window_records_insert(&of_a), window_records_insert(&of_nobody)};
    assert_int_equal(sql_write(sql, put, 2), SQL_DONE);
    assert_int_equal(window_records_list(sql, arena, WINDOW_WAITING, STR_NONE, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 2);
    assert_true(str_equal(rows[0].account_id, STR("a")) && str_is_absent(rows[1].account_id));
    /* Whose it is, is said by the decision where it was nobody's; an account that is known stays. */
    decide(sql, "r2", STR_NONE, SQL_DONE);
    decide(sql, "r2", STR("b"), SQL_MISSING);
    run_text(sql, "UPDATE window_records SET state = 1, version = 1");
    decide(sql, "r2", STR("b"), SQL_DONE);
    decide(sql, "r1", STR("b"), SQL_DONE);
    assert_int_equal(window_records_get(sql, arena, STR("r1"), &row), SQL_DONE);
    assert_str(row.account_id, "a");
    assert_int_equal(window_records_get(sql, arena, STR("r2"), &row), SQL_DONE);
    assert_str(row.account_id, "b");
    run_text(sql, "UPDATE window_records SET state = 1, version = 1");
    decide(sql, "r1", STR("nobody"), SQL_DONE);
    run_text(sql, "UPDATE window_records SET account_id = NULL, state = 1, version = 1");
    decide(sql, "r1", STR("nobody"), SQL_CONFLICT);
}

static void a_record_of_a_counter_is_of_one_account_or_of_none_yet(void **state) {
    on_database(records_of_counters);
}

static void links(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct link_row *rows, row = {.link_id = STR("l1"),
                                  .account_id = STR("a"),
                                  .upstream = STR("alipay"),
                                  .subject_hash = STR("subject"),
                                  .label_sealed = STR("label"),
                                  .created_at = 3,
                                  .used_at = 3};
    size_t count;
    assert_int_equal(create_account(sql, "a", "hash-1"), SQL_DONE);
    assert_int_equal(create_account(sql, "b", "hash-2"), SQL_DONE);
    struct sql_statement insert = links_insert(&row);
    assert_int_equal(sql_write(sql, &insert, 1), SQL_DONE);
    struct link_row again = row;
    again.link_id = STR("l2");
    again.account_id = STR("b");
    insert = links_insert(&again);
    assert_int_equal(sql_write(sql, &insert, 1), SQL_CONFLICT); /* a subject belongs to one account */
    again.account_id = STR("a");
    again.subject_hash = STR("another");
    insert = links_insert(&again);
    assert_int_equal(sql_write(sql, &insert, 1), SQL_CONFLICT); /* an account has one link to a service */
    assert_int_equal(links_set_used(sql, STR("l1"), 9), SQL_DONE);
    assert_int_equal(links_find(sql, arena, STR("wechat"), STR("subject"), &row), SQL_MISSING);
    assert_int_equal(links_find(sql, arena, STR("alipay"), STR("subject"), &row), SQL_DONE);
    assert_str(row.account_id, "a");
    assert_int_equal(row.used_at, 9);
    assert_false(row.opened);
    const struct sql_statement hold = links_hold_opened(STR("a"), STR("alipay"));
    assert_int_equal(sql_write(sql, &hold, 1), SQL_MISSING); /* the account was not opened with it */
    const struct sql_statement opened = {.text = "UPDATE links SET opened = 1"};
    assert_int_equal(sql_write(sql, &opened, 1), SQL_DONE);
    assert_int_equal(sql_write(sql, &hold, 1), SQL_DONE);
    assert_int_equal(links_list(sql, arena, STR("a"), &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    struct sql_statement remove = links_delete(STR("b"), STR("l1"));
    assert_int_equal(sql_write(sql, &remove, 1), SQL_MISSING); /* another's */
    const struct sql_statement forget = {.text = "DELETE FROM credentials WHERE account_id = 'a'"};
    assert_int_equal(sql_write(sql, &forget, 1), SQL_DONE);
    remove = links_delete_but_last(STR("a"), STR("l1"));
    assert_int_equal(sql_write(sql, &remove, 1), SQL_MISSING); /* the last way of signing in */
    assert_int_equal(accounts_set_password(sql, STR("a"), STR("hash"), 1), SQL_DONE);
    assert_int_equal(sql_write(sql, &remove, 1), SQL_DONE);
}

static void links_are_one_accounts(void **state) {
    on_database(links);
}

static void accounts(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct account_row row;
    struct str id, hash;
    struct verification_row *evidence;
    size_t count;
    assert_int_equal(accounts_get(sql, arena, STR("a"), &row), SQL_MISSING);
    assert_int_equal(create_account(sql, "a", "hash-1"), SQL_DONE);
    assert_int_equal(create_account(sql, "b", "hash-1"), SQL_CONFLICT);
    assert_int_equal(accounts_get(sql, arena, STR("b"), &row), SQL_MISSING); /* all of it or nothing */
    assert_int_equal(accounts_password(sql, arena, STR("b"), &hash), SQL_MISSING);
    assert_int_equal(accounts_get(sql, arena, STR("a"), &row), SQL_DONE);
    assert_true(str_equal(row.profile_sealed, str_of("\0\xff", 2)));
    assert_int_equal(row.state, ACCOUNT_ACTIVE);
    assert_int_equal(accounts_find(sql, arena, IDENTIFIER_PHONE, STR("hash-1"), &id), SQL_DONE);
    assert_str(id, "a");
    assert_int_equal(accounts_find(sql, arena, IDENTIFIER_USERNAME, STR("hash-1"), &id), SQL_MISSING);
    assert_int_equal(accounts_set_password(sql, STR("a"), STR("new"), 9), SQL_DONE);
    assert_int_equal(accounts_password(sql, arena, STR("a"), &hash), SQL_DONE);
    assert_str(hash, "new");
    struct verification_row more = {
        .verification_id = STR("v2"), .account_id = STR("a"), .evidence = {.level = 3, .checked_at = 7, .due_at = 50}};
    const struct account_row raised = {
        .account_id = STR("a"), .level = 3, .level_until = 99, .profile_sealed = STR("sealed"), .updated_at = 8};
    const struct sql_statement raise[] = {verifications_insert(&more), accounts_update(&raised, 1)};
    assert_int_equal(sql_write(sql, raise, ARRAY_LEN(raise)), SQL_DONE);
    assert_int_equal(sql_write(sql, &raise[1], 1), SQL_MISSING); /* somebody has changed it */
    assert_int_equal(verifications_due(sql, arena, 49, 10, &evidence, &count), SQL_DONE);
    assert_int_equal(count, 0);
    assert_int_equal(verifications_due(sql, arena, 50, 10, &evidence, &count), SQL_DONE);
    assert_int_equal(count, 1);
    const struct sql_statement claim = verifications_set_due(&more, 60);
    assert_int_equal(sql_write(sql, &claim, 1), SQL_DONE);
    assert_int_equal(sql_write(sql, &claim, 1), SQL_MISSING); /* one of two asks */
    assert_int_equal(accounts_verifications(sql, arena, STR("a"), &evidence, &count), SQL_DONE);
    assert_int_equal(count, 2);
    assert_str(evidence[0].evidence.source, "population");
    assert_int_equal(accounts_get(sql, arena, STR("a"), &row), SQL_DONE);
    assert_int_equal(row.level, 3);
    const struct verification_row orphan = {.verification_id = STR("v3"), .account_id = STR("nobody")};
    const struct sql_statement lost = verifications_insert(&orphan);
    assert_int_equal(sql_write(sql, &lost, 1), SQL_CONFLICT);
    const struct sql_statement end = verifications_end(STR("v2"), 70);
    assert_int_equal(sql_write(sql, &end, 1), SQL_DONE);
    assert_int_equal(accounts_verifications(sql, arena, STR("a"), &evidence, &count), SQL_DONE);
    assert_int_equal(evidence[1].evidence.ended_at, 70);
    assert_int_equal(evidence[1].evidence.due_at, 0);
}

static void accounts_are_written_whole_or_not_at_all(void **state) {
    on_database(accounts);
}

/* What an account has of a kind, as "client:scope" or "client claims times first last" and so on, in order. */
static void has(struct sql *sql, const char *text, const char *expected) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_statement statement = {.text = text};
    struct sql_rows rows = {0};
    struct buf found;
    buf_init(&found, arena, 256, 4096);
    assert_int_not_equal(sql_read(sql, arena, &statement, 100, &rows), SQL_DOWN);
    for (size_t i = 0; i < rows.count * rows.columns; i++) {
        const struct sql_value *cell = &rows.cells[i];
        buf_put(&found, i % rows.columns > 0 ? STR(" ") : i > 0 ? STR(", ") : STR(""));
        if (cell->type == SQL_INT) {
            buf_put_i64(&found, cell->number);
        } else {
            buf_put(&found, cell->bytes);
        }
    }
    assert_str(buf_str(&found), expected);
}

static void put(struct sql *sql, const char *text) {
    const struct sql_statement statement = {.text = text};
    assert_row(sql_write(sql, &statement, 1) == SQL_DONE, text);
}

static void merge_things(struct sql *sql) {
    assert_int_equal(create_account(sql, "from", "hash-1"), SQL_DONE);
    assert_int_equal(create_account(sql, "into", "hash-2"), SQL_DONE);
    const struct identifier_row number = {IDENTIFIER_ID_NUMBER, STR("hash-3")};
    const struct sql_statement identify = identifiers_insert(STR("from"), &number);
    assert_int_equal(sql_write(sql, &identify, 1), SQL_DONE);
    put(sql, "INSERT INTO links (link_id, account_id, upstream, subject_hash, label_sealed, created_at, used_at) VALUES"
             " ('l1', 'from', 'alipay', 'a', '', 1, 1), ('l2', 'into', 'alipay', 'b', '', 2, 2),"
             " ('l3', 'from', 'wechat', 'c', '', 3, 3)");
    put(sql, "INSERT INTO consents (account_id, client_id, scope, granted_at) VALUES ('from', 'both', 'from', 1),"
             " ('into', 'both', 'into', 2), ('from', 'one', 'from', 3)");
    put(sql, "INSERT INTO disclosures (account_id, client_id, claims, times, first_at, last_at) VALUES"
             " ('from', 'p', 'name', 2, 10, 20), ('into', 'p', 'name', 3, 5, 15), ('from', 'p', 'sub', 1, 7, 7),"
             " ('into', 'q', 'name', 1, 8, 8)");
    put(sql,
        "INSERT INTO organisations (organisation_id, code_hash, sealed, status, source, authority, method, check_id,"
        " checked_at, due_at, version, created_at, updated_at) VALUES ('o', 'h', 'x', 1, '', '', '', '', 1, 0, 1, 1, "
        "1)");
    put(sql,
        "INSERT INTO mandates (mandate_id, organisation_id, account_id, grantee_kind, role, scope, state, not_before,"
        " not_after, granted_by, method, accepted_at, ended_at, version, created_at, updated_at) VALUES"
        " ('m1', 'o', 'from', 0, 3, '*', 2, 1, 0, 'x', 'grant', 1, 0, 1, 1, 1),"
        " ('m2', 'o', 'into', 0, 3, '*', 2, 1, 0, 'x', 'grant', 1, 0, 1, 1, 1),"
        " ('m3', 'o', 'from', 0, 2, '*', 2, 1, 0, 'x', 'grant', 1, 0, 1, 1, 1),"
        " ('m4', 'o', 'from', 0, 3, '*', 3, 1, 0, 'x', 'grant', 1, 2, 1, 1, 1)");
}

static void merging(void *arg) {
    struct sql *sql = arg;
    struct merging merging = {0};
    struct arena *arena ARENA_AUTO = arena_new();
    merge_things(sql);
    const struct sql_statement idle = accounts_lock_not_acting(STR("from"));
    assert_int_equal(accounts_acts(sql, arena, STR("from")), SQL_DONE);
    assert_int_equal(sql_write(sql, &idle, 1), SQL_MISSING);
    assert_int_equal(accounts_acts(sql, arena, STR("nobody")), SQL_MISSING);
    merging_lock(&merging, STR("from"), STR("into"));
    merging_end_evidence(&merging, STR("from"), 99);
    merging_move(&merging, STR("from"), STR("into"));
    assert_int_equal(sql_write(sql, merging.statements, merging.count), SQL_DONE);
    has(sql, "SELECT account_id, kind FROM identifiers ORDER BY account_id, kind", "into 1, into 2");
    has(sql, "SELECT account_id, client_id, scope FROM consents ORDER BY client_id", "into both into, into one from");
    has(sql,
        "SELECT account_id, client_id, claims, times, first_at, last_at FROM disclosures ORDER BY client_id, claims",
        "into p name 5 5 20, into p sub 1 7 7, into q name 1 8 8");
    has(sql, "SELECT link_id, account_id FROM links ORDER BY link_id", "l2 into, l3 into");
    has(sql, "SELECT account_id, ended_at FROM verifications ORDER BY ended_at", "into 0, into 99");
    has(sql, "SELECT account_id, kind FROM credentials", "into password");
    /* One role an organisation: the second of the same stays with the account that is closed. */
    has(sql, "SELECT mandate_id, account_id FROM mandates ORDER BY mandate_id", "m1 from, m2 into, m3 into, m4 into");

    const struct account_row closed = {
        .account_id = STR("from"), .profile_sealed = STR("x"), .merged_into = STR("into"), .updated_at = 7};
    const struct sql_statement close = accounts_close(&closed, 1);
    assert_int_equal(sql_write(sql, &close, 1), SQL_DONE);
    has(sql, "SELECT account_id, state, level, merged_into FROM accounts ORDER BY account_id",
        "from 3 1 into, into 1 2 ");
    assert_int_equal(sql_write(sql, &close, 1), SQL_MISSING);
    assert_int_equal(sql_write(sql, merging.statements, merging.count), SQL_MISSING); /* one of them is not open */
}

static void everything_of_one_account_goes_to_another(void **state) {
    on_database(merging);
}

static void consents(struct sql *sql, struct arena *arena) {
    struct consent_row consent;
    const struct consent_row given = {STR("a"), STR("c1"), STR("openid"), 5},
                             wider = {STR("a"), STR("c1"), STR("openid phone"), 6};
    assert_int_equal(create_account(sql, "a", "h"), SQL_DONE);
    assert_int_equal(consents_put(sql, &given), SQL_DONE);
    assert_int_equal(consents_put(sql, &wider), SQL_DONE);
    assert_int_equal(consents_get(sql, arena, STR("a"), STR("c1"), &consent), SQL_DONE);
    assert_str(consent.scope, "openid phone");
    assert_int_equal(consents_delete(sql, STR("a"), STR("c1")), SQL_DONE);
    assert_int_equal(consents_get(sql, arena, STR("a"), STR("c1"), &consent), SQL_MISSING);
}

static void insert_clients(struct sql *sql) {
    for (const char *id = "c1\0c2\0c3\0"; *id; id += 3) {
        const struct client_row row = {.client_id = str_from(id),
                                       .search = str_from(id),
                                       .state = CLIENT_DRAFT,
                                       .origin = STR("shell"),
                                       .metadata = STR("{}"),
                                       .created_at = 1};
        const struct sql_statement write[] = {register_next(), clients_insert(&row)};
        assert_int_equal(sql_write(sql, write, 2), SQL_DONE);
        assert_int_equal(sql_write(sql, write, 2), SQL_CONFLICT);
    }
}

static void other_tables(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct client_row client, *clients;
    size_t count;
    consents(sql, arena);
    insert_clients(sql);
    assert_int_equal(clients_list(sql, arena, &(struct clients_filter){.after = STR("c1")}, 10, &clients, &count),
                     SQL_DONE);
    assert_int_equal(count, 2);
    assert_str(clients[0].client_id, "c2");
    assert_int_equal(clients[0].revision, 2); /* a refused change takes no revision */
    assert_true(str_is_absent(clients[0].agency_id));
    const struct clients_filter filter = {.state = CLIENT_DRAFT, .text = STR("3")};
    assert_int_equal(clients_list(sql, arena, &filter, 10, &clients, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_str(clients[0].client_id, "c3");
    const struct sql_statement put_pending = {.text = "UPDATE clients SET pending = '{}' WHERE client_id = 'c2'"};
    assert_int_equal(sql_write(sql, &put_pending, 1), SQL_DONE);
    const struct clients_filter waiting = {.waiting = true};
    assert_int_equal(clients_list(sql, arena, &waiting, 10, &clients, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_str(clients[0].client_id, "c2");
    assert_int_equal(clients_list(sql, arena, &(struct clients_filter){.text = STR("%")}, 10, &clients, &count),
                     SQL_DONE);
    assert_int_equal(count, 0);
    assert_int_equal(clients_get(sql, arena, STR("c2"), &client), SQL_DONE);
    struct client_row changed = client;
    changed.state = CLIENT_APPROVED;
    changed.version++;
    const struct sql_statement update[] = {register_next(), clients_update(&changed)};
    assert_int_equal(sql_write(sql, update, 2), SQL_DONE);
    assert_int_equal(sql_write(sql, update, 2), SQL_MISSING); /* somebody was faster: it has that version already */
    assert_int_equal(clients_get(sql, arena, STR("c2"), &client), SQL_DONE);
    assert_int_equal(client.version, 2);
    assert_int_equal(clients_changed(sql, arena, 3, 10, &clients, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_str(clients[0].client_id, "c2");
    int64_t revision;
    assert_int_equal(register_revision(sql, arena, &revision), SQL_DONE);
    assert_int_equal(revision, 4);
    const struct client_secret_row secret = {
        .client_id = STR("c2"), .secret_id = STR("s1"), .mac = STR("mac"), .created_at = 1};
    const struct sql_statement insert = client_secrets_insert(&secret);
    assert_int_equal(sql_write(sql, &insert, 1), SQL_DONE);
    const struct sql_statement end = client_secrets_end(STR("c2"), STR("s1"), 50);
    assert_int_equal(sql_write(sql, &end, 1), SQL_DONE);
    assert_int_equal(sql_write(sql, &end, 1), SQL_MISSING);
}

static void consents_and_clients(void **state) {
    on_database(other_tables);
}

/* --- organisations and mandates --- */

static const struct organisation_row an_organisation = {.organisation_id = STR_INIT("o1"),
                                                        .code_hash = STR_INIT("hash-of-code"),
                                                        .sealed = STR_INIT("\1\xff"),
                                                        .status = ORGANISATION_OPERATING,
                                                        .source = STR_INIT("corporate"),
                                                        .authority = STR_INIT("register"),
                                                        .method = STR_INIT("four_element_match"),
                                                        .check_id = STR_INIT("c-1"),
                                                        .checked_at = 5,
                                                        .due_at = 100,
                                                        .created_at = 5};

static enum sql_status write_one(struct sql *sql, struct sql_statement statement) {
    return sql_write(sql, &statement, 1);
}

static struct mandate_row mandate_of(const char *id, const char *account, enum mandate_role role, const char *under) {
    return (struct mandate_row){.mandate_id = str_from(id),
                                .organisation_id = STR("o1"),
                                .account_id = str_from(account),
                                .grantee_kind = account ? 0 : IDENTIFIER_PHONE,
                                .grantee_hash = account ? STR_NONE : STR("hash-of-phone"),
                                .grantee_sealed = account ? STR_NONE : STR("\2\0"),
                                .role = role,
                                .scope = STR("*"),
                                .state = account ? MANDATE_ACCEPTED : MANDATE_OFFERED,
                                .not_before = 10,
                                .not_after = role == MANDATE_REPRESENTATIVE ? 0 : 1000,
                                .granted_by = str_from(under),
                                .method = STR("grant"),
                                .created_at = 10};
}

static void put_mandate(struct sql *sql, const char *id, const char *account, enum mandate_role role,
                        const char *under) {
    const struct mandate_row row = mandate_of(id, account, role, under);
    assert_row(write_one(sql, mandates_insert(&row)) == SQL_DONE, id);
}

static void organisations(struct sql *sql, struct arena *arena) {
    struct organisation_row row, *rows;
    size_t count;
    assert_int_equal(organisations_find(sql, arena, STR("hash-of-code"), &row), SQL_MISSING);
    assert_int_equal(write_one(sql, organisations_insert(&an_organisation)), SQL_DONE);
    row = an_organisation;
    row.organisation_id = STR("o2");
    assert_int_equal(write_one(sql, organisations_insert(&row)), SQL_CONFLICT); /* a code is there once */
    assert_int_equal(organisations_find(sql, arena, STR("hash-of-code"), &row), SQL_DONE);
    assert_str(row.organisation_id, "o1");
    assert_true(str_equal(row.sealed, an_organisation.sealed));
    assert_str(row.method, "four_element_match");
    assert_int_equal(row.version, 1);
    assert_int_equal(organisations_due(sql, arena, 99, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 0);
    assert_int_equal(organisations_due(sql, arena, 100, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(write_one(sql, organisations_claim(STR("o1"), 100, 200)), SQL_DONE);
    assert_int_equal(write_one(sql, organisations_claim(STR("o1"), 100, 200)), SQL_MISSING); /* another has it */
    assert_int_equal(organisations_due(sql, arena, 150, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 0);
    row.version = 2;
    row.status = ORGANISATION_REVOKED;
    row.due_at = 0;
    assert_int_equal(write_one(sql, organisations_update(&row)), SQL_DONE);
    assert_int_equal(write_one(sql, organisations_update(&row)), SQL_MISSING);
    assert_int_equal(organisations_due(sql, arena, INT64_MAX, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 0); /* 0 is never */
    assert_int_equal(organisations_list(sql, arena, STR("o0"), 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(rows[0].status, ORGANISATION_REVOKED);
    assert_int_equal(organisations_list(sql, arena, STR("o1"), 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 0);
    assert_int_equal(organisations_get(sql, arena, STR("o1"), &row), SQL_DONE);
    assert_int_equal(row.version, 2);
}

static void offers(struct sql *sql, struct arena *arena) {
    struct mandate_found found, *rows;
    size_t count;
    put_mandate(sql, "m1", "a", MANDATE_REPRESENTATIVE, "register");
    const struct mandate_row twice = mandate_of("m1b", "a", MANDATE_REPRESENTATIVE, "register");
    assert_int_equal(write_one(sql, mandates_insert(&twice)), SQL_CONFLICT);
    assert_int_equal(mandates_find(sql, arena, STR("m1"), &found), SQL_DONE);
    assert_int_equal(found.grantor_role, 0);
    put_mandate(sql, "m2", NULL, MANDATE_ADMINISTRATOR, "m1");
    assert_int_equal(mandates_find(sql, arena, STR("m2"), &found), SQL_DONE);
    assert_int_equal(found.grantor_role, MANDATE_REPRESENTATIVE);
    assert_int_equal(found.grantor_state, MANDATE_ACCEPTED);
    assert_true(str_is_absent(found.row.account_id));
    assert_int_equal(found.account_state, 0);
    assert_true(str_equal(found.row.grantee_sealed, STR("\2\0")));
    assert_str(found.organisation.organisation_id, "o1");
    assert_int_equal(mandates_offered_to(sql, arena, IDENTIFIER_ID_NUMBER, STR("hash-of-phone"), &rows, &count),
                     SQL_DONE);
    assert_int_equal(count, 0);
    assert_int_equal(mandates_offered_to(sql, arena, IDENTIFIER_PHONE, STR("hash-of-phone"), &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    struct mandate_row row = rows[0].row;
    row.account_id = STR("b");
    row.accepted_at = 20;
    row.version++;
    assert_int_equal(write_one(sql, mandates_accept(&row)), SQL_DONE);
    assert_int_equal(write_one(sql, mandates_accept(&row)), SQL_MISSING); /* once */
    assert_int_equal(mandates_find(sql, arena, STR("m2"), &found), SQL_DONE);
    assert_str(found.row.account_id, "b");
    assert_int_equal(found.account_state, ACCOUNT_ACTIVE);
    assert_int_equal(found.account_level, 2);
    assert_int_equal(mandates_of_account(sql, arena, STR("b"), &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(write_one(sql, mandates_still_good(STR("m2"), 999)), SQL_DONE);
    assert_int_equal(write_one(sql, mandates_still_good(STR("m2"), 1000)), SQL_MISSING);
    assert_int_equal(write_one(sql, mandates_still_good(STR("m1"), INT64_MAX)), SQL_DONE); /* without end */
}

static void ends(struct sql *sql, struct arena *arena) {
    const struct mandate_ending ending = {.ended_by = STR("a"), .reason = STR("revoked"), .now = 50};
    struct mandate_found found, *rows;
    size_t count;
    put_mandate(sql, "m3", "c", MANDATE_AGENT, "m2");
    put_mandate(sql, "m4", NULL, MANDATE_AGENT, "m1");
    assert_int_equal(mandates_under(sql, arena, STR("m1"), &rows, &count), SQL_DONE);
    assert_int_equal(count, 3);
    assert_int_equal(mandates_under(sql, arena, STR("m2"), &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(mandates_over(sql, arena, 999, 10, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 0);
    assert_int_equal(mandates_over(sql, arena, 999, 11, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 1); /* the offer */
    assert_int_equal(mandates_over(sql, arena, 1000, 0, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 3);                                                         /* all that have an end */
    assert_int_equal(write_one(sql, mandates_end(STR("m2"), 1, &ending)), SQL_MISSING); /* changed meanwhile */
    const struct sql_statement both[] = {mandates_end(STR("m2"), 2, &ending), mandates_end_under(STR("m2"), &ending)};
    assert_int_equal(sql_write(sql, both, 2), SQL_DONE);
    assert_int_equal(mandates_find(sql, arena, STR("m3"), &found), SQL_DONE);
    assert_int_equal(found.row.state, MANDATE_ENDED);
    assert_str(found.row.reason, "revoked");
    assert_int_equal(found.row.version, 2);
    assert_int_equal(found.grantor_role, MANDATE_ADMINISTRATOR);
    assert_int_equal(found.grantor_state, MANDATE_ENDED);
    assert_int_equal(write_one(sql, mandates_end(STR("m2"), 3, &ending)), SQL_MISSING); /* ended already */
    assert_int_equal(mandates_of_account(sql, arena, STR("b"), &rows, &count), SQL_DONE);
    assert_int_equal(count, 0);
    put_mandate(sql, "m5", "b", MANDATE_ADMINISTRATOR, "m1"); /* again, since the first has ended */
    assert_int_equal(mandates_of_organisation(sql, arena, STR("o1"), &rows, &count), SQL_DONE);
    assert_int_equal(count, 5);
    assert_str(rows[0].row.mandate_id, "m1");
    assert_int_equal(rows[3].row.state, MANDATE_ENDED);
    assert_int_equal(write_one(sql, mandates_end_of(STR("o1"), &ending)), SQL_DONE);
    assert_int_equal(mandates_under(sql, arena, STR("m1"), &rows, &count), SQL_DONE);
    assert_int_equal(count, 0);
}

static void unfit(struct sql *sql, struct arena *arena) {
    struct mandate_found *rows;
    size_t count;
    put_mandate(sql, "m6", "a", MANDATE_ADMINISTRATOR, "m1");
    assert_int_equal(mandates_unfit(sql, arena, 10, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 0); /* level 2 will do */
    put_mandate(sql, "m7", "b", MANDATE_REPRESENTATIVE, "register");
    assert_int_equal(mandates_unfit(sql, arena, 10, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_str(rows[0].row.mandate_id, "m7"); /* who needs 3 */
    assert_int_equal(accounts_set_state(sql, STR("a"), ACCOUNT_SUSPENDED, 5), SQL_DONE);
    assert_int_equal(mandates_unfit(sql, arena, 10, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 2);
    assert_int_equal(mandates_unfit(sql, arena, 10, 1, &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(accounts_set_state(sql, STR("a"), ACCOUNT_ACTIVE, 6), SQL_DONE);
    const struct sql_statement until = {.text = "UPDATE accounts SET level_until = 99 WHERE account_id = 'a'"};
    assert_int_equal(write_one(sql, until), SQL_DONE);
    assert_int_equal(mandates_unfit(sql, arena, 98, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(mandates_unfit(sql, arena, 99, 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 2); /* the proof is over */
}

static void mandates(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    assert_int_equal(create_account(sql, "a", "h1"), SQL_DONE);
    assert_int_equal(create_account(sql, "b", "h2"), SQL_DONE);
    assert_int_equal(create_account(sql, "c", "h3"), SQL_DONE);
    organisations(sql, arena);
    offers(sql, arena);
    ends(sql, arena);
    unfit(sql, arena);
}

static void organisations_and_mandates(void **state) {
    on_database(mandates);
}

static void count_disclosures(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct disclosure_row *rows;
    size_t count;
    assert_int_equal(create_account(sql, "a", "hash-a"), SQL_DONE);
    assert_int_equal(create_account(sql, "b", "hash-b"), SQL_DONE);
    assert_int_equal(disclosures_add(sql, STR("nobody"), STR("c1"), STR("name"), 1), SQL_CONFLICT);
    assert_int_equal(disclosures_add(sql, STR("a"), STR("c1"), STR("name"), 5), SQL_DONE);
    assert_int_equal(disclosures_add(sql, STR("a"), STR("c1"), STR("name"), 9), SQL_DONE);
    assert_int_equal(disclosures_add(sql, STR("a"), STR("c1"), STR("name email"), 7), SQL_DONE);
    assert_int_equal(disclosures_add(sql, STR("b"), STR("c1"), STR("name"), 8), SQL_DONE);
    assert_int_equal(disclosures_list(sql, arena, STR("a"), 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 2);
    assert_str(rows[0].claims, "name"); /* the latest first */
    assert_int_equal(rows[0].times, 2);
    assert_int_equal(rows[0].first_at, 5);
    assert_int_equal(rows[0].last_at, 9);
    assert_str(rows[1].claims, "name email");
    assert_int_equal(rows[1].times, 1);
    assert_int_equal(disclosures_list(sql, arena, STR("a"), 1, &rows, &count), SQL_DONE);
    assert_int_equal(count, 1);
    assert_int_equal(disclosures_list(sql, arena, STR("nobody"), 10, &rows, &count), SQL_DONE);
    assert_int_equal(count, 0);
}

static void disclosures_are_counted_by_account_client_and_claims(void **state) {
    on_database(count_disclosures);
}

/* --- values --- */

#define MAKE_THINGS "CREATE TABLE things (id TEXT PRIMARY KEY, number BIGINT, small INTEGER, text TEXT, bytes BYTEA)"
#define PUT_THING   "INSERT INTO things (id, number, small, text, bytes) VALUES ($1, $2, $3, $4, $5)"
#define GET_THING   "SELECT number, small, text, bytes FROM things WHERE id = $1"
#define DROP_THING  "DELETE FROM things WHERE id = $1"

static void make_things(struct sql *sql) {
    assert_int_equal(sql_write(sql, &(struct sql_statement){.text = MAKE_THINGS}, 1), SQL_DONE);
}

static enum sql_status put_thing(struct sql *sql, const char *id, struct sql_value number, struct str text,
                                 struct str bytes) {
    const struct sql_statement statement = {
        .text = PUT_THING,
        .values = {sql_text(str_from(id)), number, sql_int(7), sql_text(text), sql_blob(bytes)},
        .value_count = 5};
    return sql_write(sql, &statement, 1);
}

static enum sql_status get_thing(struct sql *sql, struct arena *arena, const char *id, const struct sql_value **cells) {
    const struct sql_statement statement = {.text = GET_THING, .values = {sql_text(str_from(id))}, .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        assert_int_equal(rows.count, 1);
        assert_int_equal(rows.columns, 4);
        *cells = rows.cells;
    }
    return status;
}

static void comes_back(struct sql *sql, int64_t number, struct str text, struct str bytes) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_value *cells = NULL;
    assert_int_equal(put_thing(sql, "x", sql_int(number), text, bytes), SQL_DONE);
    assert_int_equal(get_thing(sql, arena, "x", &cells), SQL_DONE);
    assert_int_equal(cells[0].type, SQL_INT);
    assert_true(cells[0].number == number);
    assert_int_equal(cells[1].number, 7);
    assert_int_equal(cells[2].type, SQL_TEXT);
    assert_true(str_equal(cells[2].bytes, text));
    assert_int_equal(cells[3].type, SQL_BLOB);
    assert_true(str_equal(cells[3].bytes, bytes));
    const struct sql_statement drop = {
        .text = DROP_THING, .values = {sql_text(STR("x"))}, .value_count = 1, .must_change = true};
    assert_int_equal(sql_write(sql, &drop, 1), SQL_DONE);
}

static struct str pattern(struct arena *arena, size_t len) {
    char *bytes = arena_alloc(arena, len);
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (char)(i * 7 + i / 256);
    }
    return str_of(bytes, len);
}

static void values(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_value *cells = NULL;
    make_things(sql);
    /* The first time a statement is used, nothing is known of its types. */
    assert_int_equal(put_thing(sql, "null", (struct sql_value){.type = SQL_NULL}, STR_NONE, STR_NONE), SQL_DONE);
    comes_back(sql, INT64_MAX, STR(""), STR(""));
    comes_back(sql, INT64_MIN, STR("测试甲 𠮷 é"), pattern(arena, 256));
    comes_back(sql, 0, STR("'); DROP TABLE things; --"), STR("\\x00"));
    comes_back(sql, -1, STR("$1 %s %_\\ \" \r\n\t"), STR("'"));
    comes_back(sql, 1, STR("NULL"), pattern(arena, 1024 * 1024));
    comes_back(sql, 1, STR("x"), pattern(arena, SQL_VALUE_BYTES_MOST));
    assert_int_equal(get_thing(sql, arena, "null", &cells), SQL_DONE);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(cells[i].type, i == 1 ? SQL_INT : SQL_NULL);
        assert_true(i == 1 || str_is_absent(cells[i].bytes));
    }
    assert_int_equal(put_thing(sql, "after null", sql_int(5), STR("five"), STR("5")), SQL_DONE);
    assert_int_equal(get_thing(sql, arena, "after null", &cells), SQL_DONE);
    assert_int_equal(cells[0].number, 5);
    assert_str(cells[2].bytes, "five");
    struct sql_rows rows;
    const struct sql_statement sums = {.text = "SELECT count(*), sum(number), max(small), min(text) FROM things"};
    assert_int_equal(sql_read(sql, arena, &sums, 1, &rows), SQL_DONE);
    assert_int_equal(rows.cells[0].number, 2);
    assert_int_equal(rows.cells[1].type, SQL_INT);
    assert_int_equal(rows.cells[1].number, 5);
    assert_int_equal(rows.cells[2].number, 7);
}

static void values_come_back_as_they_were(void **state) {
    on_database(values);
}

static void no_text(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct sql_rows rows;
    const struct str bad[] = {str_of("a\0b", 3), str_of("\0", 1), STR("\xff"), STR("\xc0\x80"), STR("\xed\xa0\x80")};
    make_things(sql);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_int_equal(put_thing(sql, "bad", sql_int(1), bad[i], STR("")), SQL_CONFLICT);
        const struct sql_statement find = {
            .text = "SELECT id FROM things WHERE text = $1", .values = {sql_text(bad[i])}, .value_count = 1};
        assert_int_equal(sql_read(sql, arena, &find, 1, &rows), SQL_MISSING);
    }
    struct str large = pattern(arena, SQL_VALUE_BYTES_MOST + 1);
    assert_int_equal(put_thing(sql, "bad", sql_int(1), STR("x"), large), SQL_CONFLICT);
    const struct sql_statement count = {.text = "SELECT count(*) FROM things"};
    assert_int_equal(sql_read(sql, arena, &count, 1, &rows), SQL_DONE);
    assert_int_equal(rows.cells[0].number, 0);
}

static void what_is_no_text_is_refused(void **state) {
    on_database(no_text);
}

static void many_rows(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_statement some = {.text = "SELECT id FROM things WHERE id > $1 ORDER BY id DESC",
                                       .values = {sql_text(STR("thing01"))},
                                       .value_count = 1};
    const struct sql_statement limited = {
        .text = "SELECT id FROM things ORDER BY id LIMIT $1", .values = {sql_int(5)}, .value_count = 1};
    struct sql_rows rows;
    make_things(sql);
    for (int i = 0; i < 20; i++) {
        assert_int_equal(put_thing(sql, str_c(arena, str_format(arena, "thing%02d", i)), sql_int(i), STR(""), STR("")),
                         SQL_DONE);
    }
    assert_int_equal(sql_read(sql, arena, &some, 3, &rows), SQL_DONE);
    assert_int_equal(rows.count, 3);
    assert_str(rows.cells[0].bytes, "thing19");
    assert_str(rows.cells[2].bytes, "thing17");
    assert_int_equal(sql_read(sql, arena, &some, SIZE_MAX, &rows), SQL_DONE);
    assert_int_equal(rows.count, 18);
    assert_int_equal(sql_read(sql, arena, &limited, 100, &rows), SQL_DONE);
    assert_int_equal(rows.count, 5);
    assert_int_equal(sql_read(sql, arena, &limited, 2, &rows), SQL_DONE);
    assert_int_equal(rows.count, 2);
    assert_int_equal(sql_read(sql, arena, &limited, 0, &rows), SQL_MISSING);
}

static void a_read_takes_at_most_so_many_rows_in_order(void **state) {
    on_database(many_rows);
}

/* --- transactions --- */

static const struct sql_statement third_missing[] = {
    {.text = PUT_THING, .values = {{SQL_TEXT, STR_INIT("one")}}, .value_count = 5},
    {.text = "UPDATE things SET number = $1",
     .values = {{SQL_INT, .number = 9}},
     .value_count = 1,
     .must_change = true},
    {.text = DROP_THING, .values = {{SQL_TEXT, STR_INIT("nobody")}}, .value_count = 1, .must_change = true},
    {.text = PUT_THING, .values = {{SQL_TEXT, STR_INIT("two")}}, .value_count = 5},
};

static void must_change(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_value *cells;
    make_things(sql);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sql_write(sql, third_missing, 4), SQL_MISSING);
        assert_int_equal(get_thing(sql, arena, "one", &cells), SQL_MISSING);
        assert_int_equal(get_thing(sql, arena, "two", &cells), SQL_MISSING);
    }
    assert_int_equal(sql_write(sql, third_missing, 2), SQL_DONE);
    assert_int_equal(get_thing(sql, arena, "one", &cells), SQL_DONE);
    assert_int_equal(cells[0].number, 9);
    /* The same statement without the demand. */
    struct sql_statement harmless = third_missing[2];
    harmless.must_change = false;
    assert_int_equal(sql_write(sql, &harmless, 1), SQL_DONE);
    const struct sql_statement upsert = {
        .text = "INSERT INTO things (id, number) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET number = "
                "excluded.number",
        .values = {sql_text(STR("one")), sql_int(10)},
        .value_count = 2,
        .must_change = true};
    assert_int_equal(sql_write(sql, &upsert, 1), SQL_DONE);
    assert_int_equal(get_thing(sql, arena, "one", &cells), SQL_DONE);
    assert_int_equal(cells[0].number, 10);
    assert_int_equal(sql_write(sql, NULL, 0), SQL_DONE);
}

static void what_must_change_and_does_not_undoes_the_whole_write(void **state) {
    on_database(must_change);
}

/* A statement that is no SQL, as after an incomplete migration, spoils nothing for the next. */
static void wrong_statement(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_value *cells;
    struct sql_rows rows;
    const struct sql_statement read = {.text = "SELECT nothing FROM nowhere"},
                               write[] = {third_missing[0], {.text = "DELETE FROM nowhere"}};
    make_things(sql);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(sql_read(sql, arena, &read, 1, &rows), SQL_DOWN);
        assert_int_equal(sql_write(sql, write, 2), SQL_DOWN);
        assert_int_equal(get_thing(sql, arena, "one", &cells), SQL_MISSING);
    }
    assert_int_equal(sql_write(sql, write, 1), SQL_DONE);
}

static void a_wrong_statement_fails_by_itself(void **state) {
    on_database(wrong_statement);
}

/* --- many at once --- */

struct many {
    struct sql *sql;
    int index, *done, *conflicts;
};

static void create_one(void *arg) {
    struct many *many = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct account_row row;
    char id[16], hash[16];
    snprintf(id, sizeof(id), "a%d", many->index);
    snprintf(hash, sizeof(hash), "h%d", many->index % 150); /* the last fifty clash */
    enum sql_status status = create_account(many->sql, id, hash);
    /* What was written is read, and what was refused is not. */
    assert_int_equal(accounts_get(many->sql, arena, str_from(id), &row), status == SQL_DONE ? SQL_DONE : SQL_MISSING);
    *many->done += status == SQL_DONE;
    *many->conflicts += status == SQL_CONFLICT;
}

static void create_many(void *arg) {
    static struct many jobs[200];
    int done = 0, conflicts = 0;
    for (int i = 0; i < 200; i++) {
        jobs[i] = (struct many){arg, i, &done, &conflicts};
        fiber_spawn(loop_current(), create_one, &jobs[i]);
    }
    int64_t until = clock_monotonic_ms() + 30000;
    while (done + conflicts < 200 && clock_monotonic_ms() < until) {
        fiber_sleep(5);
    }
    assert_int_equal(done, 150);
    assert_int_equal(conflicts, 50);
}

static void count_kept(void *arg) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct account_row *rows;
    size_t count;
    assert_int_equal(accounts_list(arg, arena, 0, STR_NONE, 1000, &rows, &count), SQL_DONE);
    assert_int_equal(count, 150);
}

static void many_fibers_write_and_a_refused_write_undoes_only_itself(void **state) {
    on_database(create_many);
    on_database(count_kept); /* and all are there after it was closed */
}

#define THREADS 4
#define EACH    25

struct writer {
    struct sql_database *database;
    pthread_t thread;
    int done, missed;
};

/* Reads the version and writes the next, again when somebody was faster. */
static void count_up(void *arg, struct writer *writer) {
    struct sql *sql = arg;
    while (writer->done < EACH) {
        struct arena *arena ARENA_AUTO = arena_new();
        const struct sql_value *cells;
        assert_int_equal(get_thing(sql, arena, "counter", &cells), SQL_DONE);
        const struct sql_statement next = {.text = "UPDATE things SET number = $2 WHERE id = $1 AND number = $2 - 1",
                                           .values = {sql_text(STR("counter")), sql_int(cells[0].number + 1)},
                                           .value_count = 2,
                                           .must_change = true};
        enum sql_status status = sql_write(sql, &next, 1);
        assert_true(status == SQL_DONE || status == SQL_MISSING);
        writer->done += status == SQL_DONE;
        writer->missed += status == SQL_MISSING;
    }
}

static _Thread_local struct writer *this_writer;

static void writer_fiber(void *arg) {
    count_up(arg, this_writer);
}

static void *writer_main(void *arg) {
    this_writer = arg;
    on_open(this_writer->database, writer_fiber);
    return NULL;
}

static void make_counter(void *arg) {
    make_things(arg);
    assert_int_equal(put_thing(arg, "counter", sql_int(0), STR(""), STR("")), SQL_DONE);
}

static void counter_is_right(void *arg) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_value *cells;
    assert_int_equal(get_thing(arg, arena, "counter", &cells), SQL_DONE);
    assert_int_equal(cells[0].number, THREADS * EACH);
}

static void no_update_of_several_loops_is_lost(void **state) {
    struct sql_database *database = open_contract_database();
    struct writer writers[THREADS] = {0};
    on_open(database, make_counter);
    for (int i = 0; i < THREADS; i++) {
        writers[i].database = database;
        assert_int_equal(pthread_create(&writers[i].thread, NULL, writer_main, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(writers[i].thread, NULL);
        assert_int_equal(writers[i].done, EACH);
    }
    on_open(database, counter_is_right);
    sql_database_free(database);
}

/* --- cancellation --- */

struct cut_off {
    struct sql *sql;
    int begun, ended, done, down;
};

static void written_and_cut_off(void *arg) {
    struct cut_off *cut_off = arg;
    struct arena *arena = arena_new(); /* gone as soon as the call returns: nobody may look at it afterwards */
    struct sql_statement *statements = arena_array_of(arena, 2, struct sql_statement);
    for (int i = 0; i < 2; i++) {
        statements[i] = third_missing[0];
        statements[i].values[0] = sql_text(str_format(arena, "cut off %d", cut_off->begun++));
        statements[i].values[4] = sql_blob(pattern(arena, 100000));
    }
    enum sql_status status = sql_write(cut_off->sql, statements, 2);
    cut_off->done += status == SQL_DONE;
    cut_off->down += status == SQL_DOWN;
    cut_off->ended++;
    arena_free(arena);
}

static void read_and_cut_off(void *arg) {
    struct cut_off *cut_off = arg;
    struct arena *arena = arena_new();
    struct sql_rows rows;
    const struct sql_statement all = {.text = "SELECT id, bytes FROM things"};
    sql_read(cut_off->sql, arena, &all, 1000, &rows);
    cut_off->ended++;
    arena_free(arena);
}

static void cancelled(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct cut_off cut_off = {.sql = sql};
    struct fiber *fibers[20];
    make_things(sql);
    assert_int_equal(put_thing(sql, "there", sql_int(1), STR(""), pattern(arena, 100000)), SQL_DONE);
    for (int round = 0; round < 5; round++) {
        int before = cut_off.ended;
        for (int i = 0; i < 20; i++) {
            int ended = cut_off.ended;
            struct fiber *fiber = fiber_spawn(loop_current(), i % 2 ? read_and_cut_off : written_and_cut_off, &cut_off);
            fibers[i] = cut_off.ended > ended ? NULL : fiber; /* a read of SQLite ends at once */
        }
        for (int i = 0; i < 20; i++) {
            if (fibers[i]) {
                fiber_cancel(fibers[i]);
            }
        }
        int64_t until = clock_monotonic_ms() + 10000;
        while (cut_off.ended < before + 20 && clock_monotonic_ms() < until) {
            fiber_sleep(2);
        }
        assert_int_equal(cut_off.ended, before + 20);
    }
    assert_int_equal(cut_off.done + cut_off.down, 50);
    struct sql_rows rows;
    const struct sql_statement count = {.text = "SELECT count(*) FROM things WHERE id <> 'there'"};
    assert_int_equal(put_thing(sql, "later", sql_int(1), STR(""), STR("")), SQL_DONE); /* behind all of them */
    assert_int_equal(sql_read(sql, arena, &count, 1, &rows), SQL_DONE);
    int64_t written = rows.cells[0].number - 1;
    assert_true(written % 2 == 0 && written >= 2 * cut_off.done); /* each of them whole or not at all */
}

static void a_cancelled_call_leaves_nothing_half_done(void **state) {
    on_database(cancelled);
}

/* --- the schema --- */

static void set_newer(void *arg) {
    const struct sql_statement newer = {.text = "UPDATE schema_version SET version = 9999"};
    assert_int_equal(sql_write(arg, &newer, 1), SQL_DONE);
}

static void ping(void *arg) {
    assert_int_equal(sql_ping(arg), SQL_DONE);
}

static void the_schema_is_migrated_once_and_a_newer_one_refused(void **state) {
    struct sql_options refusing = sql_contract_options;
    refusing.refuse_old_schema = true;
    refuses_to_open(&refusing, "run tongxing migrate");
    struct sql_database *database = open_contract_database();
    struct sql_migration first = sql_database_migration(database);
    sql_database_free(database);
    assert_int_equal(first.from, 0);
    assert_true(first.to > 1);
    database = open_contract_database();
    struct sql_migration second = sql_database_migration(database);
    assert_int_equal(second.from, first.to);
    assert_int_equal(second.to, first.to);
    sql_database_free(database);
    struct fault fault;
    assert_true(sql_open(&refusing, &database, &fault));
    on_open(database, ping);
    on_open(database, set_newer);
    sql_database_free(database);
    refuses_to_open(&sql_contract_options, "schema version 9999");
    refuses_to_open(&refusing, "use the newer program");
}

/* As schema version 5 was: any number of links of one account to one service, and nothing known of who opened an
 * account with which. "b" was opened with its link, "d" with one that another account has, and "e" knows a number. */
static void go_back_to_5(void *arg) {
    struct sql *sql = arg;
    assert_int_equal(create_account(sql, "a", "hash-1"), SQL_DONE);
    assert_int_equal(create_account(sql, "b", "hash-2"), SQL_DONE);
    assert_int_equal(create_account(sql, "d", "hash-4"), SQL_DONE);
    assert_int_equal(create_account(sql, "e", "hash-5"), SQL_DONE);
    put(sql, "UPDATE identifiers SET kind = 1 WHERE account_id = 'e'");
    put(sql, "UPDATE accounts SET created_at = 6, level = 3 WHERE account_id <> 'a'");
    put(sql, "UPDATE verifications SET source = 'ncid', method = 'network_credential_face' WHERE account_id <> 'a'");
    put(sql, "DROP INDEX links_one");
    put(sql, "ALTER TABLE links DROP COLUMN opened");
    put(sql, "CREATE INDEX links_account ON links(account_id)");
    put(sql, "UPDATE schema_version SET version = 5");
    put(sql, "INSERT INTO links (link_id, account_id, upstream, subject_hash, label_sealed, created_at, used_at) VALUES"
             " ('l1', 'a', 'alipay', 'h1', '', 7, 7), ('l2', 'a', 'alipay', 'h2', '', 5, 9),"
             " ('l3', 'a', 'alipay', 'h3', '', 5, 8), ('l4', 'a', 'wechat', 'h4', '', 9, 9),"
             " ('l5', 'b', 'ncid', 'h5', '', 9, 9), ('l6', 'b', 'alipay', 'h6', '', 9, 9)");
}

static void is_migrated(void *arg) {
    has(arg, "SELECT link_id, opened FROM links ORDER BY link_id", "l2 0, l4 0, l5 1, l6 0");
    has(arg, "SELECT account_id, ended_at FROM verifications ORDER BY account_id", "a 0, b 0, d 5, e 0");
    has(arg, "SELECT account_id, level_until FROM accounts ORDER BY account_id", "a 0, b 0, d 1, e 0");
}

static void links_of_before_are_one_to_a_service_and_say_who_opened_with_them(void **state) {
    struct sql_database *database = open_contract_database();
    on_open(database, go_back_to_5);
    sql_database_free(database);
    database = open_contract_database();
    on_open(database, is_migrated);
    sql_database_free(database);
}

/* As version 6 had it. */
static void set_back(void *arg) {
    assert_int_equal(create_account(arg, "a", "hash-1"), SQL_DONE);
    run_text(arg, "DROP TABLE window_records");
    run_text(
        arg,
        "CREATE TABLE window_records ("
        " record_id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(account_id), state INTEGER NOT"
        " NULL, sealed BYTEA NOT NULL, place TEXT NOT NULL, recorded_by TEXT NOT NULL, decided_by TEXT, reason TEXT,"
        " version BIGINT NOT NULL, created_at BIGINT NOT NULL, decided_at BIGINT NOT NULL)");
    run_text(arg, "CREATE INDEX window_records_state ON window_records(state, created_at, record_id)");
    run_text(arg, "CREATE INDEX window_records_account ON window_records(account_id)");
    const struct window_row row = record_of("r1", STR("a"));
    const struct sql_statement put = window_records_insert(&row);
    assert_int_equal(sql_write(arg, &put, 1), SQL_DONE);
}

/* The one migration that does it: others cannot be run again. */
static void make_anew(void *arg) {
    for (int64_t i = 0; i < sql_schema_version; i++) {
        bool is_it = str_starts(str_from(sql_migrations[i][0]), STR("CREATE TABLE window_records_anew"));
        for (size_t at = 0; is_it && sql_migrations[i][at]; at++) {
            run_text(arg, sql_migrations[i][at]);
        }
    }
}

static void find_record(void *arg) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct window_row another = record_of("r2", STR_NONE);
    const struct sql_statement put = window_records_insert(&another);
    struct window_row row;
    assert_int_equal(window_records_get(arg, arena, STR("r1"), &row), SQL_DONE);
    assert_str(row.account_id, "a");
    assert_str(row.recorded_by, "one");
    assert_true(str_is_absent(row.decided_by));
    assert_true(str_equal(row.sealed, str_of("\0\xff", 2)));
    assert_true(row.state == WINDOW_WAITING && row.version == 1 && row.created_at == 5 && row.decided_at == 0);
    assert_int_equal(sql_write(arg, &put, 1), SQL_DONE);
}

static void what_was_recorded_before_a_table_was_made_anew_is_kept(void **state) {
    on_database(set_back);
    on_database(make_anew);
    on_database(find_record);
}

static void *open_main(void *arg) {
    struct sql_database **database = arg;
    struct fault fault;
    if (!sql_open(&sql_contract_options, database, &fault)) {
        print_error("%s\n", fault.text);
        *database = NULL;
    }
    return NULL;
}

static void several_that_start_at_once_migrate_once(void **state) {
    pthread_t threads[THREADS];
    struct sql_database *databases[THREADS];
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, open_main, &databases[i]), 0);
    }
    int fresh = 0;
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_non_null(databases[i]);
        fresh += sql_database_migration(databases[i]).from == 0;
    }
    for (int i = 0; i < THREADS; i++) {
        sql_database_free(databases[i]);
    }
    assert_int_equal(fresh, 1);
    on_database(ping);
}

/* --- copying --- */

struct copied {
    struct arena *arena;
    struct {
        size_t table;
        struct sql_value cells[SQL_COLUMNS_MOST];
    } rows[64];
    size_t count, next;
};

static bool keep_row(void *ctx, size_t table, const struct sql_value *cells, struct fault *fault) {
    struct copied *copied = ctx;
    CHECK(copied->count < ARRAY_LEN(copied->rows));
    copied->rows[copied->count].table = table;
    for (size_t i = 0; i < sql_table_columns(&sql_tables[table]); i++) {
        struct sql_value *cell = &copied->rows[copied->count].cells[i];
        *cell = cells[i];
        cell->bytes = str_is_absent(cells[i].bytes) ? STR_NONE : str_dup(copied->arena, cells[i].bytes);
    }
    copied->count++;
    return true;
}

static enum sql_copy_next give_row(void *ctx, size_t *ret_table, struct sql_value *cells, struct fault *fault) {
    struct copied *copied = ctx;
    if (copied->next == copied->count) {
        return SQL_COPY_END;
    }
    *ret_table = copied->rows[copied->next].table;
    memcpy(cells, copied->rows[copied->next].cells, sizeof(copied->rows[copied->next].cells));
    copied->next++;
    return SQL_COPY_ROW;
}

static enum sql_copy_next give_half(void *ctx, size_t *ret_table, struct sql_value *cells, struct fault *fault) {
    struct copied *copied = ctx;
    if (copied->next == copied->count / 2) {
        fault_set(fault, "no more");
        return SQL_COPY_FAILED;
    }
    return give_row(ctx, ret_table, cells, fault);
}

static void same_rows(const struct copied *a, const struct copied *b) {
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->rows[i].table, b->rows[i].table);
        for (size_t c = 0; c < sql_table_columns(&sql_tables[a->rows[i].table]); c++) {
            const struct sql_value *x = &a->rows[i].cells[c], *y = &b->rows[i].cells[c];
            assert_int_equal(x->type, y->type);
            assert_true(x->type == SQL_INT ? x->number == y->number
                                           : x->type == SQL_NULL || str_equal(x->bytes, y->bytes));
        }
    }
}

#define PUT_SETTING "INSERT INTO settings (name, value, version, updated_by, updated_at) VALUES ($1, $2, $3, $4, $5)"

static void fill(void *arg) {
    static const char *const texts[] = {"",     "\\",      "\\.", "\\N",   "a\tb\nc\rd",
                                        "\r\n", "测试 𠮷", "'\"", "\\x41", "\x01\x7f"};
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        const struct sql_statement put = {.text = PUT_SETTING,
                                          .values = {sql_text(str_format(arena, "%zu", i)), sql_int(-(int64_t)i),
                                                     sql_int(INT64_MIN + (int64_t)i), sql_text(str_from(texts[i])),
                                                     sql_int(INT64_MAX)},
                                          .value_count = 5};
        assert_int_equal(sql_write(arg, &put, 1), SQL_DONE);
    }
    assert_int_equal(create_account(arg, "a", "1"), SQL_DONE);
    insert_clients(arg); /* with NULLs */
    const struct sql_statement large = {.text = "UPDATE accounts SET profile_sealed = $1",
                                        .values = {sql_blob(pattern(arena, 3000000))},
                                        .value_count = 1};
    assert_int_equal(sql_write(arg, &large, 1), SQL_DONE);
}

static void empty(void *arg) {
    for (size_t i = sql_table_count; i-- > 0;) {
        static char texts[64][64]; /* a statement is known by its address */
        snprintf(texts[i], sizeof(texts[i]), "DELETE FROM %s", sql_tables[i].name);
        assert_int_equal(sql_write(arg, &(struct sql_statement){.text = texts[i]}, 1), SQL_DONE);
    }
}

static void copies_go_in_whole_or_not_at_all(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct copied *first = arena_new_of(arena, struct copied), *second = arena_new_of(arena, struct copied);
    struct sql_database *database = open_contract_database();
    struct fault fault = {{0}};
    first->arena = second->arena = arena;
    on_open(database, fill);
    assert_true(sql_copy_out(database, keep_row, first, &fault));
    assert_true(first->count > 15);
    assert_false(sql_copy_in(database, give_row, first, &fault));
    assert_non_null(strstr(fault.text, "is not empty"));
    on_open(database, empty);
    first->next = 0;
    assert_false(sql_copy_in(database, give_half, first, &fault));
    assert_string_equal(fault.text, "no more");
    first->next = 0;
    first->rows[first->count] = first->rows[0]; /* an account twice */
    first->count++;
    assert_false(sql_copy_in(database, give_row, first, &fault));
    assert_non_null(strstr(fault.text, "cannot be used"));
    first->count--;
    first->next = 0;
    if (!sql_copy_in(database, give_row, first, &fault)) {
        print_error("%s\n", fault.text);
        fail();
    }
    assert_true(sql_copy_out(database, keep_row, second, &fault));
    same_rows(first, second);
    sql_database_free(database);
}

#define CHECK_OF(name)                                                                                                 \
    { #name, name }

const struct sql_contract_check sql_contract[] = {
    CHECK_OF(accounts_are_written_whole_or_not_at_all),
    CHECK_OF(a_record_of_a_counter_is_of_one_account_or_of_none_yet),
    CHECK_OF(links_are_one_accounts),
    CHECK_OF(everything_of_one_account_goes_to_another),
    CHECK_OF(consents_and_clients),
    CHECK_OF(organisations_and_mandates),
    CHECK_OF(disclosures_are_counted_by_account_client_and_claims),
    CHECK_OF(values_come_back_as_they_were),
    CHECK_OF(what_is_no_text_is_refused),
    CHECK_OF(a_read_takes_at_most_so_many_rows_in_order),
    CHECK_OF(what_must_change_and_does_not_undoes_the_whole_write),
    CHECK_OF(a_wrong_statement_fails_by_itself),
    CHECK_OF(many_fibers_write_and_a_refused_write_undoes_only_itself),
    CHECK_OF(no_update_of_several_loops_is_lost),
    CHECK_OF(a_cancelled_call_leaves_nothing_half_done),
    CHECK_OF(the_schema_is_migrated_once_and_a_newer_one_refused),
    CHECK_OF(links_of_before_are_one_to_a_service_and_say_who_opened_with_them),
    CHECK_OF(what_was_recorded_before_a_table_was_made_anew_is_kept),
    CHECK_OF(several_that_start_at_once_migrate_once),
    CHECK_OF(copies_go_in_whole_or_not_at_all),
};
const size_t sql_contract_count = ARRAY_LEN(sql_contract);

#define TESTS_MOST 64

int sql_contract_run(const struct CMUnitTest *own, size_t own_count, int (*setup)(void **state),
                     int (*teardown)(void **state)) {
    struct CMUnitTest tests[TESTS_MOST];
    size_t count = 0;
    CHECK(own_count + sql_contract_count <= TESTS_MOST);
    for (size_t i = 0; i < sql_contract_count; i++) {
        tests[count++] = (struct CMUnitTest){sql_contract[i].name, sql_contract[i].run, setup, teardown, NULL};
    }
    for (size_t i = 0; i < own_count; i++) {
        tests[count] = own[i];
        tests[count].setup_func = setup;
        tests[count++].teardown_func = teardown;
    }
    return _cmocka_run_group_tests("tests", tests, count, NULL, NULL);
}
