/*
 * The snapshot of client systems: a sorted array, searched by client_id. Secrets are hashed as they come in; where HMAC
 * assertions need the secret itself it is kept sealed.
 */
#include "domain/registry.h"

#include "base/arena.h"
#include "base/check.h"

#include <stdatomic.h>
#include <stdlib.h>

struct registry {
    atomic_int holds;
    struct arena *arena;
    struct registered_client *clients; /* by client_id */
    size_t count;
};

static void secret_hash(const struct domain_sealers *sealers, struct str client_id, struct str secret,
                        unsigned char ret_mac[32]) {
    const struct str parts[] = {STR("client_secret"), client_id, secret};
    seal_mac(sealers->secret, parts, ARRAY_LEN(parts), ret_mac);
}

static bool keys_load(struct arena *arena, struct registered_client *entry, struct fault *fault) {
    if (str_is_absent(entry->client.jwks)) {
        return true;
    }
    const struct json *jwks;
    if (!json_parse(arena, entry->client.jwks, JSON_LIMITS_DOCUMENT, &jwks) || !jose_key_set_read(jwks, &entry->keys)) {
        return fault_set(fault, "client %.*s: jwks: is not a usable JWK set (RFC 7517)",
                         STR_ARG(entry->client.client_id));
    }
    arena_defer(arena, (void (*)(void *))jose_key_set_free, entry->keys);
    if (jose_key_set_count(entry->keys) == 0) {
        return fault_set(fault, "client %.*s: jwks: holds no key that can be used", STR_ARG(entry->client.client_id));
    }
    return true;
}

/* The client's strings belong to whoever read it: the registry keeps its own copies of what is looked at later. */
static bool entry_load(struct registered_client *entry, const struct client *client,
                       const struct domain_sealers *sealers, struct arena *arena, struct fault *fault) {
    entry->client = *client;
    if (!str_is_empty(client->client_secret)) {
        entry->has_secret = true;
        secret_hash(sealers, client->client_id, client->client_secret, entry->secret_mac);
        if (client->auth == CLIENT_AUTH_SECRET_JWT) {
            entry->secret_sealed = seal(sealers->secret, arena, client->client_secret, client->client_id);
        }
    }
    entry->client.client_secret = STR_NONE;
    return keys_load(arena, entry, fault);
}

static int by_client_id(const void *a, const void *b) {
    return str_compare(((const struct registered_client *)a)->client.client_id,
                       ((const struct registered_client *)b)->client.client_id);
}

bool registry_new(const struct client *clients, size_t count, const struct domain_sealers *sealers,
                  struct registry **ret_registry, struct fault *fault) {
    struct arena *arena = arena_new();
    struct registry *registry = arena_new_of(arena, struct registry);
    atomic_init(&registry->holds, 1);
    registry->arena = arena;
    registry->count = count;
    registry->clients = arena_array_of(arena, count + 1, struct registered_client);
    for (size_t i = 0; i < count; i++) {
        if (!entry_load(&registry->clients[i], &clients[i], sealers, arena, fault)) {
            arena_free(arena);
            return false;
        }
    }
    qsort(registry->clients, count, sizeof(registry->clients[0]), by_client_id);
    for (size_t i = 1; i < count; i++) {
        struct str id = registry->clients[i].client.client_id;
        if (str_equal(id, registry->clients[i - 1].client.client_id)) {
            fault_set(fault, "client %.*s: is registered twice", STR_ARG(id));
            arena_free(arena);
            return false;
        }
    }
    *ret_registry = registry;
    return true;
}

struct registry *registry_hold(struct registry *registry) {
    atomic_fetch_add(&registry->holds, 1);
    return registry;
}

void registry_free(struct registry *registry) {
    if (registry && atomic_fetch_sub(&registry->holds, 1) == 1) {
        arena_free(registry->arena);
    }
}

const struct registered_client *registry_find(const struct registry *registry, struct str client_id) {
    const struct registered_client wanted = {.client = {.client_id = client_id}};
    const struct registered_client *found =
        bsearch(&wanted, registry->clients, registry->count, sizeof(registry->clients[0]), by_client_id);
    return found && found->client.enabled ? found : NULL;
}

size_t registry_count(const struct registry *registry) {
    return registry->count;
}

bool registered_client_secret_fits(const struct registered_client *client, const struct domain_sealers *sealers,
                                   struct str secret) {
    if (!client->has_secret || str_is_empty(secret)) {
        return false;
    }
    unsigned char mac[32];
    secret_hash(sealers, client->client.client_id, secret, mac);
    return str_equal_secret(str_of(mac, sizeof(mac)), str_of(client->secret_mac, sizeof(client->secret_mac)));
}

bool registered_client_secret_open(const struct registered_client *client, const struct domain_sealers *sealers,
                                   struct arena *arena, struct str *ret_secret) {
    return !str_is_absent(client->secret_sealed) &&
           seal_open(sealers->secret, arena, client->secret_sealed, client->client.client_id, ret_secret);
}
