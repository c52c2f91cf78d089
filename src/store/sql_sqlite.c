/*
 * SQLite, whose only home are this file and sql_sqlite_plain.c.
 *
 * Reads run on the loop's own connection, in place: a primary-key read takes some microseconds. Writes queue for one
 * writer thread, which puts all that wait into one transaction with a savepoint each, so that one fsync serves many
 * requests and a refused one undoes only itself.
 */
#include "sql_sqlite.h"
#include "base/check.h"
#include "base/log.h"
#include "loop/fiber.h"
#include "loop/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define GROUP_MOST 256
#define SLOTS      (2 * STATEMENTS_CACHED) /* a power of two, never more than half full */

struct prepared {
    const char *text;
    sqlite3_stmt *statement;
    unsigned char places[SQL_PARAMETERS_MOST]; /* of $1, $2 …: to SQLite $2 is a name, not a place; 0 for none */
};

/* Prepared statements by the address of their constant text. */
struct cache {
    sqlite3 *db;
    struct prepared slots[SLOTS];
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

struct sqlite_database {
    struct sql_database base;
    struct arena *arena;
    char *path;
    int64_t timeout_ms;
    struct cache writer;
    pthread_t thread;
    bool running;
    pthread_mutex_t lock;
    pthread_cond_t queued_or_ending;
    struct write *first, *last; /* under lock */
    bool ending;                /* under lock */
};

struct sqlite {
    struct sql base;
    struct sqlite_database *database;
    struct cache reader;
};

/* --- statements --- */

static void cache_close(struct cache *cache) {
    for (size_t i = 0; i < SLOTS; i++) {
        sqlite3_finalize(cache->slots[i].statement);
    }
    sqlite3_close(cache->db);
    memset(cache, 0, sizeof(*cache));
}

/* The slot of a text, or the empty one it belongs into. */
static struct prepared *slot_of(struct cache *cache, const char *text) {
    size_t at = (size_t)(((uintptr_t)text * UINT64_C(0x9e3779b97f4a7c15)) >> 32);
    while (cache->slots[at % SLOTS].text && cache->slots[at % SLOTS].text != text) {
        at++;
    }
    return &cache->slots[at % SLOTS];
}

static void find_places(struct prepared *prepared) {
    for (size_t i = 0; i < SQL_PARAMETERS_MOST; i++) {
        char name[8];
        snprintf(name, sizeof(name), "$%zu", i + 1);
        prepared->places[i] = (unsigned char)sqlite3_bind_parameter_index(prepared->statement, name);
    }
}

static struct prepared *prepare(struct cache *cache, const char *text) {
    struct prepared *prepared = slot_of(cache, text);
    if (prepared->text) {
        return prepared;
    }
    CHECK(cache->count < STATEMENTS_CACHED); /* statements are constants of this layer */
    if (sqlite3_prepare_v3(cache->db, text, -1, SQLITE_PREPARE_PERSISTENT, &prepared->statement, NULL) != SQLITE_OK) {
        log_error("sql.prepare_failed", log_text("reason", sqlite3_errmsg(cache->db)));
        return NULL;
    }
    CHECK(sqlite3_bind_parameter_count(prepared->statement) <= SQL_PARAMETERS_MOST);
    prepared->text = text;
    cache->count++;
    find_places(prepared);
    return prepared;
}

static void bind(const struct prepared *prepared, const struct sql_statement *statement) {
    for (size_t i = 0; i < statement->value_count; i++) {
        sqlite_bind(prepared->statement, prepared->places[i], &statement->values[i]);
    }
}

static void finish(const struct prepared *prepared) {
    sqlite3_reset(prepared->statement);
    sqlite3_clear_bindings(prepared->statement);
}

static bool run_text(sqlite3 *db, const char *text) {
    return sqlite3_exec(db, text, NULL, NULL, NULL) == SQLITE_OK;
}

/* --- reading --- */

static struct sql_value column(struct arena *arena, sqlite3_stmt *prepared, int index) {
    struct sql_value value = sqlite_column(prepared, index);
    if (value.type == SQL_TEXT || value.type == SQL_BLOB) {
        value.bytes = str_dup(arena, value.bytes);
    }
    return value;
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

static enum sql_status sqlite_read(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                   size_t most, struct sql_rows *ret_rows) {
    struct cache *reader = &((struct sqlite *)sql)->reader;
    const struct prepared *prepared = prepare(reader, statement->text);
    if (!prepared) {
        return SQL_DOWN;
    }
    struct sql_rows rows = {0};
    bind(prepared, statement);
    enum sql_status status = read_rows(arena, prepared->statement, most, &rows);
    finish(prepared);
    if (status == SQL_DONE) {
        *ret_rows = rows;
    } else if (status == SQL_DOWN) {
        log_error("sql.read_failed", log_text("reason", sqlite3_errmsg(reader->db)));
    }
    return status;
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
    const struct prepared *prepared = prepare(cache, statement->text);
    if (!prepared) {
        return SQL_DOWN;
    }
    bind(prepared, statement);
    enum sql_status status = status_of(sqlite3_step(prepared->statement));
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

static struct write *take_group(struct sqlite_database *database) {
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
    struct sqlite_database *database = arg;
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

/* The wait cannot be cancelled: the writer's thread works with the caller's statements. */
static enum sql_status sqlite_write(struct sql *sql, const struct sql_statement *statements, size_t count) {
    struct sqlite_database *database = ((struct sqlite *)sql)->database;
    struct write write = {.statements = statements, .count = count, .loop = loop_current(), .fiber = fiber_current()};
    CHECK(write.fiber);
    pthread_mutex_lock(&database->lock);
    *(database->last ? &database->last->next : &database->first) = &write;
    database->last = &write;
    pthread_cond_signal(&database->queued_or_ending);
    pthread_mutex_unlock(&database->lock);
    fiber_park_until_woken();
    return write.status;
}

/* --- opening --- */

static bool open_connection(sqlite3 **ret_db, const struct sqlite_database *database, int flags, struct fault *fault) {
    const char *path = database->path;
    if (sqlite3_open_v2(path, ret_db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        return fault_set(fault, "the database %s cannot be opened: %s", path,
                         *ret_db ? sqlite3_errmsg(*ret_db) : "out of memory");
    }
    sqlite3_extended_result_codes(*ret_db, 1);
    sqlite3_busy_timeout(*ret_db, (int)database->timeout_ms);
    if (!run_text(*ret_db, "PRAGMA trusted_schema=OFF") || !run_text(*ret_db, "PRAGMA foreign_keys=ON")) {
        return fault_set(fault, "the database %s cannot be used: %s", path, sqlite3_errmsg(*ret_db));
    }
    return true;
}

static bool open_plain(struct sql_database *base, struct sql_plain *ret_plain, struct fault *fault) {
    const struct sqlite_database *database = (const struct sqlite_database *)base;
    struct sqlite_plain *plain = check_calloc(1, sizeof(*plain));
    *ret_plain = sqlite_plain(plain, database->path);
    if (!open_connection(&plain->db, database, SQLITE_OPEN_READWRITE, fault)) {
        sqlite_plain_close(ret_plain);
        return false;
    }
    run_text(plain->db, "PRAGMA synchronous=FULL");
    return true;
}

static bool migrate(struct sqlite_database *database, bool refuse_old, struct fault *fault) {
    struct sqlite_plain connection = {.db = database->writer.db};
    const struct sql_plain plain = sqlite_plain(&connection, database->path);
    return sql_schema_migrate(&plain, refuse_old, &database->base.migration, fault);
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

static bool open_writer(struct sqlite_database *database, struct fault *fault) {
    if (!make_file(database->path, fault) ||
        !open_connection(&database->writer.db, database, SQLITE_OPEN_READWRITE, fault)) {
        return false;
    }
    sqlite3 *db = database->writer.db;
    if (!run_text(db, "PRAGMA journal_mode=WAL") || !run_text(db, "PRAGMA synchronous=FULL")) {
        return fault_set(fault, "the database %s cannot be used: %s", database->path, sqlite3_errmsg(db));
    }
    return true;
}

static void close_database(struct sql_database *base) {
    struct sqlite_database *database = (struct sqlite_database *)base;
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

static bool open_database(const struct sql_options *options, struct sql_database **ret_database, struct fault *fault) {
    struct sqlite_database *database = check_calloc(1, sizeof(*database));
    database->base.driver = &sql_sqlite;
    database->arena = arena_new();
    database->path = str_c(database->arena, options->path);
    database->timeout_ms = options->timeout_ms;
    pthread_mutex_init(&database->lock, NULL);
    pthread_cond_init(&database->queued_or_ending, NULL);
    bool fine = open_writer(database, fault) && migrate(database, options->refuse_old_schema, fault);
    if (fine && pthread_create(&database->thread, NULL, writer_main, database) != 0) {
        fine = fault_set(fault, "the database writer's thread could not be started");
    }
    database->running = fine;
    if (!fine) {
        close_database(&database->base);
        return false;
    }
    *ret_database = &database->base;
    return true;
}

static void close_reader(struct sql *sql) {
    cache_close(&((struct sqlite *)sql)->reader);
    free(sql);
}

static bool open_reader(struct sql_database *database, struct sql **ret_sql, struct fault *fault) {
    struct sqlite *sqlite = check_calloc(1, sizeof(*sqlite));
    sqlite->base.driver = &sql_sqlite;
    sqlite->database = (struct sqlite_database *)database;
    if (!open_connection(&sqlite->reader.db, sqlite->database, SQLITE_OPEN_READONLY, fault)) {
        close_reader(&sqlite->base);
        return false;
    }
    *ret_sql = &sqlite->base;
    return true;
}

const struct sql_driver sql_sqlite = {
    .open = open_database,
    .close = close_database,
    .connect = open_reader,
    .disconnect = close_reader,
    .read = sqlite_read,
    .write = sqlite_write,
    .plain_open = open_plain,
    .plain_close = sqlite_plain_close,
    .plain_run = sqlite_plain_run,
    .plain_number = sqlite_plain_number,
    .plain_reason = sqlite_plain_reason,
    .plain_rows = sqlite_plain_rows,
    .plain_insert_begin = sqlite_plain_insert_begin,
    .plain_insert = sqlite_plain_insert,
    .plain_insert_end = sqlite_plain_insert_end,
};
