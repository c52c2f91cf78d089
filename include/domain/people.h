/*
 * people: accounts, sessions and consents as the security administrator sees them. Never an identity number, a phone
 * number or a whole name.
 */
#ifndef DOMAIN_PEOPLE_H
#define DOMAIN_PEOPLE_H

#include "domain/administration.h"
#include "model/account.h"
#include "model/session.h"
#include "store/accounts.h"
#include "store/consents.h"

struct person {
    struct account_row row;
    struct str name_masked; /* the first character and asterisks; absent without a name */
    struct verification_row *verifications;
    size_t verification_count;
};
/* Found by what a person types to sign in (identity number, phone, user name): through its keyed hash. Wait. */
struct admin_answer person_find(struct domain *domain, struct arena *arena, const struct actor *actor, struct str typed,
                                struct person *ret_person);
struct admin_answer person_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct str account_id, struct person *ret_person);
/* By state (0 for all), in order of ids. */
struct admin_answer person_list(struct domain *domain, struct arena *arena, const struct actor *actor, int state,
                                struct str after, size_t most, struct account_row **ret_rows, size_t *ret_count);
/* Suspending ends all sessions; ADMIN_UNAVAILABLE may mean that it was suspended and they could not be ended: then end
 * them. `version` is row.updated_at: ADMIN_STALE when it differs. */
struct admin_answer person_set_state(struct domain *domain, struct arena *arena, const struct actor *actor,
                                     struct str account_id, int64_t version, enum account_state state);
/* Clears the counters of wrong passwords. `typed`: what the person types. */
struct admin_answer person_unlock(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str typed);

struct person_session {
    struct session session;
    struct str *client_ids; /* that took part */
    size_t client_count;
};
struct admin_answer person_sessions(struct domain *domain, struct arena *arena, const struct actor *actor,
                                    struct str account_id, struct person_session **ret_sessions, size_t *ret_count);
/* One, or with session_id absent all of the person. */
struct admin_answer person_end_sessions(struct domain *domain, struct arena *arena, const struct actor *actor,
                                        struct str account_id, struct str session_id);

struct admin_answer person_consents(struct domain *domain, struct arena *arena, const struct actor *actor,
                                    struct str account_id, struct consent_row **ret_rows, size_t *ret_count);
struct admin_answer person_withdraw_consent(struct domain *domain, struct arena *arena, const struct actor *actor,
                                            struct str account_id, struct str client_id);

#endif
