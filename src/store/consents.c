/*
 * What people have allowed.
 */
#include "store/consents.h"

#define LISTED_MOST 1000

static struct consent_row row_of(const struct sql_value *cells) {
    return (struct consent_row){.account_id = cells[0].bytes,
                                .client_id = cells[1].bytes,
                                .scope = cells[2].bytes,
                                .granted_at = cells[3].number};
}

enum sql_status consents_get(struct sql *sql, struct arena *arena, struct str account_id, struct str client_id,
                             struct consent_row *ret_row) {
    const struct sql_statement statement = {
        .text =
            "SELECT account_id, client_id, scope, granted_at FROM consents WHERE account_id = $1 AND client_id = $2",
        .values = {sql_text(account_id), sql_text(client_id)},
        .value_count = 2};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = row_of(rows.cells);
    }
    return status;
}

enum sql_status consents_put(struct sql *sql, const struct consent_row *row) {
    const struct sql_statement statement = {
        .text = "INSERT INTO consents (account_id, client_id, scope, granted_at) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (account_id, client_id) DO UPDATE SET scope = excluded.scope, granted_at = "
                "excluded.granted_at",
        .values = {sql_text(row->account_id), sql_text(row->client_id), sql_text(row->scope), sql_int(row->granted_at)},
        .value_count = 4};
    return sql_write(sql, &statement, 1);
}

struct sql_statement consents_delete_statement(struct str account_id, struct str client_id) {
    return (struct sql_statement){.text = "DELETE FROM consents WHERE account_id = $1 AND client_id = $2",
                                  .values = {sql_text(account_id), sql_text(client_id)},
                                  .value_count = 2,
                                  .must_change = true};
}

struct sql_statement consents_delete_all(struct str account_id) {
    return (struct sql_statement){
        .text = "DELETE FROM consents WHERE account_id = $1", .values = {sql_text(account_id)}, .value_count = 1};
}

enum sql_status consents_delete(struct sql *sql, struct str account_id, struct str client_id) {
    struct sql_statement statement = consents_delete_statement(account_id, client_id);
    statement.must_change = false;
    return sql_write(sql, &statement, 1);
}

enum sql_status consents_list(struct sql *sql, struct arena *arena, struct str account_id,
                              struct consent_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text =
            "SELECT account_id, client_id, scope, granted_at FROM consents WHERE account_id = $1 ORDER BY client_id",
        .values = {sql_text(account_id)},
        .value_count = 1};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, LISTED_MOST, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct consent_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
