/*
 * drain: taking over, one transaction at a time. drain.c has the rounds, drain_chain.c the chain they continue.
 */
#ifndef AUDIT_DRAIN_H
#define AUDIT_DRAIN_H

#include "audit/chain.h"
#include "internal.h"

struct loop;

struct drain {
    struct audit *audit;
    struct loop *loop;
    struct sql *sql;
    pthread_t thread;
    atomic_bool ending;

    bool known; /* the chain's end and the spool's place are as in the database */
    int64_t seq;
    struct chain_mac mac; /* of the row `seq` */
    struct spool_place place;
    int64_t outbox_at_ms, checkpoint_at_ms, checkpoint_seq; /* monotonic; when next, and of which row the last was */
};

/* What one transaction will hold. */
struct drain_batch {
    struct arena *arena;
    struct sql_statement *statements; /* the first is the head's */
    size_t count, size;
    int64_t seq;
    struct chain_mac mac;
};

enum drain_result { DRAIN_DONE, DRAIN_DOWN, DRAIN_BROKEN };

/* Reads where the chain ends, and sees whether it really does. Waits. */
enum drain_result drain_load(struct drain *drain);

void drain_batch_init(struct drain_batch *batch, const struct drain *drain, struct arena *arena, size_t records);
void drain_batch_record(struct drain_batch *batch, const struct drain *drain, struct str record);
void drain_batch_statement(struct drain_batch *batch, struct sql_statement statement);
/* Writes it all with the chain's new end. DRAIN_DOWN also when somebody else was faster: load again. Waits. */
enum drain_result drain_batch_commit(struct drain_batch *batch, struct drain *drain);

/* A line in the log with a seal of the chain's end, now and then and when `now` is set. */
void drain_checkpoint(struct drain *drain, bool now);

#endif
