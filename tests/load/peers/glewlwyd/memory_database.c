/*
 * Lets Glewlwyd run with SQLite in memory, its fastest setting. Glewlwyd expects its tables in the database it opens,
 * and a database in memory is always new. Loaded before it (LD_PRELOAD), this runs the script GLEWLWYD_SCRIPT on each
 * database that is opened.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

enum { SCRIPT_MOST = 1 << 20 };

static char script[SCRIPT_MOST];

static void read_script(void) {
    const char *path = getenv("GLEWLWYD_SCRIPT");
    FILE *file = path ? fopen(path, "r") : NULL;
    if (!file || fread(script, 1, SCRIPT_MOST - 1, file) == 0) {
        fputs("GLEWLWYD_SCRIPT cannot be read\n", stderr);
        exit(1);
    }
    fclose(file);
}

static int run_script(sqlite3 *database, char **ret_error, const struct sqlite3_api_routines *api) {
    (void)api;
    return sqlite3_exec(database, script, NULL, NULL, ret_error);
}

__attribute__((constructor)) static void prepare(void) {
    read_script();
    /* SQLite need not count its memory, under a lock, for a server that never asks. */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_auto_extension((void (*)(void))run_script);
}
