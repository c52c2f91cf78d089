/*
 * What the files of the loop layer share and nobody else sees.
 */
#ifndef LOOP_INTERNAL_H
#define LOOP_INTERNAL_H

#include "loop/fiber.h"
#include "loop/loop.h"

#include <event2/event.h>
#include <pthread.h>

struct fiber_list {
    struct fiber *first, *last;
};

struct loop_post;

struct loop {
    struct event_base *base;

    /* Work from other threads. */
    pthread_mutex_t post_lock;
    struct loop_post *post_first, *post_last; /* under post_lock */
    int post_fd;                              /* eventfd, written when the list becomes non-empty */
    struct event *post_event;

    /* Fibers. */
    struct fiber *current;
    struct fiber_list alive; /* linked through fiber->alive */
    size_t alive_count;
    struct fiber *ready_first, *ready_last; /* to be resumed from the loop */
    struct event *ready_event;
    struct event *sweep_event; /* ends waits whose deadline has passed */
    bool sweep_armed;
    struct fiber *idle; /* finished ones, for their stacks */
    size_t idle_count;
    bool ending;
};

void fibers_init(struct loop *loop);
/* Cancels all and runs the loop until they have ended. */
void fibers_end(struct loop *loop);
/* After that: releases the stacks. */
void fibers_done(struct loop *loop);

#endif
