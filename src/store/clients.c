/*
 * Client systems and their secrets, and the revision of the register.
 */
#include "store/clients.h"

#include "sql_like.h"

#define COLUMNS                                                                                                        \
    "client_id, agency_id, search, state, origin, metadata, pending, submitted_by, approved_by, registration_mac, "    \
    "not_before, "                                                                                                     \
    "version, revision, created_at, updated_at"
#define REVISION_NOW "(SELECT revision FROM revisions WHERE name = 'register')"

static struct client_row row_of(const struct sql_value *cells) {
    return (struct client_row){
        .client_id = cells[0].bytes,
        .agency_id = cells[1].bytes,
        .search = cells[2].bytes,
        .state = (enum client_state)cells[3].number,
        .origin = cells[4].bytes,
        .metadata = cells[5].bytes,
        .pending = cells[6].bytes,
        .submitted_by = cells[7].bytes,
        .approved_by = cells[8].bytes,
        .registration_mac = cells[9].bytes,
        .not_before = cells[10].number,
        .version = cells[11].number,
        .revision = cells[12].number,
        .created_at = cells[13].number,
        .updated_at = cells[14].number,
    };
}

static struct client_secret_row secret_of(const struct sql_value *cells) {
    return (struct client_secret_row){
        .client_id = cells[0].bytes,
        .secret_id = cells[1].bytes,
        .mac = cells[2].bytes,
        .sealed = cells[3].bytes,
        .created_at = cells[4].number,
        .expires_at = cells[5].number,
    };
}

/* --- writing --- */

struct sql_statement register_next(void) {
    return (struct sql_statement){.text = "UPDATE revisions SET revision = revision + 1 WHERE name = 'register'",
                                  .must_change = true};
}

struct sql_statement clients_insert(const struct client_row *row) {
    return (struct sql_statement){
        .text = "INSERT INTO clients (" COLUMNS
                ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, " REVISION_NOW ", $12, $12)",
        .values = {sql_text(row->client_id), sql_text(row->agency_id), sql_text(row->search), sql_int(row->state),
                   sql_text(row->origin), sql_text(row->metadata), sql_text(row->pending), sql_text(row->submitted_by),
                   sql_text(row->approved_by), sql_blob(row->registration_mac), sql_int(row->not_before),
                   sql_int(row->created_at)},
        .value_count = 12};
}

struct sql_statement clients_update(const struct client_row *row) {
    return (struct sql_statement){
        .text =
            "UPDATE clients SET agency_id = $2, search = $3, state = $4, metadata = $5, pending = $6, submitted_by = "
            "$7, approved_by = $8, registration_mac = $9, not_before = $10, version = $11, revision = " REVISION_NOW
            ", updated_at = $12 WHERE client_id = $1 AND version = $11 - 1",
        .values = {sql_text(row->client_id), sql_text(row->agency_id), sql_text(row->search), sql_int(row->state),
                   sql_text(row->metadata), sql_text(row->pending), sql_text(row->submitted_by),
                   sql_text(row->approved_by), sql_blob(row->registration_mac), sql_int(row->not_before),
                   sql_int(row->version), sql_int(row->updated_at)},
        .value_count = 12,
        .must_change = true};
}

struct sql_statement client_secrets_insert(const struct client_secret_row *row) {
    return (struct sql_statement){
        .text =
            "INSERT INTO client_secrets (client_id, secret_id, mac, sealed, created_at, expires_at) VALUES ($1, $2, "
            "$3, $4, $5, $6)",
        .values = {sql_text(row->client_id), sql_text(row->secret_id), sql_blob(row->mac), sql_blob(row->sealed),
                   sql_int(row->created_at), sql_int(row->expires_at)},
        .value_count = 6};
}

struct sql_statement client_secrets_end_others(struct str client_id, struct str secret_id, int64_t expires_at) {
    return (struct sql_statement){.text =
                                      "UPDATE client_secrets SET expires_at = $3 WHERE client_id = $1 AND secret_id "
                                      "<> $2 AND (expires_at = 0 OR expires_at > $3)",
                                  .values = {sql_text(client_id), sql_text(secret_id), sql_int(expires_at)},
                                  .value_count = 3};
}

struct sql_statement client_secrets_end(struct str client_id, struct str secret_id, int64_t expires_at) {
    return (struct sql_statement){.text =
                                      "UPDATE client_secrets SET expires_at = $3 WHERE client_id = $1 AND secret_id "
                                      "= $2 AND (expires_at = 0 OR expires_at > $3)",
                                  .values = {sql_text(client_id), sql_text(secret_id), sql_int(expires_at)},
                                  .value_count = 3,
                                  .must_change = true};
}

/* --- reading --- */

enum sql_status register_revision(struct sql *sql, struct arena *arena, int64_t *ret_revision) {
    const struct sql_statement statement = {.text = "SELECT revision FROM revisions WHERE name = 'register'"};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_revision = rows.cells[0].number;
    }
    return status;
}

enum sql_status clients_get(struct sql *sql, struct arena *arena, struct str client_id, struct client_row *ret_row) {
    const struct sql_statement statement = {.text = "SELECT " COLUMNS " FROM clients WHERE client_id = $1",
                                            .values = {sql_text(client_id)},
                                            .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = row_of(rows.cells);
    }
    return status;
}

static enum sql_status read_clients(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                    size_t most, struct client_row **ret_rows, size_t *ret_count) {
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct client_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

enum sql_status clients_list(struct sql *sql, struct arena *arena, const struct clients_filter *filter, size_t most,
                             struct client_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text =
            "SELECT " COLUMNS " FROM clients WHERE client_id > $1 AND ($2 = '' OR agency_id = $2) AND ($3 = 0 OR "
            "state = $3) AND ($4 = '' OR search LIKE $4 ESCAPE '\\') AND ($6 = 0 OR state = $7 OR pending IS NOT NULL) "
            "ORDER BY client_id LIMIT $5",
        .values = {sql_text(str_or(filter->after, STR(""))), sql_text(str_or(filter->agency_id, STR(""))),
                   sql_int(filter->state),
                   sql_text(str_is_empty(filter->text) ? STR("") : sql_like(arena, filter->text)),
                   sql_int((int64_t)most), sql_int(filter->waiting), sql_int(CLIENT_SUBMITTED)},
        .value_count = 7};
    return read_clients(sql, arena, &statement, most, ret_rows, ret_count);
}

enum sql_status clients_count(struct sql *sql, struct arena *arena, int64_t *ret_counts) {
    const struct sql_statement statement = {.text = "SELECT state, COUNT(*) FROM clients GROUP BY state"};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, CLIENT_STATES, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    memset(ret_counts, 0, CLIENT_STATES * sizeof(*ret_counts));
    for (size_t i = 0; i < rows.count; i++) {
        const struct sql_value *cells = rows.cells + i * rows.columns;
        if (cells[0].number > 0 && cells[0].number < CLIENT_STATES) {
            ret_counts[cells[0].number] = cells[1].number;
        }
    }
    return SQL_DONE;
}

enum sql_status clients_changed(struct sql *sql, struct arena *arena, int64_t since, size_t most,
                                struct client_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {.text = "SELECT " COLUMNS " FROM clients WHERE revision > $1 ORDER BY "
                                                    "revision, client_id",
                                            .values = {sql_int(since)},
                                            .value_count = 1};
    return read_clients(sql, arena, &statement, most, ret_rows, ret_count);
}

static enum sql_status read_secrets(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                    size_t most, struct client_secret_row **ret_rows, size_t *ret_count) {
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct client_secret_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = secret_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

enum sql_status client_secrets_of(struct sql *sql, struct arena *arena, struct str client_id, int64_t now,
                                  struct client_secret_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text =
            "SELECT client_id, secret_id, mac, sealed, created_at, expires_at FROM client_secrets WHERE client_id = "
            "$1 AND (expires_at = 0 OR expires_at > $2) ORDER BY created_at DESC, secret_id",
        .values = {sql_text(client_id), sql_int(now)},
        .value_count = 2};
    return read_secrets(sql, arena, &statement, 100, ret_rows, ret_count);
}

enum sql_status client_secrets_changed(struct sql *sql, struct arena *arena, int64_t since, int64_t now, size_t most,
                                       struct client_secret_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text =
            "SELECT s.client_id, s.secret_id, s.mac, s.sealed, s.created_at, s.expires_at FROM client_secrets s JOIN "
            "clients c ON c.client_id = s.client_id WHERE c.revision > $1 AND (s.expires_at = 0 OR s.expires_at > "
            "$2) ORDER BY s.client_id, s.created_at DESC",
        .values = {sql_int(since), sql_int(now)},
        .value_count = 2};
    return read_secrets(sql, arena, &statement, most, ret_rows, ret_count);
}
