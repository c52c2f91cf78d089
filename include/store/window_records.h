/*
 * window_records: table window_records. What was seen of the person arrives here sealed.
 */
#ifndef STORE_WINDOW_RECORDS_H
#define STORE_WINDOW_RECORDS_H

#include "model/window.h"
#include "store/sql.h"

struct window_row {
    struct str record_id;
    struct str account_id; /* absent while the person has none */
    enum window_state state;
    struct str sealed;
    struct str place;
    struct str recorded_by, decided_by; /* admin ids; decided_by absent while it waits */
    struct str reason;                  /* of a refusal; absent for none */
    int64_t version, created_at, decided_at;
};

/* For sql_write. The second must find the version before its own, and the record waiting; it gives one without an
 * account the row's. */
struct sql_statement window_records_insert(const struct window_row *row);
struct sql_statement window_records_decide(const struct window_row *row);

/* Wait. */
enum sql_status window_records_get(struct sql *sql, struct arena *arena, struct str record_id,
                                   struct window_row *ret_row);
/* By state (0 for all), in order of ids, from `after` on (absent: from the start). */
enum sql_status window_records_list(struct sql *sql, struct arena *arena, int state, struct str after, size_t most,
                                    struct window_row **ret_rows, size_t *ret_count);

#endif
