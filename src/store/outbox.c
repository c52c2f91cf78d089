/*
 * Events on their way from a change to the audit trail. Ids begin with the time, so that they are taken in order.
 */
#include "store/outbox.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"

struct sql_statement outbox_put(struct arena *arena, const struct event *event) {
    struct event dated = *event;
    if (dated.at_ms == 0) {
        dated.at_ms = clock_wall_ms();
    }
    struct buf record;
    buf_init(&record, arena, 512, EVENT_RECORD_MOST);
    event_write(&dated, &record);
    CHECK(!record.failed);
    struct str id = str_format(arena, "%015lld-%.*s", (long long)dated.at_ms, STR_ARG(random_text(arena, 12)));
    return (struct sql_statement){.text = "INSERT INTO audit_outbox (event_id, record) VALUES ($1, $2)",
                                  .values = {sql_text(id), sql_text(buf_str(&record))},
                                  .value_count = 2};
}

enum sql_status outbox_read(struct sql *sql, struct arena *arena, size_t most, struct outbox_row **ret_rows,
                            size_t *ret_count) {
    const struct sql_statement statement = {.text = "SELECT event_id, record FROM audit_outbox ORDER BY event_id"};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct outbox_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = (struct outbox_row){rows.cells[2 * i].bytes, rows.cells[2 * i + 1].bytes};
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

struct sql_statement outbox_take(struct str event_id) {
    return (struct sql_statement){.text = "DELETE FROM audit_outbox WHERE event_id = $1",
                                  .values = {sql_text(event_id)},
                                  .value_count = 1,
                                  .must_change = true};
}
