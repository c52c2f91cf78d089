/*
 * organisations_inside: what entering an organisation shares with asking about it again.
 */
#ifndef DOMAIN_ORGANISATIONS_INSIDE_H
#define DOMAIN_ORGANISATIONS_INSIDE_H

#include "change.h"
#include "domain/organisations.h"

/* Asks the register about the organisation and the account as its representative. Waits. */
enum verify_result organisation_ask(struct domain *domain, struct arena *arena, struct upstream *upstream,
                                    const struct account *account, struct str name, struct str credit_code,
                                    struct upstream_found *ret_found);

/* What the register answered, into the row: evidence, status, sealed name and type. `now` plus the time between checks
 * is when it is due again. */
void organisation_put_found(const struct domain *domain, struct arena *arena, struct organisation *organisation,
                            const struct upstream_found *found);

/* {"upstream":…,"check_id":…} and what else is given, as an event's detail. Absent ones are left out. */
struct str organisation_detail(struct arena *arena, const struct evidence *evidence, struct str mandate_id);

#endif
