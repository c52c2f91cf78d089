/*
 * A connection to SQLite outside any loop, for migrating and copying; and values to and from SQLite.
 */
#include "base/check.h"
#include "sql_sqlite.h"

#include <stdio.h>
#include <stdlib.h>

#define TEXT_MOST 512

/* --- values --- */

void sqlite_bind(sqlite3_stmt *statement, int at, const struct sql_value *value) {
    const char *bytes = value->bytes.ptr ? value->bytes.ptr : "";
    switch (value->type) {
    case SQL_NULL:
        sqlite3_bind_null(statement, at);
        break;
    case SQL_INT:
        sqlite3_bind_int64(statement, at, value->number);
        break;
    case SQL_TEXT:
        sqlite3_bind_text(statement, at, bytes, (int)value->bytes.len, SQLITE_STATIC);
        break;
    case SQL_BLOB:
        sqlite3_bind_blob(statement, at, bytes, (int)value->bytes.len, SQLITE_STATIC);
        break;
    }
}

struct sql_value sqlite_column(sqlite3_stmt *statement, int index) {
    switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
        return sql_int(sqlite3_column_int64(statement, index));
    case SQLITE_TEXT: {
        const unsigned char *text = sqlite3_column_text(statement, index);
        return sql_text(str_of(text, (size_t)sqlite3_column_bytes(statement, index)));
    }
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_column_blob(statement, index);
        return sql_blob(str_of(bytes ? bytes : "", (size_t)sqlite3_column_bytes(statement, index)));
    }
    default:
        return (struct sql_value){.type = SQL_NULL};
    }
}

/* --- the plain connection --- */

struct sql_plain sqlite_plain(struct sqlite_plain *connection, const char *name) {
    return (struct sql_plain){
        .driver = &sql_sqlite,
        .connection = connection,
        .name = name,
        .begin = "BEGIN IMMEDIATE",
        .begin_snapshot = "BEGIN", /* the first read takes the snapshot */
        .exists = "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'",
    };
}

void sqlite_plain_close(struct sql_plain *plain) {
    struct sqlite_plain *connection = plain->connection;
    sqlite3_finalize(connection->insert);
    sqlite3_close(connection->db);
    free(connection);
}

bool sqlite_plain_run(void *connection, const char *text) {
    return sqlite3_exec(((struct sqlite_plain *)connection)->db, text, NULL, NULL, NULL) == SQLITE_OK;
}

bool sqlite_plain_number(void *connection, const char *text, int64_t *ret_number) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(((struct sqlite_plain *)connection)->db, text, -1, &statement, NULL) != SQLITE_OK) {
        return false;
    }
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    if (found) {
        *ret_number = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return found;
}

void sqlite_plain_reason(void *connection, struct fault *fault, const char *name) {
    fault_set(fault, "the database %s cannot be used: %s", name,
              sqlite3_errmsg(((struct sqlite_plain *)connection)->db));
}

bool sqlite_plain_rows(void *connection, const char *text, bool (*visit)(void *ctx, const struct sql_value *cells),
                       void *ctx) {
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(((struct sqlite_plain *)connection)->db, text, -1, &statement, NULL) != SQLITE_OK) {
        return false;
    }
    struct sql_value cells[SQL_COLUMNS_MOST];
    int columns = sqlite3_column_count(statement), stepped;
    CHECK(columns <= SQL_COLUMNS_MOST);
    bool fine = true;
    while (fine && (stepped = sqlite3_step(statement)) != SQLITE_DONE) {
        for (int i = 0; stepped == SQLITE_ROW && i < columns; i++) {
            cells[i] = sqlite_column(statement, i);
        }
        fine = stepped == SQLITE_ROW && visit(ctx, cells);
    }
    sqlite3_finalize(statement);
    return fine;
}

bool sqlite_plain_insert_begin(void *arg, const struct sql_table *table) {
    struct sqlite_plain *connection = arg;
    char text[TEXT_MOST];
    int len = snprintf(text, sizeof(text), "INSERT INTO %s (%s) VALUES (?", table->name, table->columns);
    for (size_t i = 1; i < sql_table_columns(table); i++) {
        len += snprintf(text + len, sizeof(text) - (size_t)len, ", ?");
    }
    snprintf(text + len, sizeof(text) - (size_t)len, ")");
    return sqlite3_prepare_v2(connection->db, text, -1, &connection->insert, NULL) == SQLITE_OK;
}

bool sqlite_plain_insert(void *arg, const struct sql_value *cells, size_t count) {
    struct sqlite_plain *connection = arg;
    for (size_t i = 0; i < count; i++) {
        sqlite_bind(connection->insert, (int)i + 1, &cells[i]);
    }
    bool fine = sqlite3_step(connection->insert) == SQLITE_DONE;
    return sqlite3_reset(connection->insert) == SQLITE_OK && fine;
}

bool sqlite_plain_insert_end(void *arg) {
    struct sqlite_plain *connection = arg;
    sqlite3_finalize(connection->insert);
    connection->insert = NULL;
    return true;
}
