/* SQLite: the sql contract, and what happens to the file. */
#include "base/buf.h"
#include "sql_contract.h"
#include "store/accounts.h"
#include "store/copy.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], path[128];

static int make_folder(void **state) {
    snprintf(folder, sizeof(folder), "/tmp/sqlite-test-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(path, sizeof(path), "%s/x.db", folder);
    sql_contract_options = (struct sql_options){.kind = SQL_SQLITE, .path = str_from(path), .timeout_ms = 5000};
    return 0;
}

static int drop_folder(void **state) {
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    char name[160];
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        snprintf(name, sizeof(name), "%s%s", path, suffixes[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static void write_something(void *arg) {
    assert_int_equal(create_account(arg, "a", "h"), SQL_DONE);
}

static void the_file_is_for_its_owner_only(void **state) {
    on_database(write_something);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 077, 0);
}

static void write_on_a_full_disk(void *arg) {
    struct sql *sql = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct account_row row;
    struct rlimit before, none = {.rlim_cur = 4096};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    none.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_FSIZE, &none);
    assert_int_equal(create_account(sql, "full", "f"), SQL_DOWN);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(accounts_get(sql, arena, STR("full"), &row), SQL_MISSING);
    assert_int_equal(create_account(sql, "full", "f"), SQL_DONE);
}

static void a_full_disk_writes_nothing_and_heals(void **state) {
    on_database(write_on_a_full_disk);
}

/* A migration that adds a table or a column adds it to tables.c. */
static void compare_tables(void *arg) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sql_statement columns = {
        .text =
            "SELECT m.name, c.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND "
            "m.name <> 'schema_version' ORDER BY m.name, c.cid"};
    struct sql_rows rows;
    size_t listed = 0;
    assert_int_equal(sql_read(arg, arena, &columns, 1000, &rows), SQL_DONE);
    for (size_t i = 0; i < sql_table_count; i++) {
        struct buf found;
        buf_init(&found, arena, 256, 4096);
        for (size_t row = 0; row < rows.count; row++) {
            if (str_equal(rows.cells[2 * row].bytes, str_from(sql_tables[i].name))) {
                buf_put(&found, found.len ? STR(", ") : STR(""));
                buf_put(&found, rows.cells[2 * row + 1].bytes);
                listed++;
            }
        }
        assert_str(buf_str(&found), sql_tables[i].columns);
    }
    assert_int_equal(listed, rows.count); /* none is forgotten */
}

static void the_list_of_tables_is_the_schema(void **state) {
    on_database(compare_tables);
}

static void what_is_no_database_is_refused(void **state) {
    const struct sql_options nowhere = {.kind = SQL_SQLITE, .path = STR("/nonexistent/x.db"), .timeout_ms = 100};
    refuses_to_open(&nowhere, "cannot be opened");
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(write(fd, "this is not a database, it only has its name and its length, and nothing else of one", 80) ==
                80);
    close(fd);
    refuses_to_open(&sql_contract_options, "cannot be used");
}

int main(void) {
    const struct CMUnitTest own[] = {
        cmocka_unit_test(the_file_is_for_its_owner_only), cmocka_unit_test(a_full_disk_writes_nothing_and_heals),
        cmocka_unit_test(the_list_of_tables_is_the_schema), cmocka_unit_test(what_is_no_database_is_refused)};
    return sql_contract_run(own, ARRAY_LEN(own), make_folder, drop_folder);
}
