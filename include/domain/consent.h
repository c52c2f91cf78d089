/*
 * consent: what a person allows a client system to receive; remembered per client and scope.
 */
#ifndef DOMAIN_CONSENT_H
#define DOMAIN_CONSENT_H

#include "domain/domain.h"
#include "model/client.h"

/* The scope values that still need the person's consent, space separated (empty when none does). offline_access always
 * does. Waits. */
enum domain_status consent_missing(struct domain *domain, struct arena *arena, struct str account_id,
                                   const struct client *client, struct str scope, struct str *ret_missing);
/* Adds to what was allowed before. Waits. */
enum domain_status consent_give(struct domain *domain, struct arena *arena, struct str account_id,
                                const struct client *client, struct str scope);

/*
 * What a person has allowed is in the durable store. A copy of what was just relied on is kept beside the session, and
 * counts only while the durable store does not answer: so whoever is signed in goes on signing on. Withdrawing forgets
 * it. Wait.
 */
void consent_remember(struct domain *domain, struct arena *arena, struct str account_id, const struct client *client,
                      struct str scope);
void consent_forget(struct domain *domain, struct arena *arena, struct str account_id, struct str client_id);

#endif
