/*
 * sql_postgres: what the files of the PostgreSQL driver share. sql_postgres_connect.c makes connections, blocking;
 * sql_postgres_links.c keeps a loop's connections and sends jobs on them; sql_postgres_send.c and
 * sql_postgres_answer.c know what a statement and its answer look like; sql_postgres.c is the contract.
 */
#ifndef STORE_SQL_POSTGRES_H
#define STORE_SQL_POSTGRES_H

#include "sql_driver.h"

#include <libpq-fe.h>

struct fiber;

/* --- connecting --- */

struct postgres_settings {
    const char *conninfo;
    size_t connections;
    int64_t timeout_ms;
};

/* A connection that is ready for the driver's statements. Each statement may take statement_ms, 0 for as long as it
 * likes. NULL after setting the fault. Blocks. */
PGconn *postgres_connect(const struct postgres_settings *settings, int64_t statement_ms, struct fault *fault);
/* libpq's message of several lines as one. Never holds the password; may hold data that a statement was about. */
void postgres_reason(const PGconn *connection, char *to, size_t size);

/* --- statements --- */

enum postgres_mode {
    POSTGRES_READ,
    POSTGRES_WRITE,
    POSTGRES_MUST_CHANGE,
};

struct postgres_statement {
    const char *text; /* its address is the key, with the mode; NULL for an empty slot */
    enum postgres_mode mode;
    unsigned number; /* its name at the server is "s" and this */
    bool prepared;   /* or on its way */
};

#define POSTGRES_SLOTS (2 * STATEMENTS_CACHED)

/* Those of one connection; zeroed for none. */
struct postgres_statements {
    struct postgres_statement slots[POSTGRES_SLOTS];
    unsigned count;
};

struct postgres_statement *postgres_statement_of(struct postgres_statements *statements, const char *text,
                                                 enum postgres_mode mode);
/* Both put it into the connection's pipeline, copied; false when the connection cannot be used. Preparing brings its
 * own Sync. `most` is for reads. */
bool postgres_send_prepare(PGconn *connection, const struct postgres_statement *slot,
                           const struct sql_statement *statement);
bool postgres_send(PGconn *connection, const struct postgres_statement *slot, const struct sql_statement *statement,
                   size_t most);

/* --- a loop's connections --- */

/*
 * One read or one write, from sending to the answer to its Sync. On the heap: it outlives the fiber's wait when that
 * ends before the answer is there. Whoever comes last frees it.
 */
struct postgres_job {
    struct postgres_job *next; /* of the link, in the order sent */
    struct fiber *fiber;       /* NULL once nobody waits */
    struct arena *arena;       /* of a read, like what follows */
    struct sql_rows *rows;
    struct postgres_statement *preparing; /* of a job that prepares: nobody waits for it */
    enum sql_status status;
    bool answered;
    bool again; /* a deadlock or the like: to be sent once more */
};

struct postgres_links;
struct postgres_links *postgres_links_new(const struct postgres_settings *settings, struct fault *fault);
void postgres_links_free(struct postgres_links *links);

/* The connection with the least to do, NULL when there is none, or all have too much to do. Waits only for the first
 * connection of all, and not beyond the deadline (clock_monotonic_ms). */
struct postgres_link *postgres_links_pick(struct postgres_links *links, bool read, int64_t deadline);
/* Sends the statements as one transaction. False when it could not be, and then nothing is done. The parameters are
 * copied. `most` is for reads. */
bool postgres_link_send(struct postgres_link *link, struct postgres_job *job, const struct sql_statement *statements,
                        size_t count, size_t most);

/* --- answers --- */

/* Notes one result of the job; true when the connection should not be used for further jobs. `unprepared`: it is known
 * why a prepared statement may be missing. */
bool postgres_job_take(struct postgres_job *job, const PGresult *result, bool unprepared);

/* One cell, its bytes copied into the arena. False when it is not what its type says. */
bool postgres_value(struct arena *arena, const PGresult *result, int row, int column, struct sql_value *ret_value);

/* --- the plain connection (sql_postgres_plain.c) --- */

bool postgres_plain_open(const struct postgres_settings *settings, struct sql_plain *ret_plain, struct fault *fault);
void postgres_plain_close(struct sql_plain *plain);
bool postgres_plain_run(void *connection, const char *text);
bool postgres_plain_number(void *connection, const char *text, int64_t *ret_number);
void postgres_plain_reason(void *connection, struct fault *fault, const char *name);
bool postgres_plain_rows(void *connection, const char *text, bool (*visit)(void *ctx, const struct sql_value *cells),
                         void *ctx);
bool postgres_plain_insert_begin(void *connection, const struct sql_table *table);
bool postgres_plain_insert(void *connection, const struct sql_value *cells, size_t count);
bool postgres_plain_insert_end(void *connection);

#endif
