/*
 * registry: what is inside a snapshot, for the files that make them, registry_file.c and registry_store.c, and
 * registry_rates.c.
 */
#ifndef DOMAIN_REGISTRY_INSIDE_H
#define DOMAIN_REGISTRY_INSIDE_H

#include "base/arena.h"
#include "domain/registry.h"

/* Memory of the clients that were loaded together. */
struct registry_batch {
    atomic_int holds; /* one of each entry in each snapshot, and one of whoever is still loading */
    struct arena *arena;
};
struct registry_batch *registry_batch_new(void);
void registry_batch_done(struct registry_batch *batch); /* loading has ended */

struct registry_slot {
    uint64_t hash;
    struct registered_client *client; /* NULL: free */
};

struct registry {
    atomic_int holds;
    struct settings settings;
    int64_t revision;
    struct registry_slot *slots; /* a power of two, at most half of them taken */
    size_t slot_count, count;
    struct registered_client **limited; /* those with a rate limit */
    size_t limited_count;
};

struct registry *registry_empty(size_t clients_most);
/* False when there is one of this id. */
bool registry_add(struct registry *registry, struct registered_client *client);

/* Into the batch's memory, with its key set; the secrets are the caller's to put. NULL with the reason when the keys
 * cannot be used. */
struct registered_client *registered_client_new(struct registry_batch *batch, const struct client *client,
                                                struct fault *fault);

#endif
