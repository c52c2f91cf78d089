/*
 * fiber: straight-line code that sleeps instead of blocking.
 *
 * A fiber has a small stack of its own (FIBER_STACK_SIZE with a guard page, pooled per loop) and belongs to one loop
 * for life. Functions whose header says "Waits." put the running fiber to sleep and return when their answer is there;
 * the loop serves others meanwhile. They must be called on a fiber, and never with a lock held.
 */
#ifndef LOOP_FIBER_H
#define LOOP_FIBER_H

#include "base/str.h"
#include "base/trace.h"

#define FIBER_STACK_SIZE (128 * 1024)

struct loop;
struct fiber;

enum wait_result {
    WAIT_DONE,
    WAIT_DEADLINE,  /* the fiber's own deadline, or the one given to the wait, has passed */
    WAIT_CANCELLED, /* fiber_cancel, or the loop ends */
};

/* Runs run(arg) on a new fiber of this thread's loop, at once, until its first wait. */
struct fiber *fiber_spawn(struct loop *loop, void (*run)(void *arg), void *arg);
struct fiber *fiber_current(void); /* NULL outside a fiber */

/* Every wait of the running fiber ends by then (clock_monotonic_ms); INT64_MAX for none, as at the start. */
void fiber_set_deadline(int64_t monotonic_ms);
/* The request id in log lines of the running fiber; `id` must outlive it. */
void fiber_set_log_id(struct str id);
/* The trace the running fiber works for (trace_current), NULL for none; must outlive it. */
void fiber_set_trace(const struct trace *trace);

/* The fiber's present or next wait answers WAIT_CANCELLED. */
void fiber_cancel(struct fiber *fiber);

enum wait_result fiber_sleep(int64_t ms); /* Waits. */

/*
 * For those who wrap something asynchronous. The wrapper parks the running fiber; a callback on the same thread wakes
 * it. When the park ends otherwise, the wrapper must see to it that the callback no longer knows the fiber.
 */
enum wait_result fiber_park(int64_t deadline_monotonic_ms); /* Waits. */
/* As fiber_park, but ended by fiber_wake alone: for work on other threads that points into the fiber's stack. Waits. */
void fiber_park_until_woken(void);
void fiber_wake(struct fiber *fiber); /* makes a running or not parked fiber's next park return at once */

/* Fibers alive on a loop, for metrics and for a stop that waits for running requests. */
size_t fiber_count(const struct loop *loop);

#endif
