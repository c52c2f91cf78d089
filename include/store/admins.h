/*
 * admins: the table of administrators: which account has which role.
 */
#ifndef STORE_ADMINS_H
#define STORE_ADMINS_H

#include "model/actor.h"
#include "store/sql.h"

enum admin_state { ADMIN_PENDING = 1, ADMIN_ACTIVE = 2, ADMIN_REMOVED = 3 }; /* stored; never renumber */

struct admin_row {
    struct str admin_id, account_id;
    enum role role;
    struct str agency_id; /* of a developer; absent otherwise */
    struct str name;
    enum admin_state state;
    struct str created_by, approved_by; /* actor ids; approved_by absent until then */
    int64_t version, created_at, updated_at;
};

/* Statements for sql_write. Removing keeps the row, for the trail, but frees the account for another role. */
struct sql_statement admins_insert(const struct admin_row *row);
struct sql_statement admins_update(const struct admin_row *row); /* where the version is still row->version - 1 */

/* Wait. Removed ones are found by id only. */
enum sql_status admins_get(struct sql *sql, struct arena *arena, struct str admin_id, struct admin_row *ret_row);
enum sql_status admins_of_account(struct sql *sql, struct arena *arena, struct str account_id,
                                  struct admin_row *ret_row);
enum sql_status admins_list(struct sql *sql, struct arena *arena, size_t most, struct admin_row **ret_rows,
                            size_t *ret_count);

#endif
