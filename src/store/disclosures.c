/*
 * What client systems were told about people.
 */
#include "store/disclosures.h"

#define LISTED_MOST 1000

enum sql_status disclosures_add(struct sql *sql, struct str account_id, struct str client_id, struct str claims,
                                int64_t now) {
    const struct sql_statement statement = {
        .text = "INSERT INTO disclosures (account_id, client_id, claims, times, first_at, last_at)"
                " VALUES ($1, $2, $3, 1, $4, $5)"
                " ON CONFLICT (account_id, client_id, claims) DO UPDATE SET times = disclosures.times + 1,"
                " last_at = excluded.last_at",
        .values = {sql_text(account_id), sql_text(client_id), sql_text(claims), sql_int(now), sql_int(now)},
        .value_count = 5};
    return sql_write(sql, &statement, 1);
}

enum sql_status disclosures_list(struct sql *sql, struct arena *arena, struct str account_id, size_t most,
                                 struct disclosure_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = "SELECT account_id, client_id, claims, times, first_at, last_at FROM disclosures WHERE account_id = $1"
                " ORDER BY last_at DESC, client_id, claims LIMIT $2",
        .values = {sql_text(account_id), sql_int((int64_t)most)},
        .value_count = 2};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most < LISTED_MOST ? most : LISTED_MOST, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct disclosure_row);
    for (size_t i = 0; i < rows.count; i++) {
        const struct sql_value *cells = rows.cells + i * rows.columns;
        (*ret_rows)[i] = (struct disclosure_row){.account_id = cells[0].bytes,
                                                 .client_id = cells[1].bytes,
                                                 .claims = cells[2].bytes,
                                                 .times = cells[3].number,
                                                 .first_at = cells[4].number,
                                                 .last_at = cells[5].number};
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
