/*
 * Documents that others publish: what is in hand, how old it is, and when it may be asked for again.
 */
#include "upstream/published.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "loop/flight.h"

#include <stdlib.h>

struct published {
    struct published_options options;
    char *url;
    void *document;     /* NULL until a fetch succeeded */
    int64_t fetched_at; /* monotonic ms of the last success */
    int64_t tried_at;   /* of the last attempt; INT64_MIN for never */
    struct flight fetching;
    int users; /* who is inside published_get */
    bool freed;
};

struct published *published_new(const struct published_options *options) {
    struct published *published = check_calloc(1, sizeof(*published));
    published->options = *options;
    published->url = check_calloc(1, options->url.len + 1);
    memcpy(published->url, options->url.ptr, options->url.len);
    published->options.url = str_of(published->url, options->url.len);
    published->tried_at = INT64_MIN;
    return published;
}

static void release(struct published *published) {
    if (published->document) {
        published->options.release(published->document);
    }
    free(published->url);
    free(published);
}

void published_free(struct published *published) {
    if (!published) {
        return;
    }
    published->freed = true;
    if (published->users == 0) {
        release(published);
    }
}

struct str published_url(const struct published *published) {
    return published->options.url;
}

static void *fetch_document(struct published *published, struct fetcher *fetcher, struct arena *arena,
                            int64_t timeout_ms) {
    const struct published_options *options = &published->options;
    const struct fetch_request request = {.method = STR("GET"),
                                          .url = options->url,
                                          .timeout_ms = timeout_ms,
                                          .answer_ceiling = options->answer_ceiling,
                                          .guarded = options->guarded};
    struct fetch_answer answer = {0};
    enum fetch_result result = fetch(fetcher, arena, &request, &answer);
    bool answered = result == FETCH_DONE && answer.status == 200;
    void *document = answered ? options->read(options->ctx, answer.body) : NULL;
    if (!document && options->failed && !published->freed) {
        options->failed(options->ctx, result, answer.status);
    }
    return document;
}

static bool may_try(const struct published *published, int64_t now) {
    int64_t pause_s = published->document ? published->options.pause_s : published->options.retry_s;
    return published->tried_at == INT64_MIN || now - published->tried_at >= pause_s * 1000;
}

/* Who comes while a fetch is under way waits for it, and takes what there is then. */
static void refresh(struct published *published, struct fetcher *fetcher, struct arena *arena, int64_t timeout_ms) {
    int64_t now = clock_monotonic_ms();
    if (timeout_ms <= 0 || (!published->fetching.running && !may_try(published, now)) ||
        flight_board(&published->fetching, now + timeout_ms) != FLIGHT_OURS) {
        return;
    }
    published->tried_at = now;
    void *document = fetch_document(published, fetcher, arena, timeout_ms);
    if (document) {
        if (published->document) {
            published->options.release(published->document);
        }
        published->document = document;
        published->fetched_at = clock_monotonic_ms();
    }
    flight_land(&published->fetching, document != NULL);
}

static bool is_older(const struct published *published, int64_t seconds) {
    return clock_monotonic_ms() - published->fetched_at > seconds * 1000;
}

const void *published_get(struct published *published, struct fetcher *fetcher, struct arena *arena, int64_t timeout_ms,
                          enum published_want want) {
    published->users++;
    if (want == PUBLISHED_NEWER || !published->document || is_older(published, published->options.fresh_s)) {
        refresh(published, fetcher, arena, timeout_ms);
    }
    published->users--;
    if (published->freed) {
        if (published->users == 0) {
            release(published);
        }
        return NULL;
    }
    int64_t stale_s = published->options.stale_s;
    return published->document && stale_s > 0 && is_older(published, stale_s) ? NULL : published->document;
}

/* --- key sets --- */

static void *read_keys(void *ctx, struct str body) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct json *jwks;
    struct jose_key_set *set;
    return json_parse(arena, body, JSON_LIMITS_DOCUMENT, &jwks) && jose_key_set_read(jwks, &set) ? set : NULL;
}

static void release_keys(void *document) {
    jose_key_set_free(document);
}

struct published *published_keys_new(const struct published_options *options) {
    struct published_options keys = *options;
    keys.read = read_keys;
    keys.release = release_keys;
    return published_new(&keys);
}

enum jws_result published_keys_verify(struct published *published, struct fetcher *fetcher, struct arena *arena,
                                      int64_t timeout_ms, struct str token, unsigned allowed, struct jws *ret_jws) {
    int64_t until = clock_monotonic_ms() + timeout_ms;
    enum jws_result result = JWS_UNKNOWN_KEY;
    published->users++; /* a free between the two looks must leave it where it is */
    const struct jose_key_set *keys = published_get(published, fetcher, arena, timeout_ms, PUBLISHED_FRESH);
    if (keys) {
        result = jws_verify(arena, token, keys, allowed, ret_jws);
    }
    if (keys && result == JWS_UNKNOWN_KEY) {
        keys = published_get(published, fetcher, arena, until - clock_monotonic_ms(), PUBLISHED_NEWER);
        result = keys ? jws_verify(arena, token, keys, allowed, ret_jws) : JWS_UNKNOWN_KEY;
    }
    published->users--;
    if (published->freed && published->users == 0) {
        release(published);
    }
    return result;
}
