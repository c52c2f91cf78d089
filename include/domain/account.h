/*
 * account: loading people, opening their sealed profile, finding them by what they type.
 */
#ifndef DOMAIN_ACCOUNT_H
#define DOMAIN_ACCOUNT_H

#include "domain/domain.h"
#include "model/account.h"
#include "store/accounts.h"

/* DOMAIN_NO when there is none, or it was merged into another. One that is suspended or closed is loaded: see its
 * state. Waits. */
enum domain_status account_load(struct domain *domain, struct arena *arena, struct str account_id,
                                struct account *ret_account);
/* DOMAIN_NO when there is no such account or it may not be used. Opens nothing personal. Waits. */
enum domain_status account_active(struct domain *domain, struct arena *arena, struct str account_id);
/* The same, and the level of proof it has now. Waits. */
enum domain_status account_active_level(struct domain *domain, struct arena *arena, struct str account_id,
                                        int *ret_level);
/* The keyed hash under which an identifier is stored. `value` in its canonical form. */
struct str account_identifier_hash(const struct domain *domain, struct arena *arena, enum identifier_kind kind,
                                   struct str value);
/* What a person typed as user name: identity number, phone or user name, in its canonical form and kind. */
struct str account_identifier_fold(struct arena *arena, struct str typed, enum identifier_kind *ret_kind);
/* DOMAIN_NO when nobody has it. Waits. */
enum domain_status account_find(struct domain *domain, struct arena *arena, enum identifier_kind kind, struct str value,
                                struct str *ret_account_id);

/* As accounts keep it. */
struct str account_seal_profile(const struct domain *domain, struct arena *arena, struct str account_id,
                                const struct profile *profile);

struct link_wanted;
/* What is written in the same transaction as an account or a piece of evidence, and told when that is done. */
struct event;
struct along {
    struct sql_statement statement;
    const struct event *events;
    size_t event_count;
};
#define ALONG_MOST 5 /* statements, with those of the events */

/* Of an account that is still to be created. */
struct str account_new_id(struct arena *arena);

struct account_wanted {
    struct str account_id; /* absent: one is made */
    struct profile profile;
    struct str username; /* absent for none */
    struct str password; /* absent for none */
    const struct evidence *evidence;
    size_t evidence_count;
    const struct link_wanted *link; /* that the account is opened with, of no account yet; NULL for none */
    const struct along *along;      /* NULL for nothing */
};
/* Creates an active account with identifiers from the profile (identity number, phone) and the user name. DOMAIN_NO:
 * one of them, or the link, is taken, or what goes along did not fit. Waits. */
enum domain_status account_create(struct domain *domain, struct arena *arena, const struct account_wanted *wanted,
                                  struct str *ret_account_id);
/* Suspends or reopens; suspension ends all sessions. Waits. */
enum domain_status account_set_state(struct domain *domain, struct arena *arena, struct str account_id,
                                     enum account_state state);

#endif
