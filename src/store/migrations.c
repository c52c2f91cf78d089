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

/* The register of client systems. Every change of it takes the next number of revisions' row "register", and marks what
 * it changed with that number: a server reads what is newer than what it has. Nothing in it is ever deleted. */
static const char *const version_2[] = {
    "CREATE TABLE revisions (name TEXT PRIMARY KEY, revision BIGINT NOT NULL)",
    "INSERT INTO revisions (name, revision) VALUES ('register', 0)",

    "CREATE TABLE agencies ("
    " agency_id TEXT PRIMARY KEY, name TEXT NOT NULL, credit_code TEXT UNIQUE, metadata TEXT NOT NULL, state INTEGER "
    "NOT "
    "NULL,"
    " version BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",

    "DROP TABLE clients", /* nothing wrote it before this version */
    "CREATE TABLE clients ("
    " client_id TEXT PRIMARY KEY, agency_id TEXT REFERENCES agencies(agency_id), search TEXT NOT NULL, state INTEGER "
    "NOT "
    "NULL,"
    " origin TEXT NOT NULL, metadata TEXT NOT NULL, pending TEXT, submitted_by TEXT, approved_by TEXT, "
    "registration_mac BYTEA,"
    " not_before BIGINT NOT NULL, version BIGINT NOT NULL, revision BIGINT NOT NULL, created_at BIGINT NOT NULL,"
    " updated_at BIGINT NOT NULL)",
    "CREATE INDEX clients_revision ON clients(revision)",
    "CREATE INDEX clients_agency ON clients(agency_id, client_id)",
    "CREATE INDEX clients_state ON clients(state, client_id)",

    "CREATE TABLE client_secrets ("
    " client_id TEXT NOT NULL REFERENCES clients(client_id), secret_id TEXT NOT NULL, mac BYTEA NOT NULL, sealed BYTEA,"
    " created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, PRIMARY KEY (client_id, secret_id))",

    /* One role an account, so that nobody holds two; whoever was dismissed keeps the row and not the account. */
    "CREATE TABLE admins ("
    " admin_id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(account_id), role INTEGER NOT NULL,"
    " agency_id TEXT REFERENCES agencies(agency_id), name TEXT NOT NULL, state INTEGER NOT NULL,"
    " created_by TEXT NOT NULL, approved_by TEXT, version BIGINT NOT NULL, created_at BIGINT NOT NULL,"
    " updated_at BIGINT NOT NULL)",
    "CREATE UNIQUE INDEX admins_account ON admins(account_id) WHERE state <> 3",

    "CREATE TABLE initial_access_tokens ("
    " token_id TEXT PRIMARY KEY, mac BYTEA NOT NULL UNIQUE, policy TEXT NOT NULL, uses_left BIGINT NOT NULL,"
    " expires_at BIGINT NOT NULL, created_by TEXT NOT NULL, created_at BIGINT NOT NULL)",

    "CREATE TABLE settings ("
    " name TEXT PRIMARY KEY, value BIGINT NOT NULL, version BIGINT NOT NULL, updated_by TEXT NOT NULL, updated_at "
    "BIGINT "
    "NOT NULL)",

    "CREATE INDEX consents_client ON consents(client_id, account_id)",

    /* Events of changes, written in the transaction of the change itself; the audit trail takes them from here. */
    "CREATE TABLE audit_outbox (event_id TEXT PRIMARY KEY, record TEXT NOT NULL)",
    NULL,
};

/* Client systems that registered themselves, and when they were last in use. */
static const char *const version_3[] = {
    "CREATE TABLE self_registrations ("
    " client_id TEXT PRIMARY KEY REFERENCES clients(client_id),"
    " token_id TEXT NOT NULL REFERENCES initial_access_tokens(token_id), unused_s BIGINT NOT NULL, used_at BIGINT NOT "
    "NULL)",
    "CREATE INDEX self_registrations_token ON self_registrations(token_id)",
    NULL,
};

const char *const *const sql_migrations[] = {version_1, version_2, version_3};
const int64_t sql_schema_version = ARRAY_LEN(sql_migrations);
