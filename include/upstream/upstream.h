/*
 * upstream: other people's identity services behind one small contract. One adapter is one file and one entry of the
 * table in src/upstream/adapters.c.
 *
 * upstream_verify puts the shared guard around every adapter: deadline, circuit breaker, concurrency limit. "The
 * register is down" and "the register says no" are different values. Attempt limits per person are counted by domain
 * before the call. Nothing here logs or keeps personal data.
 */
#ifndef UPSTREAM_UPSTREAM_H
#define UPSTREAM_UPSTREAM_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/histogram.h"
#include "model/evidence.h"

struct fetcher;
struct upstream; /* one configured service; one per loop */

/* What an adapter is configured with: the entry of `upstreams:` in the configuration, whose strings it borrows. */
struct upstream_settings {
    struct str name;    /* the operator's, unique: "population" */
    struct str adapter; /* the table entry's name: "population" */
    struct str url;
    struct str app_id;
    struct str secret;      /* of the request signature; from the environment */
    int64_t timeout_ms;     /* of one call, a second attempt included */
    int64_t concurrent;     /* most calls at once per worker; more answer VERIFY_RATE_LIMITED at once */
    int64_t breaker_errors; /* consecutive errors that open the breaker */
    int64_t breaker_ms;     /* how long it stays open before one trial call */
};

/* What is asked. Absent fields are not asked for. */
struct upstream_asked {
    struct str name;
    enum id_type id_type;
    struct str id_number;
    struct str request_id; /* ours, sent along for the other side's log */
};

/* Never fails silently: on anything but an answer of the authority the result is VERIFY_UPSTREAM_ERROR. Waits. */
enum verify_result upstream_verify(struct upstream *upstream, struct arena *arena, const struct upstream_asked *asked,
                                   struct evidence *ret_evidence);

bool upstream_open(const struct upstream_settings *settings, struct fetcher *fetcher, struct upstream **ret_upstream,
                   struct fault *fault);
void upstream_free(struct upstream *upstream);
struct str upstream_name(const struct upstream *upstream); /* the operator's */

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_TRIAL };
struct upstream_health {
    enum breaker_state breaker;
    uint64_t calls, errors;
    uint64_t answers[VERIFY_RESULTS]; /* of the calls, by result */
    uint64_t shed;                    /* answered without a call: breaker open, or too many at once */
    int64_t running;
    struct histogram took;
};
/* Since upstream_open; for the loop's own thread. */
const struct upstream_health *upstream_health(const struct upstream *upstream);

#endif
