/*
 * audit_trail: the audit trail, as administrators read it. Looking leaves no trace of its own; taking a copy does.
 */
#ifndef DOMAIN_AUDIT_TRAIL_H
#define DOMAIN_AUDIT_TRAIL_H

#include "domain/administration.h"
#include "store/audit_rows.h"

/* The newest first, those that come after `after` (NULL: from the start). Waits. */
struct admin_answer audit_trail_search(struct domain *domain, struct arena *arena, const struct actor *actor,
                                       const struct audit_filter *filter, const struct audit_place *after, size_t most,
                                       struct audit_row **ret_rows, size_t *ret_count);
/* The same for a copy that is taken along. Wait. */
struct admin_answer audit_trail_export(struct domain *domain, struct arena *arena, const struct actor *actor,
                                       const struct audit_filter *filter, const struct audit_place *after, size_t most,
                                       struct audit_row **ret_rows, size_t *ret_count);
/* Says so in the trail itself. Before the copy is handed out: ADMIN_UNAVAILABLE means that it must not be. */
struct admin_answer audit_trail_exported(struct domain *domain, struct arena *arena, const struct actor *actor,
                                         const struct audit_filter *filter, int64_t rows);

#endif
