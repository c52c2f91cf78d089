/*
 * sql: the durable store: SQLite, or PostgreSQL for several servers. This header is the small contract that a driver
 * fills (src/store/sql_driver.h); the tables have a header each (accounts.h, …) and are what others call.
 *
 * Statements are constants with $1, $2 … parameters in SQL that both databases understand: no semicolon or comment at
 * the end, LIKE only on what is in lower case, columns by name. A read is a SELECT; a must_change statement has no
 * RETURNING and divides nothing (PostgreSQL's driver adds that). A
 * parameter that may be NULL stands where its type is plain, next to a column: PostgreSQL cannot guess it in
 * "$1 IS NULL". A statement is known by the address of its text, which must not change while the database is open.
 *
 * Text is UTF-8 without NUL bytes, the same for both: a write of any other, or of a value above SQL_VALUE_BYTES_MOST,
 * is SQL_CONFLICT, and a read that asks for one is SQL_MISSING, since no such thing can be stored.
 *
 * SQLite: reads run on the loop's own read connection (WAL, a primary-key read is some 10 µs); writes go to the one
 * writer, which commits the writes of many requests together, each all or nothing by itself (a savepoint each).
 * PostgreSQL: each read and each write is one round trip on one of the loop's connections, many at a time.
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
    SQL_CONFLICT, /* a uniqueness or foreign-key rule refused the write, or it is no text that can be stored */
    /* Cannot be reached, is busy past the timeout, or the disk is full. A read: nothing is known. A write: nothing was
     * written, but for PostgreSQL there is the moment between sending the commit and its answer: when the connection or
     * the fiber ends there, it may have been written after all. Doing it again must be harmless or noticed
     * (SQL_CONFLICT, SQL_MISSING). */
    SQL_DOWN,
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

#define SQL_PARAMETERS_MOST  24
#define SQL_VALUE_BYTES_MOST (16 * 1024 * 1024)

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
/* All of the statements or none. Waits until they are durable; what is read afterwards sees them. */
enum sql_status sql_write(struct sql *sql, const struct sql_statement *statements, size_t count);
/* What the calls of this thread have cost since it began. SQL_DOWN is a failure; all else took its time. */
struct sql_stats {
    struct histogram reads, writes;
    uint64_t reads_failed, writes_failed;
};
const struct sql_stats *sql_stats(void);
/* Answers a trivial read. Waits. */
enum sql_status sql_ping(struct sql *sql);

enum sql_kind { SQL_SQLITE, SQL_POSTGRES };

struct sql_options {
    enum sql_kind kind;
    struct str path;     /* SQLite: the file */
    struct str conninfo; /* PostgreSQL: "host=… dbname=… password=…", or postgresql://…; never said to anybody */
    size_t connections;  /* PostgreSQL: of each loop, at least 1 */
    int64_t timeout_ms;  /* of connecting and of an answer; SQLite: of another process's lock */
    bool refuse_old_schema; /* do not migrate: an older schema is a fault */
};

/* Is the conninfo one that libpq can read? Connects to nothing. */
bool sql_options_check(const struct sql_options *options, struct fault *fault);

/*
 * A database shared by all workers. Opening migrates to the newest schema, also when several servers start at once, and
 * refuses a newer one than it knows. Blocks while it connects and migrates.
 */
struct sql_database;
bool sql_open(const struct sql_options *options, struct sql_database **ret_database, struct fault *fault);
/* A SQLite file with the default timeout. */
bool sql_sqlite_open(struct str path, struct sql_database **ret_database, struct fault *fault);
/* All of its views are released before. */
void sql_database_free(struct sql_database *database);

struct sql_migration {
    int64_t from, to; /* schema versions; 0 for a database without tables */
};
struct sql_migration sql_database_migration(const struct sql_database *database);

/* The view of one loop (its connections), which the fibers of that loop alone use. It is released when none of them is
 * in a call any more, and before the loop. */
bool sql_connect(struct sql_database *database, struct sql **ret_sql, struct fault *fault);
void sql_free(struct sql *sql);

#endif
