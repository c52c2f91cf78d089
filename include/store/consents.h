/*
 * consents: what a person has allowed a client system to receive. One row per account and client.
 */
#ifndef STORE_CONSENTS_H
#define STORE_CONSENTS_H

#include "store/sql.h"

struct consent_row {
    struct str account_id, client_id;
    struct str scope; /* space separated */
    int64_t granted_at;
};

/* Wait. */
enum sql_status consents_get(struct sql *sql, struct arena *arena, struct str account_id, struct str client_id,
                             struct consent_row *ret_row);
enum sql_status consents_put(struct sql *sql, const struct consent_row *row);
enum sql_status consents_delete(struct sql *sql, struct str account_id, struct str client_id);
/* The same as a statement for sql_write; must_change. */
struct sql_statement consents_delete_statement(struct str account_id, struct str client_id);
/* All of an account. */
struct sql_statement consents_delete_all(struct str account_id);
enum sql_status consents_list(struct sql *sql, struct arena *arena, struct str account_id,
                              struct consent_row **ret_rows, size_t *ret_count);

#endif
