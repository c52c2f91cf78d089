/*
 * links: table links: the other services that people sign in with. What finds one is a keyed hash.
 */
#ifndef STORE_LINKS_H
#define STORE_LINKS_H

#include "store/sql.h"

struct link_row {
    struct str link_id, account_id;
    struct str upstream;     /* the configured name */
    struct str subject_hash; /* 32 bytes */
    struct str label_sealed;
    int64_t created_at, used_at; /* seconds */
    bool opened;                 /* the account was opened with it */
};

/* For sql_write; SQL_CONFLICT: somebody has this subject linked already, or the account another of this service. */
struct sql_statement links_insert(const struct link_row *row);
/* Changes nothing: there must be the link that the account was opened with, and it stays while the write lasts. */
struct sql_statement links_hold_opened(struct str account_id, struct str upstream);
/* Both must change a row; the second leaves the account a password or another link. */
struct sql_statement links_delete(struct str account_id, struct str link_id);
struct sql_statement links_delete_but_last(struct str account_id, struct str link_id);
struct sql_statement links_delete_all(struct str account_id);

/* Wait. */
enum sql_status links_find(struct sql *sql, struct arena *arena, struct str upstream, struct str subject_hash,
                           struct link_row *ret_row);
enum sql_status links_list(struct sql *sql, struct arena *arena, struct str account_id, struct link_row **ret_rows,
                           size_t *ret_count);
enum sql_status links_set_used(struct sql *sql, struct str link_id, int64_t now);

#endif
