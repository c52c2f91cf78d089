/*
 * The rows of the audit trail, and searching them.
 *
 * A search is one of a few constant statements: they differ in the column that leads, which has an index of its own
 * together with the order of the result, and have all conditions in common. So each page is a walk along one index,
 * from where the last page ended, however many rows there are.
 */
#include "store/audit_rows.h"

#include "base/check.h"

#define COLUMNS                                                                                                        \
    "SELECT node, seq, at_ms, event, result, actor, client_id, subject, request_id, record, mac FROM audit WHERE "
#define COLUMN_COUNT 11

static struct audit_row row_of(const struct sql_value *cells) {
    return (struct audit_row){.node = cells[0].bytes,
                              .seq = cells[1].number,
                              .at_ms = cells[2].number,
                              .event = cells[3].bytes,
                              .result = cells[4].bytes,
                              .actor = cells[5].bytes,
                              .client_id = cells[6].bytes,
                              .subject = cells[7].bytes,
                              .request_id = cells[8].bytes,
                              .record = cells[9].bytes,
                              .mac = cells[10].bytes};
}

static enum sql_status read_rows(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                 size_t most, struct audit_row **ret_rows, size_t *ret_count) {
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    CHECK(rows.count == 0 || rows.columns == COLUMN_COUNT);
    *ret_rows = arena_array_of(arena, rows.count + 1, struct audit_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

static enum sql_status read_one(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                struct sql_value *ret_value) {
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_value = rows.cells[0];
    }
    return status;
}

/* --- one chain --- */

struct sql_statement audit_rows_insert(const struct audit_row *row) {
    return (struct sql_statement){
        .text = "INSERT INTO audit (node, seq, at_ms, event, result, actor, client_id, subject, request_id, record, "
                "mac) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        .values = {sql_text(row->node), sql_int(row->seq), sql_int(row->at_ms), sql_text(row->event),
                   sql_text(row->result), sql_text(row->actor), sql_text(row->client_id), sql_text(row->subject),
                   sql_text(row->request_id), sql_text(row->record), sql_blob(row->mac)},
        .value_count = COLUMN_COUNT};
}

enum sql_status audit_rows_chain(struct sql *sql, struct arena *arena, struct str node, int64_t after_seq, size_t most,
                                 struct audit_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {.text = COLUMNS "node = $1 AND seq > $2 ORDER BY seq LIMIT $3",
                                            .values = {sql_text(node), sql_int(after_seq), sql_int((int64_t)most)},
                                            .value_count = 3};
    return read_rows(sql, arena, &statement, most, ret_rows, ret_count);
}

enum sql_status audit_rows_last(struct sql *sql, struct arena *arena, struct str node, struct audit_row *ret_row) {
    const struct sql_statement statement = {
        .text = COLUMNS "node = $1 ORDER BY seq DESC LIMIT 1", .values = {sql_text(node)}, .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = row_of(rows.cells);
    }
    return status;
}

static enum sql_status read_seq(struct sql *sql, struct arena *arena, const char *text, struct str node, int64_t at_ms,
                                int64_t *ret_seq) {
    const struct sql_statement statement = {.text = text, .values = {sql_text(node), sql_int(at_ms)}, .value_count = 2};
    struct sql_value value;
    enum sql_status status = read_one(sql, arena, &statement, &value);
    if (status == SQL_DONE) {
        *ret_seq = value.number;
    }
    return status;
}

enum sql_status audit_rows_since(struct sql *sql, struct arena *arena, struct str node, int64_t from_ms,
                                 int64_t *ret_seq) {
    return read_seq(sql, arena, "SELECT seq FROM audit WHERE node = $1 AND at_ms >= $2 ORDER BY seq LIMIT 1", node,
                    from_ms, ret_seq);
}

enum sql_status audit_rows_until(struct sql *sql, struct arena *arena, struct str node, int64_t before_ms,
                                 int64_t *ret_seq) {
    return read_seq(sql, arena, "SELECT seq FROM audit WHERE node = $1 AND at_ms < $2 ORDER BY seq DESC LIMIT 1", node,
                    before_ms, ret_seq);
}

enum sql_status audit_rows_node(struct sql *sql, struct arena *arena, struct str after, struct str *ret_node) {
    const struct sql_statement statement = {.text = "SELECT node FROM audit WHERE node > $1 ORDER BY node LIMIT 1",
                                            .values = {sql_text(after)},
                                            .value_count = 1};
    struct sql_value value;
    enum sql_status status = read_one(sql, arena, &statement, &value);
    if (status == SQL_DONE) {
        *ret_node = value.bytes;
    }
    return status;
}

struct sql_statement audit_rows_delete(struct str node, int64_t through_seq) {
    return (struct sql_statement){.text = "DELETE FROM audit WHERE node = $1 AND seq <= $2",
                                  .values = {sql_text(node), sql_int(through_seq)},
                                  .value_count = 2,
                                  .must_change = true};
}

/* --- searching --- */

/* $1 to $3 the place, $4 the earliest time, $5 on the filters, $11 how many. A filter that is absent is NULL. */
#define SEARCH_AS(lead)                                                                                                \
    COLUMNS lead "(at_ms, node, seq) < ($1, $2, $3) AND at_ms >= $4"                                                   \
                 " AND (CAST($5 AS TEXT) IS NULL OR actor = $5) AND (CAST($6 AS TEXT) IS NULL OR client_id = $6)"      \
                 " AND (CAST($7 AS TEXT) IS NULL OR subject = $7) AND (CAST($8 AS TEXT) IS NULL OR event = $8)"        \
                 " AND (CAST($9 AS TEXT) IS NULL OR result = $9)"                                                      \
                 " AND (CAST($10 AS TEXT) IS NULL OR request_id = $10)"                                                \
                 " ORDER BY at_ms DESC, node DESC, seq DESC LIMIT $11"

/* Of the filters the one leads that finds the fewest rows, as far as that can be known; the others are looked at row by
 * row. Most things are done, so a search for what was not is led by that. */
const char *audit_rows_search_text(const struct audit_filter *filter) {
    bool rare = !str_is_absent(filter->result) && !str_equal(filter->result, STR("done"));
    return !str_is_absent(filter->request_id)  ? SEARCH_AS("request_id = $10 AND ")
           : !str_is_absent(filter->subject)   ? SEARCH_AS("subject = $7 AND ")
           : !str_is_absent(filter->actor)     ? SEARCH_AS("actor = $5 AND ")
           : rare                              ? SEARCH_AS("result = $9 AND ")
           : !str_is_absent(filter->client_id) ? SEARCH_AS("client_id = $6 AND ")
           : !str_is_absent(filter->event)     ? SEARCH_AS("event = $8 AND ")
                                               : SEARCH_AS("");
}

enum sql_status audit_rows_search(struct sql *sql, struct arena *arena, const struct audit_filter *filter,
                                  const struct audit_place *after, size_t most, struct audit_row **ret_rows,
                                  size_t *ret_count) {
    /* Nothing comes before an empty name: this place is the first moment that is too late. */
    const struct audit_place end = {.at_ms = filter->before_ms ? filter->before_ms : INT64_MAX, .node = STR("")};
    const struct audit_place *place = after ? after : &end;
    const struct sql_statement statement = {
        .text = audit_rows_search_text(filter),
        .values = {sql_int(place->at_ms), sql_text(place->node), sql_int(place->seq), sql_int(filter->from_ms),
                   sql_text(filter->actor), sql_text(filter->client_id), sql_text(filter->subject),
                   sql_text(filter->event), sql_text(filter->result), sql_text(filter->request_id),
                   sql_int((int64_t)most)},
        .value_count = 11};
    return read_rows(sql, arena, &statement, most, ret_rows, ret_count);
}
