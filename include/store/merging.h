/*
 * merging: the statements by which everything of one account goes to another, table by table. The rows of the two
 * accounts themselves are the caller's (accounts_close, accounts_update).
 */
#ifndef STORE_MERGING_H
#define STORE_MERGING_H

#include "store/sql.h"

#define MERGING_MOST 24

struct merging {
    struct sql_statement statements[MERGING_MOST];
    size_t count;
};

/* Both must be active and no administrator's, or nothing of the write is done. Locks them in one order whoever goes to
 * whom. First of all. */
void merging_lock(struct merging *merging, struct str from, struct str into);
/* Evidence above level 1 of one of them does not count any more. Before the move. */
void merging_end_evidence(struct merging *merging, struct str account_id, int64_t now);
/* Nor does what services gave `from` that `into` has a link to as well: its link is not moved. Before the move. */
void merging_end_linked_evidence(struct merging *merging, struct str from, struct str into, int64_t now);
/* What both have of a kind that there is one of (an identifier, a link, a consent) stays as `into` has it. */
void merging_move(struct merging *merging, struct str from, struct str into);

#endif
