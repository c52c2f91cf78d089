/*
 * run: a plan being played. One thread waits for events (run.c), carries flows through their steps (flow.c) and decides
 * what begins when (phase.c).
 *
 * Idle connections first, then all prologues, then flows: during the warm-up, and in the window, where they count. When
 * the window ends nothing new begins, and the run is over as soon as the last flow is.
 */
#ifndef LOAD_RUN_H
#define LOAD_RUN_H

#include "connection.h"
#include "plan.h"
#include "process.h"
#include "sample.h"
#include "supply.h"
#include "tally.h"

#include <sys/queue.h>
#include <time.h>

enum phase { PHASE_IDLE_CONNECTIONS, PHASE_PROLOGUE, PHASE_WARMUP, PHASE_WINDOW, PHASE_DRAIN, PHASE_OVER };

/* A connection and the flow that it plays. */
struct player {
    struct connection connection;
    struct values values;
    const struct steps *steps;
    size_t step;
    bool playing, counted;
    int64_t begun_ns; /* or when it should have begun */
    int64_t asked_ns; /* the last sign that something is awaited; 0: nothing is */
    int64_t wakes_ns; /* of a sleeper */
    TAILQ_ENTRY(player) line;
};
TAILQ_HEAD(player_line, player);

struct usage {
    struct process_usage begin, end;
};

struct run {
    struct arena *arena;
    const struct plan *plan;
    struct endpoint endpoint;
    struct supply *supply;
    struct sample *sample; /* NULL: none is wanted */
    struct player *players;
    struct player_line sleepers; /* by the time they wake */
    struct player_line free;     /* open loop: waiting for a flow to be due, longest first */
    int *idle;                   /* sockets */
    size_t idle_begun, idle_open;

    enum phase phase;
    size_t playing; /* flows under way, of any kind */
    size_t begun;   /* flows of the plan */
    bool used_up;   /* the assertions */
    int64_t now_ns; /* when events were last waited for */
    int64_t next_sweep_ns;
    int64_t first_ns;         /* the begin of the first flow of the plan */
    int64_t begin_ns, end_ns; /* of the window */
    int64_t own_cpu_begin_us, own_cpu_end_us;
    struct usage *usages; /* by plan->pids */
    struct tally tally;
};

static inline int64_t run_clock_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/* Plays it all. */
void run_play(struct run *run);
/* Until then nothing is done with the player, unless its connection has news. It must be in no line. */
void run_sleep(struct run *run, struct player *player, int64_t wakes_ns);
/* Ends the run because of something that is no single answer's fault. */
void run_abort(struct run *run, const char *problem);

/* --- flow.c --- */

void flow_begin(struct run *run, struct player *player, const struct steps *steps, int64_t due_ns);
void flow_event(struct run *run, struct player *player, uint32_t events);
void flow_wake(struct run *run, struct player *player);
/* Fails what has been awaited for too long. */
void flow_check_patience(struct run *run, struct player *player);

/* --- phase.c --- */

void phase_begin(struct run *run);
/* The player has ended a flow, or is back after a failure. */
void phase_player_free(struct run *run, struct player *player, int64_t now_ns);
/* Whatever has come due. */
void phase_tick(struct run *run);
/* When phase_tick is needed next, whatever events come; INT64_MAX when nothing is planned. */
int64_t phase_next_ns(const struct run *run);

#endif
