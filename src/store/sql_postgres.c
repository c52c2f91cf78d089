/*
 * The sql contract on PostgreSQL, over libpq, whose only home are this file and its neighbours
 * (sql_postgres.h says what each does).
 */
#include "sql_postgres.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "loop/fiber.h"

#include <stdlib.h>

#define TRIES        5 /* of a transaction that a deadlock or the like ended */
#define TRY_AGAIN_MS 20

struct postgres_database {
    struct sql_database base;
    struct arena *arena;
    struct postgres_settings settings;
};

struct postgres {
    struct sql base;
    const struct postgres_settings *settings;
    struct postgres_links *links;
};

/* --- reading and writing --- */

struct call {
    struct arena *arena; /* NULL for a write */
    struct sql_rows *rows;
    const struct sql_statement *statements;
    size_t count, most;
    int64_t deadline;
};

static enum sql_status run_once(struct postgres *postgres, const struct call *call, bool *ret_again) {
    struct postgres_link *link = postgres_links_pick(postgres->links, call->rows != NULL, call->deadline);
    *ret_again = false;
    if (!link) {
        return SQL_DOWN;
    }
    struct postgres_job *job = check_calloc(1, sizeof(*job));
    job->fiber = fiber_current();
    job->arena = call->arena;
    job->rows = call->rows;
    if (!postgres_link_send(link, job, call->statements, call->count, call->most)) {
        free(job);
        return SQL_DOWN;
    }
    if (fiber_park(call->deadline) != WAIT_DONE && !job->answered) { /* it may come between a cancel and this line */
        job->fiber = NULL;                                           /* the answer frees it */
        return SQL_DOWN;
    }
    enum sql_status status = job->status;
    *ret_again = job->again;
    free(job);
    return status;
}

static enum sql_status run(struct postgres *postgres, struct call *call) {
    bool again;
    call->deadline = clock_monotonic_ms() + postgres->settings->timeout_ms;
    enum sql_status status = run_once(postgres, call, &again);
    for (unsigned tries = 1; again && tries < TRIES; tries++) {
        unsigned char chance;
        random_bytes(&chance, sizeof(chance)); /* so that those who met do not meet again */
        if (fiber_sleep(1 + chance % (TRY_AGAIN_MS * tries)) != WAIT_DONE || clock_monotonic_ms() >= call->deadline) {
            break;
        }
        status = run_once(postgres, call, &again);
    }
    if (again) {
        log_warn("sql.deadlock", log_int("tries", TRIES));
    }
    return status;
}

static enum sql_status postgres_read(struct sql *sql, struct arena *arena, const struct sql_statement *statement,
                                     size_t most, struct sql_rows *ret_rows) {
    struct sql_rows rows = {0};
    struct call call = {.arena = arena, .rows = &rows, .statements = statement, .count = 1, .most = most};
    enum sql_status status = run((struct postgres *)sql, &call);
    if (status == SQL_DONE && rows.count == 0) {
        return SQL_MISSING;
    }
    if (status == SQL_DONE) {
        *ret_rows = rows;
    }
    return status;
}

static enum sql_status postgres_write(struct sql *sql, const struct sql_statement *statements, size_t count) {
    struct call call = {.statements = statements, .count = count};
    return run((struct postgres *)sql, &call);
}

/* --- opening --- */

static bool open_plain(struct sql_database *database, struct sql_plain *ret_plain, struct fault *fault) {
    return postgres_plain_open(&((struct postgres_database *)database)->settings, ret_plain, fault);
}

static bool migrate(struct postgres_database *database, bool refuse_old, struct fault *fault) {
    struct sql_plain plain;
    if (!open_plain(&database->base, &plain, fault)) {
        return false;
    }
    bool fine = sql_schema_migrate(&plain, refuse_old, &database->base.migration, fault);
    postgres_plain_close(&plain);
    return fine;
}

static void close_database(struct sql_database *database) {
    arena_free(((struct postgres_database *)database)->arena);
    free(database);
}

static bool open_database(const struct sql_options *options, struct sql_database **ret_database, struct fault *fault) {
    CHECK(options->connections >= 1 && options->timeout_ms >= 1 && PQisthreadsafe());
    struct postgres_database *database = check_calloc(1, sizeof(*database));
    database->base.driver = &sql_postgres;
    database->arena = arena_new();
    database->settings = (struct postgres_settings){.conninfo = str_c(database->arena, options->conninfo),
                                                    .connections = options->connections,
                                                    .timeout_ms = options->timeout_ms};
    if (!migrate(database, options->refuse_old_schema, fault)) {
        close_database(&database->base);
        return false;
    }
    *ret_database = &database->base;
    return true;
}

static bool open_view(struct sql_database *database, struct sql **ret_sql, struct fault *fault) {
    struct postgres *postgres = check_calloc(1, sizeof(*postgres));
    postgres->base.driver = &sql_postgres;
    postgres->settings = &((struct postgres_database *)database)->settings;
    postgres->links = postgres_links_new(postgres->settings, fault);
    if (!postgres->links) {
        free(postgres);
        return false;
    }
    *ret_sql = &postgres->base;
    return true;
}

static void close_view(struct sql *sql) {
    postgres_links_free(((struct postgres *)sql)->links);
    free(sql);
}

const struct sql_driver sql_postgres = {
    .open = open_database,
    .close = close_database,
    .connect = open_view,
    .disconnect = close_view,
    .read = postgres_read,
    .write = postgres_write,
    .plain_open = open_plain,
    .plain_close = postgres_plain_close,
    .plain_run = postgres_plain_run,
    .plain_number = postgres_plain_number,
    .plain_reason = postgres_plain_reason,
    .plain_rows = postgres_plain_rows,
    .plain_insert_begin = postgres_plain_insert_begin,
    .plain_insert = postgres_plain_insert,
    .plain_insert_end = postgres_plain_insert_end,
};
