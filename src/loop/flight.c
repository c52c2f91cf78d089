/*
 * Single flight: who waits stands in a list on the stacks of the waiting fibers, and leaves it when its wait ends
 * first.
 */
#include "loop/flight.h"

#include "base/check.h"
#include "loop/fiber.h"

struct flight_waiter {
    struct flight_waiter *next;
    struct fiber *fiber;
    bool landed, done;
};

static void leave(struct flight *flight, struct flight_waiter *waiter) {
    struct flight_waiter **at = &flight->waiting;
    while (*at != waiter) {
        at = &(*at)->next;
    }
    *at = waiter->next;
}

enum flight_result flight_board(struct flight *flight, int64_t deadline_monotonic_ms) {
    if (!flight->running) {
        flight->running = true;
        return FLIGHT_OURS;
    }
    struct flight_waiter waiter = {.next = flight->waiting, .fiber = fiber_current()};
    flight->waiting = &waiter;
    while (!waiter.landed && fiber_park(deadline_monotonic_ms) == WAIT_DONE) {
    }
    if (!waiter.landed) {
        leave(flight, &waiter);
    }
    return waiter.done ? FLIGHT_DONE : FLIGHT_FAILED;
}

void flight_land(struct flight *flight, bool done) {
    CHECK(flight->running);
    struct flight_waiter *waiter = flight->waiting;
    *flight = (struct flight){0};
    while (waiter) {
        struct flight_waiter *next = waiter->next; /* what is woken may have gone */
        waiter->landed = true;
        waiter->done = done;
        fiber_wake(waiter->fiber);
        waiter = next;
    }
}
