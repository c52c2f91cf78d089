/*
 * registry: an immutable snapshot of the client systems, looked up by client_id on every request.
 */
#ifndef DOMAIN_REGISTRY_H
#define DOMAIN_REGISTRY_H

#include "domain/domain.h"
#include "model/client.h"

struct registered_client {
    struct client client;
    struct jose_key_set *keys;    /* of client.jwks; NULL without */
    unsigned char secret_mac[32]; /* keyed hash of the secret */
    bool has_secret;
    struct str secret_sealed; /* for client_secret_jwt only */
};

/* Takes clients read from a file (secrets in the clear, which are hashed here and forgotten). False with the reason for
 * the first that is refused. */
bool registry_new(const struct client *clients, size_t count, const struct domain_sealers *sealers,
                  struct registry **ret_registry, struct fault *fault);
struct registry *registry_hold(struct registry *registry);
void registry_free(struct registry *registry); /* gives back one hold */

/* NULL when it is not registered or not enabled: nobody outside may tell the two apart. */
const struct registered_client *registry_find(const struct registry *registry, struct str client_id);
size_t registry_count(const struct registry *registry);

/* Compares in constant time against the keyed hash. An empty or absent secret never fits. */
bool registered_client_secret_fits(const struct registered_client *client, const struct domain_sealers *sealers,
                                   struct str secret);
/* The secret itself, for HMAC assertions; false when it is not kept. */
bool registered_client_secret_open(const struct registered_client *client, const struct domain_sealers *sealers,
                                   struct arena *arena, struct str *ret_secret);

#endif
