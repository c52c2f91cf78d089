/*
 * accounts: tables accounts, identifiers, credentials and verifications. What is personal arrives here sealed or as a
 * keyed hash.
 */
#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include "model/account.h"
#include "store/sql.h"

struct account_row {
    struct str account_id;
    enum account_state state;
    int level;
    int64_t level_until, created_at, updated_at;
    struct str profile_sealed;
    struct str merged_into; /* the account that everything of it went to; absent for none */
};

struct identifier_row {
    enum identifier_kind kind;
    struct str hash; /* 32 bytes */
};

struct verification_row {
    struct str verification_id;
    struct str account_id;
    struct evidence evidence;
};

/* Creates the account with its identifiers, password hash and verifications, and what goes along, in one transaction.
 * SQL_CONFLICT: an identifier is taken, or what goes along is there already; SQL_MISSING: that had nothing to change.
 * Waits. */
#define ACCOUNT_ALONG_MOST 7
struct account_new {
    struct account_row account;
    const struct identifier_row *identifiers;
    size_t identifier_count;
    struct str password_hash; /* argon2id encoded form; absent for none */
    const struct verification_row *verifications;
    size_t verification_count;
    const struct sql_statement *along; /* in the same transaction */
    size_t along_count;
};
enum sql_status accounts_create(struct sql *sql, const struct account_new *account);

/* Wait. */
enum sql_status accounts_get(struct sql *sql, struct arena *arena, struct str account_id, struct account_row *ret_row);
enum sql_status accounts_find(struct sql *sql, struct arena *arena, enum identifier_kind kind, struct str hash,
                              struct str *ret_account_id);
/* SQL_MISSING: there is none, or it is closed, which is for good. */
enum sql_status accounts_set_state(struct sql *sql, struct str account_id, enum account_state state, int64_t now);
enum sql_status accounts_password(struct sql *sql, struct arena *arena, struct str account_id, struct str *ret_hash);
enum sql_status accounts_set_password(struct sql *sql, struct str account_id, struct str hash, int64_t now);
enum sql_status accounts_verifications(struct sql *sql, struct arena *arena, struct str account_id,
                                       struct verification_row **ret_rows, size_t *ret_count);
/* Those whose authority is to be asked again by now, the longest waiting first. */
enum sql_status verifications_due(struct sql *sql, struct arena *arena, int64_t now, size_t most,
                                  struct verification_row **ret_rows, size_t *ret_count);
/* By state (0 for all): ids after `after` (absent: from the start), in order. */
enum sql_status accounts_list(struct sql *sql, struct arena *arena, int state, struct str after, size_t most,
                              struct account_row **ret_rows, size_t *ret_count);

/* For sql_write. Level, profile and updated_at of the row, where the account is active and updated_at still what was
 * seen. */
struct sql_statement accounts_update(const struct account_row *row, int64_t seen);
/* Its level alone, also where it is suspended. */
struct sql_statement accounts_update_level(const struct account_row *row, int64_t seen);
/* Waits for whoever else changes what belongs to the account. */
struct sql_statement accounts_lock(struct str account_id);
struct sql_statement accounts_lock_active(struct str account_id); /* must still be active */
/* For good: its state, level, profile and merged_into, where it is as it was seen, active and no administrator's. */
struct sql_statement accounts_close(const struct account_row *row, int64_t seen);
/* Must not act for any organisation (mandates that are accepted). */
struct sql_statement accounts_lock_not_acting(struct str account_id);
struct sql_statement identifiers_delete_all(struct str account_id);
struct sql_statement credentials_delete_all(struct str account_id);
/* Must be the account's still. */
struct sql_statement identifiers_lock(struct str account_id, const struct identifier_row *row);
struct sql_statement identifiers_delete(struct str account_id, enum identifier_kind kind);
struct sql_statement identifiers_insert(struct str account_id, const struct identifier_row *row);
struct sql_statement verifications_insert(const struct verification_row *row);
/* Where it is still due when it was seen to be, so that of two who would ask one does. */
struct sql_statement verifications_set_due(const struct verification_row *row, int64_t due_at);
struct sql_statement verifications_end(struct str verification_id, int64_t now);
/* All of the account's that were made by a method and have not ended. */
struct sql_statement verifications_end_method(struct str account_id, struct str method, int64_t now);
/* All of an account above level 1, or what one service gave of it. */
struct sql_statement verifications_end_proof(struct str account_id, int64_t now);
struct sql_statement verifications_end_proof_of(struct str account_id, struct str source, int64_t now);

/* For sql_write: the state, where updated_at is still what was seen. */
struct sql_statement accounts_state_statement(struct str account_id, enum account_state state, int64_t seen,
                                              int64_t now);

/* What proves a person besides the password, by kind: "totp". */
struct sql_statement credentials_put(struct str account_id, struct str kind, struct str secret, int64_t now);
/* Where there is none of the kind (SQL_CONFLICT), and where there is one. */
struct sql_statement credentials_insert(struct str account_id, struct str kind, struct str secret, int64_t now);
struct sql_statement credentials_delete(struct str account_id, struct str kind);
/* Where it is still `seen`. */
struct sql_statement credentials_replace(struct str account_id, struct str kind, struct str seen, struct str secret);
/* SQL_DONE when it acts for an organisation, SQL_MISSING when not. Waits. */
enum sql_status accounts_acts(struct sql *sql, struct arena *arena, struct str account_id);
/* The kinds of what an account is found by. SQL_DONE also with none. Waits. */
enum sql_status identifiers_kinds(struct sql *sql, struct arena *arena, struct str account_id,
                                  enum identifier_kind **ret_kinds, size_t *ret_count);
/* Waits. */
enum sql_status credentials_get(struct sql *sql, struct arena *arena, struct str account_id, struct str kind,
                                struct str *ret_secret);

#endif
