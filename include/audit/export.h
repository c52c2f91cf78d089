/*
 * export: rows of the trail in a file that can be verified on its own, and taking exported rows out after their time.
 * For commands: files are written and read in place.
 *
 * The file is JSON lines: a header (its id, and of each chain the numbers and the mac before the first row), the rows
 * with their macs, chain after chain, and a trailer with the number of rows and a seal of header, number and the
 * chains' last macs. What is exported is a run of each chain: from its first row at or after `from_ms` to its last row
 * before `before_ms`.
 */
#ifndef AUDIT_EXPORT_H
#define AUDIT_EXPORT_H

#include "audit/chain.h"
#include "base/fault.h"

struct audit_export_wanted {
    const struct sealer *sealer;
    int64_t from_ms, before_ms;
    struct str path;  /* must not exist yet; made 0600, and there only when it is whole */
    struct str actor; /* for the event of it */
};
/* Writes the file, remembers what was exported, and puts the event into the outbox. Refuses a chain that is not in
 * order. Waits. */
bool audit_export(struct sql *sql, const struct audit_export_wanted *wanted, int64_t *ret_rows, struct fault *fault);

/* Holds a file against its macs and its seal. The fault names the first line that is not in order. */
bool audit_export_verify(const struct sealer *sealer, struct str path, int64_t *ret_rows, struct fault *fault);

struct audit_prune_wanted {
    const struct sealer *sealer;
    int64_t before_ms;
    struct str actor;
};
struct audit_pruned {
    int64_t rows;         /* taken out */
    int64_t not_exported; /* old enough, and kept because no export has them */
};
/* Takes out, of each chain, the rows from its beginning on that are older and were exported; the chain then begins
 * behind them. Waits. */
bool audit_prune(struct sql *sql, const struct audit_prune_wanted *wanted, struct audit_pruned *ret_pruned,
                 struct fault *fault);

#endif
