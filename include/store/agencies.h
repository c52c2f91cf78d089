/*
 * agencies: the table of organisations that own client systems. Details are kept as the JSON that was given.
 */
#ifndef STORE_AGENCIES_H
#define STORE_AGENCIES_H

#include "store/sql.h"

enum agency_state { AGENCY_ACTIVE = 1, AGENCY_CLOSED = 2 }; /* stored; never renumber */

struct agency_row {
    struct str agency_id, name;
    struct str credit_code; /* absent without; unique */
    struct str metadata;    /* JSON object */
    enum agency_state state;
    int64_t version, created_at, updated_at;
};

/* Statements for sql_write. */
struct sql_statement agencies_insert(const struct agency_row *row);
struct sql_statement agencies_update(const struct agency_row *row); /* where the version is still row->version - 1 */

/* Wait. */
enum sql_status agencies_get(struct sql *sql, struct arena *arena, struct str agency_id, struct agency_row *ret_row);
enum sql_status agencies_list(struct sql *sql, struct arena *arena, struct str text, struct str after, size_t most,
                              struct agency_row **ret_rows, size_t *ret_count);

#endif
