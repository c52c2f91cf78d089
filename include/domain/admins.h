/*
 * admins: who administers. Three separated roles (三员分立) and agencies' developers; an account holds one at most. A
 * new administrator is named by the system administrator and confirmed by the security administrator, except on the
 * host.
 *
 * They sign in like everybody, with a second factor (RFC 6238) whose secret is made when they are named, and shown
 * once.
 */
#ifndef DOMAIN_ADMINS_H
#define DOMAIN_ADMINS_H

#include "domain/administration.h"
#include "store/admins.h"

struct admin_wanted {
    struct str username; /* of an existing account: what the person types to sign in */
    enum role role;
    struct str agency_id; /* developers only, and needed for them */
    struct str name;      /* as it is shown to other administrators */
};
struct admin_made {
    struct admin_row row;
    struct str totp_secret; /* base32, shown once */
    struct str totp_uri;    /* otpauth://… for an authenticator app */
};
/* ADMIN_MISSING: no such account. ADMIN_CONFLICT: it has a role already. On the host it is active at once. Wait. */
struct admin_answer admin_create(struct domain *domain, struct arena *arena, const struct actor *actor,
                                 const struct admin_wanted *wanted, struct admin_made *ret_made);
struct admin_answer admin_approve(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str admin_id, int64_t version, struct admin_row *ret_row);
/* Takes the role away and ends the person's sessions. Not the last active one of a role. */
struct admin_answer admin_remove(struct domain *domain, struct arena *arena, const struct actor *actor,
                                 struct str admin_id, int64_t version, struct admin_row *ret_row);
/* A new second factor, for a lost telephone. Not one's own. */
struct admin_answer admin_new_second_factor(struct domain *domain, struct arena *arena, const struct actor *actor,
                                            struct str admin_id, int64_t version, struct admin_made *ret_made);
struct admin_answer admin_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct admin_row **ret_rows, size_t *ret_count);

/* The actor behind a person's account, for the admin API: DOMAIN_NO unless an active administrator. Waits. */
enum domain_status admin_actor(struct domain *domain, struct arena *arena, struct str account_id,
                               struct actor *ret_actor);
/* The actor's own row. ADMIN_MISSING on the host. Waits. */
struct admin_answer admin_self(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct admin_row *ret_row);

#endif
