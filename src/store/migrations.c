/*
 * The schema, step by step. A step that has been released is never changed: a new one is added behind it. Types and
 * syntax are what SQLite and PostgreSQL have in common.
 */
#include "base/check.h"
#include "sql_driver.h"

static const char *const version_1[] = {
    "CREATE TABLE accounts ("
    " account_id TEXT PRIMARY KEY, state INTEGER NOT NULL, level INTEGER NOT NULL, level_until BIGINT NOT NULL,"
    " created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, profile_sealed BYTEA NOT NULL)",

    /* A number, phone or user name belongs to one account: what is found is a keyed hash. */
    "CREATE TABLE identifiers ("
    " kind INTEGER NOT NULL, hash BYTEA NOT NULL, account_id TEXT NOT NULL REFERENCES accounts(account_id) ON DELETE "
    "CASCADE,"
    " PRIMARY KEY (kind, hash))",
    "CREATE INDEX identifiers_account ON identifiers(account_id)",

    "CREATE TABLE credentials ("
    " account_id TEXT NOT NULL REFERENCES accounts(account_id) ON DELETE CASCADE, kind TEXT NOT NULL, secret TEXT NOT "
    "NULL,"
    " created_at BIGINT NOT NULL, PRIMARY KEY (account_id, kind))",

    "CREATE TABLE verifications ("
    " verification_id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(account_id) ON DELETE CASCADE,"
    " source TEXT NOT NULL, authority TEXT NOT NULL, method TEXT NOT NULL, check_id TEXT NOT NULL, folded INTEGER NOT "
    "NULL,"
    " result INTEGER NOT NULL, level INTEGER NOT NULL, checked_at BIGINT NOT NULL, expires_at BIGINT NOT NULL)",
    "CREATE INDEX verifications_account ON verifications(account_id)",

    "CREATE TABLE consents ("
    " account_id TEXT NOT NULL REFERENCES accounts(account_id) ON DELETE CASCADE, client_id TEXT NOT NULL, scope TEXT "
    "NOT NULL,"
    " granted_at BIGINT NOT NULL, PRIMARY KEY (account_id, client_id))",

    "CREATE TABLE clients ("
    " client_id TEXT PRIMARY KEY, metadata TEXT NOT NULL, secret_mac BYTEA, secret_sealed BYTEA,"
    " created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
    NULL,
};

const char *const *const sql_migrations[] = {version_1};
const int64_t sql_schema_version = ARRAY_LEN(sql_migrations);
