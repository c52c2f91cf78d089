/* SQLite: the tables, group commit, and what happens when it cannot write. */
#include "on_loop.h"
#include "store/accounts.h"
#include "store/clients.h"
#include "store/consents.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[128];

static int make_folder(void **state) {
    snprintf(folder, sizeof(folder), "/tmp/sqlite-test-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/x.db", folder);
    return 0;
}

static int drop_folder(void **state) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char name[160];
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static void on_database(void (*run)(void *arg)) {
    struct loop *loop = loop_new();
    struct sql_database *database;
    struct sql *sql;
    struct fault fault;
    assert_true(sql_sqlite_open(str_from(path), &database, &fault));
    assert_true(sql_connect(database, &sql, &fault));
    run_on(loop, run, sql);
    loop_end_fibers(loop);
    sql_free(sql);
    sql_database_free(database);
    loop_free(loop);
}

static enum sql_status create(struct sql *sql, const char *id, const char *phone_hash) {
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

static void accounts(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct account_row row;
    struct str id, hash;
    struct verification_row *evidence;
    size_t count;
    assert_int_equal(accounts_get(sql, arena, STR("a"), &row), SQL_MISSING);
    assert_int_equal(create(sql, "a", "hash-1"), SQL_DONE);
    assert_int_equal(create(sql, "b", "hash-1"), SQL_CONFLICT);
    assert_int_equal(accounts_get(sql, arena, STR("b"), &row), SQL_MISSING); /* all of it or nothing */
    assert_int_equal(accounts_password(sql, arena, STR("b"), &hash), SQL_MISSING);
    assert_int_equal(accounts_get(sql, arena, STR("a"), &row), SQL_DONE);
    assert_true(str_equal(row.profile_sealed, str_of("\0\xff", 2)));
    assert_int_equal(accounts_find(sql, arena, IDENTIFIER_PHONE, STR("hash-1"), &id), SQL_DONE);
    assert_str(id, "a");
    assert_int_equal(accounts_find(sql, arena, IDENTIFIER_USERNAME, STR("hash-1"), &id), SQL_MISSING);
    assert_int_equal(accounts_set_password(sql, STR("a"), STR("new"), 9), SQL_DONE);
    assert_int_equal(accounts_password(sql, arena, STR("a"), &hash), SQL_DONE);
    assert_str(hash, "new");
    const struct verification_row more = {
        .verification_id = STR("v2"), .account_id = STR("a"), .evidence = {.level = 3, .checked_at = 7}};
    assert_int_equal(accounts_add_verification(sql, &more, 3, 99), SQL_DONE);
    assert_int_equal(accounts_verifications(sql, arena, STR("a"), &evidence, &count), SQL_DONE);
    assert_int_equal(count, 2);
    assert_str(evidence[0].evidence.source, "population");
    assert_int_equal(accounts_get(sql, arena, STR("a"), &row), SQL_DONE);
    assert_int_equal(row.level, 3);
    const struct verification_row orphan = {.verification_id = STR("v3"), .account_id = STR("nobody")};
    assert_int_equal(accounts_add_verification(sql, &orphan, 3, 0), SQL_CONFLICT);
}

static void accounts_are_written_whole_or_not_at_all(void **state) {
    on_database(accounts);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 077, 0);
}

static void other_tables(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct consent_row consent;
    struct client_row client, *clients;
    size_t count;
    assert_int_equal(create(sql, "a", "h"), SQL_DONE);
    const struct consent_row given = {STR("a"), STR("c1"), STR("openid"), 5},
                             wider = {STR("a"), STR("c1"), STR("openid phone"), 6};
    assert_int_equal(consents_put(sql, &given), SQL_DONE);
    assert_int_equal(consents_put(sql, &wider), SQL_DONE);
    assert_int_equal(consents_get(sql, arena, STR("a"), STR("c1"), &consent), SQL_DONE);
    assert_str(consent.scope, "openid phone");
    assert_int_equal(consents_delete(sql, STR("a"), STR("c1")), SQL_DONE);
    assert_int_equal(consents_get(sql, arena, STR("a"), STR("c1"), &consent), SQL_MISSING);
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
    assert_int_equal(clients_list(sql, arena, &(struct clients_filter){.after = STR("c1")}, 10, &clients, &count),
                     SQL_DONE);
    assert_int_equal(count, 2);
    assert_str(clients[0].client_id, "c2");
    assert_int_equal(clients[0].revision, 2); /* a refused change takes no revision */
    struct client_row changed = clients[0];
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
}

static void consents_and_clients(void **state) {
    on_database(other_tables);
}

struct many {
    struct sql *sql;
    int index, *done, *conflicts;
};

static void create_one(void *arg) {
    struct many *many = arg;
    char id[16], hash[16];
    snprintf(id, sizeof(id), "a%d", many->index);
    snprintf(hash, sizeof(hash), "h%d", many->index % 150); /* the last fifty clash */
    enum sql_status status = create(many->sql, id, hash);
    *many->done += status == SQL_DONE;
    *many->conflicts += status == SQL_CONFLICT;
}

static void create_many(void *arg) {
    static struct many jobs[200];
    static int done, conflicts;
    for (int i = 0; i < 200; i++) {
        jobs[i] = (struct many){arg, i, &done, &conflicts};
        fiber_spawn(loop_current(), create_one, &jobs[i]);
    }
    while (done + conflicts < 200) {
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

static void writes_of_many_fibers_share_commits_and_a_refused_one_undoes_only_itself(void **state) {
    on_database(create_many);
    on_database(count_kept); /* and all are there after it was closed */
}

static void write_on_a_full_disk(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct account_row row;
    struct rlimit before, none = {.rlim_cur = 4096};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    none.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &none);
    assert_int_equal(create(sql, "full", "f"), SQL_DOWN);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(accounts_get(sql, arena, STR("full"), &row), SQL_MISSING);
    assert_int_equal(create(sql, "full", "f"), SQL_DONE);
}

static void a_full_disk_writes_nothing_and_heals(void **state) {
    on_database(write_on_a_full_disk);
}

static void refuses(const char *at, const char *about) {
    struct sql_database *database;
    struct fault fault;
    assert_false(sql_sqlite_open(str_from(at), &database, &fault));
    if (!strstr(fault.text, about)) {
        print_error("said: %s\n", fault.text);
        fail();
    }
}

static void a_newer_schema_and_what_is_no_database_are_refused(void **state) {
    sqlite3 *db;
    refuses("/nonexistent/x.db", "cannot be opened");
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_exec(db, "CREATE TABLE schema_version (version BIGINT); INSERT INTO schema_version VALUES (9999)", NULL,
                 NULL, NULL);
    sqlite3_close(db);
    refuses(path, "schema version 9999");
    int fd = open(path, O_WRONLY | O_TRUNC);
    assert_true(write(fd, "this is not a database, it only has its name and its length, and nothing else of one", 80) ==
                80);
    close(fd);
    refuses(path, "cannot be used");
}

int main(void) {
#define ON_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
    const struct CMUnitTest tests[] = {
        ON_FOLDER(accounts_are_written_whole_or_not_at_all), ON_FOLDER(consents_and_clients),
        ON_FOLDER(writes_of_many_fibers_share_commits_and_a_refused_one_undoes_only_itself),
        ON_FOLDER(a_full_disk_writes_nothing_and_heals), ON_FOLDER(a_newer_schema_and_what_is_no_database_are_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
