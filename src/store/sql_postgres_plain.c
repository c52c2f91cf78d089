/*
 * A connection to PostgreSQL outside any loop, for migrating and copying. Rows come through a cursor and go in through
 * COPY, so that neither holds a table in memory or waits for an answer to each row.
 */
#include "base/buf.h"
#include "base/check.h"
#include "base/encode.h"
#include "sql_postgres.h"

#include <stdio.h>
#include <stdlib.h>

#define MIGRATION_LOCK "8390046021495385703" /* "tongxing" as a number: the advisory lock of migrations */
#define TEXT_MOST      600
#define FETCH          "FETCH 200 FROM copied"
#define ROW_MOST       (64 * 1024 * 1024)

struct plain {
    PGconn *connection;
    char name[256];
    char reason[256]; /* where it is not the connection's own */
};

bool postgres_plain_open(const struct postgres_settings *settings, struct sql_plain *ret_plain, struct fault *fault) {
    PGconn *connection = postgres_connect(settings, 0, fault);
    if (!connection) {
        return false;
    }
    struct plain *plain = check_calloc(1, sizeof(*plain));
    plain->connection = connection;
    snprintf(plain->name, sizeof(plain->name), "%s at %s", PQdb(connection), PQhost(connection));
    *ret_plain = (struct sql_plain){
        .driver = &sql_postgres,
        .connection = plain,
        .name = plain->name,
        .begin = "BEGIN; SELECT pg_advisory_xact_lock(" MIGRATION_LOCK ")",
        .begin_snapshot = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        .exists = "SELECT count(to_regclass('schema_version'))", /* where the statements will look */
        .locks_tables = true,
    };
    return true;
}

void postgres_plain_close(struct sql_plain *plain) {
    struct plain *own = plain->connection;
    PQfinish(own->connection);
    free(own);
}

static bool is_fine(struct plain *plain, PGresult *result, ExecStatusType wanted) {
    ExecStatusType status = PQresultStatus(result);
    bool fine = status == wanted || (wanted == PGRES_COMMAND_OK && status == PGRES_TUPLES_OK);
    if (!fine) {
        postgres_reason(plain->connection, plain->reason, sizeof(plain->reason));
    }
    return fine;
}

static bool run(struct plain *plain, const char *text, ExecStatusType wanted) {
    PGresult *result = PQexec(plain->connection, text);
    bool fine = is_fine(plain, result, wanted);
    PQclear(result);
    return fine;
}

bool postgres_plain_run(void *connection, const char *text) {
    return run(connection, text, PGRES_COMMAND_OK);
}

bool postgres_plain_number(void *connection, const char *text, int64_t *ret_number) {
    struct plain *plain = connection;
    PGresult *result = PQexec(plain->connection, text);
    bool found = is_fine(plain, result, PGRES_TUPLES_OK) && PQntuples(result) == 1 &&
                 str_to_i64(str_from(PQgetvalue(result, 0, 0)), ret_number);
    PQclear(result);
    return found;
}

void postgres_plain_reason(void *connection, struct fault *fault, const char *name) {
    const struct plain *plain = connection;
    fault_set(fault, "the database %s cannot be used: %s", name,
              *plain->reason ? plain->reason : "its tables are not as they should be");
}

/* --- rows out --- */

static bool visit_rows(const PGresult *result, bool (*visit)(void *ctx, const struct sql_value *cells), void *ctx) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sql_value cells[SQL_COLUMNS_MOST];
    int columns = PQnfields(result);
    CHECK(columns <= SQL_COLUMNS_MOST);
    for (int row = 0; row < PQntuples(result); row++) {
        for (int column = 0; column < columns; column++) {
            if (!postgres_value(arena, result, row, column, &cells[column])) {
                return false;
            }
        }
        if (!visit(ctx, cells)) {
            return false;
        }
    }
    return true;
}

bool postgres_plain_rows(void *connection, const char *text, bool (*visit)(void *ctx, const struct sql_value *cells),
                         void *ctx) {
    struct plain *plain = connection;
    char declare[TEXT_MOST];
    snprintf(declare, sizeof(declare), "DECLARE copied NO SCROLL CURSOR FOR %s", text);
    bool fine = postgres_plain_run(plain, declare), more = fine;
    while (fine && more) {
        PGresult *result = PQexec(plain->connection, FETCH);
        fine = is_fine(plain, result, PGRES_TUPLES_OK) && visit_rows(result, visit, ctx);
        more = PQntuples(result) > 0;
        PQclear(result);
    }
    return fine && postgres_plain_run(plain, "CLOSE copied");
}

/* --- rows in --- */

bool postgres_plain_insert_begin(void *connection, const struct sql_table *table) {
    char text[TEXT_MOST];
    snprintf(text, sizeof(text), "COPY %s (%s) FROM STDIN", table->name, table->columns);
    return run(connection, text, PGRES_COPY_IN);
}

/* The text format of COPY: tabs between, and these escaped. */
static void put_text(struct buf *buf, struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        switch (c) {
        case '\\':
            buf_puts(buf, "\\\\");
            break;
        case '\n':
            buf_puts(buf, "\\n");
            break;
        case '\r':
            buf_puts(buf, "\\r");
            break;
        case '\t':
            buf_puts(buf, "\\t");
            break;
        default:
            buf_putc(buf, c);
        }
    }
}

static void put_value(struct arena *arena, struct buf *buf, const struct sql_value *value) {
    switch (value->type) {
    case SQL_NULL:
        buf_puts(buf, "\\N");
        break;
    case SQL_INT:
        buf_put_i64(buf, value->number);
        break;
    case SQL_TEXT:
        put_text(buf, value->bytes);
        break;
    case SQL_BLOB:
        buf_puts(buf, "\\\\x");
        buf_put(buf, hex_encode(arena, value->bytes));
        break;
    }
}

bool postgres_plain_insert(void *connection, const struct sql_value *cells, size_t count) {
    struct plain *plain = connection;
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf row;
    buf_init(&row, arena, 1024, ROW_MOST);
    for (size_t i = 0; i < count; i++) {
        if (i > 0) {
            buf_putc(&row, '\t');
        }
        put_value(arena, &row, &cells[i]);
    }
    buf_putc(&row, '\n');
    if (row.failed || PQputCopyData(plain->connection, row.ptr, (int)row.len) != 1) {
        postgres_reason(plain->connection, plain->reason, sizeof(plain->reason));
        return false;
    }
    return true;
}

/* Here PostgreSQL says what it had against a row. */
bool postgres_plain_insert_end(void *connection) {
    struct plain *plain = connection;
    if (PQputCopyEnd(plain->connection, NULL) != 1) {
        postgres_reason(plain->connection, plain->reason, sizeof(plain->reason));
        return false;
    }
    bool fine = true;
    for (PGresult *result; (result = PQgetResult(plain->connection)); PQclear(result)) {
        fine = is_fine(plain, result, PGRES_COMMAND_OK) && fine;
    }
    return fine;
}
