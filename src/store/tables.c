/*
 * The tables of the schema, for copying: a migration that adds one, or a column, adds it here. schema_version is not
 * copied.
 */
#include "base/check.h"
#include "store/copy.h"

const struct sql_table sql_tables[] = {
    {"accounts", "account_id, state, level, level_until, created_at, updated_at, profile_sealed, merged_into", false},
    {"identifiers", "kind, hash, account_id", false},
    {"credentials", "account_id, kind, secret, created_at", false},
    {"verifications",
     "verification_id, account_id, source, authority, method, check_id, folded, result, level, checked_at, expires_at, "
     "due_at, ended_at",
     false},
    {"consents", "account_id, client_id, scope, granted_at", false},
    {"revisions", "name, revision", true},
    {"agencies", "agency_id, name, credit_code, metadata, state, version, created_at, updated_at", false},
    {"clients",
     "client_id, agency_id, search, state, origin, metadata, pending, submitted_by, approved_by, registration_mac, "
     "not_before, "
     "version, revision, created_at, updated_at",
     false},
    {"client_secrets", "client_id, secret_id, mac, sealed, created_at, expires_at", false},
    {"admins",
     "admin_id, account_id, role, agency_id, name, state, created_by, approved_by, version, "
     "created_at, updated_at",
     false},
    {"initial_access_tokens", "token_id, mac, policy, uses_left, expires_at, created_by, created_at", false},
    {"self_registrations", "client_id, token_id, unused_s, used_at", false},
    {"links", "link_id, account_id, upstream, subject_hash, label_sealed, created_at, used_at, opened", false},
    {"organisations",
     "organisation_id, code_hash, sealed, status, source, authority, method, check_id, checked_at, due_at, "
     "version, created_at, updated_at",
     false},
    {"mandates",
     "mandate_id, organisation_id, account_id, grantee_kind, grantee_hash, grantee_sealed, role, scope, state, "
     "not_before, not_after, granted_by, method, accepted_at, ended_at, ended_by, reason, version, created_at, "
     "updated_at",
     false},
    {"window_records",
     "record_id, account_id, state, sealed, place, recorded_by, decided_by, reason, version, created_at, decided_at",
     false},
    {"disclosures", "account_id, client_id, claims, times, first_at, last_at", false},
    {"settings", "name, value, version, updated_by, updated_at", false},
    {"audit_outbox", "event_id, record", false},
    {"audit", "node, seq, at_ms, event, result, actor, client_id, subject, request_id, record, mac", false},
    {"audit_heads", "node, seq, mac, seal", false},
    {"audit_anchors", "node, seq, mac, seal", false},
    {"audit_spools", "spool_id, segment, at_byte", false},
    {"audit_exports", "export_id, node, from_seq, to_seq, at_ms, seal", false},
};
const size_t sql_table_count = ARRAY_LEN(sql_tables);

size_t sql_table_columns(const struct sql_table *table) {
    size_t count = str_count(str_from(table->columns), ',') + 1;
    CHECK(count <= SQL_COLUMNS_MOST);
    return count;
}
