/*
 * outbox: events of changes in the durable store, written in the same transaction as the change, so that there is
 * neither a change without its event nor an event without its change. The audit trail takes them from here.
 */
#ifndef STORE_OUTBOX_H
#define STORE_OUTBOX_H

#include "model/event.h"
#include "store/sql.h"

/* The statement that puts the event there; to be one of a write's. Sets at_ms where it is 0. */
struct sql_statement outbox_put(struct arena *arena, const struct event *event);

struct outbox_row {
    struct str event_id, record; /* as of event_write */
};
/* The oldest, at most `most`. SQL_DONE also with none. Waits. */
enum sql_status outbox_read(struct sql *sql, struct arena *arena, size_t most, struct outbox_row **ret_rows,
                            size_t *ret_count);
/* The statement that takes it out again; must_change, so that of two takers one wins. */
struct sql_statement outbox_take(struct str event_id);

#endif
