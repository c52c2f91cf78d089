/*
 * Initial access tokens.
 */
#include "store/initial_tokens.h"

#define COLUMNS "token_id, mac, policy, uses_left, expires_at, created_by, created_at"

static struct initial_token_row row_of(const struct sql_value *cells) {
    return (struct initial_token_row){
        .token_id = cells[0].bytes,
        .mac = cells[1].bytes,
        .policy = cells[2].bytes,
        .uses_left = cells[3].number,
        .expires_at = cells[4].number,
        .created_by = cells[5].bytes,
        .created_at = cells[6].number,
    };
}

struct sql_statement initial_tokens_insert(const struct initial_token_row *row) {
    return (struct sql_statement){
        .text = "INSERT INTO initial_access_tokens (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7)",
        .values = {sql_text(row->token_id), sql_blob(row->mac), sql_text(row->policy), sql_int(row->uses_left),
                   sql_int(row->expires_at), sql_text(row->created_by), sql_int(row->created_at)},
        .value_count = 7};
}

struct sql_statement initial_tokens_use(struct str token_id, int64_t now, int64_t registered_most) {
    return (struct sql_statement){
        .text = "UPDATE initial_access_tokens SET uses_left = uses_left - 1 WHERE token_id = $1 AND uses_left > 0 AND "
                "expires_at > $2 AND (SELECT COUNT(*) FROM self_registrations WHERE token_id = $1) < $3",
        .values = {sql_text(token_id), sql_int(now), sql_int(registered_most)},
        .value_count = 3,
        .must_change = true};
}

struct sql_statement initial_tokens_end(struct str token_id, int64_t now) {
    return (struct sql_statement){.text =
                                      "UPDATE initial_access_tokens SET uses_left = 0, expires_at = $2 WHERE token_id "
                                      "= $1 AND uses_left > 0 AND expires_at > $2",
                                  .values = {sql_text(token_id), sql_int(now)},
                                  .value_count = 2,
                                  .must_change = true};
}

static enum sql_status read_one(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                struct initial_token_row *ret_row) {
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = row_of(rows.cells);
    }
    return status;
}

enum sql_status initial_tokens_get(struct sql *sql, struct arena *arena, struct str token_id,
                                   struct initial_token_row *ret_row) {
    const struct sql_statement statement = {.text = "SELECT " COLUMNS " FROM initial_access_tokens WHERE token_id = $1",
                                            .values = {sql_text(token_id)},
                                            .value_count = 1};
    return read_one(sql, arena, &statement, ret_row);
}

enum sql_status initial_tokens_find(struct sql *sql, struct arena *arena, struct str mac,
                                    struct initial_token_row *ret_row) {
    const struct sql_statement statement = {.text = "SELECT " COLUMNS " FROM initial_access_tokens WHERE mac = $1",
                                            .values = {sql_blob(mac)},
                                            .value_count = 1};
    return read_one(sql, arena, &statement, ret_row);
}

enum sql_status initial_tokens_list(struct sql *sql, struct arena *arena, struct str after, size_t most,
                                    struct initial_token_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {.text = "SELECT " COLUMNS " FROM initial_access_tokens WHERE token_id > $1 "
                                                    "ORDER BY token_id LIMIT $2",
                                            .values = {sql_text(str_or(after, STR(""))), sql_int((int64_t)most)},
                                            .value_count = 2};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct initial_token_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
