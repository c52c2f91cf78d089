/*
 * assertion: a client system proving who it is with a JWT (RFC 7523 §3, OpenID Connect Core §9): client_secret_jwt and
 * private_key_jwt.
 */
#ifndef DOMAIN_ASSERTION_H
#define DOMAIN_ASSERTION_H

#include "domain/registry.h"

#define ASSERTION_LIFE_MOST_S                                                                                          \
    600 /* longer-lived assertions are refused: their replay marks would have to live as long */

/* The client_id the assertion speaks for (its sub). Nothing is verified: it only says whose keys to use. */
bool assertion_client_id(struct arena *arena, struct str assertion, struct str *ret_client_id);

/*
 * DOMAIN_DONE: signed by this client in its registered way, meant for us, in time, and not used before. It is marked as
 * used. Waits.
 */
enum domain_status assertion_verify(struct domain *domain, struct arena *arena, const struct registered_client *client,
                                    struct str assertion);

#endif
