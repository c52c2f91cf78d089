/*
 * The snapshot of client systems: a hash table of pointers to entries. Entries live in batches, the memory of one
 * loading, which go when the last entry of theirs is in no snapshot any more.
 */
#include "registry_inside.h"

#include "base/check.h"
#include "base/clock.h"

#include <stdlib.h>

struct registry *registry_hold(struct registry *registry) {
    atomic_fetch_add(&registry->holds, 1);
    return registry;
}

static void batch_let_go(struct registry_batch *batch) {
    if (atomic_fetch_sub(&batch->holds, 1) == 1) {
        arena_free(batch->arena);
    }
}

void registry_free(struct registry *registry) {
    if (!registry || atomic_fetch_sub(&registry->holds, 1) != 1) {
        return;
    }
    for (size_t i = 0; i < registry->slot_count; i++) {
        if (registry->slots[i].client) {
            batch_let_go(registry->slots[i].client->held);
        }
    }
    free(registry->slots);
    free(registry->limited);
    free(registry);
}

struct registry_batch *registry_batch_new(void) {
    struct arena *arena = arena_new();
    struct registry_batch *batch = arena_new_of(arena, struct registry_batch);
    batch->arena = arena;
    atomic_init(&batch->holds, 1);
    return batch;
}

void registry_batch_done(struct registry_batch *batch) {
    batch_let_go(batch);
}

/* --- the table --- */

/* FNV-1a, 64 bits. What is in the table was chosen by administrators, so nobody outside can make it long. */
static uint64_t hash_of(struct str id) {
    uint64_t hash = 0xcbf29ce484222325;
    for (size_t i = 0; i < id.len; i++) {
        hash = (hash ^ (unsigned char)id.ptr[i]) * 0x100000001b3;
    }
    return hash ^ hash >> 32;
}

static struct registry_slot *slot_of(const struct registry *registry, struct str id) {
    uint64_t hash = hash_of(id);
    size_t mask = registry->slot_count - 1;
    for (size_t at = hash & mask;; at = (at + 1) & mask) {
        struct registry_slot *slot = &registry->slots[at];
        if (!slot->client || (slot->hash == hash && str_equal(slot->client->client.client_id, id))) {
            return slot;
        }
    }
}

struct registry *registry_empty(size_t clients_most) {
    struct registry *registry = check_calloc(1, sizeof(*registry));
    atomic_init(&registry->holds, 1);
    registry->revision = -1;
    settings_init(&registry->settings);
    registry->slot_count = 16;
    while (registry->slot_count < 2 * clients_most) {
        registry->slot_count *= 2;
    }
    registry->slots = check_calloc(registry->slot_count, sizeof(registry->slots[0]));
    registry->limited = check_calloc(registry->slot_count / 2, sizeof(struct registered_client *));
    return registry;
}

bool registry_add(struct registry *registry, struct registered_client *client) {
    struct registry_slot *slot = slot_of(registry, client->client.client_id);
    if (slot->client) {
        return false;
    }
    *slot = (struct registry_slot){.hash = hash_of(client->client.client_id), .client = client};
    registry->count++;
    if (client->client.rate_limit > 0) {
        registry->limited[registry->limited_count++] = client;
    }
    CHECK(2 * registry->count <= registry->slot_count);
    atomic_fetch_add(&client->held->holds, 1);
    return true;
}

const struct registered_client *registry_find(const struct registry *registry, struct str client_id) {
    return slot_of(registry, client_id)->client;
}

static int by_id(const void *one, const void *other) {
    const struct registered_client *const *a = one, *const *b = other;
    return str_compare((*a)->client.client_id, (*b)->client.client_id);
}

size_t registry_acting(const struct registry *registry, struct arena *arena, size_t most,
                       const struct registered_client ***ret_clients) {
    const struct registered_client **clients =
        arena_array_of(arena, registry->count + 1, const struct registered_client *);
    size_t count = 0;
    for (size_t i = 0; i < registry->slot_count; i++) {
        const struct registered_client *client = registry->slots[i].client;
        if (client && client->client.acting != CLIENT_ACTING_NONE) {
            clients[count++] = client;
        }
    }
    qsort(clients, count, sizeof(*clients), by_id);
    *ret_clients = clients;
    return count < most ? count : most;
}

size_t registry_count(const struct registry *registry) {
    return registry->count;
}

const struct settings *registry_settings(const struct registry *registry) {
    return &registry->settings;
}

int64_t registry_revision(const struct registry *registry) {
    return registry->revision;
}

/* --- one client --- */

void client_secret_mac(const struct domain_sealers *sealers, struct str client_id, struct str secret,
                       unsigned char ret_mac[32]) {
    const struct str parts[] = {STR("client_secret"), client_id, secret};
    seal_mac(sealers->secret, parts, ARRAY_LEN(parts), ret_mac);
}

static bool is_good(const struct registered_secret *secret, int64_t now) {
    return secret->expires_at == 0 || now < secret->expires_at;
}

bool registered_client_secret_fits(const struct registered_client *client, const struct domain_sealers *sealers,
                                   struct str secret) {
    if (client->secret_count == 0 || str_is_empty(secret)) {
        return false;
    }
    unsigned char mac[32];
    bool fits = false;
    int64_t now = clock_wall();
    client_secret_mac(sealers, client->client.client_id, secret, mac);
    for (size_t i = 0; i < client->secret_count; i++) {
        const struct registered_secret *known = &client->secrets[i];
        bool equal = str_equal_secret(str_of(mac, sizeof(mac)), str_of(known->mac, sizeof(known->mac)));
        fits = fits || (equal && is_good(known, now));
    }
    return fits;
}

bool registered_client_secret_open(const struct registered_client *client, const struct domain_sealers *sealers,
                                   struct arena *arena, size_t nth, struct str *ret_secret) {
    const struct registered_secret *secret = nth < client->secret_count ? &client->secrets[nth] : NULL;
    return secret && !str_is_absent(secret->sealed) && is_good(secret, clock_wall()) &&
           seal_open(sealers->secret, arena, secret->sealed, client->client.client_id, ret_secret);
}
