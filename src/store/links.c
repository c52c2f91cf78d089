/*
 * The other services that people sign in with.
 */
#include "store/links.h"

#define COLUMNS     "link_id, account_id, upstream, subject_hash, label_sealed, created_at, used_at, opened"
#define LISTED_MOST 100

static struct link_row row_of(const struct sql_value *cells) {
    return (struct link_row){.link_id = cells[0].bytes,
                             .account_id = cells[1].bytes,
                             .upstream = cells[2].bytes,
                             .subject_hash = cells[3].bytes,
                             .label_sealed = cells[4].bytes,
                             .created_at = cells[5].number,
                             .used_at = cells[6].number,
                             .opened = cells[7].number != 0};
}

struct sql_statement links_insert(const struct link_row *row) {
    return (struct sql_statement){.text = "INSERT INTO links (" COLUMNS ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                                  .values = {sql_text(row->link_id), sql_text(row->account_id), sql_text(row->upstream),
                                             sql_blob(row->subject_hash), sql_blob(row->label_sealed),
                                             sql_int(row->created_at), sql_int(row->used_at), sql_int(row->opened)},
                                  .value_count = 8};
}

struct sql_statement links_hold_opened(struct str account_id, struct str upstream) {
    return (struct sql_statement){
        .text = "UPDATE links SET used_at = used_at WHERE account_id = $1 AND upstream = $2 AND opened = 1",
        .values = {sql_text(account_id), sql_text(upstream)},
        .value_count = 2,
        .must_change = true};
}

struct sql_statement links_delete(struct str account_id, struct str link_id) {
    return (struct sql_statement){.text = "DELETE FROM links WHERE account_id = $1 AND link_id = $2",
                                  .values = {sql_text(account_id), sql_text(link_id)},
                                  .value_count = 2,
                                  .must_change = true};
}

/* As links_delete, and only where a password or another link is left. */
struct sql_statement links_delete_but_last(struct str account_id, struct str link_id) {
    struct sql_statement statement = links_delete(account_id, link_id);
    statement.text = "DELETE FROM links WHERE account_id = $1 AND link_id = $2"
                     " AND (EXISTS (SELECT 1 FROM credentials WHERE account_id = $1 AND kind = 'password')"
                     " OR EXISTS (SELECT 1 FROM links WHERE account_id = $1 AND link_id <> $2))";
    return statement;
}

struct sql_statement links_delete_all(struct str account_id) {
    return (struct sql_statement){
        .text = "DELETE FROM links WHERE account_id = $1", .values = {sql_text(account_id)}, .value_count = 1};
}

enum sql_status links_find(struct sql *sql, struct arena *arena, struct str upstream, struct str subject_hash,
                           struct link_row *ret_row) {
    const struct sql_statement statement = {.text =
                                                "SELECT " COLUMNS " FROM links WHERE upstream = $1 AND subject_hash = "
                                                "$2",
                                            .values = {sql_text(upstream), sql_blob(subject_hash)},
                                            .value_count = 2};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = row_of(rows.cells);
    }
    return status;
}

enum sql_status links_list(struct sql *sql, struct arena *arena, struct str account_id, struct link_row **ret_rows,
                           size_t *ret_count) {
    const struct sql_statement statement = {.text = "SELECT " COLUMNS
                                                    " FROM links WHERE account_id = $1 ORDER BY created_at, link_id",
                                            .values = {sql_text(account_id)},
                                            .value_count = 1};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, LISTED_MOST, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct link_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

enum sql_status links_set_used(struct sql *sql, struct str link_id, int64_t now) {
    const struct sql_statement statement = {.text = "UPDATE links SET used_at = $2 WHERE link_id = $1",
                                            .values = {sql_text(link_id), sql_int(now)},
                                            .value_count = 2};
    return sql_write(sql, &statement, 1);
}
