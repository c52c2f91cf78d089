/*
 * An administrator's own entry.
 */
#include "change.h"
#include "domain/admins.h"

struct admin_answer admin_self(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct admin_row *ret_row) {
    return actor->role == ROLE_HOST ? admin_answer(ADMIN_MISSING)
                                    : admin_of_sql(admins_of_account(domain->sql, arena, actor->id, ret_row));
}
