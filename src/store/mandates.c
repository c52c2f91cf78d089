/*
 * Mandates, read together with their organisation, with how the account stands that holds them, and with what they were
 * granted under.
 */
#include "store/mandates.h"

#define MANDATE_COLUMNS                                                                                                \
    "m.mandate_id, m.organisation_id, m.account_id, m.grantee_kind, m.grantee_hash, m.grantee_sealed, m.role, "        \
    "m.scope, m.state, m.not_before, m.not_after, m.granted_by, m.method, m.accepted_at, m.ended_at, m.ended_by, "     \
    "m.reason, m.version, m.created_at, m.updated_at"
#define MANDATE_COLUMN_COUNT 20
#define SELECT                                                                                                         \
    "SELECT " MANDATE_COLUMNS ", " ORGANISATION_COLUMNS                                                                \
    ", a.state, a.level, a.level_until, g.role, g.state FROM mandates m"                                               \
    " JOIN organisations o ON o.organisation_id = m.organisation_id"                                                   \
    " LEFT JOIN accounts a ON a.account_id = m.account_id "                                                            \
    " LEFT JOIN mandates g ON g.mandate_id = m.granted_by "
/* Two steps: a representative's, an administrator's, an agent's is as deep as it goes. */
#define UNDER                                                                                                          \
    "state <> 3 AND (granted_by = $1 OR granted_by IN (SELECT b.mandate_id FROM mandates b WHERE b.granted_by = $1))"

static struct mandate_row row_of(const struct sql_value *cells) {
    return (struct mandate_row){
        .mandate_id = cells[0].bytes,
        .organisation_id = cells[1].bytes,
        .account_id = cells[2].bytes,
        .grantee_kind = (enum identifier_kind)cells[3].number,
        .grantee_hash = cells[4].bytes,
        .grantee_sealed = cells[5].bytes,
        .role = (enum mandate_role)cells[6].number,
        .scope = cells[7].bytes,
        .state = (enum mandate_state)cells[8].number,
        .not_before = cells[9].number,
        .not_after = cells[10].number,
        .granted_by = cells[11].bytes,
        .method = cells[12].bytes,
        .accepted_at = cells[13].number,
        .ended_at = cells[14].number,
        .ended_by = cells[15].bytes,
        .reason = cells[16].bytes,
        .version = cells[17].number,
        .created_at = cells[18].number,
        .updated_at = cells[19].number,
    };
}

static struct mandate_found found_of(const struct sql_value *cells) {
    const struct sql_value *account = cells + MANDATE_COLUMN_COUNT + ORGANISATION_COLUMN_COUNT;
    const struct sql_value *grantor = account + 3;
    return (struct mandate_found){
        .row = row_of(cells),
        .organisation = organisation_row_of(cells + MANDATE_COLUMN_COUNT),
        .account_state = (enum account_state)account[0].number,
        .account_level = (int)account[1].number,
        .account_level_until = account[2].number,
        .grantor_role = (enum mandate_role)grantor[0].number,
        .grantor_state = (enum mandate_state)grantor[1].number,
    };
}

/* --- writing --- */

struct sql_statement mandates_insert(const struct mandate_row *row) {
    return (struct sql_statement){
        .text = "INSERT INTO mandates (mandate_id, organisation_id, account_id, grantee_kind, grantee_hash, "
                "grantee_sealed, role, scope, state, not_before, not_after, granted_by, method, accepted_at, ended_at, "
                "version, created_at, updated_at)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 1, $15, $15)",
        .values = {sql_text(row->mandate_id), sql_text(row->organisation_id), sql_text(row->account_id),
                   sql_int(row->grantee_kind), sql_blob(row->grantee_hash), sql_blob(row->grantee_sealed),
                   sql_int(row->role), sql_text(row->scope), sql_int(row->state), sql_int(row->not_before),
                   sql_int(row->not_after), sql_text(row->granted_by), sql_text(row->method), sql_int(row->accepted_at),
                   sql_int(row->created_at)},
        .value_count = 15};
}

struct sql_statement mandates_accept(const struct mandate_row *row) {
    return (struct sql_statement){
        .text = "UPDATE mandates SET state = 2, account_id = $2, accepted_at = $3, version = $4, updated_at = $3"
                " WHERE mandate_id = $1 AND version = $4 - 1 AND state = 1",
        .values = {sql_text(row->mandate_id), sql_text(row->account_id), sql_int(row->accepted_at),
                   sql_int(row->version)},
        .value_count = 4,
        .must_change = true};
}

struct sql_statement mandates_still_good(struct str mandate_id, int64_t now) {
    return (struct sql_statement){.text = "UPDATE mandates SET updated_at = updated_at WHERE mandate_id = $1 AND state "
                                          "= 2 AND (not_after = 0 OR not_after > $2)",
                                  .values = {sql_text(mandate_id), sql_int(now)},
                                  .value_count = 2,
                                  .must_change = true};
}

#define END                                                                                                            \
    "UPDATE mandates SET state = 3, ended_at = $2, ended_by = $3, reason = $4, version = version + 1, updated_at = $2"

static struct sql_statement ending_of(const char *text, struct str id, const struct mandate_ending *ending) {
    return (struct sql_statement){
        .text = text,
        .values = {sql_text(id), sql_int(ending->now), sql_text(ending->ended_by), sql_text(ending->reason)},
        .value_count = 4};
}

struct sql_statement mandates_end(struct str mandate_id, int64_t version, const struct mandate_ending *ending) {
    struct sql_statement statement =
        ending_of(END " WHERE mandate_id = $1 AND state <> 3 AND version = $5", mandate_id, ending);
    statement.values[statement.value_count++] = sql_int(version);
    statement.must_change = true;
    return statement;
}

struct sql_statement mandates_end_under(struct str mandate_id, const struct mandate_ending *ending) {
    return ending_of(END " WHERE " UNDER, mandate_id, ending);
}

struct sql_statement mandates_end_of(struct str organisation_id, const struct mandate_ending *ending) {
    return ending_of(END " WHERE organisation_id = $1 AND state <> 3", organisation_id, ending);
}

/* --- reading --- */

enum sql_status mandates_find(struct sql *sql, struct arena *arena, struct str mandate_id,
                              struct mandate_found *ret_found) {
    const struct sql_statement statement = {
        .text = SELECT "WHERE m.mandate_id = $1", .values = {sql_text(mandate_id)}, .value_count = 1};
    struct sql_rows rows;
    enum sql_status status = sql_read(sql, arena, &statement, 1, &rows);
    if (status == SQL_DONE) {
        *ret_found = found_of(rows.cells);
    }
    return status;
}

static enum sql_status read_rows(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                 size_t most, struct mandate_found **ret_rows, size_t *ret_count) {
    struct sql_rows rows = {0};
    most = most < MANDATES_LISTED_MOST ? most : MANDATES_LISTED_MOST;
    if (sql_read(sql, arena, statement, most, &rows) == SQL_DOWN) {
        return SQL_DOWN;
    }
    *ret_rows = arena_array_of(arena, rows.count + 1, struct mandate_found);
    for (size_t i = 0; i < rows.count; i++) {
        (*ret_rows)[i] = found_of(rows.cells + i * rows.columns);
    }
    *ret_count = rows.count;
    return SQL_DONE;
}

enum sql_status mandates_of_account(struct sql *sql, struct arena *arena, struct str account_id,
                                    struct mandate_found **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {.text =
                                                SELECT "WHERE m.account_id = $1 AND m.state = 2 ORDER BY m.mandate_id",
                                            .values = {sql_text(account_id)},
                                            .value_count = 1};
    return read_rows(sql, arena, &statement, MANDATES_LISTED_MOST, ret_rows, ret_count);
}

enum sql_status mandates_of_organisation(struct sql *sql, struct arena *arena, struct str organisation_id,
                                         struct mandate_found **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = SELECT "WHERE m.organisation_id = $1 ORDER BY m.ended_at <> 0, m.role, m.created_at DESC, m.mandate_id"
                       " LIMIT 1000",
        .values = {sql_text(organisation_id)},
        .value_count = 1};
    return read_rows(sql, arena, &statement, MANDATES_LISTED_MOST, ret_rows, ret_count);
}

enum sql_status mandates_offered_to(struct sql *sql, struct arena *arena, enum identifier_kind kind, struct str hash,
                                    struct mandate_found **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = SELECT "WHERE m.grantee_hash = $1 AND m.grantee_kind = $2 AND m.state = 1 ORDER BY m.created_at, "
                       "m.mandate_id LIMIT 1000",
        .values = {sql_blob(hash), sql_int(kind)},
        .value_count = 2};
    return read_rows(sql, arena, &statement, MANDATES_LISTED_MOST, ret_rows, ret_count);
}

enum sql_status mandates_under(struct sql *sql, struct arena *arena, struct str mandate_id,
                               struct mandate_found **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = SELECT "WHERE m.state <> 3 AND (m.granted_by = $1 OR m.granted_by IN (SELECT b.mandate_id FROM "
                       "mandates b WHERE b.granted_by = $1)) ORDER BY m.mandate_id LIMIT 1000",
        .values = {sql_text(mandate_id)},
        .value_count = 1};
    return read_rows(sql, arena, &statement, MANDATES_LISTED_MOST, ret_rows, ret_count);
}

enum sql_status mandates_over(struct sql *sql, struct arena *arena, int64_t now, int64_t offered_before, size_t most,
                              struct mandate_found **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = SELECT "WHERE m.state IN (1, 2) AND ((m.not_after > 0 AND m.not_after <= $1) OR (m.state = 1 AND "
                       "m.created_at < $2)) ORDER BY m.mandate_id LIMIT $3",
        .values = {sql_int(now), sql_int(offered_before), sql_int((int64_t)most)},
        .value_count = 3};
    return read_rows(sql, arena, &statement, most, ret_rows, ret_count);
}

/* An account counts as level 1 when its proof has expired (domain/account.h); 3 is what a representative needs, 2 what
 * others do (mandate_role_level). */
enum sql_status mandates_unfit(struct sql *sql, struct arena *arena, int64_t now, size_t most,
                               struct mandate_found **ret_rows, size_t *ret_count) {
    const struct sql_statement statement = {
        .text = SELECT "WHERE m.state = 2 AND (a.state <> 1 OR (a.level_until > 0 AND a.level_until <= $1) OR "
                       "a.level < 2 OR (m.role = 1 AND a.level < 3)) ORDER BY m.mandate_id LIMIT $2",
        .values = {sql_int(now), sql_int((int64_t)most)},
        .value_count = 2};
    return read_rows(sql, arena, &statement, most, ret_rows, ret_count);
}
