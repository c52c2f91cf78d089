/*
 * One account's row, read by its primary key, as userinfo needs it.
 */
#include "floor.h"

#include <sqlite3.h>
#include <stdlib.h>

static sqlite3_stmt *statement;

static void need(bool fine) {
    if (!fine) {
        abort();
    }
}

void row_init(const char *path) {
    sqlite3 *db;
    need(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL) ==
         SQLITE_OK);
    need(
        sqlite3_exec(
            db,
            "PRAGMA journal_mode=WAL; CREATE TABLE accounts (account_id TEXT PRIMARY KEY, state INTEGER, level INTEGER,"
            " level_until INTEGER, created_at INTEGER, updated_at INTEGER, profile_sealed BLOB);"
            "INSERT INTO accounts VALUES ('account000000000000000', 0, 2, 0, 1, 1, zeroblob(64))",
            NULL, NULL, NULL) == SQLITE_OK);
    need(sqlite3_prepare_v3(db, "SELECT * FROM accounts WHERE account_id = ?", -1, SQLITE_PREPARE_PERSISTENT,
                            &statement, NULL) == SQLITE_OK);
}

void row_read(void) {
    sqlite3_bind_text(statement, 1, "account000000000000000", -1, SQLITE_STATIC);
    need(sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_bytes(statement, 6) > 0);
    sqlite3_reset(statement);
}
