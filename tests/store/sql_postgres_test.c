/* PostgreSQL: the sql contract on a cluster of its own, and what happens when that cluster does not behave. */
#include "audit_rows_contract.h"
#include "base/clock.h"
#include "postgres.h"
#include "sql_contract.h"
#include "store/accounts.h"

#include <libpq-fe.h>
#include <signal.h>

static struct postgres_cluster cluster;
static char conninfo[512], database_name[32];

static PGconn *as_administrator(const char *database) {
    char info[512];
    snprintf(info, sizeof(info), "host=%s user=tongxing password=" POSTGRES_PASSWORD " dbname=%s", cluster.folder,
             database);
    PGconn *connection = PQconnectdb(info);
    CHECK(PQstatus(connection) == CONNECTION_OK);
    return connection;
}

static void administer(const char *database, const char *text) {
    PGconn *connection = as_administrator(database);
    PGresult *result = PQexec(connection, text);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        print_error("%s\n", PQerrorMessage(connection));
        CHECK(!"the statement works");
    }
    PQclear(result);
    PQfinish(connection);
}

static int make_database(void **state) {
    static int number;
    char text[128];
    snprintf(database_name, sizeof(database_name), "check%d", ++number);
    snprintf(text, sizeof(text), "CREATE DATABASE %s TEMPLATE template0", database_name);
    administer("tongxing", text);
    snprintf(conninfo, sizeof(conninfo), "host=%s user=tongxing password=" POSTGRES_PASSWORD " dbname=%s",
             cluster.folder, database_name);
    sql_contract_options = (struct sql_options){
        .kind = SQL_POSTGRES, .conninfo = str_from(conninfo), .connections = 3, .timeout_ms = 10000};
    return 0;
}

static int drop_database(void **state) {
    char text[128];
    snprintf(text, sizeof(text), "DROP DATABASE %s WITH (FORCE)", database_name);
    administer("tongxing", text);
    return 0;
}

/* Is it in the cluster's log? */
static bool server_said(const char *text) {
    char path[300], line[1024];
    bool found = false;
    snprintf(path, sizeof(path), "%s/log", cluster.folder);
    FILE *log = fopen(path, "r");
    CHECK(log);
    while (!found && fgets(line, sizeof(line), log)) {
        found = strstr(line, text) != NULL;
    }
    fclose(log);
    return found;
}

static struct str id_of(struct arena *arena, int number) {
    return str_format(arena, "a%d", number);
}

static bool comes_up(struct sql *sql, int64_t within_ms) {
    int64_t until = clock_monotonic_ms() + within_ms;
    while (sql_ping(sql) != SQL_DONE) {
        if (clock_monotonic_ms() > until) {
            return false;
        }
        fiber_sleep(20);
    }
    return true;
}

/* --- killed --- */

struct load {
    struct sql *sql;
    int number, ended, running;
    bool stop, known[10000]; /* of each account, that it was answered as written */
};

static void keep_writing(void *arg) {
    struct load *load = arg;
    load->running++;
    while (!load->stop && load->number < (int)ARRAY_LEN(load->known)) {
        struct arena *arena ARENA_AUTO = arena_new();
        int number = load->number++;
        const char *id = str_c(arena, id_of(arena, number));
        int64_t began = clock_monotonic_ms();
        enum sql_status status = create_account(load->sql, id, id);
        assert_true(clock_monotonic_ms() - began < 2500);
        assert_true(status == SQL_DONE || status == SQL_DOWN);
        load->known[number] = status == SQL_DONE;
        if (status == SQL_DOWN) {
            load->ended++;
            fiber_sleep(10);
        }
    }
    load->running--;
}

static void nothing_known_is_lost(struct load *load) {
    for (int i = 0; i < load->number; i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct account_row row;
        struct str hash;
        enum sql_status status = accounts_get(load->sql, arena, id_of(arena, i), &row);
        assert_true(status == SQL_DONE || (status == SQL_MISSING && !load->known[i]));
        assert_int_equal(accounts_password(load->sql, arena, id_of(arena, i), &hash),
                         status); /* whole, or not at all */
    }
}

static void be_killed(void *arg) {
    static struct load load;
    load = (struct load){.sql = arg};
    assert_true(comes_up(arg, 2000));
    for (int i = 0; i < 40; i++) {
        fiber_spawn(loop_current(), keep_writing, &load);
    }
    fiber_sleep(150);
    assert_int_equal(load.ended, 0);
    postgres_do(&cluster, "kill");
    fiber_sleep(100);
    assert_true(load.ended > 0);
    int64_t began = clock_monotonic_ms();
    assert_int_equal(sql_ping(arg), SQL_DOWN);
    assert_true(clock_monotonic_ms() - began < 100); /* while it is down, at once */
    postgres_do(&cluster, "start");
    assert_true(comes_up(arg, 6000));
    fiber_sleep(150);
    load.stop = true;
    while (load.running > 0) {
        fiber_sleep(5);
    }
    assert_true(load.number > 80);
    nothing_known_is_lost(&load);
}

static void killed_and_started_again_it_recovers_and_has_lost_nothing(void **state) {
    sql_contract_options.timeout_ms = 2000;
    on_database(be_killed);
}

/* --- hanging --- */

static void be_stopped(void *arg) {
    struct sql *sql = arg;
    assert_int_equal(create_account(sql, "before", "1"), SQL_DONE);
    postgres_do(&cluster, "hang");
    for (int i = 0; i < 2; i++) {
        int64_t began = clock_monotonic_ms();
        assert_int_equal(create_account(sql, "during", "2"), SQL_DOWN);
        assert_true(clock_monotonic_ms() - began < 2600);
    }
    postgres_do(&cluster, "go_on");
    assert_true(comes_up(sql, 6000));
    assert_int_equal(create_account(sql, "after", "3"), SQL_DONE);
}

static void no_call_waits_longer_than_the_timeout(void **state) {
    sql_contract_options.timeout_ms = 2000;
    on_database(be_stopped);
}

static void wait_for_a_lock(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct account_row row;
    assert_int_equal(create_account(sql, "held", "1"), SQL_DONE);
    PGconn *holder = as_administrator(database_name);
    PQclear(PQexec(holder, "BEGIN; UPDATE accounts SET level = 4"));
    int64_t began = clock_monotonic_ms();
    assert_int_equal(accounts_set_state(sql, STR("held"), ACCOUNT_SUSPENDED, 9), SQL_DOWN);
    int64_t took = clock_monotonic_ms() - began;
    assert_true(took >= 1000 && took < 2000); /* the server gave up, before we did: nothing was written */
    assert_int_equal(accounts_get(sql, arena, STR("held"), &row), SQL_DONE); /* readers do not wait */
    PQclear(PQexec(holder, "ROLLBACK"));
    PQfinish(holder);
    assert_int_equal(accounts_get(sql, arena, STR("held"), &row), SQL_DONE);
    assert_int_equal(row.state, ACCOUNT_ACTIVE);
    assert_int_equal(accounts_set_state(sql, STR("held"), ACCOUNT_SUSPENDED, 9), SQL_DONE);
}

static void a_lock_that_is_held_too_long_ends_the_write_for_certain(void **state) {
    sql_contract_options.timeout_ms = 2000;
    on_database(wait_for_a_lock);
}

/* --- sessions that are ended, deadlocks, errors at the commit --- */

static void be_terminated(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    assert_true(comes_up(sql, 2000));
    for (int i = 0; i < 5; i++) {
        administer("tongxing", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = "
                               "'tongxing'");
        fiber_sleep(20);
        assert_true(comes_up(sql, 3000));
        const char *id = str_c(arena, id_of(arena, i));
        assert_int_equal(create_account(sql, id, id), SQL_DONE);
    }
}

static void sessions_that_are_ended_come_back(void **state) {
    on_database(be_terminated);
}

struct crossing {
    struct sql *sql;
    const char *first, *second;
    int *done, *down;
};

static void cross(void *arg) {
    const struct crossing *crossing = arg;
    struct sql_statement statements[2];
    for (int i = 0; i < 2; i++) {
        statements[i] =
            (struct sql_statement){.text = "UPDATE accounts SET level = level + 1 WHERE account_id = $1",
                                   .values = {sql_text(str_from(i == 0 ? crossing->first : crossing->second))},
                                   .value_count = 1,
                                   .must_change = true};
    }
    enum sql_status status;
    while ((status = sql_write(crossing->sql, statements, 2)) == SQL_DOWN && *crossing->down < 10) {
        ++*crossing->down; /* given up, and then it is not written */
    }
    *crossing->done += status == SQL_DONE;
}

/* Two sessions that hold one row each and want the other's: PostgreSQL ends one of them. */
static void deadlock(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    static struct crossing crossings[4];
    struct account_row row;
    int done = 0, down = 0;
    assert_true(comes_up(sql, 2000));
    fiber_sleep(200); /* all connections */
    assert_int_equal(create_account(sql, "left", "1"), SQL_DONE);
    assert_int_equal(create_account(sql, "right", "2"), SQL_DONE);
    administer(database_name,
               "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.02); "
               "RETURN NEW; END'; CREATE TRIGGER slow AFTER UPDATE ON accounts FOR EACH ROW EXECUTE "
               "FUNCTION slow()");
    for (int i = 0; i < 4; i++) {
        crossings[i] = (struct crossing){sql, i % 2 ? "left" : "right", i % 2 ? "right" : "left", &done, &down};
        fiber_spawn(loop_current(), cross, &crossings[i]);
    }
    int64_t until = clock_monotonic_ms() + 8000;
    while (done < 4 && clock_monotonic_ms() < until) {
        fiber_sleep(10);
    }
    assert_int_equal(done, 4);
    assert_true(down < 10); /* how often one is told depends on how busy the machine is */
    assert_int_equal(accounts_get(sql, arena, STR("left"), &row), SQL_DONE);
    assert_int_equal(row.level, 2 + 4);
    assert_true(server_said("deadlock detected"));
}

static void deadlocks_are_tried_again(void **state) {
    on_database(deadlock);
}

static void fail_at_the_commit(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct account_row row;
    administer(database_name, "ALTER TABLE verifications ADD CONSTRAINT late UNIQUE (check_id) DEFERRABLE INITIALLY "
                              "DEFERRED");
    assert_int_equal(create_account(sql, "one", "1"), SQL_DONE);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(create_account(sql, "two", "2"), SQL_CONFLICT);
        assert_int_equal(accounts_get(sql, arena, STR("two"), &row), SQL_MISSING);
    }
    assert_int_equal(accounts_get(sql, arena, STR("one"), &row), SQL_DONE);
}

static void an_error_at_the_commit_is_seen(void **state) {
    on_database(fail_at_the_commit);
}

/* A column that has changed its type under a prepared statement: the connection is made anew. */
static void change_the_table(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct account_row row;
    assert_int_equal(create_account(sql, "one", "1"), SQL_DONE);
    assert_int_equal(accounts_get(sql, arena, STR("one"), &row), SQL_DONE);
    administer(database_name, "ALTER TABLE accounts ALTER COLUMN level TYPE BIGINT");
    int64_t until = clock_monotonic_ms() + 3000;
    while (accounts_get(sql, arena, STR("one"), &row) != SQL_DONE && clock_monotonic_ms() < until) {
        fiber_sleep(20);
    }
    assert_int_equal(accounts_get(sql, arena, STR("one"), &row), SQL_DONE);
}

static void a_changed_table_is_noticed(void **state) {
    on_database(change_the_table);
}

/* --- opening --- */

static void what_cannot_be_opened_says_why_and_not_the_password(void **state) {
    struct sql_options options = sql_contract_options;
    options.conninfo = STR("host=/nonexistent user=x password=my-password-of-x dbname=y");
    refuses_to_open(&options, "cannot be reached");
    options.conninfo = STR("host='x password=my-password-of-x");
    refuses_to_open(&options, "no connection string");
    options.conninfo = STR("postgresql://x:my-password-of-x@/?nonsense=password-of");
    refuses_to_open(&options, "no connection string");
    char text[512];
    snprintf(text, sizeof(text), "host=%s user=tongxing password=wrong-password-of-x dbname=tongxing", cluster.folder);
    options.conninfo = str_from(text);
    refuses_to_open(&options, "password authentication failed");
    administer("tongxing", "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0");
    snprintf(text, sizeof(text), "host=%s user=tongxing password=" POSTGRES_PASSWORD " dbname=latin", cluster.folder);
    options.conninfo = str_from(text);
    refuses_to_open(&options, "must be UTF8");
    administer("tongxing", "DROP DATABASE latin");
    postgres_do(&cluster, "hang");
    options = sql_contract_options;
    options.timeout_ms = 300;
    int64_t began = clock_monotonic_ms();
    refuses_to_open(&options, "cannot be reached");
    assert_true(clock_monotonic_ms() - began < 5000);
    postgres_do(&cluster, "go_on");
}

static void ping_while_down(void *arg) {
    assert_int_equal(sql_ping(arg), SQL_DOWN);
    assert_int_equal(sql_ping(arg), SQL_DOWN);
}

static void a_view_ends_while_the_database_is_down(void **state) {
    struct sql_database *database;
    struct fault fault;
    assert_true(sql_open(&sql_contract_options, &database, &fault));
    postgres_do(&cluster, "kill");
    struct loop *loop = loop_new();
    struct sql *sql, *unused;
    assert_true(sql_connect(database, &unused, &fault));
    assert_true(sql_connect(database, &sql, &fault));
    run_on(loop, ping_while_down, sql);
    loop_end_fibers(loop);
    sql_free(sql);
    sql_free(unused);
    loop_free(loop);
    sql_database_free(database);
    postgres_do(&cluster, "start");
}

static void keep_an_audit_trail(void *arg) {
    audit_rows_contract(arg);
}

static void the_tables_of_the_audit_trail(void **state) {
    on_database(keep_an_audit_trail);
}

int main(void) {
    const struct CMUnitTest own[] = {
        cmocka_unit_test(the_tables_of_the_audit_trail),
        cmocka_unit_test(killed_and_started_again_it_recovers_and_has_lost_nothing),
        cmocka_unit_test(no_call_waits_longer_than_the_timeout),
        cmocka_unit_test(a_lock_that_is_held_too_long_ends_the_write_for_certain),
        cmocka_unit_test(sessions_that_are_ended_come_back),
        cmocka_unit_test(deadlocks_are_tried_again),
        cmocka_unit_test(an_error_at_the_commit_is_seen),
        cmocka_unit_test(a_changed_table_is_noticed),
        cmocka_unit_test(what_cannot_be_opened_says_why_and_not_the_password),
        cmocka_unit_test(a_view_ends_while_the_database_is_down),
    };
    signal(SIGPIPE, SIG_IGN);
    postgres_begin(&cluster);
    int failed = sql_contract_run(own, ARRAY_LEN(own), make_database, drop_database);
    postgres_end(&cluster);
    return failed;
}
