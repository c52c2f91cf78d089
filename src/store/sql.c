/*
 * The sql contract over its drivers, and the rules that are the same for all of them.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "sql_driver.h"
#include "sql_stats.h"

#define SQLITE_TIMEOUT_MS 5000

static const struct sql_driver *const drivers[] = {[SQL_SQLITE] = &sql_sqlite, [SQL_POSTGRES] = &sql_postgres};

/* PostgreSQL has no NUL in text and takes no bytes that are not UTF-8; SQLite would. */
static bool can_be_stored(const struct sql_statement *statement) {
    CHECK(statement->value_count <= SQL_PARAMETERS_MOST);
    for (size_t i = 0; i < statement->value_count; i++) {
        const struct sql_value *value = &statement->values[i];
        bool bytes = value->type == SQL_TEXT || value->type == SQL_BLOB;
        if (bytes && value->bytes.len > SQL_VALUE_BYTES_MOST) {
            return false;
        }
        if (value->type == SQL_TEXT && (str_contains(value->bytes, '\0') || !utf8_valid(value->bytes))) {
            return false;
        }
    }
    return true;
}

enum sql_status sql_read(struct sql *sql, struct arena *arena, const struct sql_statement *statement, size_t most,
                         struct sql_rows *ret_rows) {
    if (!can_be_stored(statement) || most == 0) {
        return SQL_MISSING;
    }
    int64_t started = clock_monotonic_us();
    return sql_read_took(started, sql->driver->read(sql, arena, statement, most, ret_rows));
}

enum sql_status sql_write(struct sql *sql, const struct sql_statement *statements, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!can_be_stored(&statements[i])) {
            return SQL_CONFLICT;
        }
    }
    int64_t started = clock_monotonic_us();
    return count == 0 ? SQL_DONE : sql_write_took(started, sql->driver->write(sql, statements, count));
}

enum sql_status sql_ping(struct sql *sql) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_statement statement = {.text = "SELECT version FROM schema_version"};
    struct sql_rows rows;
    return sql_read(sql, arena, &statement, 1, &rows);
}

bool sql_open(const struct sql_options *options, struct sql_database **ret_database, struct fault *fault) {
    CHECK((size_t)options->kind < ARRAY_LEN(drivers));
    return sql_options_check(options, fault) && drivers[options->kind]->open(options, ret_database, fault);
}

bool sql_sqlite_open(struct str path, struct sql_database **ret_database, struct fault *fault) {
    const struct sql_options options = {.kind = SQL_SQLITE, .path = path, .timeout_ms = SQLITE_TIMEOUT_MS};
    return sql_open(&options, ret_database, fault);
}

void sql_database_free(struct sql_database *database) {
    if (database) {
        database->driver->close(database);
    }
}

struct sql_migration sql_database_migration(const struct sql_database *database) {
    return database->migration;
}

bool sql_connect(struct sql_database *database, struct sql **ret_sql, struct fault *fault) {
    return database->driver->connect(database, ret_sql, fault);
}

void sql_free(struct sql *sql) {
    if (sql) {
        sql->driver->disconnect(sql);
    }
}
