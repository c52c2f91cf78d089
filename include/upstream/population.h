/*
 * population: the wire format of the population register's two-element check (docs/upstreams/population.md), for the
 * adapter, for the simulator, and for the tests of the answer's reading.
 */
#ifndef UPSTREAM_POPULATION_H
#define UPSTREAM_POPULATION_H

#include "base/arena.h"
#include "base/str.h"
#include "model/evidence.h"

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

/* What an answer must fit to count as one. */
struct population_expected {
    struct str app_id, secret;
    struct str nonce, serial; /* of the request */
};
struct population_answer {
    enum verify_result result;
    struct str check_id;
    bool folded;
};
/* From the body of an answer. False when it is not a signed, well-formed answer to this very request. */
bool population_answer_read(struct arena *arena, struct str body, const struct population_expected *expected,
                            struct population_answer *ret_answer);

#endif
