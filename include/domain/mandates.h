/*
 * mandates: who may act for which organisation, and in which client systems. A representative's comes from the register
 * (domain/organisations.h); an administrator's is offered by a representative, an agent's by either. An offer waits for
 * the person of a number and a name, and says to nobody whether there is such a person here; it counts once accepted.
 *
 * A mandate is judged whenever it is used, and what it led to is cut off at once when it ends: a mark "mc:{mandate id}"
 * in the kv store is seen in the round trip that looks at a grant anyway, and the durable store has the last word.
 */
#ifndef DOMAIN_MANDATES_H
#define DOMAIN_MANDATES_H

#include "domain/administration.h"
#include "domain/organisations.h"
#include "store/mandates.h"

/* --- acting --- */

/*
 * Whom the account acts for with this mandate at the client system, now. DOMAIN_NO: it has ended or not begun, is
 * another's, the organisation is not in business, the account is not active or not proven enough, or the scope does not
 * cover the client system. Waits.
 */
enum domain_status acting_load(struct domain *domain, struct arena *arena, struct str mandate_id, struct str account_id,
                               const struct client *client, struct acting *ret_acting);
/* All mandates that the account can use at the client system now. Waits. */
enum domain_status acting_list(struct domain *domain, struct arena *arena, struct str account_id,
                               const struct client *client, struct acting **ret_actings, size_t *ret_count);

/* --- looking --- */

struct mandate {
    struct mandate_found found;
    struct organisation organisation;
    struct str grantee_name, grantee_number; /* as the grantor typed them, the number masked; absent without */
    bool works;                              /* it can be used now */
    bool may_end;                            /* whoever looks may end it */
    enum mandate_role looks_as;              /* what they accept or end it as: its own role, or that of who grants */
};
/* What the account holds, and what is offered to it. Wait. */
enum domain_status mandates_held(struct domain *domain, struct arena *arena, const struct account *account,
                                 struct mandate **ret_mandates, size_t *ret_count);
enum domain_status mandates_offered(struct domain *domain, struct arena *arena, const struct account *account,
                                    struct mandate **ret_mandates, size_t *ret_count);
/* One that the account holds, may accept, or may end; DOMAIN_NO for any other. Waits. */
enum domain_status mandate_look(struct domain *domain, struct arena *arena, const struct account *account,
                                struct str mandate_id, struct mandate *ret_mandate);
/* All of an organisation that the account represents or administers now; its own comes in ret_own. DOMAIN_NO where it
 * does neither. Waits. */
enum domain_status mandates_granted(struct domain *domain, struct arena *arena, const struct account *account,
                                    struct str organisation_id, struct mandate *ret_own, struct mandate **ret_mandates,
                                    size_t *ret_count);

/* --- granting --- */

enum mandate_result {
    MANDATE_DONE,
    MANDATE_INVALID, /* see the problems */
    MANDATE_MISSING, /* no such thing, or none this person may know of */
    MANDATE_REFUSED, /* not with their role */
    MANDATE_LEVEL,   /* they must prove more of themselves first */
    MANDATE_STEP_UP, /* they are proven enough, but have not shown it in this session */
    MANDATE_TAKEN,   /* they have this role there already */
    MANDATE_STALE,   /* it was changed or has ended in the meantime */
    MANDATE_LIMITED, /* too many offers today */
    MANDATE_UNAVAILABLE,
};

#define MANDATE_TERM_DAYS_MOST 1096 /* three years */
#define MANDATE_OFFER_DAYS     30   /* an offer that nobody accepted lapses */

struct mandate_wanted {
    struct str organisation_id;
    enum mandate_role role;
    struct str name, identifier;   /* as typed: an identity number or a phone number */
    struct str scope;              /* words (model/mandate.h) */
    int64_t not_before, not_after; /* seconds */
};
struct mandate_problems {
    bool name, identifier, scope, term;
};
/* The sign-in must have shown the level of the role that is acted in. Waits. */
enum mandate_result mandate_offer(struct domain *domain, struct arena *arena, const struct signed_in *grantor,
                                  const struct mandate_wanted *wanted, struct mandate_problems *ret_problems,
                                  struct str *ret_mandate_id);
/* The sign-in must have shown the level of what is accepted. `version`: of what the person looked at. Wait. */
enum mandate_result mandate_accept(struct domain *domain, struct arena *arena, const struct signed_in *who,
                                   struct str mandate_id, int64_t version);
/* By whoever holds it (resigned, or declined), which takes no level, or granted it, or represents the organisation
 * (revoked), which takes that of their role. What was granted under a representative's mandate ends with it; under an
 * administrator's when that is revoked. */
enum mandate_result mandate_end(struct domain *domain, struct arena *arena, const struct signed_in *who,
                                struct str mandate_id, int64_t version);

/* --- administration: wait --- */

struct admin_answer organisation_admin_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                            struct str after, size_t most, struct organisation **ret_organisations,
                                            size_t *ret_count);
struct admin_answer organisation_admin_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                                           struct str organisation_id, struct organisation *ret_organisation,
                                           struct mandate_found **ret_mandates, size_t *ret_count);
/* With whatever was granted under it; `reason` is the administrator's own words. */
struct admin_answer mandate_admin_end(struct domain *domain, struct arena *arena, const struct actor *actor,
                                      struct str mandate_id, int64_t version, struct str reason,
                                      struct mandate_found *ret_mandate);

#endif
