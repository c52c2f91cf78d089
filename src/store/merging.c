/*
 * Moving what belongs to one account to another. Keys that both have would collide: what `into` has wins, and counts
 * of the same thing are added up.
 */
#include "store/merging.h"

#include "base/check.h"
#include "store/accounts.h"

#define LOCK                                                                                                           \
    "UPDATE accounts SET updated_at = updated_at WHERE account_id = $1 AND state = 1"                                  \
    " AND NOT EXISTS (SELECT 1 FROM admins WHERE account_id = $1 AND state <> 3)"

/* $1 from, $2 into. */
static const char *const moves[] = {
    /* Whoever opened the account that goes with one of them has it still, where that evidence comes along. */
    "UPDATE links SET account_id = $2, opened = CASE WHEN EXISTS (SELECT 1 FROM verifications v WHERE v.account_id = $1"
    " AND v.source = links.upstream AND v.level > 1 AND v.ended_at = 0) THEN opened ELSE 0 END WHERE account_id = $1"
    " AND upstream NOT IN (SELECT upstream FROM links WHERE account_id = $2)",
    "UPDATE verifications SET account_id = $2 WHERE account_id = $1",
    /* One role an organisation (index mandates_one): what both hold stays behind, and ends with the closed account. */
    "UPDATE mandates SET account_id = $2 WHERE account_id = $1 AND NOT (state = 2 AND EXISTS (SELECT 1 FROM mandates o"
    " WHERE o.account_id = $2 AND o.state = 2 AND o.organisation_id = mandates.organisation_id AND o.role = "
    "mandates.role))",
    "UPDATE window_records SET account_id = $2 WHERE account_id = $1",
    "UPDATE identifiers SET account_id = $2 WHERE account_id = $1"
    " AND kind NOT IN (SELECT kind FROM identifiers WHERE account_id = $2)",
    "UPDATE consents SET account_id = $2 WHERE account_id = $1"
    " AND client_id NOT IN (SELECT client_id FROM consents WHERE account_id = $2)",
    "UPDATE disclosures SET"
    " times = times + (SELECT o.times FROM disclosures o WHERE o.account_id = $1 AND o.client_id = "
    "disclosures.client_id AND o.claims = disclosures.claims),"
    " first_at = (SELECT CASE WHEN o.first_at < disclosures.first_at THEN o.first_at ELSE disclosures.first_at END"
    " FROM disclosures o WHERE o.account_id = $1 AND o.client_id = disclosures.client_id AND o.claims = "
    "disclosures.claims),"
    " last_at = (SELECT CASE WHEN o.last_at > disclosures.last_at THEN o.last_at ELSE disclosures.last_at END"
    " FROM disclosures o WHERE o.account_id = $1 AND o.client_id = disclosures.client_id AND o.claims = "
    "disclosures.claims)"
    " WHERE account_id = $2 AND EXISTS (SELECT 1 FROM disclosures o WHERE o.account_id = $1 AND o.client_id = "
    "disclosures.client_id AND o.claims = disclosures.claims)",
    "UPDATE disclosures SET account_id = $2 WHERE account_id = $1 AND NOT EXISTS (SELECT 1 FROM disclosures o"
    " WHERE o.account_id = $2 AND o.client_id = disclosures.client_id AND o.claims = disclosures.claims)",
};

/* $1 from: what was not moved. */
static const char *const leftovers[] = {
    "DELETE FROM links WHERE account_id = $1",       "DELETE FROM identifiers WHERE account_id = $1",
    "DELETE FROM consents WHERE account_id = $1",    "DELETE FROM disclosures WHERE account_id = $1",
    "DELETE FROM credentials WHERE account_id = $1",
};

static struct sql_statement *add(struct merging *merging, const char *text, struct str account_id) {
    CHECK(merging->count < MERGING_MOST);
    struct sql_statement *statement = &merging->statements[merging->count++];
    *statement = (struct sql_statement){.text = text, .values = {sql_text(account_id)}, .value_count = 1};
    return statement;
}

void merging_lock(struct merging *merging, struct str from, struct str into) {
    bool from_first = str_compare(from, into) < 0;
    add(merging, LOCK, from_first ? from : into)->must_change = true;
    add(merging, LOCK, from_first ? into : from)->must_change = true;
}

void merging_end_evidence(struct merging *merging, struct str account_id, int64_t now) {
    CHECK(merging->count < MERGING_MOST);
    merging->statements[merging->count++] = verifications_end_proof(account_id, now);
}

void merging_end_linked_evidence(struct merging *merging, struct str from, struct str into, int64_t now) {
    struct sql_statement *statement =
        add(merging,
            "UPDATE verifications SET ended_at = $3, due_at = 0 WHERE account_id = $1 AND level > 1 AND ended_at = 0"
            " AND source IN (SELECT upstream FROM links WHERE account_id = $2)",
            from);
    statement->values[statement->value_count++] = sql_text(into);
    statement->values[statement->value_count++] = sql_int(now);
}

void merging_move(struct merging *merging, struct str from, struct str into) {
    for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
        struct sql_statement *statement = add(merging, moves[i], from);
        statement->values[statement->value_count++] = sql_text(into);
    }
    for (size_t i = 0; i < ARRAY_LEN(leftovers); i++) {
        add(merging, leftovers[i], from);
    }
}
