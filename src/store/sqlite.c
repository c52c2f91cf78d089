/*
 * SQLite: the only home of sqlite3.
 *
 * Reads run on the loop's own connection, in place: a primary-key read takes some microseconds. Writes queue for one
 * writer thread, which puts all that wait into one transaction with a savepoint each, so that one fsync serves many
 * requests and a refused one undoes only itself.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "sql_driver.h"
#include "sql_stats.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define STATEMENTS_CACHED 64
#define BUSY_MS           5000
#define GROUP_MOST        256

/* Prepared statements by the address of their constant text. */
struct cache {
    sqlite3 *db;
    const char *texts[STATEMENTS_CACHED];
    sqlite3_stmt *statements[STATEMENTS_CACHED];
    size_t count;
};

struct write {
    struct write *next;
    const struct sql_statement *statements;
    size_t count;
    enum sql_status status;
    struct loop *loop;
    struct fiber *fiber;
};

struct sql_database {
    struct arena *arena;
    char *path;
    struct cache writer;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t queued_or_ending;
    struct write *first, *last; /* under lock */
    bool ending;                /* under lock */
};

struct sql {
    struct sql_database *database;
    struct cache reader;
};

/* --- statements --- */

static void cache_close(struct cache *cache) {
    for (size_t i = 0; i < cache->count; i++) {
        sqlite3_finalize(cache->statements[i]);
    }
    sqlite3_close(cache->db);
    *cache = (struct cache){0};
}

static sqlite3_stmt *prepare(struct cache *cache, const char *text) {
    for (size_t i = 0; i < cache->count; i++) {
        if (cache->texts[i] == text) {
            return cache->statements[i];
        }
    }
    CHECK(cache->count < STATEMENTS_CACHED); /* statements are constants of this layer */
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v3(cache->db, text, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK) {
        log_error("sql.prepare_failed", log_text("reason", sqlite3_errmsg(cache->db)));
        return NULL;
    }
    cache->texts[cache->count] = text;
    cache->statements[cache->count++] = statement;
    return statement;
}

static void bind(sqlite3_stmt *prepared, const struct sql_statement *statement) {
    for (size_t i = 0; i < statement->value_count; i++) {
        const struct sql_value *value = &statement->values[i];
        char name[8];
        snprintf(name, sizeof(name), "$%zu", i + 1);
        int at = sqlite3_bind_parameter_index(prepared, name); /* to SQLite $2 is a name, not a place */
        const char *bytes = value->bytes.ptr ? value->bytes.ptr : "";
        switch (value->type) {
        case SQL_NULL:
            sqlite3_bind_null(prepared, at);
            break;
        case SQL_INT:
            sqlite3_bind_int64(prepared, at, value->number);
            break;
        case SQL_TEXT:
            sqlite3_bind_text(prepared, at, bytes, (int)value->bytes.len, SQLITE_STATIC);
            break;
        case SQL_BLOB:
            sqlite3_bind_blob(prepared, at, bytes, (int)value->bytes.len, SQLITE_STATIC);
            break;
        }
    }
}

static void finish(sqlite3_stmt *prepared) {
    sqlite3_reset(prepared);
    sqlite3_clear_bindings(prepared);
}

static bool run_text(sqlite3 *db, const char *text) {
    return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;
}

/* --- reading --- */

static struct sql_value column(struct arena *arena, sqlite3_stmt *prepared, int index) {
    switch (sqlite3_column_type(prepared, index)) {
    case SQLITE_INTEGER:
        return sql_int(sqlite3_column_int64(prepared, index));
    case SQLITE_TEXT: {
        const unsigned char *text = sqlite3_column_text(prepared, index);
        return sql_text(str_dup(arena, str_of(text, (size_t)sqlite3_column_bytes(prepared, index))));
    }
    case SQLITE_BLOB: {
        const void *bytes = sqlite3_column_blob(prepared, index);
        return sql_blob(str_dup(arena, str_of(bytes ? bytes : "", (size_t)sqlite3_column_bytes(prepared, index))));
    }
    default:
        return (struct sql_value){.type = SQL_NULL};
    }
}

static enum sql_status read_rows(struct arena *arena, sqlite3_stmt *prepared, size_t most, struct sql_rows *rows) {
    size_t columns = (size_t)sqlite3_column_count(prepared), size = 4;
    struct sql_value *cells = arena_array_of(arena, size * columns, struct sql_value);
    int stepped = SQLITE_ROW;
    rows->columns = columns;
    while (rows->count < most && (stepped = sqlite3_step(prepared)) == SQLITE_ROW) {
        if (rows->count == size) {
            struct sql_value *larger = arena_array_of(arena, size * 2 * columns, struct sql_value);
            memcpy(larger, cells, size * columns * sizeof(*cells));
            cells = larger;
            size *= 2;
        }
        for (size_t i = 0; i < columns; i++) {
            cells[rows->count * columns + i] = column(arena, prepared, (int)i);
        }
        rows->count++;
    }
    rows->cells = cells;
    if (stepped != SQLITE_ROW && stepped != SQLITE_DONE) {
        return SQL_DOWN;
    }
    return rows->count ? SQL_DONE : SQL_MISSING;
}

static enum sql_status read_now(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                size_t most, struct sql_rows *ret_rows) {
    sqlite3_stmt *prepared = prepare(&sql->reader, statement->text);
    if (!prepared) {
        return SQL_DOWN;
    }
    struct sql_rows rows = {0};
    bind(prepared, statement);
    enum sql_status status = read_rows(arena, prepared, most, &rows);
    finish(prepared);
    if (status == SQL_DONE) {
        *ret_rows = rows;
    } else if (status == SQL_DOWN) {
        log_error("sql.read_failed", log_text("reason", sqlite3_errmsg(sql->reader.db)));
    }
    return status;
}

enum sql_status sql_read(struct sql *sql, struct arena *arena, const struct sql_statement *statement, size_t most,
                         struct sql_rows *ret_rows) {
    int64_t started = clock_monotonic_us();
    return sql_read_took(started, read_now(sql, arena, statement, most, ret_rows));
}

enum sql_status sql_ping(struct sql *sql) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_statement statement = {.text = "SELECT version FROM schema_version"};
    struct sql_rows rows;
    return sql_read(sql, arena, &statement, 1, &rows);
}

/* --- writing --- */

static enum sql_status status_of(int code) {
    switch (code & 0xff) {
    case SQLITE_DONE:
    case SQLITE_ROW:
    case SQLITE_OK:
        return SQL_DONE;
    case SQLITE_CONSTRAINT:
        return SQL_CONFLICT;
    default:
        return SQL_DOWN;
    }
}

static enum sql_status run_statement(struct cache *cache, const struct sql_statement *statement) {
    sqlite3_stmt *prepared = prepare(cache, statement->text);
    if (!prepared) {
        return SQL_DOWN;
    }
    bind(prepared, statement);
    enum sql_status status = status_of(sqlite3_step(prepared));
    if (status == SQL_DOWN) {
        log_error("sql.write_failed", log_text("reason", sqlite3_errmsg(cache->db)));
    }
    if (status == SQL_DONE && statement->must_change && sqlite3_changes(cache->db) == 0) {
        status = SQL_MISSING;
    }
    finish(prepared);
    return status;
}

/* All its statements or none. */
static void run_write(struct cache *cache, struct write *write) {
    write->status = run_text(cache->db, "SAVEPOINT one") ? SQL_DONE : SQL_DOWN;
    for (size_t i = 0; i < write->count && write->status == SQL_DONE; i++) {
        write->status = run_statement(cache, &write->statements[i]);
    }
    if (write->status != SQL_DONE) {
        run_text(cache->db, "ROLLBACK TO one");
    }
    run_text(cache->db, "RELEASE one");
}

/* A failed commit fails them all; a full disk may have rolled the transaction back already, which undoes them too. */
static void run_group(struct cache *cache, struct write *group) {
    bool begun = run_text(cache->db, "BEGIN IMMEDIATE");
    for (struct write *write = group; write; write = write->next) {
        write->status = SQL_DOWN;
        if (begun && !sqlite3_get_autocommit(cache->db)) {
            run_write(cache, write);
        }
    }
    bool committed = begun && !sqlite3_get_autocommit(cache->db) && run_text(cache->db, "COMMIT");
    if (!committed) {
        log_error("sql.commit_failed", log_text("reason", sqlite3_errmsg(cache->db)));
        if (!sqlite3_get_autocommit(cache->db)) {
            run_text(cache->db, "ROLLBACK");
        }
        for (struct write *write = group; write; write = write->next) {
            write->status = SQL_DOWN;
        }
    }
}

static void write_done(void *arg) {
    struct write *write = arg;
    fiber_wake(write->fiber);
}

static struct write *take_group(struct sql_database *database) {
    pthread_mutex_lock(&database->lock);
    while (!database->first && !database->ending) {
        pthread_cond_wait(&database->queued_or_ending, &database->lock);
    }
    struct write *group = database->first, *last = group;
    for (size_t count = 1; last && last->next && count < GROUP_MOST; count++) {
        last = last->next;
    }
    if (last) {
        database->first = last->next;
        last->next = NULL;
    }
    database->last = database->first ? database->last : NULL;
    pthread_mutex_unlock(&database->lock);
    return group;
}

static void *writer_main(void *arg) {
    struct sql_database *database = arg;
    struct write *group;
    while ((group = take_group(database))) {
        run_group(&database->writer, group);
        for (struct write *write = group, *next; write; write = next) {
            next = write->next; /* the write is gone when its fiber runs */
            loop_post(write->loop, write_done, write);
        }
    }
    return NULL;
}

enum sql_status sql_write(struct sql *sql, const struct sql_statement *statements, size_t count) {
    struct sql_database *database = sql->database;
    int64_t started = clock_monotonic_us();
    struct write write = {.statements = statements, .count = count, .loop = loop_current(), .fiber = fiber_current()};
    CHECK(write.fiber);
    pthread_mutex_lock(&database->lock);
    *(database->last ? &database->last->next : &database->first) = &write;
    database->last = &write;
    pthread_cond_signal(&database->queued_or_ending);
    pthread_mutex_unlock(&database->lock);
    fiber_park_until_woken();
    return sql_write_took(started, write.status);
}

/* --- opening --- */

static bool open_connection(struct cache *cache, const char *path, int flags, struct fault *fault) {
    if (sqlite3_open_v2(path, &cache->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        return fault_set(fault, "the database %s cannot be opened: %s", path,
                         cache->db ? sqlite3_errmsg(cache->db) : "out of memory");
    }
    sqlite3_extended_result_codes(cache->db, 1);
    sqlite3_busy_timeout(cache->db, BUSY_MS);
    if (!run_text(cache->db, "PRAGMA trusted_schema=OFF") || !run_text(cache->db, "PRAGMA foreign_keys=ON")) {
        return fault_set(fault, "the database %s cannot be used: %s", path, sqlite3_errmsg(cache->db));
    }
    return true;
}

static int64_t read_version(sqlite3 *db) {
    sqlite3_stmt *statement;
    int64_t version = 0;
    if (sqlite3_prepare_v2(db, "SELECT version FROM schema_version", -1, &statement, NULL) == SQLITE_OK) {
        version = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
        sqlite3_finalize(statement);
    }
    return version;
}

static bool migrate_to(sqlite3 *db, int64_t version) {
    char text[96];
    for (const char *const *statement = sql_migrations[version - 1]; *statement; statement++) {
        if (!run_text(db, *statement)) {
            return false;
        }
    }
    snprintf(text, sizeof(text), "UPDATE schema_version SET version = %lld", (long long)version);
    return run_text(db, text);
}

/* In one transaction that other processes wait for: two servers starting at once migrate once. */
static bool migrate(struct sql_database *database, struct fault *fault) {
    sqlite3 *db = database->writer.db;
    bool fine = run_text(db, "BEGIN IMMEDIATE") &&
                run_text(db, "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT NOT NULL)") &&
                run_text(db, "INSERT INTO schema_version SELECT 0 WHERE NOT EXISTS (SELECT 1 FROM schema_version)");
    int64_t version = fine ? read_version(db) : 0;
    if (fine && version > sql_schema_version) {
        run_text(db, "ROLLBACK");
        return fault_set(
            fault, "the database %s has schema version %lld, this program knows up to %lld: use the newer program",
            database->path, (long long)version, (long long)sql_schema_version);
    }
    while (fine && version < sql_schema_version) {
        fine = migrate_to(db, ++version);
    }
    fine = fine && run_text(db, "COMMIT");
    if (!fine) {
        fault_set(fault, "the database %s cannot be used: %s", database->path, sqlite3_errmsg(db));
        run_text(db, "ROLLBACK");
    }
    return fine;
}

/* Made before SQLite does, since it holds sealed personal data: for its owner only. */
static bool make_file(const char *path, struct fault *fault) {
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return fault_set(fault, "the database %s cannot be opened: %s", path, strerror(errno));
    }
    close(fd);
    return true;
}

bool sql_sqlite_open(struct str path, struct sql_database **ret_database, struct fault *fault) {
    struct sql_database *database = check_calloc(1, sizeof(*database));
    database->arena = arena_new();
    database->path = str_c(database->arena, path);
    pthread_mutex_init(&database->lock, NULL);
    pthread_cond_init(&database->queued_or_ending, NULL);
    bool fine = make_file(database->path, fault) &&
                open_connection(&database->writer, database->path, SQLITE_OPEN_READWRITE, fault);
    if (fine && (!run_text(database->writer.db, "PRAGMA journal_mode=WAL") ||
                 !run_text(database->writer.db, "PRAGMA synchronous=FULL"))) {
        fine =
            fault_set(fault, "the database %s cannot be used: %s", database->path, sqlite3_errmsg(database->writer.db));
    }
    fine = fine && migrate(database, fault);
    if (fine && pthread_create(&database->thread, NULL, writer_main, database) != 0) {
        fine = fault_set(fault, "the database writer's thread could not be started");
    }
    database->running = fine;
    if (!fine) {
        sql_database_free(database);
        return false;
    }
    *ret_database = database;
    return true;
}

void sql_database_free(struct sql_database *database) {
    if (!database) {
        return;
    }
    if (database->running) {
        pthread_mutex_lock(&database->lock);
        database->ending = true;
        pthread_cond_signal(&database->queued_or_ending);
        pthread_mutex_unlock(&database->lock);
        pthread_join(database->thread, NULL);
    }
    cache_close(&database->writer);
    pthread_cond_destroy(&database->queued_or_ending);
    pthread_mutex_destroy(&database->lock);
    arena_free(database->arena);
    free(database);
}

bool sql_connect(struct sql_database *database, struct sql **ret_sql, struct fault *fault) {
    struct sql *sql = check_calloc(1, sizeof(*sql));
    sql->database = database;
    if (!open_connection(&sql->reader, database->path, SQLITE_OPEN_READONLY, fault)) {
        sql_free(sql);
        return false;
    }
    *ret_sql = sql;
    return true;
}

void sql_free(struct sql *sql) {
    if (sql) {
        cache_close(&sql->reader);
        free(sql);
    }
}
