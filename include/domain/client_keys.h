/*
 * client_keys: the public keys of client systems that publish them at a jwks_uri, fetched when an assertion needs them.
 *
 * A set is kept for CLIENT_KEYS_FRESH_S seconds. An unknown kid makes it fetched anew, but at most once in
 * CLIENT_KEYS_PAUSE_S seconds per client, so that made-up kids do not turn the server against the client's own site
 * (abuse case CA-20); a failed fetch counts as one. One per worker.
 */
#ifndef DOMAIN_CLIENT_KEYS_H
#define DOMAIN_CLIENT_KEYS_H

#include "domain/registry.h"

#define CLIENT_KEYS_FRESH_S 3600
#define CLIENT_KEYS_PAUSE_S 30

struct client_keys;

struct client_keys *client_keys_new(void);
void client_keys_free(struct client_keys *keys);

/*
 * Verifies the token with the client's registered or published keys. JWS_UNKNOWN_KEY also when the keys could not be
 * fetched. Waits.
 */
enum jws_result client_keys_verify(struct domain *domain, struct arena *arena, const struct registered_client *client,
                                   struct str token, unsigned allowed, struct jws *ret_jws);

#endif
