/*
 * verify: the whole trail held against its macs, row after row, in bounded memory and while servers write.
 */
#ifndef AUDIT_VERIFY_H
#define AUDIT_VERIFY_H

#include "audit/chain.h"

enum audit_fault {
    AUDIT_CHANGED,          /* the row's record or number is not what was written */
    AUDIT_NOT_OURS,         /* the row was put here: inserted, moved, or written anew */
    AUDIT_COLUMNS,          /* what the row is found by differs from its record */
    AUDIT_REMOVED,          /* the row is missing */
    AUDIT_CUT,              /* the row and all behind it are missing */
    AUDIT_BEFORE_BEGINNING, /* the row stands before the chain's beginning */
    AUDIT_BEHIND_END,       /* the row stands behind the chain's end */
    AUDIT_END,              /* the seal of the chain's end does not fit, or it has none */
    AUDIT_BEGINNING,        /* the seal of the chain's beginning does not fit */
    AUDIT_ROLLED_BACK,      /* a checkpoint knows a row that is not in the chain: an older state was put back */
};
/* "was changed", for a sentence that begins with the row. */
const char *audit_fault_text(enum audit_fault fault);

struct audit_chain_report {
    struct str node;
    int64_t first_seq, last_seq; /* of the rows that were read; last before first: none */
    bool broken;
    enum audit_fault fault; /* of the first row that is not in order, where it is broken */
    int64_t fault_seq;
};

struct audit_verify {
    const struct sealer *sealer;
    const struct audit_mark *checkpoints; /* as read by chain_checkpoint_read */
    size_t checkpoint_count;
    void (*report)(void *ctx, const struct audit_chain_report *report); /* for each chain, in the order of names */
    void *ctx;
};

enum audit_verdict { AUDIT_INTACT, AUDIT_BROKEN, AUDIT_CANNOT_SAY };

/* Waits. */
enum audit_verdict audit_verify(struct sql *sql, const struct audit_verify *verify);

#endif
