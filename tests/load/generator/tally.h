/*
 * tally: what a run has come to so far.
 */
#ifndef LOAD_TALLY_H
#define LOAD_TALLY_H

#include "answer.h"
#include "histogram.h"

#define ERRORS_KEPT 10

struct tally {
    size_t flows, requests; /* of flows that were counted and right */
    size_t reconnects, wrong;
    struct str errors[ERRORS_KEPT]; /* the first wrong ones, one line each */
    size_t error_count;
    struct histogram latency; /* of the counted flows */
};

/* `label` names the step; `answer` is what has come of its answer, NULL when it was not about one. */
void tally_wrong(struct tally *tally, struct arena *arena, struct str label, const char *problem,
                 const struct answer *answer);

#endif
