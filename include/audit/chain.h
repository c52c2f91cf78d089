/*
 * chain: what makes a change in the audit trail visible.
 *
 *   mac of a row      = HMAC(mac of the row before, node, number, record), the first with an empty one before it
 *   seal of a head    = HMAC(node, number, mac): how far the chain goes, so that a cut tail is seen
 *   seal of an anchor = the same of the last row that was taken out after its time
 *
 * under the installation's key for "audit" (jose/seal.h), each with its own first word, so that none stands for
 * another. Whoever has the database and not the key can neither add, change, take out nor reorder. They can put back an
 * old state of all tables together: a checkpoint, a sealed line in the log, shows that (docs/audit.md).
 */
#ifndef AUDIT_CHAIN_H
#define AUDIT_CHAIN_H

#include "jose/seal.h"
#include "store/audit_rows.h"

#define CHAIN_MAC 32

struct chain_mac {
    unsigned char bytes[CHAIN_MAC];
};
static inline struct str chain_mac_str(const struct chain_mac *mac) {
    return str_of(mac->bytes, CHAIN_MAC);
}

/* `before` is empty for the first row. Of the row it reads node, seq and record. */
struct chain_mac chain_row(const struct sealer *sealer, struct str before, const struct audit_row *row);
/* Of the mark it reads node, seq and mac. */
struct chain_mac chain_mark(const struct sealer *sealer, enum audit_mark_kind kind, const struct audit_mark *mark);
bool chain_mark_fits(const struct sealer *sealer, enum audit_mark_kind kind, const struct audit_mark *mark);
struct chain_mac chain_export(const struct sealer *sealer, const struct audit_export *export);

/* "node:number:mac:seal", for the log; under 256 bytes for a node name of at most CHAIN_NODE_MOST. */
#define CHAIN_NODE_MOST 64
struct str chain_checkpoint(const struct sealer *sealer, struct arena *arena, const struct audit_mark *mark);
/* False for what this installation's key has not sealed. */
bool chain_checkpoint_read(const struct sealer *sealer, struct arena *arena, struct str text,
                           struct audit_mark *ret_mark);
/* Letters, digits, ".", "_" and "-": it stands in checkpoints and file headers. */
bool chain_node_is_fine(struct str node);

/*
 * The columns of a record, as they are stored beside it for searching: at_ms, event, result, actor, client_id, subject,
 * request_id. False when it is no record of an event.
 */
bool chain_columns(struct arena *arena, struct str record, struct audit_row *row);
/* Are the columns of a stored row those of its record? */
bool chain_columns_fit(struct arena *arena, const struct audit_row *row);

#endif
