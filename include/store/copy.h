/*
 * copy: everything in the durable store, row by row, out of one database and into another of either kind. For backup
 * and restore: both block, and belong to a program that serves nobody meanwhile.
 */
#ifndef STORE_COPY_H
#define STORE_COPY_H

#include "store/sql.h"

/* A table of the schema; a test holds the list against the migrations. Tables come after those they refer to. */
struct sql_table {
    const char *name;
    const char *columns; /* "account_id, state, …" */
    bool seeded;         /* has rows from the beginning, which a restore replaces */
};
extern const struct sql_table sql_tables[];
extern const size_t sql_table_count;
extern const int64_t sql_schema_version;

#define SQL_COLUMNS_MOST SQL_PARAMETERS_MOST
size_t sql_table_columns(const struct sql_table *table); /* how many */

/* Every row of every table in one snapshot, table after table; who writes is not held up. The cells are valid during
 * the visit, which returns false after setting the fault to stop. */
typedef bool sql_copy_visit(void *ctx, size_t table, const struct sql_value *cells, struct fault *fault);
bool sql_copy_out(struct sql_database *database, sql_copy_visit *visit, void *ctx, struct fault *fault);

enum sql_copy_next { SQL_COPY_ROW, SQL_COPY_END, SQL_COPY_FAILED };
/* The next row, with as many cells as the table has columns, valid until the next call. SQL_COPY_FAILED after setting
 * the fault. */
typedef enum sql_copy_next sql_copy_row(void *ctx, size_t *ret_table, struct sql_value *cells, struct fault *fault);
/* All the rows in one transaction, into a database whose tables are empty but for the seeded ones. Nothing is done when
 * they are not, when a row is refused, or when `next` fails. The rows of a table follow each other. */
bool sql_copy_in(struct sql_database *database, sql_copy_row *next, void *ctx, struct fault *fault);

#endif
