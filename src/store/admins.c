/*
 * Administrators.
 */
#include "store/admins.h"

#define COLUMNS                                                                                                        \
    "admin_id, account_id, role, agency_id, name, state, created_by, approved_by, version, created_at, updated_at"

static struct admin_row row_of(const struct sql_value *cells) {
    return (struct admin_row){
        .admin_id = cells[0].bytes,
        .account_id = cells[1].bytes,
        .role = (enum role)cells[2].number,
        .agency_id = cells[3].bytes,
        .name = cells[4].bytes,
        .state = (enum admin_state)cells[5].number,
        .created_by = cells[6].bytes,
        .approved_by = cells[7].bytes,
        .version = cells[8].number,
        .created_at = cells[9].number,
        .updated_at = cells[10].number,
    };
}

struct sql_statement admins_insert(const struct admin_row *row) {
    return (struct sql_statement){
        .text = "INSERT INTO admins (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, $9)",
        .values = {sql_text(row->admin_id), sql_text(row->account_id), sql_int(row->role), sql_text(row->agency_id),
                   sql_text(row->name), sql_int(row->state), sql_text(row->created_by), sql_text(row->approved_by),
                   sql_int(row->created_at)},
        .value_count = 9};
}

struct sql_statement admins_update(const struct admin_row *row) {
    return (struct sql_statement){
        .text =
            "UPDATE admins SET name = $2, state = $3, approved_by = $4, version = $5, updated_at = $6 WHERE admin_id "
            "= $1 AND version = $5 - 1",
        .values = {sql_text(row->admin_id), sql_text(row->name), sql_int(row->state), sql_text(row->approved_by),
                   sql_int(row->version), sql_int(row->updated_at)},
        .value_count = 6,
        .must_change = true};
}

static enum sql_status read_one(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                struct admin_row *ret_row) {
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = row_of(rows.cells);
    }
    return status;
}

enum sql_status admins_get(struct sql *sql, struct arena *arena, struct str admin_id, struct admin_row *ret_row) {
    const struct sql_statement statement = {
        .text = "SELECT " COLUMNS " FROM admins WHERE admin_id = $1", .values = {sql_text(admin_id)}, .value_count = 1};
    return read_one(sql, arena, &statement, ret_row);
}

enum sql_status admins_of_account(struct sql *sql, struct arena *arena, struct str account_id,
                                  struct admin_row *ret_row) {
    const struct sql_statement statement = {.text =
                                                "SELECT " COLUMNS " FROM admins WHERE account_id = $1 AND state <> 3",
                                            .values = {sql_text(account_id)},
                                            .value_count = 1};
    return read_one(sql, arena, &statement, ret_row);
}

enum sql_status admins_list(struct sql *sql, struct arena *arena, size_t most, struct admin_row **ret_rows,
                            size_t *ret_count) {
    const struct sql_statement statement = {.text = "SELECT " COLUMNS
                                                    " FROM admins WHERE state <> 3 ORDER BY role, admin_id"};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct admin_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
