/*
 * Copying the whole store through a plain connection: the order of things, the same for both databases.
 */
#include "store/copy.h"

#include "base/utf8.h"
#include "sql_driver.h"

#include <stdio.h>

#define TEXT_MOST 512

static bool failed(const struct sql_plain *plain, struct fault *fault) {
    plain->driver->plain_reason(plain->connection, fault, plain->name);
    return false;
}

static bool run(const struct sql_plain *plain, const char *text, struct fault *fault) {
    return plain->driver->plain_run(plain->connection, text) || failed(plain, fault);
}

/* --- out --- */

struct copying_out {
    sql_copy_visit *visit;
    void *ctx;
    size_t table;
    bool stopped; /* by the visit, which has set the fault */
    struct fault *fault;
};

/* SQLite may hold what was written before the contract refused it; the portable form cannot. */
static bool is_portable(const struct sql_value *cells, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (cells[i].type == SQL_TEXT && (str_contains(cells[i].bytes, '\0') || !utf8_valid(cells[i].bytes))) {
            return false;
        }
    }
    return true;
}

static bool visit_row(void *arg, const struct sql_value *cells) {
    struct copying_out *out = arg;
    const struct sql_table *table = &sql_tables[out->table];
    bool fine = is_portable(cells, sql_table_columns(table))
                    ? out->visit(out->ctx, out->table, cells, out->fault)
                    : fault_set(out->fault, "a row of the table %s holds text that is not UTF-8", table->name);
    out->stopped = !fine;
    return fine;
}

static bool copy_tables_out(const struct sql_plain *plain, struct copying_out *out) {
    char text[TEXT_MOST];
    for (out->table = 0; out->table < sql_table_count; out->table++) {
        const struct sql_table *table = &sql_tables[out->table];
        snprintf(text, sizeof(text), "SELECT %s FROM %s", table->columns, table->name);
        if (!plain->driver->plain_rows(plain->connection, text, visit_row, out)) {
            return out->stopped ? false : failed(plain, out->fault);
        }
    }
    return true;
}

bool sql_copy_out(struct sql_database *database, sql_copy_visit *visit, void *ctx, struct fault *fault) {
    struct sql_plain plain;
    struct copying_out out = {.visit = visit, .ctx = ctx, .fault = fault};
    if (!database->driver->plain_open(database, &plain, fault)) {
        return false;
    }
    bool fine = run(&plain, plain.begin_snapshot, fault) && copy_tables_out(&plain, &out);
    plain.driver->plain_run(plain.connection, "ROLLBACK");
    plain.driver->plain_close(&plain);
    return fine;
}

/* --- in --- */

/* Locked against whoever is still running; SQLite's transaction has done that already. */
static bool empty_table(const struct sql_plain *plain, const struct sql_table *table, struct fault *fault) {
    char text[TEXT_MOST];
    int64_t rows = 0;
    if (plain->locks_tables) {
        snprintf(text, sizeof(text), "LOCK TABLE %s IN EXCLUSIVE MODE", table->name);
        if (!run(plain, text, fault)) {
            return false;
        }
    }
    if (table->seeded) {
        snprintf(text, sizeof(text), "DELETE FROM %s", table->name);
        return run(plain, text, fault);
    }
    snprintf(text, sizeof(text), "SELECT count(*) FROM (SELECT 1 FROM %s LIMIT 1) AS found", table->name);
    if (!plain->driver->plain_number(plain->connection, text, &rows)) {
        return failed(plain, fault);
    }
    return rows == 0 ||
           fault_set(fault, "the database %s is not empty: the table %s has rows", plain->name, table->name);
}

static bool empty_tables(const struct sql_plain *plain, struct fault *fault) {
    for (size_t i = 0; i < sql_table_count; i++) {
        if (!empty_table(plain, &sql_tables[i], fault)) {
            return false;
        }
    }
    return true;
}

static bool copy_rows_in(const struct sql_plain *plain, sql_copy_row *next, void *ctx, struct fault *fault) {
    const struct sql_driver *driver = plain->driver;
    struct sql_value cells[SQL_COLUMNS_MOST];
    size_t table, into = SIZE_MAX;
    enum sql_copy_next got;
    while ((got = next(ctx, &table, cells, fault)) == SQL_COPY_ROW) {
        if (table != into) {
            if ((into != SIZE_MAX && !driver->plain_insert_end(plain->connection)) ||
                !driver->plain_insert_begin(plain->connection, &sql_tables[table])) {
                return failed(plain, fault);
            }
            into = table;
        }
        if (!driver->plain_insert(plain->connection, cells, sql_table_columns(&sql_tables[table]))) {
            return failed(plain, fault);
        }
    }
    if (into != SIZE_MAX && !driver->plain_insert_end(plain->connection) && got == SQL_COPY_END) {
        return failed(plain, fault);
    }
    return got == SQL_COPY_END;
}

bool sql_copy_in(struct sql_database *database, sql_copy_row *next, void *ctx, struct fault *fault) {
    struct sql_plain plain;
    if (!database->driver->plain_open(database, &plain, fault)) {
        return false;
    }
    bool fine = run(&plain, plain.begin, fault) && empty_tables(&plain, fault) &&
                copy_rows_in(&plain, next, ctx, fault) && run(&plain, "COMMIT", fault);
    if (!fine) {
        plain.driver->plain_run(plain.connection, "ROLLBACK");
    }
    plain.driver->plain_close(&plain);
    return fine;
}
