/*
 * The loop: waiting for events and for what is due.
 */
#include "run.h"

#include "base/check.h"

#include <errno.h>
#include <sys/epoll.h>

#define EVENTS_MOST    256
#define SWEEP_EVERY_NS 1000000000
#define SECOND_NS      1000000000

/* Most are put behind all others: pauses of one plan have few different lengths. */
void run_sleep(struct run *run, struct player *player, int64_t wakes_ns) {
    struct player *before;
    player->wakes_ns = wakes_ns;
    TAILQ_FOREACH_REVERSE(before, &run->sleepers, player_line, line) {
        if (before->wakes_ns <= wakes_ns) {
            TAILQ_INSERT_AFTER(&run->sleepers, before, player, line);
            return;
        }
    }
    TAILQ_INSERT_HEAD(&run->sleepers, player, line);
}

void run_abort(struct run *run, const char *problem) {
    tally_wrong(&run->tally, run->arena, STR("run"), problem, NULL);
    run->phase = PHASE_OVER;
}

static void wake_sleepers(struct run *run) {
    struct player *player;
    while ((player = TAILQ_FIRST(&run->sleepers)) && player->wakes_ns <= run->now_ns) {
        TAILQ_REMOVE(&run->sleepers, player, line);
        flow_wake(run, player);
    }
}

static void sweep(struct run *run) {
    if (run->now_ns >= run->next_sweep_ns) {
        run->next_sweep_ns = run->now_ns + SWEEP_EVERY_NS;
        for (size_t i = 0; i < run->plan->connections; i++) {
            flow_check_patience(run, &run->players[i]);
        }
    }
}

/* How long to wait when nothing happens. */
static struct timespec waiting_time(const struct run *run) {
    int64_t next_ns = run->next_sweep_ns, phase_ns = phase_next_ns(run);
    const struct player *sleeper = TAILQ_FIRST(&run->sleepers);
    next_ns = phase_ns < next_ns ? phase_ns : next_ns;
    next_ns = sleeper && sleeper->wakes_ns < next_ns ? sleeper->wakes_ns : next_ns;
    int64_t left_ns = next_ns - run_clock_ns();
    left_ns = left_ns > 0 ? left_ns : 0;
    return (struct timespec){left_ns / SECOND_NS, left_ns % SECOND_NS};
}

void run_play(struct run *run) {
    struct epoll_event events[EVENTS_MOST];
    run->now_ns = run_clock_ns();
    phase_begin(run);
    phase_tick(run);
    while (run->phase != PHASE_OVER) {
        struct timespec time = waiting_time(run);
        int count = epoll_pwait2(run->endpoint.poll, events, EVENTS_MOST, &time, NULL);
        CHECK(count >= 0 || errno == EINTR);
        run->now_ns = run_clock_ns();
        for (int i = 0; i < count && run->phase != PHASE_OVER; i++) {
            flow_event(run, events[i].data.ptr, events[i].events);
        }
        run->now_ns = run_clock_ns();
        wake_sleepers(run);
        sweep(run);
        phase_tick(run);
    }
}
