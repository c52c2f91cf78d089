/*
 * Accounts, what finds them, their credentials and the evidence about them.
 */
#include "store/accounts.h"

#include "base/check.h"

#define IDENTIFIERS_MOST   8
#define VERIFICATIONS_MOST 8
#define LISTED_MOST        1000
#define PASSWORD           STR("password")

#define INSERT_ACCOUNT                                                                                                 \
    "INSERT INTO accounts (account_id, state, level, level_until, created_at, updated_at, profile_sealed)"             \
    " VALUES ($1, $2, $3, $4, $5, $6, $7)"
#define INSERT_IDENTIFIER "INSERT INTO identifiers (kind, hash, account_id) VALUES ($1, $2, $3)"
#define PUT_CREDENTIAL                                                                                                 \
    "INSERT INTO credentials (account_id, kind, secret, created_at) VALUES ($1, $2, $3, $4)"                           \
    " ON CONFLICT (account_id, kind) DO UPDATE SET secret = excluded.secret, created_at = excluded.created_at"
#define INSERT_VERIFICATION                                                                                            \
    "INSERT INTO verifications (verification_id, account_id, source, authority, method, check_id, folded, result, "    \
    "level,"                                                                                                           \
    " checked_at, expires_at, due_at, ended_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
#define VERIFICATION_COLUMNS                                                                                           \
    "verification_id, account_id, source, authority, method, check_id, folded, result, level, checked_at, "            \
    "expires_at, due_at, ended_at"
#define ACCOUNT_COLUMNS "account_id, state, level, level_until, created_at, updated_at, profile_sealed, merged_into"

static struct sql_statement account_insert(const struct account_row *row) {
    return (struct sql_statement){.text = INSERT_ACCOUNT,
                                  .values = {sql_text(row->account_id), sql_int(row->state), sql_int(row->level),
                                             sql_int(row->level_until), sql_int(row->created_at),
                                             sql_int(row->updated_at), sql_blob(row->profile_sealed)},
                                  .value_count = 7};
}

struct sql_statement credentials_put(struct str account_id, struct str kind, struct str secret, int64_t now) {
    return (struct sql_statement){.text = PUT_CREDENTIAL,
                                  .values = {sql_text(account_id), sql_text(kind), sql_text(secret), sql_int(now)},
                                  .value_count = 4};
}

struct sql_statement verifications_insert(const struct verification_row *row) {
    const struct evidence *evidence = &row->evidence;
    return (struct sql_statement){
        .text = INSERT_VERIFICATION,
        .values = {sql_text(row->verification_id), sql_text(row->account_id),
                   sql_text(str_or(evidence->source, STR(""))), sql_text(str_or(evidence->authority, STR(""))),
                   sql_text(str_or(evidence->method, STR(""))), sql_text(str_or(evidence->check_id, STR(""))),
                   sql_int(evidence->folded), sql_int(evidence->result), sql_int(evidence->level),
                   sql_int(evidence->checked_at), sql_int(evidence->expires_at), sql_int(evidence->due_at),
                   sql_int(evidence->ended_at)},
        .value_count = 13};
}

enum sql_status accounts_create(struct sql *sql, const struct account_new *account) {
    struct sql_statement statements[2 + IDENTIFIERS_MOST + VERIFICATIONS_MOST + ACCOUNT_ALONG_MOST];
    size_t count = 0;
    CHECK(account->identifier_count <= IDENTIFIERS_MOST && account->verification_count <= VERIFICATIONS_MOST &&
          account->along_count <= ACCOUNT_ALONG_MOST);
    statements[count++] = account_insert(&account->account);
    for (size_t i = 0; i < account->identifier_count; i++) {
        statements[count++] = (struct sql_statement){.text = INSERT_IDENTIFIER,
                                                     .values = {sql_int(account->identifiers[i].kind),
                                                                sql_blob(account->identifiers[i].hash),
                                                                sql_text(account->account.account_id)},
                                                     .value_count = 3};
    }
    if (!str_is_absent(account->password_hash)) {
        statements[count++] =
            credentials_put(account->account.account_id, PASSWORD, account->password_hash, account->account.created_at);
    }
    for (size_t i = 0; i < account->verification_count; i++) {
        statements[count++] = verifications_insert(&account->verifications[i]);
    }
    for (size_t i = 0; i < account->along_count; i++) {
        statements[count++] = account->along[i];
    }
    return sql_write(sql, statements, count);
}

static struct account_row account_row_of(const struct sql_value *cells) {
    return (struct account_row){
        .account_id = cells[0].bytes,
        .state = (enum account_state)cells[1].number,
        .level = (int)cells[2].number,
        .level_until = cells[3].number,
        .created_at = cells[4].number,
        .updated_at = cells[5].number,
        .profile_sealed = cells[6].bytes,
        .merged_into = cells[7].bytes,
    };
}

enum sql_status accounts_get(struct sql *sql, struct arena *arena, struct str account_id, struct account_row *ret_row) {
    const struct sql_statement statement = {.text = "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE account_id = $1",
                                            .values = {sql_text(account_id)},
                                            .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_row = account_row_of(rows.cells);
    }
    return status;
}

enum sql_status accounts_find(struct sql *sql, struct arena *arena, enum identifier_kind kind, struct str hash,
                              struct str *ret_account_id) {
    const struct sql_statement statement = {.text = "SELECT account_id FROM identifiers WHERE kind = $1 AND hash = $2",
                                            .values = {sql_int(kind), sql_blob(hash)},
                                            .value_count = 2};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_account_id = rows.cells[0].bytes;
    }
    return status;
}

struct sql_statement accounts_state_statement(struct str account_id, enum account_state state, int64_t seen,
                                              int64_t now) {
    return (struct sql_statement){
        .text = "UPDATE accounts SET state = $2, updated_at = $4 WHERE account_id = $1 AND updated_at = $3",
        .values = {sql_text(account_id), sql_int(state), sql_int(seen), sql_int(now)},
        .value_count = 4,
        .must_change = true};
}

enum sql_status accounts_set_state(struct sql *sql, struct str account_id, enum account_state state, int64_t now) {
    const struct sql_statement statement = {
        .text = "UPDATE accounts SET state = $2, updated_at = $3 WHERE account_id = $1 AND state <> 3",
        .values = {sql_text(account_id), sql_int(state), sql_int(now)},
        .value_count = 3,
        .must_change = true};
    return sql_write(sql, &statement, 1);
}

enum sql_status credentials_get(struct sql *sql, struct arena *arena, struct str account_id, struct str kind,
                                struct str *ret_secret) {
    const struct sql_statement statement = {.text =
                                                "SELECT secret FROM credentials WHERE account_id = $1 AND kind = $2",
                                            .values = {sql_text(account_id), sql_text(kind)},
                                            .value_count = 2};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_secret = rows.cells[0].bytes;
    }
    return status;
}

enum sql_status accounts_password(struct sql *sql, struct arena *arena, struct str account_id, struct str *ret_hash) {
    return credentials_get(sql, arena, account_id, PASSWORD, ret_hash);
}

enum sql_status accounts_set_password(struct sql *sql, struct str account_id, struct str hash, int64_t now) {
    const struct sql_statement statement = credentials_put(account_id, PASSWORD, hash, now);
    return sql_write(sql, &statement, 1);
}

static struct verification_row verification_row_of(const struct sql_value *cells) {
    return (struct verification_row){
        .verification_id = cells[0].bytes,
        .account_id = cells[1].bytes,
        .evidence =
            {
                .source = cells[2].bytes,
                .authority = cells[3].bytes,
                .method = cells[4].bytes,
                .check_id = cells[5].bytes,
                .folded = cells[6].number != 0,
                .result = (enum verify_result)cells[7].number,
                .level = (int)cells[8].number,
                .checked_at = cells[9].number,
                .expires_at = cells[10].number,
                .due_at = cells[11].number,
                .ended_at = cells[12].number,
            },
    };
}

static enum sql_status read_verifications(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                          struct verification_row **ret_rows, size_t *ret_count) {
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, statement, LISTED_MOST, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct verification_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = verification_row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

enum sql_status accounts_verifications(struct sql *sql, struct arena *arena, struct str account_id,
                                       struct verification_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = "SELECT " VERIFICATION_COLUMNS
                " FROM verifications WHERE account_id = $1 ORDER BY checked_at, verification_id",
        .values = {sql_text(account_id)},
        .value_count = 1};
    return read_verifications(sql, arena, &statement, ret_rows, ret_count);
}

struct sql_statement accounts_update(const struct account_row *row, int64_t seen) {
    return (struct sql_statement){
        .text = "UPDATE accounts SET level = $2, level_until = $3, profile_sealed = $4, updated_at = $5"
                " WHERE account_id = $1 AND updated_at = $6 AND state = 1",
        .values = {sql_text(row->account_id), sql_int(row->level), sql_int(row->level_until),
                   sql_blob(row->profile_sealed), sql_int(row->updated_at), sql_int(seen)},
        .value_count = 6,
        .must_change = true};
}

struct sql_statement accounts_update_level(const struct account_row *row, int64_t seen) {
    return (struct sql_statement){.text = "UPDATE accounts SET level = $2, level_until = $3, updated_at = $4"
                                          " WHERE account_id = $1 AND updated_at = $5 AND state <> 3",
                                  .values = {sql_text(row->account_id), sql_int(row->level), sql_int(row->level_until),
                                             sql_int(row->updated_at), sql_int(seen)},
                                  .value_count = 5,
                                  .must_change = true};
}

struct sql_statement accounts_lock(struct str account_id) {
    return (struct sql_statement){.text = "UPDATE accounts SET updated_at = updated_at WHERE account_id = $1",
                                  .values = {sql_text(account_id)},
                                  .value_count = 1,
                                  .must_change = true};
}

struct sql_statement accounts_lock_active(struct str account_id) {
    return (struct sql_statement){.text =
                                      "UPDATE accounts SET updated_at = updated_at WHERE account_id = $1 AND state = 1",
                                  .values = {sql_text(account_id)},
                                  .value_count = 1,
                                  .must_change = true};
}

#define ACTS "SELECT 1 FROM mandates WHERE account_id = $1 AND state = 2"

struct sql_statement accounts_lock_not_acting(struct str account_id) {
    return (struct sql_statement){
        .text = "UPDATE accounts SET updated_at = updated_at WHERE account_id = $1 AND NOT EXISTS (" ACTS ")",
        .values = {sql_text(account_id)},
        .value_count = 1,
        .must_change = true};
}

enum sql_status accounts_acts(struct sql *sql, struct arena *arena, struct str account_id) {
    const struct sql_statement statement = {.text = ACTS, .values = {sql_text(account_id)}, .value_count = 1};
    struct sql_rows rows;
    return sql_read(sql, arena, &statement, 1, &rows);
}

struct sql_statement accounts_close(const struct account_row *row, int64_t seen) {
    return (struct sql_statement){
        .text = "UPDATE accounts SET state = 3, level = 1, level_until = 0, profile_sealed = $2, merged_into = $3,"
                " updated_at = $4 WHERE account_id = $1 AND updated_at = $5 AND state = 1"
                " AND NOT EXISTS (SELECT 1 FROM admins WHERE account_id = $1 AND state <> 3)",
        .values = {sql_text(row->account_id), sql_blob(row->profile_sealed), sql_text(row->merged_into),
                   sql_int(row->updated_at), sql_int(seen)},
        .value_count = 5,
        .must_change = true};
}

struct sql_statement identifiers_delete_all(struct str account_id) {
    return (struct sql_statement){
        .text = "DELETE FROM identifiers WHERE account_id = $1", .values = {sql_text(account_id)}, .value_count = 1};
}

struct sql_statement credentials_delete_all(struct str account_id) {
    return (struct sql_statement){
        .text = "DELETE FROM credentials WHERE account_id = $1", .values = {sql_text(account_id)}, .value_count = 1};
}

struct sql_statement credentials_insert(struct str account_id, struct str kind, struct str secret, int64_t now) {
    struct sql_statement statement = credentials_put(account_id, kind, secret, now);
    statement.text = "INSERT INTO credentials (account_id, kind, secret, created_at) VALUES ($1, $2, $3, $4)";
    return statement;
}

struct sql_statement credentials_replace(struct str account_id, struct str kind, struct str seen, struct str secret) {
    return (struct sql_statement){
        .text = "UPDATE credentials SET secret = $4 WHERE account_id = $1 AND kind = $2 AND secret = $3",
        .values = {sql_text(account_id), sql_text(kind), sql_text(seen), sql_text(secret)},
        .value_count = 4,
        .must_change = true};
}

struct sql_statement credentials_delete(struct str account_id, struct str kind) {
    return (struct sql_statement){.text = "DELETE FROM credentials WHERE account_id = $1 AND kind = $2",
                                  .values = {sql_text(account_id), sql_text(kind)},
                                  .value_count = 2,
                                  .must_change = true};
}

enum sql_status identifiers_kinds(struct sql *sql, struct arena *arena, struct str account_id,
                                  enum identifier_kind **ret_kinds, size_t *ret_count) {
    const struct sql_statement statement = {.text = "SELECT kind FROM identifiers WHERE account_id = $1 ORDER BY kind",
                                            .values = {sql_text(account_id)},
                                            .value_count = 1};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, LISTED_MOST, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_kinds = arena_array_of(arena, rows.count + 1, enum identifier_kind);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_kinds)[i] = (enum identifier_kind)rows.cells[i].number;
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

struct sql_statement identifiers_lock(struct str account_id, const struct identifier_row *row) {
    return (struct sql_statement){
        .text = "UPDATE identifiers SET account_id = account_id WHERE kind = $1 AND hash = $2 AND account_id = $3",
        .values = {sql_int(row->kind), sql_blob(row->hash), sql_text(account_id)},
        .value_count = 3,
        .must_change = true};
}

struct sql_statement identifiers_delete(struct str account_id, enum identifier_kind kind) {
    return (struct sql_statement){.text = "DELETE FROM identifiers WHERE account_id = $1 AND kind = $2",
                                  .values = {sql_text(account_id), sql_int(kind)},
                                  .value_count = 2};
}

struct sql_statement identifiers_insert(struct str account_id, const struct identifier_row *row) {
    return (struct sql_statement){.text = INSERT_IDENTIFIER,
                                  .values = {sql_int(row->kind), sql_blob(row->hash), sql_text(account_id)},
                                  .value_count = 3};
}

enum sql_status verifications_due(struct sql *sql, struct arena *arena, int64_t now, size_t most,
                                  struct verification_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = "SELECT " VERIFICATION_COLUMNS " FROM verifications WHERE due_at > 0 AND due_at <= $1 AND ended_at = 0"
                " ORDER BY due_at, verification_id LIMIT $2",
        .values = {sql_int(now), sql_int((int64_t)most)},
        .value_count = 2};
    return read_verifications(sql, arena, &statement, ret_rows, ret_count);
}

struct sql_statement verifications_set_due(const struct verification_row *row, int64_t due_at) {
    return (struct sql_statement){
        .text = "UPDATE verifications SET due_at = $3 WHERE verification_id = $1 AND due_at = $2 AND ended_at = 0",
        .values = {sql_text(row->verification_id), sql_int(row->evidence.due_at), sql_int(due_at)},
        .value_count = 3,
        .must_change = true};
}

struct sql_statement verifications_end_proof(struct str account_id, int64_t now) {
    return (struct sql_statement){
        .text =
            "UPDATE verifications SET ended_at = $2, due_at = 0 WHERE account_id = $1 AND level > 1 AND ended_at = 0",
        .values = {sql_text(account_id), sql_int(now)},
        .value_count = 2};
}

struct sql_statement verifications_end_proof_of(struct str account_id, struct str source, int64_t now) {
    return (struct sql_statement){.text = "UPDATE verifications SET ended_at = $3, due_at = 0"
                                          " WHERE account_id = $1 AND source = $2 AND level > 1 AND ended_at = 0",
                                  .values = {sql_text(account_id), sql_text(source), sql_int(now)},
                                  .value_count = 3};
}

struct sql_statement verifications_end(struct str verification_id, int64_t now) {
    return (struct sql_statement){
        .text = "UPDATE verifications SET ended_at = $2, due_at = 0 WHERE verification_id = $1 AND ended_at = 0",
        .values = {sql_text(verification_id), sql_int(now)},
        .value_count = 2};
}

struct sql_statement verifications_end_method(struct str account_id, struct str method, int64_t now) {
    return (struct sql_statement){.text = "UPDATE verifications SET ended_at = $3, due_at = 0"
                                          " WHERE account_id = $1 AND method = $2 AND ended_at = 0",
                                  .values = {sql_text(account_id), sql_text(method), sql_int(now)},
                                  .value_count = 3};
}

enum sql_status accounts_list(struct sql *sql, struct arena *arena, int state, struct str after, size_t most,
                              struct account_row **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = "SELECT " ACCOUNT_COLUMNS
                " FROM accounts WHERE account_id > $1 AND ($2 = 0 OR state = $2) ORDER BY account_id LIMIT $3",
        .values = {sql_text(str_or(after, STR(""))), sql_int(state), sql_int((int64_t)most)},
        .value_count = 3};
    struct sql_rows rows = {0};
    if (sql_read(sql, arena, &statement, most < LISTED_MOST ? most : LISTED_MOST, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct account_row);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = account_row_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}
