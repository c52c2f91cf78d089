/*
 * on_loop: runs a piece of a test on a fiber of a loop of its own.
 */
#ifndef SUPPORT_ON_LOOP_H
#define SUPPORT_ON_LOOP_H

#include "loop/fiber.h"
#include "loop/loop.h"

#include <stdlib.h>

struct on_loop {
    struct loop *loop;
    void (*run)(void *arg);
    void *arg;
};

static void on_loop_fiber(void *arg) {
    struct on_loop *on_loop = arg;
    on_loop->run(on_loop->arg);
    loop_stop(on_loop->loop);
}

static void on_loop_start(void *arg) {
    struct on_loop *on_loop = arg;
    fiber_spawn(on_loop->loop, on_loop_fiber, on_loop);
}

static inline void run_on(struct loop *loop, void (*run)(void *arg), void *arg) {
    struct on_loop on_loop = {loop, run, arg};
    setenv("CMOCKA_TEST_ABORT", "1", 1); /* a failed check must not jump from a fiber's stack to another */
    loop_post(loop, on_loop_start, &on_loop);
    loop_run(loop);
}

#endif
