/*
 * audit: the audit trail of this process. It hears events, keeps them in a spool at once (audit/spool.h), and a thread
 * of its own takes them from there, and the events of administrative changes from the outbox (store/outbox.h), into the
 * chained rows of the database (audit/chain.h, store/audit_rows.h). docs/audit.md says what is guaranteed.
 *
 *   audit_hear ─▶ spool ─┐
 *                        ├─▶ one transaction: rows, head of the chain, place in the spool, outbox rows taken out
 *   outbox ──────────────┘
 *
 * A record is in the spool until the transaction that has it and the spool's new place is committed, so that it is in
 * the trail once, whenever the process ends.
 */
#ifndef AUDIT_AUDIT_H
#define AUDIT_AUDIT_H

#include "base/fault.h"
#include "base/str.h"
#include "model/event.h"
#include "model/trail.h"

struct sealer;
struct sql_database;
struct audit;

struct audit_options {
    struct str folder;     /* of the spool */
    struct str node;       /* name of this server's chain; absent: the spool's own */
    int64_t spool_bytes;   /* ceiling of the spool */
    int64_t sync_ms;       /* at most this long until what was heard is on the disk */
    int64_t checkpoint_ms; /* between two checkpoints in the log */
    bool refuse_when_full; /* sign-ins too; administration always is */
    struct sql_database *database;
    const struct sealer *sealer; /* of the purpose "audit" */
};

/* Opens the spool and starts taking over what an earlier run has left in it. The options' strings, database and sealer
 * must outlive it. */
bool audit_open(const struct audit_options *options, struct audit **ret_audit, struct fault *fault);
/* Takes over what is left, for a few seconds at most; the rest stays in the spool. When nobody tells events any more.
 * NULL is fine. */
void audit_close(struct audit *audit);

/* For struct event_sink; ctx is the struct audit. From any thread. Never waits: one write(2) into the page cache. */
void audit_hear(void *ctx, const struct event *event);

/* How it fares, for the rules; lives as long as the audit. */
const struct trail *audit_trail(const struct audit *audit);

/* The same for operators. From any thread. */
struct audit_status {
    enum trail_state state;
    bool full;
    int64_t backlog_bytes; /* in the spool and not yet in the database */
    int64_t spool_bytes;   /* on the disk */
    int64_t lost;          /* events that could not be kept since the start */
    int64_t drained_ms;    /* when the database last had everything; wall clock, 0 for not yet */
    int64_t rows;          /* rows written since the start */
};
struct audit_status audit_status(struct audit *audit);

#endif
