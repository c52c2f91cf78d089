/*
 * What begins when. In the closed loop a free player begins the next flow at once; in the open loop flow number n is
 * due at first + n / rate, whoever is free then, and the window is a range of numbers. With `flows` the window is all
 * of them.
 */
#include "run.h"

#include <inttypes.h>
#include <stdio.h>

#define OVERLOAD_FACTOR   4           /* the open loop is given up when it takes so many times as long as planned, */
#define OVERLOAD_GRACE_NS 10000000000 /* and this on top */
#define SECOND_NS         1000000000

static bool by_time(const struct run *run) {
    return run->plan->flows == 0;
}

/* --- the window --- */

static void read_usages(struct run *run, bool begin) {
    for (size_t i = 0; i < run->plan->pid_count; i++) {
        struct usage *usage = &run->usages[i];
        if (!process_usage_read(run->plan->pids[i], begin ? &usage->begin : &usage->end)) {
            char problem[80];
            snprintf(problem, sizeof(problem), "process %" PRId64 " is not there any more", run->plan->pids[i]);
            usage->end = usage->begin;
            run_abort(run, problem);
        }
    }
}

static void begin_window(struct run *run) {
    run->phase = PHASE_WINDOW;
    read_usages(run, true);
    run->own_cpu_begin_us = process_own_cpu_us();
    run->begin_ns = run_clock_ns();
}

static void end_window(struct run *run) {
    run->phase = PHASE_DRAIN;
    read_usages(run, false);
    run->own_cpu_end_us = process_own_cpu_us();
    run->end_ns = run_clock_ns();
}

/* --- the open loop --- */

/* The flow number that the first nanosecond after so much time belongs to. */
static uint64_t flows_in(const struct run *run, int64_t time_ns) {
    return ((unsigned __int128)time_ns * run->plan->rate + SECOND_NS - 1) / SECOND_NS;
}

/* Numbers from here on are not in the window any more. */
static uint64_t end_number(const struct run *run) {
    return by_time(run) ? flows_in(run, run->plan->warmup_ns) + flows_in(run, run->plan->window_ns) : run->plan->flows;
}

static int64_t due_ns(const struct run *run, uint64_t number) {
    return run->first_ns + (int64_t)((unsigned __int128)number * SECOND_NS / run->plan->rate);
}

/* --- flows --- */

/* Unless the assertions are used up: then nothing begins any more. */
static void begin_flow(struct run *run, struct player *player, int64_t begun_ns) {
    if (!supply_promise(run->supply, run->plan->flow.assertions)) {
        run->used_up = true;
        return;
    }
    run->begun++;
    flow_begin(run, player, &run->plan->flow, begun_ns);
}

static bool all_have_begun(const struct run *run) {
    if (run->used_up || run->phase < PHASE_WARMUP || run->phase > PHASE_WINDOW) {
        return true;
    }
    return run->plan->rate > 0 ? run->begun >= end_number(run) : !by_time(run) && run->begun >= run->plan->flows;
}

/* The flow that is due next opens the window, if it is the first one in it. */
static void begin_due_flows(struct run *run, int64_t now_ns) {
    while (!all_have_begun(run) && !TAILQ_EMPTY(&run->free) && due_ns(run, run->begun) <= now_ns) {
        if (run->phase == PHASE_WARMUP && run->begun >= flows_in(run, run->plan->warmup_ns)) {
            begin_window(run);
        }
        struct player *player = TAILQ_FIRST(&run->free);
        TAILQ_REMOVE(&run->free, player, line);
        begin_flow(run, player, due_ns(run, run->begun));
    }
}

static void keep_idle(struct run *run, struct player *player) {
    if (player->connection.fd < 0) {
        run_abort(run, "the server closes the connections that should stay open idle");
        return;
    }
    run->idle[run->idle_open++] = connection_release(&player->connection);
    if (run->idle_begun < run->plan->idle_connections) {
        run->idle_begun++;
        flow_begin(run, player, &run->plan->idle_request, run->now_ns);
    }
}

void phase_player_free(struct run *run, struct player *player, int64_t now_ns) {
    switch (run->phase) {
    case PHASE_IDLE_CONNECTIONS:
        keep_idle(run, player);
        break;
    case PHASE_WARMUP:
    case PHASE_WINDOW:
        if (run->plan->rate > 0) {
            TAILQ_INSERT_TAIL(&run->free, player, line);
            begin_due_flows(run, now_ns);
        } else if (!all_have_begun(run)) {
            begin_flow(run, player, now_ns);
        }
        break;
    case PHASE_PROLOGUE:
    case PHASE_DRAIN:
    case PHASE_OVER:
        break;
    }
}

/* --- from phase to phase --- */

static void begin_flows(struct run *run) {
    run->phase = PHASE_WARMUP;
    run->first_ns = run_clock_ns();
    if (!by_time(run) || run->plan->warmup_ns == 0) {
        begin_window(run);
        run->first_ns = run->begin_ns;
    }
    for (size_t i = 0; i < run->plan->connections; i++) {
        phase_player_free(run, &run->players[i], run->first_ns);
    }
}

static void begin_prologues(struct run *run) {
    run->phase = PHASE_PROLOGUE;
    for (size_t i = 0; i < run->plan->connections && run->phase == PHASE_PROLOGUE; i++) {
        supply_promise(run->supply, run->plan->prologue.assertions);
        flow_begin(run, &run->players[i], &run->plan->prologue, run->now_ns);
    }
}

void phase_begin(struct run *run) {
    run->phase = PHASE_IDLE_CONNECTIONS;
    size_t wanted = run->plan->idle_connections;
    while (run->idle_begun < wanted && run->idle_begun < run->plan->connections && run->phase != PHASE_OVER) {
        flow_begin(run, &run->players[run->idle_begun++], &run->plan->idle_request, run->now_ns);
    }
}

static void tick_warmup(struct run *run) {
    if (run->used_up) {
        run_abort(run, "the assertions were used up before the window began");
    } else if (run->plan->rate == 0 && run->now_ns >= run->first_ns + run->plan->warmup_ns) {
        begin_window(run);
    }
}

/* The time when the window is over, unless something is still to begin. */
static int64_t window_end_ns(const struct run *run) {
    return run->plan->rate > 0 ? due_ns(run, end_number(run)) : run->begin_ns + run->plan->window_ns;
}

static void tick_window(struct run *run) {
    bool over;
    if (!by_time(run)) {
        over = run->playing == 0 && all_have_begun(run);
    } else if (run->plan->rate > 0) {
        over = all_have_begun(run) && run->now_ns >= window_end_ns(run);
    } else {
        over = run->now_ns >= window_end_ns(run);
    }
    if (over || run->used_up) {
        end_window(run);
    }
}

static void tick_overload(struct run *run) {
    int64_t planned_ns = due_ns(run, end_number(run)) - run->first_ns, passed_ns = run->now_ns - run->first_ns;
    if (all_have_begun(run) || passed_ns < OVERLOAD_FACTOR * planned_ns + OVERLOAD_GRACE_NS) {
        return;
    }
    if (run->phase == PHASE_WINDOW) {
        end_window(run);
    }
    char problem[160];
    snprintf(problem, sizeof(problem),
             "the rate cannot be held: %zu of %" PRIu64 " flows have begun after %" PRId64 " s", run->begun,
             end_number(run), passed_ns / SECOND_NS);
    run_abort(run, problem);
}

static void tick_phase(struct run *run) {
    switch (run->phase) {
    case PHASE_IDLE_CONNECTIONS:
        if (run->playing == 0) {
            begin_prologues(run);
        }
        break;
    case PHASE_PROLOGUE:
        if (run->playing == 0) {
            begin_flows(run);
        }
        break;
    case PHASE_WARMUP:
        tick_warmup(run);
        break;
    case PHASE_WINDOW:
        tick_window(run);
        break;
    case PHASE_DRAIN:
        run->phase = run->playing == 0 ? PHASE_OVER : PHASE_DRAIN;
        break;
    case PHASE_OVER:
        break;
    }
}

void phase_tick(struct run *run) {
    if (run->plan->rate > 0 && (run->phase == PHASE_WARMUP || run->phase == PHASE_WINDOW)) {
        begin_due_flows(run, run->now_ns);
        tick_overload(run);
    }
    enum phase before;
    do { /* one phase may be over as soon as it has begun */
        before = run->phase;
        tick_phase(run);
    } while (run->phase != before);
}

int64_t phase_next_ns(const struct run *run) {
    bool open = run->plan->rate > 0;
    if (run->phase == PHASE_WARMUP && !open) {
        return run->first_ns + run->plan->warmup_ns;
    }
    if (run->phase != PHASE_WARMUP && run->phase != PHASE_WINDOW) {
        return INT64_MAX;
    }
    if (open && !all_have_begun(run)) {
        return TAILQ_EMPTY(&run->free) ? INT64_MAX : due_ns(run, run->begun);
    }
    return by_time(run) ? window_end_ns(run) : INT64_MAX;
}
