/*
 * organisations: the table of enterprises and other legal entities that somebody acts for. What is personal arrives
 * here sealed; one is found by the keyed hash of its credit code.
 */
#ifndef STORE_ORGANISATIONS_H
#define STORE_ORGANISATIONS_H

#include "model/organisation.h"
#include "store/sql.h"

struct organisation_row {
    struct str organisation_id;
    struct str code_hash; /* 32 bytes */
    struct str sealed;
    enum organisation_status status;
    struct str source, authority, method, check_id; /* of the last check, as in struct evidence */
    int64_t checked_at;                             /* seconds: the last time that the register confirmed it */
    int64_t due_at;                                 /* when it is to be checked again; 0 for never */
    int64_t version, created_at, updated_at;
};

/* Statements for sql_write. */
struct sql_statement organisations_insert(const struct organisation_row *row); /* SQL_CONFLICT: the code is there */
/* Where the version is still row->version - 1. */
struct sql_statement organisations_update(const struct organisation_row *row);
/* Only when it is to be checked again, whatever its version: where due_at is still `seen`. Of several that want to
 * check it, one wins. */
struct sql_statement organisations_claim(struct str organisation_id, int64_t seen, int64_t due_at);

/* Wait. */
enum sql_status organisations_get(struct sql *sql, struct arena *arena, struct str organisation_id,
                                  struct organisation_row *ret_row);
enum sql_status organisations_find(struct sql *sql, struct arena *arena, struct str code_hash,
                                   struct organisation_row *ret_row);
/* Ids after `after` (absent: from the start), in order. SQL_DONE also with none, as below. */
enum sql_status organisations_list(struct sql *sql, struct arena *arena, struct str after, size_t most,
                                   struct organisation_row **ret_rows, size_t *ret_count);
/* Those to be checked by now, the longest overdue first. */
enum sql_status organisations_due(struct sql *sql, struct arena *arena, int64_t now, size_t most,
                                  struct organisation_row **ret_rows, size_t *ret_count);

/* The columns in the order of the table, as a read of several tables names them, and such a row of cells. */
#define ORGANISATION_COLUMNS                                                                                           \
    "o.organisation_id, o.code_hash, o.sealed, o.status, o.source, o.authority, o.method, o.check_id, o.checked_at, "  \
    "o.due_at, o.version, o.created_at, o.updated_at"
#define ORGANISATION_COLUMN_COUNT 13
struct organisation_row organisation_row_of(const struct sql_value *cells);

#endif
