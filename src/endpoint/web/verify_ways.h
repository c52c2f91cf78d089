/*
 * verify_ways: the ways of proving more that lead a session towards a level.
 */
#ifndef ENDPOINT_WEB_VERIFY_WAYS_H
#define ENDPOINT_WEB_VERIFY_WAYS_H

#include "domain/proofs.h"

#define VERIFY_WAYS_MOST 32

struct verify_ways {
    struct upstream *items[VERIFY_WAYS_MOST];
    size_t count;
    bool otp; /* a one-time password, which the person has, helps */
};

/* Those that bring the proof or the methods nearer to `level`: a single one may not be enough. Waits. */
enum domain_status verify_ways_find(struct domain *domain, struct arena *arena, const struct account *account,
                                    const struct session *session, int level, struct verify_ways *ret_ways);
bool verify_ways_have(const struct verify_ways *ways, const struct upstream *upstream);

#endif
