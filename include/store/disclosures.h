/*
 * disclosures: which client system was told what about whom: one row for each account, client and set of claims
 * (Personal Information Protection Law, articles 23 and 55).
 */
#ifndef STORE_DISCLOSURES_H
#define STORE_DISCLOSURES_H

#include "store/sql.h"

struct disclosure_row {
    struct str account_id, client_id;
    struct str claims; /* names, space separated, in the order of claims.def */
    int64_t times;     /* in how many grants */
    int64_t first_at, last_at;
};

/* Counts one more at `now`. SQL_CONFLICT: there is no such account. Waits. */
enum sql_status disclosures_add(struct sql *sql, struct str account_id, struct str client_id, struct str claims,
                                int64_t now);
/* A person's, the latest first, at most `most`. Waits. */
enum sql_status disclosures_list(struct sql *sql, struct arena *arena, struct str account_id, size_t most,
                                 struct disclosure_row **ret_rows, size_t *ret_count);

#endif
