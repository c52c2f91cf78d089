/*
 * Fetched key sets, one entry per client, in a list: installations have some hundreds of clients, few of which publish
 * keys.
 */
#include "domain/client_keys.h"

#include "base/check.h"
#include "base/log.h"
#include "upstream/published.h"

#include <stdlib.h>

#define FETCH_MS    5000
#define ANSWER_MOST (128 * 1024)

struct fetched {
    struct fetched *next;
    char *client_id, *uri;
    struct published *keys;
};

struct client_keys {
    struct fetched *first;
};

struct client_keys *client_keys_new(void) {
    return check_calloc(1, sizeof(struct client_keys));
}

static void fetched_free(struct fetched *entry) {
    published_free(entry->keys);
    free(entry->client_id);
    free(entry->uri);
    free(entry);
}

void client_keys_free(struct client_keys *keys) {
    for (struct fetched *entry = keys ? keys->first : NULL, *next; entry; entry = next) {
        next = entry->next;
        fetched_free(entry);
    }
    free(keys);
}

static char *copy(struct str text) {
    char *to = check_calloc(1, text.len + 1);
    memcpy(to, text.ptr, text.len);
    return to;
}

static void tell_failed(void *ctx, enum fetch_result result, int status) {
    const struct fetched *entry = ctx;
    log_warn("client_jwks.failed", log_text("client_id", entry->client_id),
             log_text("result", fetch_result_name(result)), log_int("status", status));
}

static struct fetched *entry_new(struct client_keys *keys, const struct client *client) {
    struct fetched *entry = check_calloc(1, sizeof(*entry));
    const struct published_options options = {.url = client->jwks_uri,
                                              .guarded = true,
                                              .fresh_s = CLIENT_KEYS_FRESH_S,
                                              .pause_s = CLIENT_KEYS_PAUSE_S,
                                              .retry_s = CLIENT_KEYS_PAUSE_S,
                                              .answer_ceiling = ANSWER_MOST,
                                              .failed = tell_failed,
                                              .ctx = entry};
    *entry = (struct fetched){.next = keys->first,
                              .client_id = copy(client->client_id),
                              .uri = copy(client->jwks_uri),
                              .keys = published_keys_new(&options)};
    keys->first = entry;
    return entry;
}

static struct fetched *entry_of(struct client_keys *keys, const struct client *client) {
    for (struct fetched *entry = keys->first; entry; entry = entry->next) {
        if (str_equal(str_from(entry->client_id), client->client_id) &&
            str_equal(str_from(entry->uri), client->jwks_uri)) {
            return entry;
        }
    }
    return entry_new(keys, client);
}

enum jws_result client_keys_verify(struct domain *domain, struct arena *arena, const struct registered_client *client,
                                   struct str token, unsigned allowed, struct jws *ret_jws) {
    if (client->keys) {
        return jws_verify(arena, token, client->keys, allowed, ret_jws);
    }
    if (str_is_absent(client->client.jwks_uri)) {
        return JWS_UNKNOWN_KEY;
    }
    struct fetched *entry = entry_of(domain->client_keys, &client->client);
    return published_keys_verify(entry->keys, domain->fetcher, arena, FETCH_MS, token, allowed, ret_jws);
}
