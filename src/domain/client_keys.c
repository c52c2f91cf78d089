/*
 * Fetched key sets, one entry per client, in a list: installations have some hundreds of clients, few of which publish
 * keys.
 */
#include "domain/client_keys.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/fetch.h"
#include "loop/fiber.h"

#include <stdlib.h>

#define FETCH_MS    5000
#define ANSWER_MOST (128 * 1024)
#define POLL_MS     20

struct fetched {
    struct fetched *next;
    char *client_id, *uri;
    struct jose_key_set *set; /* NULL until a fetch succeeded */
    int64_t fetched_at;       /* monotonic ms of the last success */
    int64_t tried_at;         /* of the last attempt; INT64_MIN for never */
    bool running;
};

struct client_keys {
    struct fetched *first;
};

struct client_keys *client_keys_new(void) {
    return check_calloc(1, sizeof(struct client_keys));
}

static void fetched_free(struct fetched *entry) {
    jose_key_set_free(entry->set);
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

static struct fetched *entry_of(struct client_keys *keys, const struct client *client) {
    for (struct fetched *entry = keys->first; entry; entry = entry->next) {
        if (str_equal(str_from(entry->client_id), client->client_id) &&
            str_equal(str_from(entry->uri), client->jwks_uri)) {
            return entry;
        }
    }
    struct fetched *entry = check_calloc(1, sizeof(*entry));
    *entry = (struct fetched){.next = keys->first,
                              .client_id = copy(client->client_id),
                              .uri = copy(client->jwks_uri),
                              .tried_at = INT64_MIN};
    keys->first = entry;
    return entry;
}

static struct jose_key_set *fetch_set(struct domain *domain, struct arena *arena, const struct client *client) {
    const struct fetch_request request = {.method = STR("GET"),
                                          .url = client->jwks_uri,
                                          .timeout_ms = FETCH_MS,
                                          .answer_ceiling = ANSWER_MOST,
                                          .guarded = true};
    struct fetch_answer answer = {0};
    const struct json *jwks;
    struct jose_key_set *set;
    enum fetch_result result = fetch(domain->fetcher, arena, &request, &answer);
    if (result == FETCH_DONE && answer.status == 200 && json_parse(arena, answer.body, JSON_LIMITS_DOCUMENT, &jwks) &&
        jose_key_set_read(jwks, &set)) {
        return set;
    }
    log_warn("client_jwks.failed", log_str("client_id", client->client_id),
             log_text("result", fetch_result_name(result)), log_int("status", answer.status));
    return NULL;
}

/* One fetch at a time: who comes meanwhile waits for it. */
static void refresh(struct domain *domain, struct arena *arena, const struct client *client, struct fetched *entry) {
    if (entry->running) {
        while (entry->running && fiber_sleep(POLL_MS) == WAIT_DONE) {
        }
        return;
    }
    int64_t now = clock_monotonic_ms();
    if (entry->tried_at != INT64_MIN && now - entry->tried_at < CLIENT_KEYS_PAUSE_S * 1000) {
        return;
    }
    entry->tried_at = now;
    entry->running = true;
    struct jose_key_set *set = fetch_set(domain, arena, client);
    entry->running = false;
    if (set) {
        jose_key_set_free(entry->set);
        entry->set = set;
        entry->fetched_at = clock_monotonic_ms();
    }
}

static enum jws_result verify_fetched(struct domain *domain, struct arena *arena, const struct client *client,
                                      struct str token, unsigned allowed, struct jws *ret_jws) {
    struct fetched *entry = entry_of(domain->client_keys, client);
    if (!entry->set || clock_monotonic_ms() - entry->fetched_at > CLIENT_KEYS_FRESH_S * 1000) {
        refresh(domain, arena, client, entry);
    }
    enum jws_result result = entry->set ? jws_verify(arena, token, entry->set, allowed, ret_jws) : JWS_UNKNOWN_KEY;
    if (result == JWS_UNKNOWN_KEY) {
        refresh(domain, arena, client, entry);
        result = entry->set ? jws_verify(arena, token, entry->set, allowed, ret_jws) : JWS_UNKNOWN_KEY;
    }
    return result;
}

enum jws_result client_keys_verify(struct domain *domain, struct arena *arena, const struct registered_client *client,
                                   struct str token, unsigned allowed, struct jws *ret_jws) {
    if (client->keys) {
        return jws_verify(arena, token, client->keys, allowed, ret_jws);
    }
    if (str_is_absent(client->client.jwks_uri)) {
        return JWS_UNKNOWN_KEY;
    }
    return verify_fetched(domain, arena, &client->client, token, allowed, ret_jws);
}
