/*
 * Agencies.
 */
#include "store/agencies.h"

#include "sql_like.h"

#define COLUMNS "agency_id, name, credit_code, metadata, state, version, created_at, updated_at"

static struct agency_row row_of(const struct sql_value *cells) {
    return (struct agency_row){
        .agency_id = cells[0].bytes,
        .name = cells[1].bytes,
        .credit_code = cells[2].bytes,
        .metadata = cells[3].bytes,
        .state = (enum agency_state)cells[4].number,
        .version = cells[5].number,
        .created_at = cells[6].number,
        .updated_at = cells[7].number,
    };
}

struct sql_statement agencies_insert(const struct agency_row *row) {
    return (struct sql_statement){.text = "INSERT INTO agencies (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, 1, $6, $6)",
                                  .values = {sql_text(row->agency_id), sql_text(row->name), sql_text(row->credit_code),
                                             sql_text(row->metadata), sql_int(row->state), sql_int(row->created_at)},
                                  .value_count = 6};
}

struct sql_statement agencies_update(const struct agency_row *row) {
    return (struct sql_statement){
        .text =
            "UPDATE agencies SET name = $2, credit_code = $3, metadata = $4, state = $5, version = $6, updated_at = "
            "$7 WHERE agency_id = $1 AND version = $6 - 1",
        .values = {sql_text(row->agency_id), sql_text(row->name), sql_text(row->credit_code), sql_text(row->metadata),
                   sql_int(row->state), sql_int(row->version), sql_int(row->updated_at)},
        .value_count = 7,
        .must_change = true};
}

enum sql_status agencies_get(struct sql *sql, struct arena *arena, struct str agency_id, struct agency_row *ret_row) {
    const struct sql_statement statement = {.text = "SELECT " COLUMNS " FROM agencies WHERE agency_id = $1",
                                            .values = {sql_text(agency_id)},
                                            .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = row_of(rows.cells);
    }
    return status;
}

enum sql_status agencies_list(struct sql *sql, struct arena *arena, struct str text, struct str after, size_t most,
                              struct agency_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = "SELECT " COLUMNS " FROM agencies WHERE agency_id > $1 AND ($2 = '' OR name LIKE $2 ESCAPE '\\' OR "
                "credit_code LIKE $2 ESCAPE '\\') ORDER BY agency_id LIMIT $3",
        .values = {sql_text(str_or(after, STR(""))), sql_text(str_is_empty(text) ? STR("") : sql_like(arena, text)),
                   sql_int((int64_t)most)},
        .value_count = 3};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct agency_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
