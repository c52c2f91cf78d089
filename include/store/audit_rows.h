/*
 * audit_rows: the tables of the audit trail. What the macs and seals mean is the business of audit/chain.h; here they
 * are bytes.
 *
 *   audit          the rows; one chain of them for each node, numbered from 1 without a gap
 *   audit_heads    the last row of each chain
 *   audit_anchors  the last row of each chain that was taken out after its time
 *   audit_spools   how far each spool has been taken over; written in the transaction of its rows
 *   audit_exports  which rows were exported
 */
#ifndef STORE_AUDIT_ROWS_H
#define STORE_AUDIT_ROWS_H

#include "store/sql.h"

/* Texts of the columns for searching are cut to this many bytes; the record has the whole. */
#define AUDIT_COLUMN_MOST 256

struct audit_row {
    struct str node;
    int64_t seq, at_ms;
    struct str event, result;                         /* names as in model/events.def */
    struct str actor, client_id, subject, request_id; /* absent for none */
    struct str record;                                /* the whole event, as of event_write */
    struct str mac;                                   /* 32 bytes */
};

/* The end of a chain, or where it begins: a row's number and mac, and a seal of them. */
struct audit_mark {
    struct str node;
    int64_t seq;
    struct str mac, seal;
};

struct audit_export {
    struct str export_id, node;
    int64_t from_seq, to_seq, at_ms;
    struct str seal;
};

enum audit_mark_kind { AUDIT_HEAD, AUDIT_ANCHOR };

/* --- rows --- */

struct sql_statement audit_rows_insert(const struct audit_row *row);
/* Of one chain, in its order, behind `after_seq`. SQL_DONE also with none. Waits. */
enum sql_status audit_rows_chain(struct sql *sql, struct arena *arena, struct str node, int64_t after_seq, size_t most,
                                 struct audit_row **ret_rows, size_t *ret_count);
/* The highest number of a chain; SQL_MISSING when it has no rows. Waits. */
enum sql_status audit_rows_last(struct sql *sql, struct arena *arena, struct str node, struct audit_row *ret_row);
/* The first row of a chain at or after a time, and the last one before it; SQL_MISSING. Wait. */
enum sql_status audit_rows_since(struct sql *sql, struct arena *arena, struct str node, int64_t from_ms,
                                 int64_t *ret_seq);
enum sql_status audit_rows_until(struct sql *sql, struct arena *arena, struct str node, int64_t before_ms,
                                 int64_t *ret_seq);
/* The name of the chain that follows `after` among the rows; SQL_MISSING at the end. Waits. */
enum sql_status audit_rows_node(struct sql *sql, struct arena *arena, struct str after, struct str *ret_node);
struct sql_statement audit_rows_delete(struct str node, int64_t through_seq);

/* --- searching --- */

/* Absent members do not filter. One filter, or a span of time, finds a page among any number of rows at once; of
 * several one leads and the others are looked at row by row, which takes time where they hardly ever come together: a
 * span of time bounds it. */
struct audit_filter {
    struct str actor, client_id, subject, event, result, request_id;
    int64_t from_ms, before_ms; /* before_ms 0: no end */
};
/* A row's place in the order of a search, for the next page. */
struct audit_place {
    int64_t at_ms;
    struct str node;
    int64_t seq;
};
/* The newest first, those that come after `after` (NULL: from the start). SQL_DONE also with none. Waits. */
enum sql_status audit_rows_search(struct sql *sql, struct arena *arena, const struct audit_filter *filter,
                                  const struct audit_place *after, size_t most, struct audit_row **ret_rows,
                                  size_t *ret_count);

/* The statement of such a search, for looking at its plan. */
const char *audit_rows_search_text(const struct audit_filter *filter);

/* --- marks, spools, exports --- */

/* SQL_MISSING when there is none. Waits. */
enum sql_status audit_marks_get(struct sql *sql, struct arena *arena, enum audit_mark_kind kind, struct str node,
                                struct audit_mark *ret_mark);
/* All of them that come after the node `after`, at most `most`. SQL_DONE also with none. Waits. */
enum sql_status audit_marks_list(struct sql *sql, struct arena *arena, enum audit_mark_kind kind, struct str after,
                                 size_t most, struct audit_mark **ret_marks, size_t *ret_count);
/* The first one of a chain; conflicts when there is one already. */
struct sql_statement audit_marks_insert(enum audit_mark_kind kind, const struct audit_mark *mark);
/* Replaces the one that has `from_seq`; must_change, so that of two writers one notices. */
struct sql_statement audit_marks_move(enum audit_mark_kind kind, const struct audit_mark *mark, int64_t from_seq);

/* SQL_MISSING for a spool that was never taken from. Waits. */
enum sql_status audit_spools_get(struct sql *sql, struct arena *arena, struct str spool_id, int64_t *ret_segment,
                                 int64_t *ret_at_byte);
struct sql_statement audit_spools_put(struct str spool_id, int64_t segment, int64_t at_byte);

struct sql_statement audit_exports_insert(const struct audit_export *export);
/* The export that covers the row `seq` of a chain and reaches furthest; SQL_MISSING. Waits. */
enum sql_status audit_exports_covering(struct sql *sql, struct arena *arena, struct str node, int64_t seq,
                                       struct audit_export *ret_export);

#endif
