/*
 * loop: one event loop, run by one thread. Everything made on a loop (fibers, connections, transfers) stays with it.
 */
#ifndef LOOP_LOOP_H
#define LOOP_LOOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct event_base; /* libevent's; for http, which puts sockets on the loop */

struct loop *loop_new(void);
/* Ends every fiber (each wait answers WAIT_CANCELLED) and releases what the loop owns. Called by the loop's own thread.
 */
void loop_free(struct loop *loop);

/* Runs on the calling thread until loop_stop. */
void loop_run(struct loop *loop);
/* From any thread or a fiber. */
void loop_stop(struct loop *loop);

/* Cancels every fiber (each wait answers WAIT_CANCELLED) and runs the loop until they have ended. Called by the loop's
 * own thread. */
void loop_end_fibers(struct loop *loop);

/* The loop that this thread runs, NULL outside. */
struct loop *loop_current(void);
struct event_base *loop_event_base(struct loop *loop);

/* From any thread: run(arg) soon on the loop's thread, outside any fiber. */
void loop_post(struct loop *loop, void (*run)(void *arg), void *arg);

/* run(arg) after `ms` milliseconds and, when repeated, again and again. On the loop's thread. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *loop, int64_t ms, bool repeated, void (*run)(void *arg), void *arg);
void loop_timer_free(struct loop_timer *timer);

#endif
