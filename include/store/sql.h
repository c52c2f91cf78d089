/*
 * sql: the durable store. This header is the small contract a database driver fills; the tables have a header each
 * (accounts.h, …) and are what others call.
 *
 * Statements are constants with $1, $2 … parameters in SQL that SQLite and PostgreSQL both understand. Reads run on the
 * loop's own read connection (SQLite: WAL, a primary-key read is some 10 µs); writes go to the one writer, which
 * commits the writes of many requests together, each all or nothing by itself (a savepoint each).
 */
#ifndef STORE_SQL_H
#define STORE_SQL_H

#include "base/arena.h"
#include "base/fault.h"
#include "base/histogram.h"
#include "base/str.h"

enum sql_status {
    SQL_DONE,
    SQL_MISSING,  /* a read that found no row; a write one of whose must_change statements changed none */
    SQL_CONFLICT, /* a uniqueness or foreign-key rule refused the write */
    SQL_DOWN,     /* cannot be reached, is busy past the deadline, or the disk is full; nothing was written */
};

struct sql_value {
    enum { SQL_NULL, SQL_INT, SQL_TEXT, SQL_BLOB } type;
    struct str bytes;
    int64_t number;
};

static inline struct sql_value sql_int(int64_t number) {
    return (struct sql_value){.type = SQL_INT, .number = number};
}
static inline struct sql_value sql_text(struct str text) {
    return (struct sql_value){.type = str_is_absent(text) ? SQL_NULL : SQL_TEXT, .bytes = text};
}
static inline struct sql_value sql_blob(struct str bytes) {
    return (struct sql_value){.type = str_is_absent(bytes) ? SQL_NULL : SQL_BLOB, .bytes = bytes};
}

#define SQL_PARAMETERS_MOST 24

struct sql_statement {
    const char *text;
    struct sql_value values[SQL_PARAMETERS_MOST];
    size_t value_count;
    bool must_change; /* of a write: when it changes no row, nothing of the write is done (a lost update is noticed) */
};

struct sql_rows {
    const struct sql_value *cells; /* row after row */
    size_t columns, count;
};

struct sql; /* one per loop */

/* At most `most` rows, in the arena. SQL_MISSING when there are none. Waits. */
enum sql_status sql_read(struct sql *sql, struct arena *arena, const struct sql_statement *statement, size_t most,
                         struct sql_rows *ret_rows);
/* All of the statements or none. Waits until they are durable. */
enum sql_status sql_write(struct sql *sql, const struct sql_statement *statements, size_t count);
/* What the calls of this thread have cost since it began. SQL_DOWN is a failure; all else took its time. */
struct sql_stats {
    struct histogram reads, writes;
    uint64_t reads_failed, writes_failed;
};
const struct sql_stats *sql_stats(void);
/* Answers a trivial read. Waits. */
enum sql_status sql_ping(struct sql *sql);

/* A database shared by all workers: owns the writer thread. Migrates to the newest schema; refuses a newer one than it
 * knows. */
struct sql_database;
bool sql_sqlite_open(struct str path, struct sql_database **ret_database, struct fault *fault);
void sql_database_free(struct sql_database *database);
/* The view of one loop (its read connection). */
bool sql_connect(struct sql_database *database, struct sql **ret_sql, struct fault *fault);
void sql_free(struct sql *sql);

#endif
