/* The tables of the audit trail on SQLite: the contract, and how a search goes about it. */
#include "audit_rows_contract.h"
#include "on_loop.h"
#include "store/audit_rows.h"
#include "test.h"

#include <sqlite3.h>
#include <unistd.h>

static char folder[64], path[96];

static int make_folder(void **state) {
    snprintf(folder, sizeof(folder), "/tmp/audit-rows-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/x.db", folder);
    return 0;
}

static int drop_folder(void **state) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char name[128];
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static void run_contract(void *arg) {
    audit_rows_contract(arg);
}

static void nothing(void *arg) {
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

static void sqlite_keeps_the_contract(void **state) {
    on_database(run_contract);
}

/* Along one index, from a place on, in its order: no sorting, no walk through the table. */
static void each_search_is_a_walk_along_an_index(void **state) {
    static const struct {
        struct audit_filter filter;
        const char *plan;
    } rows[] = {
        {{.from_ms = 0}, "SEARCH audit USING INDEX audit_time (at_ms>? AND (at_ms,node,seq)<(?,?,?))"},
        {{.actor = STR_INIT("a")},
         "SEARCH audit USING INDEX audit_actor (actor=? AND at_ms>? AND (at_ms,node,seq)<(?,?,?))"},
        {{.client_id = STR_INIT("a")},
         "SEARCH audit USING INDEX audit_client (client_id=? AND at_ms>? AND (at_ms,node,seq)<(?,?,?))"},
        {{.subject = STR_INIT("a")},
         "SEARCH audit USING INDEX audit_subject (subject=? AND at_ms>? AND (at_ms,node,seq)<(?,?,?))"},
        {{.event = STR_INIT("a")},
         "SEARCH audit USING INDEX audit_event (event=? AND at_ms>? AND (at_ms,node,seq)<(?,?,?))"},
        {{.result = STR_INIT("failed")},
         "SEARCH audit USING INDEX audit_result (result=? AND at_ms>? AND (at_ms,node,seq)<(?,?,?))"},
        {{.request_id = STR_INIT("a"), .event = STR_INIT("b")},
         "SEARCH audit USING INDEX audit_request (request_id=? AND at_ms>? AND (at_ms,node,seq)<(?,?,?))"},
    };
    sqlite3 *db;
    on_database(nothing);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[4096];
        sqlite3_stmt *statement;
        snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", audit_rows_search_text(&rows[i].filter));
        assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
        assert_string_equal((const char *)sqlite3_column_text(statement, 3), rows[i].plan);
        assert_int_equal(sqlite3_step(statement), SQLITE_DONE); /* one step, nothing behind it */
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, drop_folder)
RUN_TESTS(IN_FOLDER(sqlite_keeps_the_contract), IN_FOLDER(each_search_is_a_walk_along_an_index))
