/*
 * mandates_inside: what looking, granting and ending share.
 */
#ifndef DOMAIN_MANDATES_INSIDE_H
#define DOMAIN_MANDATES_INSIDE_H

#include "change.h"
#include "domain/mandates.h"

/* Can it be used now, wherever its scope says? DOMAIN_NO where not. Waits where the account's proof has expired. */
enum domain_status mandate_good(struct domain *domain, struct arena *arena, const struct mandate_found *found);
/* Is what was offered offered to this account, and has not lapsed? */
bool mandate_offered_to(struct domain *domain, struct arena *arena, const struct account *account,
                        const struct mandate_found *found);
/* The account's best mandate in the organisation that it can grant with; DOMAIN_NO without one. Waits. */
enum domain_status mandate_of_grantor(struct domain *domain, struct arena *arena, const struct account *account,
                                      struct str organisation_id, struct mandate_found *ret_found);
/* May the account end it? `own`: the mandate that it grants with there, NULL without one. */
bool mandate_may_end(const struct account *account, const struct mandate_found *own, const struct mandate_found *found);

/* Whom an offer names. */
struct mandate_grantee {
    struct str name, number; /* the number masked */
};
struct str mandate_seal_grantee(const struct domain *domain, struct arena *arena, struct str mandate_id,
                                const struct mandate_grantee *grantee);

/* MANDATE_DONE where the sign-in has shown what acting in the role takes; else MANDATE_LEVEL or MANDATE_STEP_UP. */
enum mandate_result mandate_level_shown(const struct signed_in *who, enum mandate_role role);

/* Somebody reached for a mandate that is none of theirs. */
void mandate_tell_not_theirs(struct domain *domain, enum event_kind kind, const struct signed_in *who,
                             struct str mandate_id);

/* One ending: the mandate, why, and whether what was granted under it ends too. */
struct mandate_cut {
    const struct mandate_found *found;
    int64_t version;
    struct event event; /* kind, actor, role, address, reason: the rest is put by mandate_cut_off */
    struct str note;    /* an administrator's words; absent without */
    bool under;
};
/* Ends it in the durable store together with its event, and then cuts off what it led to. Waits. */
struct admin_answer mandate_cut_off(struct domain *domain, struct arena *arena, const struct mandate_cut *cut);
/* The marks alone. Without one the durable store is asked anyway: a store that is down is only logged. Waits. */
void mandates_mark(struct domain *domain, struct arena *arena, const struct mandate_found *mandates, size_t count);

#endif
