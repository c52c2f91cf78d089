/* Exported files can be verified on their own, and only what was exported is taken out after its time. */
#include "audit/export.h"
#include "audit/verify.h"
#include "installation.h"

#define DAY_MS (24 * 3600 * 1000LL)
#define START  (1700000000000LL) /* a row a day from then on */

static char export_path[128];

static void make_days(const char *node, int first, int count) {
    options.node = str_from(node);
    struct sql_database *database = open_database();
    struct audit *audit = open_audit(database);
    const struct event_sink sink = {audit_hear, audit};
    for (int i = first; i < first + count; i++) {
        event_tell(&sink, &(struct event){.kind = EVENT_LOGIN,
                                          .at_ms = START + i * DAY_MS,
                                          .subject = STR("a\"\\\n\x7f汉"),
                                          .detail = STR("{\"x\":[1,{\"y\":2}]}")});
    }
    audit_close(audit);
    sql_database_free(database);
}

struct work {
    struct sql *sql;
    int64_t from_ms, before_ms, rows;
    struct audit_pruned pruned;
    bool fine;
    struct fault fault;
};

static void run_export(void *arg) {
    struct work *work = arg;
    const struct audit_export_wanted wanted = {.sealer = sealer(),
                                               .from_ms = work->from_ms,
                                               .before_ms = work->before_ms,
                                               .path = str_from(export_path),
                                               .actor = STR("host:tester")};
    work->fine = audit_export(work->sql, &wanted, &work->rows, &work->fault);
}

static void run_prune(void *arg) {
    struct work *work = arg;
    const struct audit_prune_wanted wanted = {
        .sealer = sealer(), .before_ms = work->before_ms, .actor = STR("host:tester")};
    work->fine = audit_prune(work->sql, &wanted, &work->pruned, &work->fault);
}

static void see(void *ctx, const struct audit_chain_report *report) {
    int64_t *last = ctx;
    *last = report->last_seq;
}

static void run_verify(void *arg) {
    struct work *work = arg;
    const struct audit_verify verify = {.sealer = sealer(), .report = see, .ctx = &work->rows};
    work->fine = audit_verify(work->sql, &verify) == AUDIT_INTACT;
}

static struct work run(void (*what)(void *arg), int from_day, int before_day) {
    struct work work = {.from_ms = START + from_day * DAY_MS, .before_ms = START + before_day * DAY_MS};
    struct sql_database *database = open_database();
    struct loop *loop = loop_new();
    assert_true(sql_connect(database, &work.sql, &work.fault));
    run_on(loop, what, &work);
    sql_free(work.sql);
    loop_free(loop);
    sql_database_free(database);
    return work;
}

static int make(void **state) {
    int made = make_installation(state);
    snprintf(export_path, sizeof(export_path), "%s/out.jsonl", here);
    return made;
}

static void fine(struct work work) {
    if (!work.fine) {
        print_error("said: %s\n", work.fault.text);
        fail();
    }
}

static void refused(struct work work, const char *about) {
    if (work.fine || !strstr(work.fault.text, about)) {
        print_error("fine %d, said: %s\n", work.fine, work.fault.text);
        fail();
    }
}

static void a_file_is_verified_on_its_own(void **state) {
    int64_t rows;
    struct fault fault;
    make_days("n1", 0, 600);
    make_days("n2", 100, 50);
    struct work work = run(run_export, 120, 500);
    fine(work);
    assert_int_equal(work.rows, 380 + 30);
    assert_true(audit_export_verify(sealer(), str_from(export_path), &rows, &fault));
    assert_int_equal(rows, 410);
    struct stat status;
    assert_int_equal(stat(export_path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    refused(run(run_export, 0, 500), "File exists");
    assert_int_equal(ask("SELECT count(*) FROM audit_exports"), 2);
    assert_int_equal(ask("SELECT count(*) FROM audit_outbox WHERE record LIKE '%audit.export%host:tester%'"), 1);
    unlink(export_path);
    refused(run(run_export, 700, 800), "no rows of that time");
}

/* --- files that were changed --- */

static char *lines[800];
static size_t line_count;

static void read_lines(struct arena *arena) {
    char *line = NULL;
    size_t size = 0;
    FILE *file = fopen(export_path, "re");
    assert_non_null(file);
    for (line_count = 0; getline(&line, &size, file) > 0; line_count++) {
        lines[line_count] = str_c(arena, str_from(line));
    }
    free(line);
    fclose(file);
}

static void expect_fault(size_t without, size_t twice, size_t swapped, const char *about) {
    FILE *file = fopen(export_path, "we");
    for (size_t i = 0; i < line_count; i++) {
        size_t at = swapped && i == swapped ? i + 1 : swapped && i == swapped + 1 ? i - 1 : i;
        for (int times = i == without ? 0 : i == twice ? 2 : 1; times > 0; times--) {
            fputs(lines[at], file);
        }
    }
    fclose(file);
    int64_t rows;
    struct fault fault;
    assert_false(audit_export_verify(sealer(), str_from(export_path), &rows, &fault));
    if (!strstr(fault.text, about)) {
        print_error("said: %s, want: %s\n", fault.text, about);
        fail();
    }
}

#define NONE SIZE_MAX

static void every_change_of_a_file_is_found(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    make_days("n1", 0, 20);
    fine(run(run_export, 5, 15));
    read_lines(arena);
    assert_int_equal(line_count, 12);
    expect_fault(4, NONE, 0, "line 5 is not the row that belongs there");
    expect_fault(NONE, 4, 0, "line 6 is not the row that belongs there");
    expect_fault(NONE, NONE, 4, "line 5 is not the row that belongs there");
    expect_fault(10, NONE, 0, "line 11 is no row"); /* the last row */
    expect_fault(11, NONE, 0, "line 12 is missing");
    expect_fault(0, NONE, 0, "line 1 is no header");
    expect_fault(NONE, 11, 0, "line 12 should be the last");
    for (size_t i = 0; i < line_count; i++) { /* any byte of any line */
        for (size_t at = 0; lines[i][at] && lines[i][at] != '\n'; at += 7) {
            char before = lines[i][at];
            lines[i][at] = before == 'x' ? 'y' : 'x';
            expect_fault(NONE, NONE, 0, "line ");
            lines[i][at] = before;
        }
    }
}

/* A row that was taken off the end, with header and trailer to match, does not go without the key. */
static void a_shorter_run_needs_the_seal(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    make_days("n1", 0, 20);
    fine(run(run_export, 5, 15));
    read_lines(arena);
    char *to = strstr(lines[0], "\"to_seq\":15");
    assert_non_null(to);
    to[10] = '4';
    lines[11] = str_c(arena, str_concat(arena, STR("{\"rows\":9"), str_from(lines[11] + 10)));
    expect_fault(10, NONE, 0, "line 11 is not the seal of this file");
}

static void a_chain_out_of_order_is_not_exported(void **state) {
    make_days("n1", 0, 20);
    run_sql("UPDATE audit SET record = record || ' ' WHERE seq = 10");
    refused(run(run_export, 0, 20), "row 10 of the chain n1 is not in order");
    assert_int_equal(access(export_path, F_OK), -1);
    assert_int_equal(ask("SELECT count(*) FROM audit_exports"), 0);
    run_sql("DELETE FROM audit WHERE seq = 10");
    refused(run(run_export, 0, 20), "row 10 of the chain n1 is not in order");
    refused(run(run_export, 10, 20), "row 10 of the chain n1 is not in order");
}

/* --- taking out --- */

static void export_days(int from, int before) {
    unlink(export_path);
    fine(run(run_export, from, before));
}

static void only_exported_rows_are_taken_out(void **state) {
    make_days("n1", 0, 1300);
    struct work work = run(run_prune, 0, 1200);
    fine(work);
    assert_int_equal(work.pruned.rows, 0);
    assert_int_equal(work.pruned.not_exported, 1200);
    export_days(0, 700);
    export_days(600, 1100);
    export_days(1150, 1300); /* a gap of fifty before it */
    work = run(run_prune, 0, 1200);
    fine(work);
    assert_int_equal(work.pruned.rows, 1100);
    assert_int_equal(work.pruned.not_exported, 100);
    assert_int_equal(ask("SELECT min(seq) FROM audit"), 1101);
    assert_int_equal(ask("SELECT count(*) FROM audit_outbox WHERE record LIKE '%audit.prune%'"), 1);
    work = run(run_verify, 0, 0);
    assert_true(work.fine);
    assert_int_equal(work.rows, 1300);
    make_days("n1", 1300, 10); /* the server goes on; it also brings the four events of the outbox */
    work = run(run_verify, 0, 0);
    assert_true(work.fine);
    assert_int_equal(work.rows, 1314);
    export_days(1100, 1290); /* begins at the anchor */
    int64_t rows;
    struct fault fault;
    assert_true(audit_export_verify(sealer(), str_from(export_path), &rows, &fault));
    work = run(run_prune, 0, 1200);
    assert_int_equal(work.pruned.rows, 100);
    assert_true(run(run_verify, 0, 0).fine);
}

static void a_whole_chain_may_go_and_the_server_goes_on(void **state) {
    make_days("n1", 0, 30);
    export_days(0, 30);
    fine(run(run_prune, 0, 30));
    assert_int_equal(ask("SELECT count(*) FROM audit"), 0);
    assert_true(run(run_verify, 0, 0).fine);
    make_days("n1", 30, 5);
    struct work work = run(run_verify, 0, 0);
    assert_true(work.fine);
    assert_int_equal(work.rows, 30 + 5 + 2);
    run_sql(
        "INSERT INTO audit SELECT node, 3, at_ms, event, result, actor, client_id, subject, request_id, record, mac "
        "FROM audit WHERE seq = 31");
    assert_false(run(run_verify, 0, 0).fine);
}

static void forged_notes_and_broken_chains_are_not_taken_out(void **state) {
    make_days("n1", 0, 30);
    run_sql("INSERT INTO audit_exports VALUES ('x', 'n1', 1, 30, 5, zeroblob(32))");
    struct work work = run(run_prune, 0, 20);
    fine(work);
    assert_int_equal(work.pruned.rows, 0);
    assert_int_equal(work.pruned.not_exported, 20);
    run_sql("DELETE FROM audit_exports");
    export_days(0, 30);
    run_sql("UPDATE audit SET record = record || ' ' WHERE seq = 10");
    refused(run(run_prune, 0, 20), "row 10 of the chain n1 is not in order");
    assert_int_equal(ask("SELECT count(*) FROM audit"), 30);
}

#define IN(test) cmocka_unit_test_setup_teardown(test, make, drop_installation)
RUN_TESTS(IN(a_file_is_verified_on_its_own), IN(every_change_of_a_file_is_found), IN(a_shorter_run_needs_the_seal),
          IN(a_chain_out_of_order_is_not_exported), IN(only_exported_rows_are_taken_out),
          IN(a_whole_chain_may_go_and_the_server_goes_on), IN(forged_notes_and_broken_chains_are_not_taken_out))
