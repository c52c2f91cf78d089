/*
 * sql_sqlite: what the files of the SQLite driver share. sql_sqlite_plain.c has the plain connection.
 */
#ifndef STORE_SQL_SQLITE_H
#define STORE_SQL_SQLITE_H

#include "sql_driver.h"

#include <sqlite3.h>

/* `at` counts from 1. The bytes must live until the statement is reset. */
void sqlite_bind(sqlite3_stmt *statement, int at, const struct sql_value *value);
/* Of the present row, valid until the next step. */
struct sql_value sqlite_column(sqlite3_stmt *statement, int index);

struct sqlite_plain {
    sqlite3 *db;
    sqlite3_stmt *insert; /* between insert_begin and insert_end */
};

struct sql_plain sqlite_plain(struct sqlite_plain *connection, const char *name);
void sqlite_plain_close(struct sql_plain *plain);
bool sqlite_plain_run(void *connection, const char *text);
bool sqlite_plain_number(void *connection, const char *text, int64_t *ret_number);
void sqlite_plain_reason(void *connection, struct fault *fault, const char *name);
bool sqlite_plain_rows(void *connection, const char *text, bool (*visit)(void *ctx, const struct sql_value *cells),
                       void *ctx);
bool sqlite_plain_insert_begin(void *connection, const struct sql_table *table);
bool sqlite_plain_insert(void *connection, const struct sql_value *cells, size_t count);
bool sqlite_plain_insert_end(void *connection);

#endif
