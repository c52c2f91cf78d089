/*
 * What was seen at service counters.
 */
#include "store/window_records.h"

#define COLUMNS                                                                                                        \
    "record_id, account_id, state, sealed, place, recorded_by, decided_by, reason, version, created_at, decided_at"

static struct window_row row_of(const struct sql_value *cells) {
    return (struct window_row){
        .record_id = cells[0].bytes,
        .account_id = cells[1].bytes,
        .state = (enum window_state)cells[2].number,
        .sealed = cells[3].bytes,
        .place = cells[4].bytes,
        .recorded_by = cells[5].bytes,
        .decided_by = cells[6].bytes,
        .reason = cells[7].bytes,
        .version = cells[8].number,
        .created_at = cells[9].number,
        .decided_at = cells[10].number,
    };
}

struct sql_statement window_records_insert(const struct window_row *row) {
    return (struct sql_statement){
        .text = "INSERT INTO window_records (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, NULL, NULL, 1, $7, 0)",
        .values = {sql_text(row->record_id), sql_text(row->account_id), sql_int(row->state), sql_blob(row->sealed),
                   sql_text(row->place), sql_text(row->recorded_by), sql_int(row->created_at)},
        .value_count = 7};
}

struct sql_statement window_records_decide(const struct window_row *row) {
    return (struct sql_statement){
        .text = "UPDATE window_records SET state = $2, decided_by = $3, reason = $4, version = $5, decided_at = $6,"
                " account_id = COALESCE(account_id, $8)"
                " WHERE record_id = $1 AND version = $5 - 1 AND state = $7",
        .values = {sql_text(row->record_id), sql_int(row->state), sql_text(row->decided_by), sql_text(row->reason),
                   sql_int(row->version), sql_int(row->decided_at), sql_int(WINDOW_WAITING), sql_text(row->account_id)},
        .value_count = 8,
        .must_change = true};
}

enum sql_status window_records_get(struct sql *sql, struct arena *arena, struct str record_id,
                                   struct window_row *ret_row) {
    const struct sql_statement statement = {.text = "SELECT " COLUMNS " FROM window_records WHERE record_id = $1",
                                            .values = {sql_text(record_id)},
                                            .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = row_of(rows.cells);
    }
    return status;
}

enum sql_status window_records_list(struct sql *sql, struct arena *arena, int state, struct str after, size_t most,
                                    struct window_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = "SELECT " COLUMNS
                " FROM window_records WHERE record_id > $1 AND ($2 = 0 OR state = $2) ORDER BY record_id LIMIT $3",
        .values = {sql_text(str_or(after, STR(""))), sql_int(state), sql_int((int64_t)most)},
        .value_count = 3};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct window_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
