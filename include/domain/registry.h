/*
 * registry: an immutable snapshot of the client systems that work and of the settings, looked up at every request. A
 * change in the register makes a new snapshot, which shares with the one before it whatever has not changed.
 *
 * A client comes from clients.yaml, is built in (people's own pages, the administration console), or is in the register
 * of the durable store, in this order where an id is in several.
 */
#ifndef DOMAIN_REGISTRY_H
#define DOMAIN_REGISTRY_H

#include "domain/domain.h"
#include "model/client.h"
#include "model/settings.h"

#define CONSOLE_CLIENT_ID "tongxing-console"
#define ACCOUNT_CLIENT_ID "tongxing-account" /* people's own pages; its codes are never redeemed */
#define ADMIN_API_PATH    "/admin/api/v1"    /* under the issuer: the audience of administrators' tokens */

struct registered_secret {
    unsigned char mac[32]; /* keyed hash */
    struct str sealed;     /* for client_secret_jwt only; absent otherwise */
    int64_t expires_at;    /* seconds; 0 for never */
};

/* Of a client with tongxing_rate_limit: this process's counting, by all workers; and what the sharing keeps. */
struct client_rate {
    atomic_llong due_ms_256; /* when its next request is due, in 1/256 ms */
    atomic_llong asked;      /* requests since the last sharing, the refused ones too */
    atomic_llong elsewhere;  /* how much of the limit is other processes', in 1/1024; 0 before anything was shared */
    int64_t told, told_in;   /* what was added last to the common counter, and to that of which second */
};

struct registered_client {
    struct client client;
    struct jose_key_set *keys; /* of client.jwks; NULL without */
    const struct registered_secret *secrets;
    size_t secret_count;
    bool in_store;               /* else of clients.yaml, or built in */
    bool registered_itself;      /* dynamically (RFC 7591) */
    struct registry_batch *held; /* whose memory it lives in */
    struct client_rate rate;
    atomic_llong used_slot; /* when its last use was noted (self_registration_used); shared by the workers */
};

/* Takes clients read from a file (secrets in the clear, which are hashed here and forgotten), and the built-in ones,
 * the console's where `console` says so. False with the reason for the first that is refused. */
bool registry_new(const struct client *clients, size_t count, bool console, const struct domain_settings *settings,
                  const struct domain_sealers *sealers, struct registry **ret_registry, struct fault *fault);
struct registry *registry_hold(struct registry *registry);
void registry_free(struct registry *registry); /* gives back one hold */

/* NULL when there is none of this id that works: nobody outside may tell apart why. */
const struct registered_client *registry_find(const struct registry *registry, struct str client_id);
/* Those that ask for whom people act, in order of ids, at most `most`. */
size_t registry_acting(const struct registry *registry, struct arena *arena, size_t most,
                       const struct registered_client ***ret_clients);
size_t registry_count(const struct registry *registry);
const struct settings *registry_settings(const struct registry *registry);
int64_t registry_revision(const struct registry *registry); /* -1: the durable store was not read yet */

/*
 * What the durable store has that is newer than `registry`, as a new snapshot with one hold. DOMAIN_NO: nothing is
 * newer. What cannot be read is left out and logged. Waits.
 */
enum domain_status registry_refresh(struct domain *domain, struct registry *registry, struct registry **ret_registry);
/* Tells the other processes that there is something newer. Waits. */
#define REGISTER_CHANNEL "tongxing:register"
void register_announce(struct domain *domain);
/* The store's part of `from`, with the clients of the file as they are in `to`: after the file was read again. */
struct registry *registry_with_store_of(struct registry *to, const struct registry *from);

/* Compares in constant time against the keyed hashes of the secrets that are good now. An empty or absent secret never
 * fits. */
bool registered_client_secret_fits(const struct registered_client *client, const struct domain_sealers *sealers,
                                   struct str secret);
/* The nth secret itself, for HMAC assertions; false when it is not kept or has expired. */
bool registered_client_secret_open(const struct registered_client *client, const struct domain_sealers *sealers,
                                   struct arena *arena, size_t nth, struct str *ret_secret);
/* Counts one request; false when the client has made more than its tongxing_rate_limit in the last second or so. Asks
 * nobody: each process lets through its part of the limit. */
bool registered_client_within_rate(const struct registered_client *client);
/* What part of each limit is this process's from here on; once a second, by one worker. Waits. */
void registry_share_rates(struct domain *domain);
/* The keyed hash under which a secret is kept. */
void client_secret_mac(const struct domain_sealers *sealers, struct str client_id, struct str secret,
                       unsigned char ret_mac[32]);

#endif
