/*
 * A thread waits for the signal, so that the loop needs to know nothing of signals.
 */
#include "run.h"

#include "base/check.h"
#include "loop/loop.h"

#include <pthread.h>
#include <signal.h>

static sigset_t ending(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    return signals;
}

void run_prepare(void) {
    sigset_t signals = ending();
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static void *wait_for_signal(void *arg) {
    sigset_t signals = ending();
    int number;
    sigwait(&signals, &number);
    loop_stop(arg);
    return NULL;
}

void run_until_signal(struct loop *loop) {
    pthread_t waiter;
    CHECK(pthread_create(&waiter, NULL, wait_for_signal, loop) == 0);
    loop_run(loop);
    pthread_join(waiter, NULL);
}
