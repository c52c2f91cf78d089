/*
 * flight: one run of something for all who need it ("single flight"). Who finds nothing under way does it; who comes
 * meanwhile sleeps and is told what came of it.
 *
 * A run that failed has failed for all who waited: would each try again by itself, an outage were met with a storm of
 * attempts. One per loop: it needs no lock. All zero is a flight with nothing under way.
 */
#ifndef LOOP_FLIGHT_H
#define LOOP_FLIGHT_H

#include <stdbool.h>
#include <stdint.h>

struct flight_waiter;
struct flight {
    bool running;
    struct flight_waiter *waiting; /* on their fibers' stacks */
};

enum flight_result {
    FLIGHT_OURS,   /* nothing was under way: the caller does it, and says with flight_land how it ended */
    FLIGHT_DONE,   /* another's succeeded */
    FLIGHT_FAILED, /* another's failed, or the wait ended before it */
};
/* The wait ends by `deadline_monotonic_ms`. Waits. */
enum flight_result flight_board(struct flight *flight, int64_t deadline_monotonic_ms);
void flight_land(struct flight *flight, bool done);

#endif
