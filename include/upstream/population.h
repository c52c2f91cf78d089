/*
 * population: the wire format of the population register's two-element check (docs/upstreams/population.md), for the
 * adapter, for the simulator, and for the tests of the answer's reading.
 */
#ifndef UPSTREAM_POPULATION_H
#define UPSTREAM_POPULATION_H

#include "base/arena.h"
#include "base/str.h"
#include "model/evidence.h"
#include "upstream/envelope.h"

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

struct population_answer {
    enum verify_result result;
    struct str check_id;
    bool folded;
};
/* From the body of an answer. False when it is not a signed, well-formed answer to this very request. */
bool population_answer_read(struct arena *arena, struct str body, const struct envelope_expected *expected,
                            struct population_answer *ret_answer);

#endif
