/*
 * The part of a snapshot that comes with the process: the clients of clients.yaml, and the built-in ones.
 */
#include "registry_inside.h"

#include "base/check.h"

static bool keys_load(struct arena *arena, struct registered_client *entry, struct fault *fault) {
    if (str_is_absent(entry->client.jwks)) {
        return true;
    }
    const struct json *jwks;
    struct arena *scratch ARENA_AUTO = arena_new();
    if (!json_parse(scratch, entry->client.jwks, JSON_LIMITS_DOCUMENT, &jwks) ||
        !jose_key_set_read(jwks, &entry->keys)) {
        return fault_set(fault, "client %.*s: jwks: is not a usable JWK set (RFC 7517)",
                         STR_ARG(entry->client.client_id));
    }
    arena_defer(arena, (void (*)(void *))jose_key_set_free, entry->keys);
    if (jose_key_set_count(entry->keys) == 0) {
        return fault_set(fault, "client %.*s: jwks: holds no key that can be used", STR_ARG(entry->client.client_id));
    }
    return true;
}

struct registered_client *registered_client_new(struct registry_batch *batch, const struct client *client,
                                                struct fault *fault) {
    struct registered_client *entry = arena_new_of(batch->arena, struct registered_client);
    entry->client = client_copy(batch->arena, client);
    entry->held = batch;
    entry->client.client_secret = STR_NONE;
    return keys_load(batch->arena, entry, fault) ? entry : NULL;
}

static void secret_load(struct registry_batch *batch, struct registered_client *entry, const struct client *client,
                        const struct domain_sealers *sealers) {
    struct registered_secret *secret = arena_new_of(batch->arena, struct registered_secret);
    client_secret_mac(sealers, client->client_id, client->client_secret, secret->mac);
    if (client->auth == CLIENT_AUTH_SECRET_JWT) {
        secret->sealed = seal(sealers->secret, batch->arena, client->client_secret, client->client_id);
    }
    entry->secrets = secret;
    entry->secret_count = 1;
}

static bool add_from_file(struct registry *registry, struct registry_batch *batch, const struct client *client,
                          const struct domain_sealers *sealers, struct fault *fault) {
    struct registered_client *entry = registered_client_new(batch, client, fault);
    if (!entry) {
        return false;
    }
    if (!str_is_empty(client->client_secret)) {
        secret_load(batch, entry, client, sealers);
    }
    return !client->enabled || registry_add(registry, entry) ||
           fault_set(fault, "client %.*s: is registered twice", STR_ARG(client->client_id));
}

/* A public client like any other, but for its audience and that it wants a second factor. */
static struct client console_client(struct arena *arena, const struct domain_settings *settings) {
    struct str *uri = arena_new_of(arena, struct str);
    *uri = str_concat(arena, settings->issuer, STR("/admin/"));
    return (struct client){
        .client_id = STR(CONSOLE_CLIENT_ID),
        .client_name = STR("通行管理控制台"),
        .client_name_en = STR("Tongxing administration"),
        .redirect_uris = uri,
        .redirect_uri_count = 1,
        .post_logout_redirect_uris = uri,
        .post_logout_redirect_uri_count = 1,
        .grants = GRANT_AUTHORIZATION_CODE | GRANT_REFRESH_TOKEN,
        .auth = CLIENT_AUTH_NONE,
        .id_token_alg = STR("ES256"),
        .scope = STR("openid admin"),
        .default_max_age = -1,
        .require_pkce = true,
        .level = 1,
        .enabled = true,
        .second_factor = true,
        .consent = CONSENT_STATUTORY, /* administrators are on duty */
        .access_token_ttl = 600,
        .audience = str_concat(arena, settings->issuer, STR(ADMIN_API_PATH)),
    };
}

/* For signing in to one's own pages. The session is what counts afterwards: the code that comes back has a challenge
 * that nobody knows the answer to (endpoint/web/self.c). */
static struct client account_client(struct arena *arena, const struct domain_settings *settings) {
    struct str *uri = arena_new_of(arena, struct str);
    *uri = str_concat(arena, settings->issuer, STR("/account"));
    return (struct client){
        .client_id = STR(ACCOUNT_CLIENT_ID),
        .client_name = STR("我的账号"),
        .client_name_en = STR("My account"),
        .redirect_uris = uri,
        .redirect_uri_count = 1,
        .grants = GRANT_AUTHORIZATION_CODE,
        .auth = CLIENT_AUTH_NONE,
        .id_token_alg = STR("ES256"),
        .scope = STR("openid"),
        .default_max_age = -1,
        .require_pkce = true,
        .level = 1,
        .enabled = true,
        .second_factor_of_those_who_have_one = true,
        .consent = CONSENT_STATUTORY, /* nothing is given to anybody */
    };
}

bool registry_new(const struct client *clients, size_t count, bool console, const struct domain_settings *settings,
                  const struct domain_sealers *sealers, struct registry **ret_registry, struct fault *fault) {
    struct registry *registry = registry_empty(count + 2);
    struct registry_batch *batch = registry_batch_new();
    const struct client own_pages = account_client(batch->arena, settings);
    bool fine = add_from_file(registry, batch, &own_pages, sealers, fault);
    if (console && fine) {
        const struct client made = console_client(batch->arena, settings);
        fine = add_from_file(registry, batch, &made, sealers, fault);
    }
    for (size_t i = 0; i < count && fine; i++) {
        fine = add_from_file(registry, batch, &clients[i], sealers, fault);
    }
    registry_batch_done(batch);
    if (!fine) {
        registry_free(registry);
        return false;
    }
    *ret_registry = registry;
    return true;
}
