/*
 * clients: the tables of client systems and of their secrets. Metadata is kept as the JSON that model/client.h reads,
 * without client_id and without a secret; a secret as a keyed hash, and sealed beside it only where the method needs
 * the secret itself (client_secret_jwt).
 *
 * A change is a sql_write of: register_next, the statements of the change, and the event (outbox.h). What it touched
 * carries the new revision, so that servers read what is newer than what they have. Rows are never deleted.
 */
#ifndef STORE_CLIENTS_H
#define STORE_CLIENTS_H

#include "model/client.h"
#include "store/sql.h"

struct client_row {
    struct str client_id;
    struct str agency_id; /* absent: none */
    struct str search;    /* what a search looks through, in lower case: id and names */
    enum client_state state;
    struct str origin;       /* who entered it: "console", "shell", "dynamic" */
    struct str metadata;     /* JSON object, in force */
    struct str pending;      /* the same, waiting for approval; absent without */
    struct str submitted_by; /* actor ids; absent: not yet */
    struct str approved_by;
    struct str registration_mac; /* keyed hash of its registration access token (RFC 7592); absent without */
    int64_t not_before;          /* what was issued to it before, in seconds, is not valid any more */
    int64_t version;             /* from 1, one more with each change: the entity tag */
    int64_t revision;            /* of the register, at its last change; set by the store */
    int64_t created_at, updated_at;
};

struct client_secret_row {
    struct str client_id, secret_id;
    struct str mac;                 /* 32 bytes */
    struct str sealed;              /* absent unless needed */
    int64_t created_at, expires_at; /* seconds; 0 for never */
};

/* Statements for sql_write. */
struct sql_statement register_next(void);
struct sql_statement
clients_insert(const struct client_row *row); /* SQL_CONFLICT: the id is taken, or no such agency */
/* All but client_id, origin and created_at, where the version is still row->version - 1; SQL_MISSING otherwise. */
struct sql_statement clients_update(const struct client_row *row);
struct sql_statement client_secrets_insert(const struct client_secret_row *row);
/* The client's other secrets end at `expires_at` at the latest. */
struct sql_statement client_secrets_end_others(struct str client_id, struct str secret_id, int64_t expires_at);
struct sql_statement client_secrets_end(struct str client_id, struct str secret_id, int64_t expires_at);

/* Wait. */
enum sql_status register_revision(struct sql *sql, struct arena *arena, int64_t *ret_revision);
enum sql_status clients_get(struct sql *sql, struct arena *arena, struct str client_id, struct client_row *ret_row);

struct clients_filter {
    struct str agency_id; /* absent: of all */
    int state;            /* enum client_state; 0 for all */
    bool waiting;         /* only those that wait for approval: submitted, or with a change that waits */
    struct str text;      /* part of id or name; absent: all */
    struct str after;     /* ids greater than this; absent: from the start */
};
/* In order of client_id, at most `most`. SQL_DONE also with none. */
enum sql_status clients_list(struct sql *sql, struct arena *arena, const struct clients_filter *filter, size_t most,
                             struct client_row **ret_rows, size_t *ret_count);
/* How many there are in each state: ret_counts[CLIENT_DRAFT] and so on; has room for CLIENT_STATES. */
enum sql_status clients_count(struct sql *sql, struct arena *arena, int64_t *ret_counts);
/* What is newer than a revision, in order of revision. */
enum sql_status clients_changed(struct sql *sql, struct arena *arena, int64_t since, size_t most,
                                struct client_row **ret_rows, size_t *ret_count);
/* Of one client, those that have not expired at `now`, newest first. */
enum sql_status client_secrets_of(struct sql *sql, struct arena *arena, struct str client_id, int64_t now,
                                  struct client_secret_row **ret_rows, size_t *ret_count);
/* Of all clients that are newer than a revision, by client_id. */
enum sql_status client_secrets_changed(struct sql *sql, struct arena *arena, int64_t since, int64_t now, size_t most,
                                       struct client_secret_row **ret_rows, size_t *ret_count);

#endif
