/*
 * Hearing events, and the thread that syncs the spool.
 *
 * What cannot be kept is counted; the syncing thread tries again and again to write one record that says how many, and
 * when that is in, the trail is no longer full. A spool near its ceiling counts as full before anything is lost, so
 * that what is under way still has room.
 */
#include "internal.h"

#include "audit/chain.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"

#include <stdlib.h>
#include <time.h>

#define SEGMENT_MOST  (16 * 1024 * 1024)
#define SEGMENT_LEAST (64 * 1024)

/* Fractions of the ceiling: full from the first on, no longer full below the second. */
static bool is_nearly_full(struct audit *audit) {
    return spool_bytes(audit->spool) > audit->options.spool_bytes / 8 * 7;
}
static bool has_room_again(struct audit *audit) {
    return spool_bytes(audit->spool) < audit->options.spool_bytes / 4 * 3;
}

/* --- hearing --- */

static struct str shortened(struct str text) {
    return str_sub(text, 0, text.len < AUDIT_COLUMN_MOST ? text.len : AUDIT_COLUMN_MOST);
}

/* A detail that is too long is left out, then everything but who and when: an event is never too long to be kept. */
static struct str record_of(struct arena *arena, const struct event *event) {
    struct event told = *event;
    for (int tries = 0; tries < 3; tries++) {
        struct buf record;
        buf_init(&record, arena, 512, SPOOL_RECORD_MOST);
        event_write(&told, &record);
        if (!record.failed) {
            return buf_str(&record);
        }
        told.detail = STR("{\"left_out\":\"too long\"}");
        if (tries == 1) {
            told = (struct event){.kind = event->kind,
                                  .result = event->result,
                                  .at_ms = event->at_ms,
                                  .actor = shortened(event->actor),
                                  .request_id = shortened(event->request_id),
                                  .detail = told.detail};
        }
    }
    CHECK(!"a short record is too long");
    return STR_NONE;
}

static void set_full(struct audit *audit, const char *reason) {
    if (!atomic_exchange(&audit->trail.full, true)) {
        log_error("audit.full", log_text("reason", reason), log_int("spool_bytes", spool_bytes(audit->spool)));
    }
}

static const char *reason_of(enum spool_status status) {
    return status == SPOOL_FULL ? "spool_full" : "disk";
}

static void count_lost(struct audit *audit, int64_t at_ms, const char *reason) {
    pthread_mutex_lock(&audit->lost_lock);
    audit->lost_since_ms = audit->lost ? audit->lost_since_ms : at_ms;
    audit->lost_reason = reason;
    audit->lost++;
    pthread_mutex_unlock(&audit->lost_lock);
    atomic_fetch_add(&audit->lost_ever, 1);
}

void audit_hear(void *ctx, const struct event *event) {
    struct audit *audit = ctx;
    if (!event_is_audited(event) || event->in_outbox) {
        return;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    enum spool_status status = spool_append(audit->spool, record_of(arena, event));
    if (status != SPOOL_DONE) {
        count_lost(audit, event->at_ms, reason_of(status));
        set_full(audit, reason_of(status));
    } else if (is_nearly_full(audit)) {
        set_full(audit, "spool_nearly_full");
    }
}

/* --- syncing --- */

struct str gap_record(struct arena *arena, const char *reason, const char *name, int64_t number, int64_t since_ms) {
    struct buf detail, record;
    buf_init(&detail, arena, 128, 512);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_int(&out, name, number);
    json_put_int(&out, "since_ms", since_ms);
    json_close_object(&out);
    buf_init(&record, arena, 256, 1024);
    event_write(&(struct event){.kind = EVENT_AUDIT_GAP,
                                .result = EVENT_FAILED,
                                .reason = reason,
                                .at_ms = clock_wall_ms(),
                                .detail = buf_str(&detail)},
                &record);
    CHECK(!record.failed);
    return buf_str(&record);
}

/* True when nothing is lost that the trail does not know of. */
static bool tell_gap(struct audit *audit) {
    pthread_mutex_lock(&audit->lost_lock);
    int64_t lost = audit->lost, since = audit->lost_since_ms;
    const char *reason = audit->lost_reason;
    pthread_mutex_unlock(&audit->lost_lock);
    if (lost == 0) {
        return true;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    if (is_nearly_full(audit) ||
        spool_append(audit->spool, gap_record(arena, reason, "lost", lost, since)) != SPOOL_DONE) {
        return false;
    }
    log_warn("audit.gap", log_int("lost", lost));
    pthread_mutex_lock(&audit->lost_lock);
    audit->lost -= lost;
    bool none = audit->lost == 0;
    pthread_mutex_unlock(&audit->lost_lock);
    return none;
}

static void look_after(struct audit *audit) {
    if (!spool_sync(audit->spool)) {
        log_error("audit.sync_failed");
    }
    if (atomic_load(&audit->trail.full) && tell_gap(audit) && has_room_again(audit)) {
        atomic_store(&audit->trail.full, false);
        log_info("audit.has_room");
    }
}

static bool wait_for_end(struct audit *audit) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    int64_t ns = until.tv_nsec + audit->options.sync_ms % 1000 * 1000000;
    until.tv_sec += audit->options.sync_ms / 1000 + ns / 1000000000;
    until.tv_nsec = ns % 1000000000;
    pthread_mutex_lock(&audit->ending_lock);
    int timed_out = 0;
    while (!audit->ending && !timed_out) {
        timed_out = pthread_cond_timedwait(&audit->ended, &audit->ending_lock, &until);
    }
    bool ending = audit->ending;
    pthread_mutex_unlock(&audit->ending_lock);
    return ending;
}

static void *sync_main(void *arg) {
    struct audit *audit = arg;
    while (!wait_for_end(audit)) {
        look_after(audit);
    }
    look_after(audit);
    return NULL;
}

static void end_syncer(struct audit *audit) {
    if (!audit->syncing) {
        return;
    }
    pthread_mutex_lock(&audit->ending_lock);
    audit->ending = true;
    pthread_cond_signal(&audit->ended);
    pthread_mutex_unlock(&audit->ending_lock);
    pthread_join(audit->syncer, NULL);
}

/* --- opening --- */

static struct audit *audit_new(const struct audit_options *options) {
    struct audit *audit = check_calloc(1, sizeof(*audit));
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&audit->ended, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&audit->lost_lock, NULL);
    pthread_mutex_init(&audit->ending_lock, NULL);
    audit->options = *options;
    audit->trail.refuses_sign_ins = options->refuse_when_full;
    return audit;
}

static bool open_spool(struct audit *audit, struct fault *fault) {
    const struct audit_options *options = &audit->options;
    int64_t segment = options->spool_bytes / 16;
    const struct spool_options spool = {.folder = options->folder,
                                        .ceiling = options->spool_bytes,
                                        .segment_bytes = segment < SEGMENT_LEAST  ? SEGMENT_LEAST
                                                         : segment > SEGMENT_MOST ? SEGMENT_MOST
                                                                                  : segment};
    if (!spool_open(&spool, &audit->spool, fault)) {
        return false;
    }
    audit->node = str_is_empty(options->node) ? spool_id(audit->spool) : options->node;
    return chain_node_is_fine(audit->node) ||
           fault_set(fault, "server.node is not a name of at most %d letters, digits, '.', '_' and '-'",
                     CHAIN_NODE_MOST);
}

bool audit_open(const struct audit_options *options, struct audit **ret_audit, struct fault *fault) {
    struct audit *audit = audit_new(options);
    if (!open_spool(audit, fault) || !(audit->drain = drain_start(audit, fault))) {
        audit_close(audit);
        return false;
    }
    if (pthread_create(&audit->syncer, NULL, sync_main, audit) != 0) {
        fault_set(fault, "the audit trail's thread could not be started: the limit of threads is reached");
        audit_close(audit);
        return false;
    }
    audit->syncing = true;
    pthread_setname_np(audit->syncer, "audit-sync");
    *ret_audit = audit;
    return true;
}

void audit_close(struct audit *audit) {
    if (!audit) {
        return;
    }
    end_syncer(audit); /* first: it may have one more record to write */
    drain_end(audit->drain);
    spool_close(audit->spool);
    pthread_cond_destroy(&audit->ended);
    pthread_mutex_destroy(&audit->lost_lock);
    pthread_mutex_destroy(&audit->ending_lock);
    free(audit);
}

const struct trail *audit_trail(const struct audit *audit) {
    return &audit->trail;
}

struct audit_status audit_status(struct audit *audit) {
    const struct spool_place place = {atomic_load(&audit->place_segment), atomic_load(&audit->place_byte)};
    return (struct audit_status){
        .state = (enum trail_state)atomic_load(&audit->trail.state),
        .full = atomic_load(&audit->trail.full),
        .backlog_bytes = spool_backlog(audit->spool, place),
        .spool_bytes = spool_bytes(audit->spool),
        .lost = atomic_load(&audit->lost_ever),
        .drained_ms = atomic_load(&audit->drained_ms),
        .rows = atomic_load(&audit->rows),
    };
}
