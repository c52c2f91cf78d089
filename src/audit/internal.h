/*
 * internal: the audit trail of the process, shared by the thread that syncs and the one that takes over.
 */
#ifndef AUDIT_INTERNAL_H
#define AUDIT_INTERNAL_H

#include "audit/audit.h"
#include "audit/spool.h"

#include <pthread.h>

struct audit {
    struct audit_options options;
    struct str node;
    struct spool *spool;
    struct trail trail;

    /* Under lost_lock: what could not be kept and is not in the trail as a gap yet. */
    pthread_mutex_t lost_lock;
    int64_t lost, lost_since_ms;
    const char *lost_reason;
    atomic_llong lost_ever;

    pthread_t syncer;
    bool syncing;
    pthread_mutex_t ending_lock;
    pthread_cond_t ended;
    bool ending; /* under ending_lock */

    struct drain *drain;
    atomic_llong drained_ms, rows, place_segment, place_byte; /* kept by drain */
};

/* The record of a gap in the trail: `name` is what the number counts. */
struct str gap_record(struct arena *arena, const char *reason, const char *name, int64_t number, int64_t since_ms);

/* The thread that takes over; ends itself when the spool is empty, or after a while. */
struct drain *drain_start(struct audit *audit, struct fault *fault);
void drain_end(struct drain *drain);

#endif
