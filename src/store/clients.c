/*
 * Registered client systems.
 */
#include "store/clients.h"

#define LISTED_MOST 10000

static struct client_row row_of(const struct sql_value *cells) {
    return (struct client_row){
        .client_id = cells[0].bytes,
        .metadata = cells[1].bytes,
        .secret_mac = cells[2].bytes,
        .secret_sealed = cells[3].bytes,
        .created_at = cells[4].number,
        .updated_at = cells[5].number,
    };
}

enum sql_status clients_put(struct sql *sql, const struct client_row *row) {
    const struct sql_statement statement = {
        .text = "INSERT INTO clients (client_id, metadata, secret_mac, secret_sealed, created_at, updated_at)"
                " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (client_id) DO UPDATE SET metadata = excluded.metadata,"
                " secret_mac = excluded.secret_mac, secret_sealed = excluded.secret_sealed, updated_at = "
                "excluded.updated_at",
        .values = {sql_text(row->client_id), sql_text(row->metadata), sql_blob(row->secret_mac),
                   sql_blob(row->secret_sealed), sql_int(row->created_at), sql_int(row->updated_at)},
        .value_count = 6};
    return sql_write(sql, &statement, 1);
}

enum sql_status clients_get(struct sql *sql, struct arena *arena, struct str client_id, struct client_row *ret_row) {
    const struct sql_statement statement = {.text = "SELECT client_id, metadata, secret_mac, secret_sealed, "
                                                    "created_at, updated_at FROM clients WHERE client_id = $1",
                                            .values = {sql_text(client_id)},
                                            .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = row_of(rows.cells);
    }
    return status;
}

enum sql_status clients_delete(struct sql *sql, struct str client_id) {
    const struct sql_statement statement = {
        .text = "DELETE FROM clients WHERE client_id = $1", .values = {sql_text(client_id)}, .value_count = 1};
    return sql_write(sql, &statement, 1);
}

enum sql_status clients_list(struct sql *sql, struct arena *arena, struct str after, size_t most,
                             struct client_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {.text = "SELECT client_id, metadata, secret_mac, secret_sealed, "
                                                    "created_at, updated_at FROM clients WHERE client_id > $1"
                                                    " ORDER BY client_id",
                                            .values = {sql_text(str_is_absent(after) ? STR("") : after)},
                                            .value_count = 1};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most < LISTED_MOST ? most : LISTED_MOST, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct client_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
