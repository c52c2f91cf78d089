/*
 * tongxing migrate FILE: brings the schema of the durable store up to date, for installations where the server itself
 * may not (sql.migrate: false).
 */
#include "command.h"

#include <stdio.h>

int command_migrate(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: tongxing migrate FILE\n");
        return 2;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct config *config = arena_new_of(arena, struct config);
    struct sql_database *database;
    struct fault fault;
    if (!command_load_config(argv[1], arena, config)) {
        return 1;
    }
    struct sql_options options = command_sql_options(config);
    options.refuse_old_schema = false;
    if (!sql_open(&options, &database, &fault)) {
        return command_failed(&fault);
    }
    struct sql_migration done = sql_database_migration(database);
    sql_database_free(database);
    if (done.from == done.to) {
        printf("the schema has version %lld already\n", (long long)done.to);
    } else {
        printf("the schema went from version %lld to %lld\n", (long long)done.from, (long long)done.to);
    }
    return 0;
}
