/*
 * tongxing backup FILE OUT and tongxing restore FILE IN: the durable store to a file and back, also from one kind of
 * database to the other. A backup is made while servers run; the keys are not in it.
 */
#include "backup_file.h"
#include "base/check.h"
#include "command.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "store/outbox.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

/* --- what both begin with --- */

static bool open_database(const char *path, struct arena *arena, bool migrate, struct sql_database **ret_database,
                          struct fault *fault) {
    struct config *config = arena_new_of(arena, struct config);
    if (!command_load_config(path, arena, config)) {
        return fault_set(fault, "the configuration cannot be used");
    }
    struct sql_options options = command_sql_options(config);
    options.connections = 1;
    options.refuse_old_schema = !migrate || options.refuse_old_schema;
    return sql_open(&options, ret_database, fault);
}

/* --- the event --- */

struct telling {
    struct loop *loop;
    struct sql *sql;
    struct event event;
    enum sql_status status;
};

static void tell(void *arg) {
    struct telling *telling = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_statement statement = outbox_put(arena, &telling->event);
    telling->status = sql_write(telling->sql, &statement, 1);
    loop_stop(telling->loop);
}

static void start_tell(void *arg) {
    struct telling *telling = arg;
    fiber_spawn(telling->loop, tell, telling);
}

static struct str host_actor(struct arena *arena) {
    const struct passwd *user = getpwuid(getuid());
    return user ? str_format(arena, "host:%s", user->pw_name) : str_format(arena, "host:%u", getuid());
}

static bool tell_of_backup(struct sql_database *database, struct arena *arena, int64_t rows, struct fault *fault) {
    struct telling telling = {
        .loop = loop_new(),
        .event = {.kind = EVENT_BACKUP,
                  .result = EVENT_DONE,
                  .actor = host_actor(arena),
                  .role = STR("host"),
                  .detail = str_format(arena, "{\"rows\":%lld}", (long long)rows)},
        .status = SQL_DOWN,
    };
    if (sql_connect(database, &telling.sql, fault)) {
        loop_post(telling.loop, start_tell, &telling);
        loop_run(telling.loop);
        loop_end_fibers(telling.loop);
        sql_free(telling.sql);
    }
    loop_free(telling.loop);
    return telling.status == SQL_DONE ||
           fault_set(fault, "the backup is complete, but the database did not take the event that says so");
}

/* --- backup --- */

static bool write_row(void *ctx, size_t table, const struct sql_value *cells, struct fault *fault) {
    return backup_writer_row(ctx, table, cells, fault);
}

static bool back_up(struct sql_database *database, const char *path, int64_t *ret_rows, struct fault *fault) {
    struct backup_writer *writer;
    if (!backup_writer_open(path, &writer, fault)) {
        return false;
    }
    bool fine = sql_copy_out(database, write_row, writer, fault) && backup_writer_finish(writer, ret_rows, fault);
    backup_writer_free(writer);
    return fine;
}

int command_backup(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: tongxing backup FILE OUT\n");
        return 2;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct sql_database *database;
    struct fault fault;
    int64_t rows = 0;
    if (!open_database(argv[1], arena, false, &database, &fault)) {
        return command_failed(&fault);
    }
    bool fine = back_up(database, argv[2], &rows, &fault) && tell_of_backup(database, arena, rows, &fault);
    sql_database_free(database);
    if (!fine) {
        return command_failed(&fault);
    }
    printf("%s: %lld rows\n", argv[2], (long long)rows);
    return 0;
}

/* --- restore --- */

static enum sql_copy_next read_row(void *ctx, size_t *ret_table, struct sql_value *cells, struct fault *fault) {
    return backup_reader_row(ctx, ret_table, cells, fault);
}

/* The whole file, before anything is done. */
static bool check_file(const char *path, struct fault *fault) {
    struct backup_reader *reader;
    struct sql_value cells[SQL_COLUMNS_MOST];
    size_t table;
    enum sql_copy_next next;
    if (!backup_reader_open(path, &reader, fault)) {
        return false;
    }
    while ((next = backup_reader_row(reader, &table, cells, fault)) == SQL_COPY_ROW) {
    }
    backup_reader_free(reader);
    return next == SQL_COPY_END;
}

static bool restore(struct sql_database *database, const char *path, int64_t *ret_rows, struct fault *fault) {
    struct backup_reader *reader;
    if (!backup_reader_open(path, &reader, fault)) {
        return false;
    }
    bool fine = sql_copy_in(database, read_row, reader, fault);
    *ret_rows = backup_reader_rows(reader);
    backup_reader_free(reader);
    return fine;
}

int command_restore(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: tongxing restore FILE IN\n");
        return 2;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct sql_database *database;
    struct fault fault;
    int64_t rows = 0;
    if (!check_file(argv[2], &fault) || !open_database(argv[1], arena, true, &database, &fault)) {
        return command_failed(&fault);
    }
    bool fine = restore(database, argv[2], &rows, &fault);
    sql_database_free(database);
    if (!fine) {
        return command_failed(&fault);
    }
    printf("%s: %lld rows restored\n", argv[2], (long long)rows);
    return 0;
}
