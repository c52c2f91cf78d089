/*
 * population: the wire format of the population register's two-element check (docs/upstreams/population.md), for the
 * adapter and for the simulator.
 */
#ifndef UPSTREAM_POPULATION_H
#define UPSTREAM_POPULATION_H

#include "base/arena.h"
#include "base/str.h"

#define POPULATION_PATH "/api/v1/two-element-check"

/* Values of `result` in an answer. */
enum population_result {
    POPULATION_MATCH = 1,
    POPULATION_MISMATCH = 2,
    POPULATION_NOT_FOUND = 3,
    POPULATION_UNSUPPORTED = 4,
    POPULATION_STATE_BAD = 5,
    POPULATION_INVALID_INPUT = 6,
    POPULATION_RATE_LIMITED = 7,
    POPULATION_PENDING = 8,
};

/* What is signed, in both directions: hexadecimal HMAC-SHA-256 over these, each on its own line, and the SHA-256 of the
 * body. */
struct population_signed {
    struct str app_id, timestamp, nonce; /* an answer repeats the nonce of its request */
    struct str body;
};
struct str population_signature(struct arena *arena, struct str secret, const struct population_signed *parts);

#endif
