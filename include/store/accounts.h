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
};

struct identifier_row {
    enum identifier_kind kind;
    struct str hash; /* 32 bytes */
};

struct verification_row {
    struct str verification_id;
    struct str account_id;
    struct evidence evidence;
    int64_t ended_at; /* when it stopped counting before its time; 0: it has not */
};

/* Creates the account with its identifiers, password hash and verifications in one transaction. SQL_CONFLICT: an
 * identifier is taken. Waits. */
struct account_new {
    struct account_row account;
    const struct identifier_row *identifiers;
    size_t identifier_count;
    struct str password_hash; /* argon2id encoded form; absent for none */
    const struct verification_row *verifications;
    size_t verification_count;
};
enum sql_status accounts_create(struct sql *sql, const struct account_new *account);

/* Wait. */
enum sql_status accounts_get(struct sql *sql, struct arena *arena, struct str account_id, struct account_row *ret_row);
enum sql_status accounts_find(struct sql *sql, struct arena *arena, enum identifier_kind kind, struct str hash,
                              struct str *ret_account_id);
enum sql_status accounts_set_state(struct sql *sql, struct str account_id, enum account_state state, int64_t now);
enum sql_status accounts_password(struct sql *sql, struct arena *arena, struct str account_id, struct str *ret_hash);
enum sql_status accounts_set_password(struct sql *sql, struct str account_id, struct str hash, int64_t now);
enum sql_status accounts_verifications(struct sql *sql, struct arena *arena, struct str account_id,
                                       struct verification_row **ret_rows, size_t *ret_count);
/* Adds a verification and sets the account's level with it. */
enum sql_status accounts_add_verification(struct sql *sql, const struct verification_row *row, int level,
                                          int64_t level_until);
/* By state (0 for all): ids after `after` (absent: from the start), in order. */
enum sql_status accounts_list(struct sql *sql, struct arena *arena, int state, struct str after, size_t most,
                              struct account_row **ret_rows, size_t *ret_count);

/* For sql_write: the state, where updated_at is still what was seen. */
struct sql_statement accounts_state_statement(struct str account_id, enum account_state state, int64_t seen,
                                              int64_t now);

/* What proves a person besides the password, by kind: "totp". */
struct sql_statement credentials_put(struct str account_id, struct str kind, struct str secret, int64_t now);
/* Waits. */
enum sql_status credentials_get(struct sql *sql, struct arena *arena, struct str account_id, struct str kind,
                                struct str *ret_secret);

#endif
