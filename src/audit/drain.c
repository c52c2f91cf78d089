/*
 * The thread that takes over, and its rounds: some records of the spool, some of the outbox, a pause when there was
 * nothing. While the database does not answer it tries again, ever less often; everything waits in the spool.
 */
#include "drain.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "store/outbox.h"

#include <semaphore.h>
#include <stdlib.h>

#define BATCH_MOST  256
#define PAUSE_MS    100
#define OUTBOX_MS   500
#define RETRY_MS    250
#define RETRY_MOST  4000
#define BROKEN_MS   5000
#define PATIENCE_MS 3000 /* at the end */

/* --- one round --- */

static void moved_to(struct drain *drain, struct spool_place place) {
    drain->place = place;
    atomic_store(&drain->audit->place_segment, place.segment);
    atomic_store(&drain->audit->place_byte, place.at_byte);
    spool_release(drain->audit->spool, place);
}

static enum drain_result take_from_spool(struct drain *drain, bool *more) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct spool_batch found;
    struct drain_batch batch;
    if (!spool_read(drain->audit->spool, arena, drain->place, BATCH_MOST, &found)) {
        log_error("audit.spool_unreadable", log_int("segment", drain->place.segment));
        return DRAIN_DOWN;
    }
    if (found.count == 0 && found.damaged == 0) {
        return DRAIN_DONE;
    }
    drain_batch_init(&batch, drain, arena, BATCH_MOST + 1);
    if (found.damaged > 0) {
        log_warn("audit.spool_damaged", log_int("bytes", found.damaged), log_int("segment", found.end.segment));
        drain_batch_record(&batch, drain,
                           gap_record(arena, "spool_damaged", "bytes", found.damaged, found.end.segment));
    }
    for (size_t i = 0; i < found.count; i++) {
        drain_batch_record(&batch, drain, found.records[i]);
    }
    drain_batch_statement(&batch,
                          audit_spools_put(spool_id(drain->audit->spool), found.end.segment, found.end.at_byte));
    enum drain_result result = drain_batch_commit(&batch, drain);
    if (result == DRAIN_DONE) {
        moved_to(drain, found.end);
        *more = *more || found.more;
    }
    return result;
}

/* Several servers look at one outbox. Of two that take the same rows one wins, and the other finds them gone. */
static enum drain_result take_from_outbox(struct drain *drain, bool *more) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct outbox_row *rows;
    struct drain_batch batch;
    size_t count;
    if (clock_monotonic_ms() < drain->outbox_at_ms) {
        return DRAIN_DONE;
    }
    if (outbox_read(drain->sql, arena, BATCH_MOST, &rows, &count) != SQL_DONE) {
        return DRAIN_DOWN;
    }
    unsigned char chance;
    random_bytes(&chance, 1);
    drain->outbox_at_ms = clock_monotonic_ms() + (count == BATCH_MOST ? 0 : OUTBOX_MS + chance);
    if (count == 0) {
        return DRAIN_DONE;
    }
    drain_batch_init(&batch, drain, arena, count);
    for (size_t i = 0; i < count; i++) {
        drain_batch_statement(&batch, outbox_take(rows[i].event_id));
        drain_batch_record(&batch, drain, rows[i].record);
    }
    *more = *more || count == BATCH_MOST;
    return drain_batch_commit(&batch, drain);
}

static enum drain_result take(struct drain *drain, bool *more) {
    if (!drain->known) {
        enum drain_result result = drain_load(drain);
        if (result != DRAIN_DONE) {
            return result;
        }
        moved_to(drain, drain->place);
    }
    enum drain_result result = take_from_spool(drain, more);
    return result == DRAIN_DONE ? take_from_outbox(drain, more) : result;
}

/* --- rounds --- */

static enum trail_state state_of(enum drain_result result) {
    return result == DRAIN_DONE ? TRAIL_FINE : result == DRAIN_BROKEN ? TRAIL_BROKEN : TRAIL_BEHIND;
}

/* Said when it changes, not every time. */
static void tell_state(struct drain *drain, enum drain_result result) {
    enum trail_state state = state_of(result);
    if (atomic_exchange(&drain->audit->trail.state, (int)state) == (int)state) {
        return;
    }
    if (state == TRAIL_FINE) {
        log_info("audit.caught_up");
    } else if (state == TRAIL_BROKEN) {
        log_error("audit.chain_broken", log_str("node", drain->audit->node));
    } else {
        log_warn("audit.behind", log_int("backlog_bytes", spool_backlog(drain->audit->spool, drain->place)));
    }
}

/* The first failure may be another server that was faster with a row of the outbox. */
static int64_t pause_after(struct drain *drain, enum drain_result result, bool more, int *failures) {
    *failures = result == DRAIN_DONE ? 0 : *failures + 1;
    if (result != DRAIN_DOWN || *failures > 1) {
        tell_state(drain, result);
    }
    if (result == DRAIN_DONE) {
        return more ? 0 : PAUSE_MS;
    }
    int64_t pause = RETRY_MS;
    for (int i = 1; i < *failures && pause < RETRY_MOST; i++) {
        pause *= 2;
    }
    return result == DRAIN_BROKEN ? BROKEN_MS : pause;
}

/* Short sleeps, so that an end does not wait for a long one. */
static void pause_for(struct drain *drain, int64_t ms) {
    while (ms > 0 && !atomic_load(&drain->ending)) {
        int64_t nap = ms < PAUSE_MS ? ms : PAUSE_MS;
        fiber_sleep(nap);
        ms -= nap;
    }
}

static void run(void *arg) {
    struct drain *drain = arg;
    int64_t deadline = INT64_MAX;
    int failures = 0;
    bool more = true, ending = false;
    while (!ending || ((more || failures == 1) && clock_monotonic_ms() < deadline)) {
        ending = atomic_load(&drain->ending); /* before the look, so that the last one sees everything */
        deadline = ending && deadline == INT64_MAX ? clock_monotonic_ms() + PATIENCE_MS : deadline;
        more = false;
        enum drain_result result = take(drain, &more);
        if (result == DRAIN_DONE && !more) {
            atomic_store(&drain->audit->drained_ms, clock_wall_ms());
        }
        int64_t pause = pause_after(drain, result, more, &failures);
        if (drain->known) {
            drain_checkpoint(drain, ending && !more);
        }
        pause_for(drain, pause);
    }
    loop_stop(drain->loop);
}

/* --- its life --- */

static void start_run(void *arg) {
    struct drain *drain = arg;
    fiber_spawn(drain->loop, run, drain);
}

struct start {
    struct drain *drain;
    struct fault *fault;
    sem_t started;
    bool fine;
};

static void *drain_main(void *arg) {
    struct start *start = arg;
    struct drain *drain = start->drain;
    drain->loop = loop_new();
    bool fine = start->fine = sql_connect(drain->audit->options.database, &drain->sql, start->fault);
    sem_post(&start->started); /* `start` is gone after this */
    if (fine) {
        loop_post(drain->loop, start_run, drain);
        loop_run(drain->loop);
        loop_end_fibers(drain->loop);
        sql_free(drain->sql);
    }
    loop_free(drain->loop);
    return NULL;
}

struct drain *drain_start(struct audit *audit, struct fault *fault) {
    struct drain *drain = check_calloc(1, sizeof(*drain));
    drain->audit = audit;
    struct start start = {.drain = drain, .fault = fault};
    sem_init(&start.started, 0, 0);
    if (pthread_create(&drain->thread, NULL, drain_main, &start) != 0) {
        fault_set(fault, "the audit trail's thread could not be started: the limit of threads is reached");
        free(drain);
        sem_destroy(&start.started);
        return NULL;
    }
    pthread_setname_np(drain->thread, "audit");
    while (sem_wait(&start.started) != 0) {
    }
    sem_destroy(&start.started);
    if (!start.fine) {
        pthread_join(drain->thread, NULL);
        free(drain);
        return NULL;
    }
    return drain;
}

void drain_end(struct drain *drain) {
    if (!drain) {
        return;
    }
    atomic_store(&drain->ending, true);
    pthread_join(drain->thread, NULL);
    free(drain);
}
