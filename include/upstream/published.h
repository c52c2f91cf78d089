/*
 * published: a document that somebody else publishes at an address (a key set, a provider's metadata), fetched when it
 * is needed and kept for a while.
 *
 * An unknown key makes a key set fetched anew, but at most once in pause_s seconds, so that made-up key ids do not turn
 * the server against the one who publishes (abuse case CA-20); a failed fetch counts as one. One fetch runs at a time;
 * who comes meanwhile waits for it. One per loop and address: it needs no lock.
 */
#ifndef UPSTREAM_PUBLISHED_H
#define UPSTREAM_PUBLISHED_H

#include "jose/jws.h"
#include "loop/fetch.h"

struct published;

struct published_options {
    struct str url; /* copied */
    bool guarded;   /* the address came from a client system: see loop/fetch.h */
    int64_t fresh_s;
    int64_t pause_s; /* between two fetches, while one is in hand */
    int64_t retry_s; /* between two fetches, while none is in hand; 0 for none */
    int64_t stale_s; /* how long one is used that cannot be fetched anew; 0 for ever */
    size_t answer_ceiling;
    /* Of a good answer: what is kept; NULL where it is not what it should be. Released with release. */
    void *(*read)(void *ctx, struct str body);
    void (*release)(void *document);
    /* A fetch failed, for the log: its address is not told. NULL: nobody listens. */
    void (*failed)(void *ctx, enum fetch_result result, int status);
    void *ctx; /* of both */
};

struct published *published_new(const struct published_options *options);
/* May be called while somebody waits for it; who waits then gets nothing. */
void published_free(struct published *published);
struct str published_url(const struct published *published);

enum published_want {
    PUBLISHED_FRESH, /* one that is not older than fresh_s, or the best there is */
    PUBLISHED_NEWER, /* one fetched just now, unless that was done within pause_s */
};
/* NULL when there is none. What it returns stays until the next wait. Waits. */
const void *published_get(struct published *published, struct fetcher *fetcher, struct arena *arena, int64_t timeout_ms,
                          enum published_want want);

/* A key set (RFC 7517 §5): read and release are put by this; document is a struct jose_key_set. */
struct published *published_keys_new(const struct published_options *options);
/* JWS_UNKNOWN_KEY also when there are no keys. Waits. */
enum jws_result published_keys_verify(struct published *published, struct fetcher *fetcher, struct arena *arena,
                                      int64_t timeout_ms, struct str token, unsigned allowed, struct jws *ret_jws);

#endif
