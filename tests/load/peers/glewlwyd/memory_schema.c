/*
 * Lets Glewlwyd run with SQLite in memory, its fastest setting. Glewlwyd expects tables in the database it opens, and a
 * database in memory is always new. Loaded before it (LD_PRELOAD), this runs the script GLEWLWYD_SCHEMA, the one of
 * Debian's package, on every database that is opened.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { SCHEMA_MOST = 1 << 20 };

static char schema[SCHEMA_MOST];

static void read_schema(void) {
    const char *path = getenv("GLEWLWYD_SCHEMA");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file || fread(schema, 1, SCHEMA_MOST - 1, file) == 0) {
        perror("GLEWLWYD_SCHEMA");
        exit(1);
    }
    fclose(file);
}

static int create_tables(sqlite3 *database, char **ret_error, const struct sqlite3_api_routines *api) {
    (void)api;
    return sqlite3_exec(database, schema, NULL, NULL, ret_error);
}

__attribute__((constructor)) static void install(void) {
    read_schema();
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_auto_extension((void (*)(void))create_tables);
}
