/*
 * mandates: the table of who may act for which organisation. A row is never deleted. What finds an offer is the keyed
 * hash of what the grantor typed (store/accounts.h: identifiers), whether anybody has an account with that or not.
 */
#ifndef STORE_MANDATES_H
#define STORE_MANDATES_H

#include "model/account.h"
#include "model/mandate.h"
#include "store/organisations.h"

struct mandate_row {
    struct str mandate_id, organisation_id;
    struct str account_id;             /* absent until the offer is accepted */
    enum identifier_kind grantee_kind; /* of an offer; 0 without */
    struct str grantee_hash;           /* 32 bytes; absent for a representative's */
    struct str grantee_sealed;         /* whom the grantor named; absent for a representative's */
    enum mandate_role role;
    struct str scope;
    enum mandate_state state;
    int64_t not_before, not_after; /* seconds; not_after 0 for no end */
    struct str granted_by;         /* the mandate it was granted under; "register" for a representative's */
    struct str method;             /* how it came about: a name of model/methods.def, or "grant" */
    int64_t accepted_at, ended_at; /* 0: not yet */
    struct str ended_by, reason;   /* an actor's id, and why */
    int64_t version, created_at, updated_at;
};

/* A mandate, its organisation, how the account stands that holds it, and the mandate that it was granted under. */
struct mandate_found {
    struct mandate_row row;
    struct organisation_row organisation;
    enum account_state account_state; /* 0 without an account */
    int account_level;
    int64_t account_level_until;
    enum mandate_role grantor_role; /* 0 where the register granted it */
    enum mandate_state grantor_state;
};

/* --- statements for sql_write --- */

/* SQL_CONFLICT for an accepted one: the account has this role there already. */
struct sql_statement mandates_insert(const struct mandate_row *row);
/* An offer becomes the account's, where the version is still row->version - 1. SQL_CONFLICT as above. */
struct sql_statement mandates_accept(const struct mandate_row *row);
/* Changes nothing, but must find it accepted and in its time: a condition for what is granted under it. */
struct sql_statement mandates_still_good(struct str mandate_id, int64_t now);

struct mandate_ending {
    struct str ended_by;
    struct str reason;
    int64_t now;
};
/* One that has not ended, where the version is still `version`. Must change. */
struct sql_statement mandates_end(struct str mandate_id, int64_t version, const struct mandate_ending *ending);
/* Whatever was granted under one, and under those, and has not ended. */
struct sql_statement mandates_end_under(struct str mandate_id, const struct mandate_ending *ending);
/* All of an organisation that have not ended. */
struct sql_statement mandates_end_of(struct str organisation_id, const struct mandate_ending *ending);

/* --- reads: wait. Lists are SQL_DONE also with none, and hold at most MANDATES_LISTED_MOST --- */

#define MANDATES_LISTED_MOST 1000

enum sql_status mandates_find(struct sql *sql, struct arena *arena, struct str mandate_id,
                              struct mandate_found *ret_found);
/* What an account has accepted and has not ended, by id. */
enum sql_status mandates_of_account(struct sql *sql, struct arena *arena, struct str account_id,
                                    struct mandate_found **ret_rows, size_t *ret_count);
/* Of an organisation: those not ended first, then the latest. */
enum sql_status mandates_of_organisation(struct sql *sql, struct arena *arena, struct str organisation_id,
                                         struct mandate_found **ret_rows, size_t *ret_count);
/* Offers to whoever has the identifier. */
enum sql_status mandates_offered_to(struct sql *sql, struct arena *arena, enum identifier_kind kind, struct str hash,
                                    struct mandate_found **ret_rows, size_t *ret_count);
/* Whatever was granted under one, and under those, and has not ended. */
enum sql_status mandates_under(struct sql *sql, struct arena *arena, struct str mandate_id,
                               struct mandate_found **ret_rows, size_t *ret_count);
/* Those whose time is over and that have not ended; and offers made before `offered_before` that nobody accepted. */
enum sql_status mandates_over(struct sql *sql, struct arena *arena, int64_t now, int64_t offered_before, size_t most,
                              struct mandate_found **ret_rows, size_t *ret_count);
/* Accepted ones whose account is not active, or below the level of proof that its role needs at `now`. */
enum sql_status mandates_unfit(struct sql *sql, struct arena *arena, int64_t now, size_t most,
                               struct mandate_found **ret_rows, size_t *ret_count);

#endif
