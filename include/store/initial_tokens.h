/*
 * initial_tokens: the table of initial access tokens (RFC 7591 §3). A token is kept as a keyed hash. Rows stay when a
 * token is used up, withdrawn or over: its policy binds whoever registered with it for as long as they are there.
 */
#ifndef STORE_INITIAL_TOKENS_H
#define STORE_INITIAL_TOKENS_H

#include "store/sql.h"

struct initial_token_row {
    struct str token_id;
    struct str mac;    /* 32 bytes */
    struct str policy; /* JSON, as model/registration_policy.h reads it */
    int64_t uses_left;
    int64_t expires_at;    /* seconds */
    struct str created_by; /* an actor's id */
    int64_t created_at;
};

/* Statements for sql_write. */
struct sql_statement initial_tokens_insert(const struct initial_token_row *row);
/* One use less; SQL_MISSING where none is left, the token is over at `now`, or `registered_most` client systems came
 * with it already. */
struct sql_statement initial_tokens_use(struct str token_id, int64_t now, int64_t registered_most);
/* No use any more; SQL_MISSING where there is none that is good at `now`. */
struct sql_statement initial_tokens_end(struct str token_id, int64_t now);

/* Wait. */
enum sql_status initial_tokens_get(struct sql *sql, struct arena *arena, struct str token_id,
                                   struct initial_token_row *ret_row);
enum sql_status initial_tokens_find(struct sql *sql, struct arena *arena, struct str mac,
                                    struct initial_token_row *ret_row);
/* By token_id, those greater than `after` (absent: from the start), at most `most`. SQL_DONE also with none. */
enum sql_status initial_tokens_list(struct sql *sql, struct arena *arena, struct str after, size_t most,
                                    struct initial_token_row **ret_rows, size_t *ret_count);

#endif
