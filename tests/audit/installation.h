/*
 * installation: a database, keys and a spool in a folder of their own, and what tests of the audit trail do with them.
 */
#ifndef TESTS_AUDIT_INSTALLATION_H
#define TESTS_AUDIT_INSTALLATION_H

#include "audit/audit.h"
#include "audit/chain.h"
#include "base/clock.h"
#include "jose/keyring.h"
#include "on_loop.h"
#include "test.h"

#include <dirent.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The bytes 0 to 31. */
#define TEST_KEK STR("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")

static char here[64], database_path[96], spool_path[96];
static struct keyring *keyring;
static struct audit_options options;

static inline const struct sealer *sealer(void) {
    return keyring_sealer(keyring, "audit");
}

static inline void empty(const char *path) {
    DIR *open = opendir(path);
    struct dirent *entry;
    while (open && (entry = readdir(open))) {
        unlinkat(dirfd(open), entry->d_name, 0);
    }
    if (open) {
        closedir(open);
    }
}

static int make_installation(void **state) {
    static const enum jose_alg algs[] = {JOSE_ES256};
    static char keys[96];
    struct fault fault;
    snprintf(here, sizeof(here), "/tmp/audit-test-XXXXXX");
    if (!mkdtemp(here)) {
        return -1;
    }
    snprintf(keys, sizeof(keys), "%s/keys", here);
    snprintf(database_path, sizeof(database_path), "%s/x.db", here);
    snprintf(spool_path, sizeof(spool_path), "%s/spool", here);
    const struct keyring_options ring = {.folder = str_from(keys), .kek = TEST_KEK, .retired_seconds = 60};
    if (!keyring_create(&ring, algs, 1, &fault) || !keyring_open(&ring, &keyring, &fault)) {
        print_error("%s\n", fault.text);
        return -1;
    }
    options = (struct audit_options){.folder = str_from(spool_path),
                                     .node = STR("n1"),
                                     .spool_bytes = 1 << 20,
                                     .sync_ms = 20,
                                     .checkpoint_ms = 60000};
    return 0;
}

static int drop_installation(void **state) {
    char keys[96];
    keyring_free(keyring);
    snprintf(keys, sizeof(keys), "%s/keys", here);
    empty(keys);
    empty(spool_path);
    rmdir(keys);
    rmdir(spool_path);
    empty(here);
    return rmdir(here);
}

static inline struct sql_database *open_database(void) {
    struct sql_database *database;
    struct fault fault;
    if (!sql_sqlite_open(str_from(database_path), &database, &fault)) {
        print_error("said: %s\n", fault.text);
        fail();
    }
    return database;
}

static inline struct audit *open_audit(struct sql_database *database) {
    struct audit *audit;
    struct fault fault;
    options.database = database;
    options.sealer = sealer();
    if (!audit_open(&options, &audit, &fault)) {
        print_error("said: %s\n", fault.text);
        fail();
    }
    return audit;
}

/* Sign-ins with the request ids "rq_<first>" and on. */
static inline void tell(struct audit *audit, int first, int count) {
    const struct event_sink sink = {audit_hear, audit};
    for (int i = first; i < first + count; i++) {
        char request[32], subject[32];
        snprintf(request, sizeof(request), "rq_%d", i);
        snprintf(subject, sizeof(subject), "person-%d", i % 10);
        event_tell(&sink, &(struct event){.kind = EVENT_LOGIN,
                                          .result = i % 5 ? EVENT_DONE : EVENT_REFUSED,
                                          .actor = str_from(subject),
                                          .client_id = i % 2 ? STR("c1") : STR("c2"),
                                          .subject = str_from(subject),
                                          .request_id = str_from(request)});
    }
}

static inline void until_drained(struct audit *audit) {
    int64_t deadline = clock_monotonic_ms() + 15000;
    while (audit_status(audit).backlog_bytes > 0) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(5000);
    }
}

/* Plain SQL on the file, past everything: what somebody with the database in their hands can do. */
static inline void run_sql(const char *text) {
    sqlite3 *db;
    char *error = NULL;
    assert_int_equal(sqlite3_open(database_path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, text, NULL, NULL, &error) != SQLITE_OK) {
        print_error("%s: %s\n", text, error);
        fail();
    }
    sqlite3_close(db);
}

static inline int64_t ask(const char *text) {
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(database_path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_prepare_v2(db, text, -1, &statement, NULL) != SQLITE_OK) {
        print_error("%s: %s\n", text, sqlite3_errmsg(db));
        fail();
    }
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    int64_t number = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

/* A trail of `count` sign-ins in the database, nothing running. */
static inline void make_trail(int first, int count) {
    struct sql_database *database = open_database();
    struct audit *audit = open_audit(database);
    tell(audit, first, count);
    audit_close(audit);
    sql_database_free(database);
}

#define HERE(test) cmocka_unit_test_setup_teardown(test, make_installation, drop_installation)

#endif
