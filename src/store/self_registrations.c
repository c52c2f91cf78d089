/*
 * Client systems that registered themselves.
 */
#include "store/self_registrations.h"

#include "base/check.h"
#include "model/client.h"

#define IS_UNUSED "unused_s > 0 AND used_at + unused_s + $2 < $3"

struct sql_statement self_registrations_insert(const struct self_registration_row *row) {
    return (struct sql_statement){
        .text = "INSERT INTO self_registrations (client_id, token_id, unused_s, used_at) VALUES ($1, $2, $3, $4)",
        .values = {sql_text(row->client_id), sql_text(row->token_id), sql_int(row->unused_s), sql_int(row->used_at)},
        .value_count = 4};
}

struct sql_statement self_registrations_use(struct str client_id, int64_t now) {
    return (struct sql_statement){
        .text = "UPDATE self_registrations SET used_at = $2 WHERE client_id = $1 AND used_at < $2",
        .values = {sql_text(client_id), sql_int(now)},
        .value_count = 2};
}

struct sql_statement self_registrations_still_unused(struct str client_id, int64_t now) {
    return (struct sql_statement){
        .text = "UPDATE self_registrations SET unused_s = unused_s WHERE client_id = $1 AND " IS_UNUSED,
        .values = {sql_text(client_id), sql_int(SELF_REGISTRATION_GRAIN_S), sql_int(now)},
        .value_count = 3,
        .must_change = true};
}

enum sql_status self_registrations_get(struct sql *sql, struct arena *arena, struct str client_id,
                                       struct self_registration_row *ret_row) {
    const struct sql_statement statement = {
        .text = "SELECT client_id, token_id, unused_s, used_at FROM self_registrations WHERE client_id = $1",
        .values = {sql_text(client_id)},
        .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = (struct self_registration_row){.client_id = rows.cells[0].bytes,
                                                  .token_id = rows.cells[1].bytes,
                                                  .unused_s = rows.cells[2].number,
                                                  .used_at = rows.cells[3].number};
    }
    return status;
}

enum sql_status self_registrations_unused(struct sql *sql, struct arena *arena, int64_t now, size_t most,
                                          struct str **ret_client_ids, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = "SELECT r.client_id FROM self_registrations r JOIN clients c ON c.client_id = r.client_id WHERE "
                "c.state <> $1 AND " IS_UNUSED " ORDER BY r.client_id LIMIT $4",
        .values = {sql_int(CLIENT_RETIRED), sql_int(SELF_REGISTRATION_GRAIN_S), sql_int(now), sql_int((int64_t)most)},
        .value_count = 4};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_client_ids = arena_array_of(arena, rows.count + 1, struct str);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_client_ids)[i] = rows.cells[i].bytes;
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
