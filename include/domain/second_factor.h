/*
 * second_factor: the one-time password that administrators, and whoever signs in to a client system that asks for it,
 * give besides their password (RFC 6238). Each password counts once, and guesses are counted before they are looked at.
 */
#ifndef DOMAIN_SECOND_FACTOR_H
#define DOMAIN_SECOND_FACTOR_H

#include "domain/domain.h"
#include "store/sql.h"

enum second_factor_result {
    SECOND_FACTOR_DONE,
    SECOND_FACTOR_WRONG, /* or used before */
    SECOND_FACTOR_LOCKED,
    SECOND_FACTOR_NONE, /* the account has none */
    SECOND_FACTOR_UNAVAILABLE,
};

/* ret_bound: is it bound to the person (AMR_BOUND)? Waits. */
enum second_factor_result second_factor_verify(struct domain *domain, struct arena *arena, struct str account_id,
                                               struct str code, bool *ret_bound);
/* DOMAIN_NO when the account has none. Wait. */
enum domain_status second_factor_exists(struct domain *domain, struct arena *arena, struct str account_id);
enum domain_status second_factor_find(struct domain *domain, struct arena *arena, struct str account_id,
                                      bool *ret_bound);
/* It was given, and the person seen: from now on it stands for them. Waits. */
enum domain_status second_factor_bind(struct domain *domain, struct arena *arena, struct str account_id);
/* For sql_write: whoever was seen may be another than the account's person. SQL_MISSING: none is bound. Waits. */
enum sql_status second_factor_unbind(struct domain *domain, struct arena *arena, struct str account_id,
                                     struct sql_statement *ret_statement);

/* A secret that is not kept yet: raw bytes, and as the person's app takes it. */
struct str second_factor_secret(struct arena *arena);
struct str second_factor_text(struct arena *arena, struct str secret);
/* As second_factor_verify, against this secret. Waits. */
enum second_factor_result second_factor_check(struct domain *domain, struct arena *arena, struct str account_id,
                                              struct str secret, struct str code);
/* For sql_write: keeps it where there is none yet (SQL_CONFLICT); and gives it up where there is one. */
struct sql_statement second_factor_insert(struct domain *domain, struct arena *arena, struct str account_id,
                                          struct str secret, bool bound);
struct sql_statement second_factor_delete(struct str account_id);
/* The same secret for another account of the person, where that has none; bound it is anew. SQL_MISSING: there is none.
 * Waits. */
enum sql_status second_factor_move(struct domain *domain, struct arena *arena, struct str from_account_id,
                                   struct str to_account_id, struct sql_statement *ret_statement);

/* A new secret: the statement that stores it sealed, and the secret in base32 to be shown once. */
struct sql_statement second_factor_new(struct domain *domain, struct arena *arena, struct str account_id,
                                       struct str *ret_secret);
/* otpauth://totp/… for an authenticator app. `label` names the account to its owner. */
struct str second_factor_uri(const struct domain *domain, struct arena *arena, struct str label, struct str secret);

#endif
