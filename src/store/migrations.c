/*
 * The schema, step by step. A step that has been released is never changed: a new one is added behind it. Types and
 * syntax are what SQLite and PostgreSQL have in common.
 */
#include "base/check.h"
#include "sql_driver.h"

#include <stdio.h>

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

/* The audit trail: rows in one chain for each node (docs/audit.md). Each index for searching ends in the order of the
 * result, so that a page is read along it. */
static const char audit_table[] =
    "CREATE TABLE audit ("
    " node TEXT NOT NULL, seq BIGINT NOT NULL, at_ms BIGINT NOT NULL, event TEXT NOT NULL, result TEXT NOT NULL,"
    " actor TEXT, client_id TEXT, subject TEXT, request_id TEXT, record TEXT NOT NULL, mac BYTEA NOT NULL,"
    " PRIMARY KEY (node, seq))";
static const char audit_exports_table[] =
    "CREATE TABLE audit_exports ("
    " export_id TEXT NOT NULL, node TEXT NOT NULL, from_seq BIGINT NOT NULL, to_seq BIGINT NOT NULL,"
    " at_ms BIGINT NOT NULL, seal BYTEA NOT NULL, PRIMARY KEY (node, from_seq, export_id))";
static const char *const version_audit[] = {
    audit_table,
    "CREATE INDEX audit_time ON audit(at_ms, node, seq)",
    "CREATE INDEX audit_actor ON audit(actor, at_ms, node, seq)",
    "CREATE INDEX audit_client ON audit(client_id, at_ms, node, seq)",
    "CREATE INDEX audit_subject ON audit(subject, at_ms, node, seq)",
    "CREATE INDEX audit_event ON audit(event, at_ms, node, seq)",
    "CREATE INDEX audit_result ON audit(result, at_ms, node, seq)",
    "CREATE INDEX audit_request ON audit(request_id, at_ms, node, seq)",
    "CREATE TABLE audit_heads (node TEXT PRIMARY KEY, seq BIGINT NOT NULL, mac BYTEA NOT NULL, seal BYTEA NOT NULL)",
    "CREATE TABLE audit_anchors (node TEXT PRIMARY KEY, seq BIGINT NOT NULL, mac BYTEA NOT NULL, seal BYTEA NOT NULL)",
    "CREATE TABLE audit_spools (spool_id TEXT PRIMARY KEY, segment BIGINT NOT NULL, at_byte BIGINT NOT NULL)",
    audit_exports_table,
    NULL,
};

/* Client systems that registered themselves, and when they were last in use. */
static const char *const version_4[] = {
    "CREATE TABLE self_registrations ("
    " client_id TEXT PRIMARY KEY REFERENCES clients(client_id),"
    " token_id TEXT NOT NULL REFERENCES initial_access_tokens(token_id), unused_s BIGINT NOT NULL, used_at BIGINT NOT "
    "NULL)",
    "CREATE INDEX self_registrations_token ON self_registrations(token_id)",
    NULL,
};

/* What people are proven with, whom they act for, and who was told about them. */
static const char *const version_5[] = {
    /* Whoever turned out to be somebody who had an account. */
    "ALTER TABLE accounts ADD COLUMN merged_into TEXT",

    /* due_at: when it is to be checked again, 0 for never. ended_at: when it stopped counting before its time. */
    "ALTER TABLE verifications ADD COLUMN due_at BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE verifications ADD COLUMN ended_at BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX verifications_due ON verifications(due_at, verification_id)",

    /* Other services that a person signs in with: the name they have there, as a keyed hash. */
    "CREATE TABLE links ("
    " link_id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(account_id) ON DELETE CASCADE,"
    " upstream TEXT NOT NULL, subject_hash BYTEA NOT NULL, label_sealed BYTEA NOT NULL, created_at BIGINT NOT NULL,"
    " used_at BIGINT NOT NULL, UNIQUE (upstream, subject_hash))",
    "CREATE INDEX links_account ON links(account_id)",

    "CREATE TABLE organisations ("
    " organisation_id TEXT PRIMARY KEY, code_hash BYTEA NOT NULL UNIQUE, sealed BYTEA NOT NULL, status INTEGER NOT "
    "NULL,"
    " source TEXT NOT NULL, authority TEXT NOT NULL, method TEXT NOT NULL, check_id TEXT NOT NULL,"
    " checked_at BIGINT NOT NULL, due_at BIGINT NOT NULL,"
    " version BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
    "CREATE INDEX organisations_due ON organisations(due_at, organisation_id)",

    /* Who may act for an organisation, as what, in which matters, and from when to when. Never deleted. An offer is to
     * whoever turns out to be the person of a number and a name: until it is accepted it has no account. */
    "CREATE TABLE mandates ("
    " mandate_id TEXT PRIMARY KEY, organisation_id TEXT NOT NULL REFERENCES organisations(organisation_id),"
    " account_id TEXT REFERENCES accounts(account_id), grantee_kind INTEGER NOT NULL, grantee_hash BYTEA,"
    " grantee_sealed BYTEA, role INTEGER NOT NULL, scope TEXT NOT NULL, state INTEGER NOT NULL, not_before BIGINT "
    "NOT NULL, not_after BIGINT NOT NULL,"
    " granted_by TEXT NOT NULL, method TEXT NOT NULL, accepted_at BIGINT NOT NULL, ended_at BIGINT NOT NULL, ended_by "
    "TEXT, reason TEXT,"
    " version BIGINT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL)",
    "CREATE INDEX mandates_account ON mandates(account_id, state)",
    "CREATE INDEX mandates_organisation ON mandates(organisation_id, state)",
    "CREATE UNIQUE INDEX mandates_one ON mandates(organisation_id, account_id, role) WHERE state = 2",
    "CREATE INDEX mandates_grantee ON mandates(grantee_hash, state)",
    "CREATE INDEX mandates_granted_by ON mandates(granted_by)",
    "CREATE INDEX mandates_end ON mandates(state, not_after)",

    /* What an administrator saw of a person at a window, and who confirmed it. */
    "CREATE TABLE window_records ("
    " record_id TEXT PRIMARY KEY, account_id TEXT NOT NULL REFERENCES accounts(account_id), state INTEGER NOT NULL,"
    " sealed BYTEA NOT NULL, place TEXT NOT NULL, recorded_by TEXT NOT NULL, decided_by TEXT, reason TEXT,"
    " version BIGINT NOT NULL, created_at BIGINT NOT NULL, decided_at BIGINT NOT NULL)",
    "CREATE INDEX window_records_state ON window_records(state, created_at, record_id)",
    "CREATE INDEX window_records_account ON window_records(account_id)",

    /* Who was told what about whom: one row for each client system and set of claims (PIPL art. 23, 55). */
    "CREATE TABLE disclosures ("
    " account_id TEXT NOT NULL REFERENCES accounts(account_id) ON DELETE CASCADE, client_id TEXT NOT NULL,"
    " claims TEXT NOT NULL, times BIGINT NOT NULL, first_at BIGINT NOT NULL, last_at BIGINT NOT NULL,"
    " PRIMARY KEY (account_id, client_id, claims))",
    NULL,
};

/* Evidence that does not say whom it is about counts for the account that was opened with the link it comes by. */
static const char *const version_6[] = {
    /* One link of an account to each service: of more, the one that was there first stays. */
    "DELETE FROM links WHERE EXISTS (SELECT 1 FROM links o WHERE o.account_id = links.account_id AND o.upstream = "
    "links.upstream"
    " AND (o.created_at < links.created_at OR (o.created_at = links.created_at AND o.link_id < links.link_id)))",
    "DROP INDEX links_account",
    "CREATE UNIQUE INDEX links_one ON links(account_id, upstream)",
    /* An account that was opened by a sign-in somewhere has the evidence of that sign-in from before it was there. */
    "ALTER TABLE links ADD COLUMN opened INTEGER NOT NULL DEFAULT 0",
    "UPDATE links SET opened = 1 WHERE EXISTS (SELECT 1 FROM verifications v, accounts a WHERE a.account_id = "
    "links.account_id"
    " AND v.account_id = links.account_id AND v.source = links.upstream AND v.checked_at <= a.created_at)",
    /* What a network identity said of accounts that were not opened with it, or are not linked to it any more; a level
     * that rests on it is worked out anew when it is asked for (level_until). */
    "UPDATE verifications SET ended_at = checked_at, due_at = 0 WHERE ended_at = 0 AND method IN ('network_credential',"
    " 'network_credential_face') AND NOT EXISTS (SELECT 1 FROM identifiers i WHERE i.account_id = "
    "verifications.account_id AND i.kind = 1) AND NOT EXISTS (SELECT 1 FROM links l WHERE l.account_id = "
    "verifications.account_id AND l.upstream = verifications.source AND l.opened = 1)",
    "UPDATE accounts SET level_until = 1 WHERE level > 1 AND EXISTS (SELECT 1 FROM verifications v WHERE v.account_id "
    "= "
    "accounts.account_id AND v.ended_at > 0 AND v.method IN ('network_credential', 'network_credential_face'))",
    NULL,
};

/* A person may be seen at a window before they have an account: the column may be empty. SQLite cannot change that of a
 * table that is there, so it is made anew; nothing refers to it. */
static const char *const version_7[] = {
    "CREATE TABLE window_records_anew ("
    " record_id TEXT PRIMARY KEY, account_id TEXT REFERENCES accounts(account_id), state INTEGER NOT NULL,"
    " sealed BYTEA NOT NULL, place TEXT NOT NULL, recorded_by TEXT NOT NULL, decided_by TEXT, reason TEXT,"
    " version BIGINT NOT NULL, created_at BIGINT NOT NULL, decided_at BIGINT NOT NULL)",
    "INSERT INTO window_records_anew SELECT record_id, account_id, state, sealed, place, recorded_by, decided_by, "
    "reason,"
    " version, created_at, decided_at FROM window_records",
    "DROP TABLE window_records",
    "ALTER TABLE window_records_anew RENAME TO window_records",
    "CREATE INDEX window_records_state ON window_records(state, created_at, record_id)",
    "CREATE INDEX window_records_account ON window_records(account_id)",
    NULL,
};

const char *const *const sql_migrations[] = {version_1, version_2, version_audit, version_4,
                                             version_5, version_6, version_7};
const int64_t sql_schema_version = ARRAY_LEN(sql_migrations);

#define READ_VERSION "SELECT version FROM schema_version"

static bool read_version(const struct sql_plain *plain, int64_t *ret_version) {
    int64_t tables;
    *ret_version = 0;
    return plain->driver->plain_number(plain->connection, plain->exists, &tables) &&
           (tables == 0 || plain->driver->plain_number(plain->connection, READ_VERSION, ret_version));
}

static bool migrate_to(const struct sql_plain *plain, int64_t version) {
    char text[96];
    for (const char *const *statement = sql_migrations[version - 1]; *statement; statement++) {
        if (!plain->driver->plain_run(plain->connection, *statement)) {
            return false;
        }
    }
    snprintf(text, sizeof(text), "UPDATE schema_version SET version = %lld", (long long)version);
    return plain->driver->plain_run(plain->connection, text);
}

/* Of those that start at once, one migrates and the others find it done. */
static bool migrate_all(const struct sql_plain *plain, int64_t *ret_from) {
    void *connection = plain->connection;
    bool fine =
        plain->driver->plain_run(connection, plain->begin) &&
        plain->driver->plain_run(connection, "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)") &&
        plain->driver->plain_run(
            connection, "INSERT INTO schema_version SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version)") &&
        plain->driver->plain_number(connection, READ_VERSION, ret_from);
    for (int64_t version = *ret_from; fine && version < sql_schema_version;) {
        fine = migrate_to(plain, ++version);
    }
    return fine && plain->driver->plain_run(connection, "COMMIT");
}

bool sql_schema_migrate(const struct sql_plain *plain, bool refuse_old, struct sql_migration *ret_migration,
                        struct fault *fault) {
    int64_t from;
    if (!read_version(plain, &from)) {
        plain->driver->plain_reason(plain->connection, fault, plain->name);
        return false;
    }
    if (from < sql_schema_version && refuse_old) {
        return fault_set(fault,
                         "the database %s has schema version %lld, this program needs %lld, and sql.migrate is false: "
                         "run tongxing migrate FILE",
                         plain->name, (long long)from, (long long)sql_schema_version);
    }
    if (from < sql_schema_version && !migrate_all(plain, &from)) {
        plain->driver->plain_reason(plain->connection, fault, plain->name);
        plain->driver->plain_run(plain->connection, "ROLLBACK");
        return false;
    }
    if (from > sql_schema_version) {
        return fault_set(
            fault, "the database %s has schema version %lld, this program knows up to %lld: use the newer program",
            plain->name, (long long)from, (long long)sql_schema_version);
    }
    *ret_migration = (struct sql_migration){from, sql_schema_version};
    return true;
}
