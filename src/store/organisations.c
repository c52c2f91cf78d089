/*
 * Organisations.
 */
#include "store/organisations.h"

#define SELECT "SELECT " ORGANISATION_COLUMNS " FROM organisations o "

struct organisation_row organisation_row_of(const struct sql_value *cells) {
    return (struct organisation_row){
        .organisation_id = cells[0].bytes,
        .code_hash = cells[1].bytes,
        .sealed = cells[2].bytes,
        .status = (enum organisation_status)cells[3].number,
        .source = cells[4].bytes,
        .authority = cells[5].bytes,
        .method = cells[6].bytes,
        .check_id = cells[7].bytes,
        .checked_at = cells[8].number,
        .due_at = cells[9].number,
        .version = cells[10].number,
        .created_at = cells[11].number,
        .updated_at = cells[12].number,
    };
}

struct sql_statement organisations_insert(const struct organisation_row *row) {
    return (struct sql_statement){
        .text = "INSERT INTO organisations (organisation_id, code_hash, sealed, status, source, authority, method, "
                "check_id, checked_at, due_at, version, created_at, updated_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11)",
        .values = {sql_text(row->organisation_id), sql_blob(row->code_hash), sql_blob(row->sealed),
                   sql_int(row->status), sql_text(str_or(row->source, STR(""))),
                   sql_text(str_or(row->authority, STR(""))), sql_text(str_or(row->method, STR(""))),
                   sql_text(str_or(row->check_id, STR(""))), sql_int(row->checked_at), sql_int(row->due_at),
                   sql_int(row->created_at)},
        .value_count = 11};
}

struct sql_statement organisations_update(const struct organisation_row *row) {
    return (struct sql_statement){
        .text = "UPDATE organisations SET sealed = $2, status = $3, source = $4, authority = $5, method = $6, "
                "check_id = $7, checked_at = $8, due_at = $9, version = $10, updated_at = $11"
                " WHERE organisation_id = $1 AND version = $10 - 1",
        .values = {sql_text(row->organisation_id), sql_blob(row->sealed), sql_int(row->status),
                   sql_text(str_or(row->source, STR(""))), sql_text(str_or(row->authority, STR(""))),
                   sql_text(str_or(row->method, STR(""))), sql_text(str_or(row->check_id, STR(""))),
                   sql_int(row->checked_at), sql_int(row->due_at), sql_int(row->version), sql_int(row->updated_at)},
        .value_count = 11,
        .must_change = true};
}

struct sql_statement organisations_claim(struct str organisation_id, int64_t seen, int64_t due_at) {
    return (struct sql_statement){.text =
                                      "UPDATE organisations SET due_at = $3 WHERE organisation_id = $1 AND due_at = $2",
                                  .values = {sql_text(organisation_id), sql_int(seen), sql_int(due_at)},
                                  .value_count = 3,
                                  .must_change = true};
}

static enum sql_status read_one(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                struct organisation_row *ret_row) {
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = organisation_row_of(rows.cells);
    }
    return status;
}

enum sql_status organisations_get(struct sql *sql, struct arena *arena, struct str organisation_id,
                                  struct organisation_row *ret_row) {
    const struct sql_statement statement = {
        .text = SELECT "WHERE o.organisation_id = $1", .values = {sql_text(organisation_id)}, .value_count = 1};
    return read_one(sql, arena, &statement, ret_row);
}

enum sql_status organisations_find(struct sql *sql, struct arena *arena, struct str code_hash,
                                   struct organisation_row *ret_row) {
    const struct sql_statement statement = {
        .text = SELECT "WHERE o.code_hash = $1", .values = {sql_blob(code_hash)}, .value_count = 1};
    return read_one(sql, arena, &statement, ret_row);
}

static enum sql_status read_rows(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                 size_t most, struct organisation_row **ret_rows, size_t *ret_count) {
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct organisation_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = organisation_row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

enum sql_status organisations_list(struct sql *sql, struct arena *arena, struct str after, size_t most,
                                   struct organisation_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {.text = SELECT
                                            "WHERE o.organisation_id > $1 ORDER BY o.organisation_id LIMIT $2",
                                            .values = {sql_text(str_or(after, STR(""))), sql_int((int64_t)most)},
                                            .value_count = 2};
    return read_rows(sql, arena, &statement, most, ret_rows, ret_count);
}

enum sql_status organisations_due(struct sql *sql, struct arena *arena, int64_t now, size_t most,
                                  struct organisation_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = SELECT "WHERE o.due_at > 0 AND o.due_at <= $1 ORDER BY o.due_at, o.organisation_id LIMIT $2",
        .values = {sql_int(now), sql_int((int64_t)most)},
        .value_count = 2};
    return read_rows(sql, arena, &statement, most, ret_rows, ret_count);
}
