/*
 * audit: what the subcommands of tongxing audit share.
 */
#ifndef COMMAND_AUDIT_H
#define COMMAND_AUDIT_H

#include "audit/chain.h"
#include "command.h"

/* As given on the command line; times in milliseconds, 0 for none. */
struct audit_args {
    struct str file, other_file; /* the configuration, and the exported file */
    struct audit_filter filter;  /* with from and to */
    int64_t limit;
    bool json;
    const struct str *checkpoints;
    size_t checkpoint_count;
};

/* Says what is wrong on standard error. argv[0] is the subcommand. */
bool audit_args_read(int argc, char **argv, struct arena *arena, struct audit_args *ret_args);
/* "2026-01-05" (its first moment), "2026-01-05T02:03:04Z", "2026-01-05T10:03:04+08:00" (RFC 3339). */
bool audit_time_read(struct str text, int64_t *ret_ms);
/* The same in UTC, with milliseconds. */
struct str audit_time_text(struct arena *arena, int64_t ms);

/* One run of a subcommand, on a fiber. */
struct audit_job {
    struct arena *arena;
    const struct config *config;
    const struct audit_args *args;
    const struct sealer *sealer;
    struct sql *sql;
    struct fault fault;
};

/* Prints the rows that the arguments' filter finds. False with the fault set. Waits. */
bool audit_search_print(struct audit_job *job);

#endif
