/*
 * Where chains end and begin, how far spools were taken over, and what was exported.
 */
#include "store/audit_rows.h"

#include "base/check.h"

static struct audit_mark mark_of(const struct sql_value *cells) {
    return (struct audit_mark){
        .node = cells[0].bytes, .seq = cells[1].number, .mac = cells[2].bytes, .seal = cells[3].bytes};
}

enum sql_status audit_marks_get(struct sql *sql, struct arena *arena, enum audit_mark_kind kind, struct str node,
                                struct audit_mark *ret_mark) {
    const struct sql_statement statement = {
        .text = kind == AUDIT_HEAD ? "SELECT node, seq, mac, seal FROM audit_heads WHERE node = $1"
                                   : "SELECT node, seq, mac, seal FROM audit_anchors WHERE node = $1",
        .values = {sql_text(node)},
        .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_mark = mark_of(rows.cells);
    }
    return status;
}

enum sql_status audit_marks_list(struct sql *sql, struct arena *arena, enum audit_mark_kind kind, struct str after,
                                 size_t most, struct audit_mark **ret_marks, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = kind == AUDIT_HEAD
                    ? "SELECT node, seq, mac, seal FROM audit_heads WHERE node > $1 ORDER BY node LIMIT $2"
                    : "SELECT node, seq, mac, seal FROM audit_anchors WHERE node > $1 ORDER BY node LIMIT $2",
        .values = {sql_text(after), sql_int((int64_t)most)},
        .value_count = 2};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_marks = arena_array_of(arena, rows.count + 1, struct audit_mark);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_marks)[i] = mark_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

struct sql_statement audit_marks_insert(enum audit_mark_kind kind, const struct audit_mark *mark) {
    return (struct sql_statement){
        .text = kind == AUDIT_HEAD ? "INSERT INTO audit_heads (node, seq, mac, seal) VALUES ($1, $2, $3, $4)"
                                   : "INSERT INTO audit_anchors (node, seq, mac, seal) VALUES ($1, $2, $3, $4)",
        .values = {sql_text(mark->node), sql_int(mark->seq), sql_blob(mark->mac), sql_blob(mark->seal)},
        .value_count = 4};
}

struct sql_statement audit_marks_move(enum audit_mark_kind kind, const struct audit_mark *mark, int64_t from_seq) {
    return (struct sql_statement){
        .text = kind == AUDIT_HEAD
                    ? "UPDATE audit_heads SET seq = $2, mac = $3, seal = $4 WHERE node = $1 AND seq = $5"
                    : "UPDATE audit_anchors SET seq = $2, mac = $3, seal = $4 WHERE node = $1 AND seq = $5",
        .values = {sql_text(mark->node), sql_int(mark->seq), sql_blob(mark->mac), sql_blob(mark->seal),
                   sql_int(from_seq)},
        .value_count = 5,
        .must_change = true};
}

enum sql_status audit_spools_get(struct sql *sql, struct arena *arena, struct str spool_id, int64_t *ret_segment,
                                 int64_t *ret_at_byte) {
    const struct sql_statement statement = {.text = "SELECT segment, at_byte FROM audit_spools WHERE spool_id = $1",
                                            .values = {sql_text(spool_id)},
                                            .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_segment = rows.cells[0].number;
        *ret_at_byte = rows.cells[1].number;
    }
    return status;
}

struct sql_statement audit_spools_put(struct str spool_id, int64_t segment, int64_t at_byte) {
    return (struct sql_statement){
        .text = "INSERT INTO audit_spools (spool_id, segment, at_byte) VALUES ($1, $2, $3)"
                " ON CONFLICT (spool_id) DO UPDATE SET segment = excluded.segment, at_byte = excluded.at_byte",
        .values = {sql_text(spool_id), sql_int(segment), sql_int(at_byte)},
        .value_count = 3};
}

struct sql_statement audit_exports_insert(const struct audit_export *export) {
    return (struct sql_statement){.text = "INSERT INTO audit_exports (export_id, node, from_seq, to_seq, at_ms, seal)"
                                          " VALUES ($1, $2, $3, $4, $5, $6)",
                                  .values = {sql_text(export->export_id), sql_text(export->node),
                                             sql_int(export->from_seq), sql_int(export->to_seq), sql_int(export->at_ms),
                                             sql_blob(export->seal)},
                                  .value_count = 6};
}

enum sql_status audit_exports_covering(struct sql *sql, struct arena *arena, struct str node, int64_t seq,
                                       struct audit_export *ret_export) {
    const struct sql_statement statement = {
        .text = "SELECT export_id, node, from_seq, to_seq, at_ms, seal FROM audit_exports"
                " WHERE node = $1 AND from_seq <= $2 AND to_seq >= $2 ORDER BY to_seq DESC LIMIT 1",
        .values = {sql_text(node), sql_int(seq)},
        .value_count = 2};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        const struct sql_value *cells = rows.cells;
        *ret_export = (struct audit_export){.export_id = cells[0].bytes,
                                            .node = cells[1].bytes,
                                            .from_seq = cells[2].number,
                                            .to_seq = cells[3].number,
                                            .at_ms = cells[4].number,
                                            .seal = cells[5].bytes};
    }
    return status;
}
