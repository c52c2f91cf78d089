/* From event_tell to the rows of the database: everything once, whatever happens in between. */
#include "base/encode.h"
#include "installation.h"
#include "store/outbox.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>

static void expect_once(int count) {
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE event = 'login'"), count);
    assert_int_equal(ask("SELECT count(DISTINCT request_id) FROM audit WHERE event = 'login'"), count);
    assert_int_equal(ask("SELECT count(*) - max(seq) FROM audit"), 0);
}

/* Computed from the words of chain.h and RFC 5869, by another program. */
static void macs_are_what_they_are_said_to_be(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_row row = {.node = STR("n1"), .seq = 1, .record = STR("{\"at_ms\":1}")};
    struct chain_mac first = chain_row(sealer(), STR(""), &row);
    assert_str(hex_encode(arena, chain_mac_str(&first)),
               "a19c85d83a7d4e8af4be4be20319b48646bcfa0afcaecad7b22e4d0b010a6a90");
    row.seq = 2;
    row.record = STR("{\"at_ms\":2}");
    struct chain_mac second = chain_row(sealer(), chain_mac_str(&first), &row);
    assert_str(hex_encode(arena, chain_mac_str(&second)),
               "08fab005c27084663a9237c8519ea6c60e8534e0e8165487d3f22176debd9331");
    struct audit_mark mark = {.node = STR("n1"), .seq = 2, .mac = chain_mac_str(&second)}, read;
    struct chain_mac head = chain_mark(sealer(), AUDIT_HEAD, &mark), anchor = chain_mark(sealer(), AUDIT_ANCHOR, &mark);
    assert_str(hex_encode(arena, chain_mac_str(&head)),
               "184cb17085f14e1a927fb0d2b91ba3b1cf792daa79e2830786a63e1e76753895");
    assert_str(hex_encode(arena, chain_mac_str(&anchor)),
               "b7d5503e0628bfbe0bd3aa9fee5bbee429f2e14173b07b40d5ada9e7523f0fc2");
    struct str checkpoint = chain_checkpoint(sealer(), arena, &mark);
    assert_str(checkpoint, "n1:2:CPqwBcJwhGY6kjfIUZ6mxg6FNODoFlSH0_Ihdt69kzE:"
                           "N-PhEK8NytCEoQGyhMkXaoLTGqkswa27l_F7qHVi_bI");
    assert_true(chain_checkpoint_read(sealer(), arena, checkpoint, &read));
    assert_int_equal(read.seq, 2);
    char *changed = str_c(arena, checkpoint);
    for (size_t i = 0; i < checkpoint.len; i++) {
        char before = changed[i];
        changed[i] = before == '3' ? '4' : '3';
        assert_false(chain_checkpoint_read(sealer(), arena, str_of(changed, checkpoint.len), &read));
        assert_false(chain_checkpoint_read(sealer(), arena, str_sub(checkpoint, 0, i), &read));
        changed[i] = before;
    }
}

static void columns_are_those_of_the_record(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_row row = {0};
    char record[1200] = "{\"at_ms\":5,\"event\":\"login\",\"result\":\"done\",\"subject\":\"";
    for (int i = 0; i < 200; i++) {
        strncat(record, "汉", 4);
    }
    strncat(record, "\"}", 3);
    assert_true(chain_columns(arena, str_from(record), &row));
    assert_int_equal(row.at_ms, 5);
    assert_str(row.event, "login");
    assert_true(str_is_absent(row.actor));
    assert_int_equal(row.subject.len, 255); /* whole characters */
    row.record = str_from(record);
    assert_true(chain_columns_fit(arena, &row));
    row.actor = STR("");
    assert_false(chain_columns_fit(arena, &row));
    static const char *const none[] = {"",
                                       "{}",
                                       "[]",
                                       "{\"at_ms\":5,\"event\":\"login\"}",
                                       "{\"at_ms\":\"5\",\"event\":\"login\",\"result\":\"done\"}",
                                       "{\"at_ms\":5,\"event\":\"lo\\u0000gin\",\"result\":\"done\"}",
                                       "{\"at_ms\":5,\"event\":\"login\",\"result\":\"done\"",
                                       "{\"at_ms\":5,\"event\":\"\xff\",\"result\":\"done\"}"};
    for (size_t i = 0; i < ARRAY_LEN(none); i++) {
        assert_row(!chain_columns(arena, str_from(none[i]), &row), none[i]);
    }
}

static void what_is_heard_is_in_the_trail_once_in_order(void **state) {
    struct sql_database *database = open_database();
    struct audit *audit = open_audit(database);
    const struct event_sink sink = {audit_hear, audit};
    tell(audit, 0, 1000);
    event_tell(&sink, &(struct event){.kind = EVENT_TOKEN});                                       /* counted only */
    event_tell(&sink, &(struct event){.kind = EVENT_CLIENT_AUTHENTICATION, .result = EVENT_DONE}); /* no failure */
    event_tell(&sink, &(struct event){.kind = EVENT_CLIENT_AUTHENTICATION, .result = EVENT_REFUSED, .reason = "scope"});
    until_drained(audit);
    struct audit_status status = audit_status(audit);
    assert_int_equal(status.state, TRAIL_FINE);
    assert_int_equal(status.rows, 1001);
    assert_int_equal(status.lost, 0);
    audit_close(audit);
    sql_database_free(database);
    expect_once(1000);
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE request_id = 'rq_' || (seq - 1)"), 1000);
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE event = 'client.authentication'"), 1);
    make_trail(1000, 10); /* the next run goes on with the chain */
    expect_once(1010);
    assert_int_equal(ask("SELECT seq FROM audit_heads WHERE node = 'n1'"), 1011);
}

struct teller {
    struct audit *audit;
    int first;
};

static void *tell_some(void *arg) {
    struct teller *teller = arg;
    tell(teller->audit, teller->first, 500);
    return NULL;
}

static void many_threads_tell(void **state) {
    struct sql_database *database = open_database();
    struct audit *audit = open_audit(database);
    struct teller tellers[4];
    pthread_t threads[4];
    for (int i = 0; i < 4; i++) {
        tellers[i] = (struct teller){audit, 500 * i};
        assert_int_equal(pthread_create(&threads[i], NULL, tell_some, &tellers[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
    }
    audit_close(audit);
    sql_database_free(database);
    expect_once(2000);
}

static void an_event_too_long_is_kept_without_what_is_too_long(void **state) {
    struct sql_database *database = open_database();
    struct audit *audit = open_audit(database);
    const struct event_sink sink = {audit_hear, audit};
    size_t size = 200000;
    char *text = malloc(size);
    memset(text, 'x', size);
    text[0] = text[size - 1] = '"';
    event_tell(&sink, &(struct event){.kind = EVENT_LOGIN, .request_id = STR("rq_1"), .detail = str_of(text, size)});
    event_tell(&sink,
               &(struct event){.kind = EVENT_LOGIN, .request_id = STR("rq_2"), .client_id = str_of(text + 1, 150000)});
    audit_close(audit);
    sql_database_free(database);
    free(text);
    expect_once(2);
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE record LIKE '%left_out%'"), 2);
    assert_int_equal(ask("SELECT max(length(record)) < 400 FROM audit"), 1);
}

/* --- the process dies --- */

/* A child hears events while the database takes nothing, and dies without a word. */
static void die_telling(int first, int count) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        tell(open_audit(open_database()), first, count);
        kill(getpid(), SIGKILL);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void killed_at_once_loses_and_doubles_nothing(void **state) {
    for (int i = 0; i < 10; i++) {
        die_telling(100 * i, 100);
    }
    make_trail(1000, 1);
    expect_once(1001);
}

static void copy_spool(const char *from, const char *to) {
    char path_from[200], path_to[200], bytes[65536];
    DIR *entries = opendir(from);
    struct dirent *entry;
    mkdir(to, 0700);
    while ((entry = readdir(entries))) {
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path_from, sizeof(path_from), "%s/%.60s", from, entry->d_name);
        snprintf(path_to, sizeof(path_to), "%s/%.60s", to, entry->d_name);
        int in = open(path_from, O_RDONLY), out = open(path_to, O_WRONLY | O_CREAT | O_TRUNC, 0600);
        for (ssize_t len; (len = read(in, bytes, sizeof(bytes))) > 0;) {
            assert_int_equal(write(out, bytes, (size_t)len), len);
        }
        close(in);
        close(out);
    }
    closedir(entries);
}

/* As when it died after the commit and before the files were let go. */
static void a_spool_that_was_taken_over_already_is_not_taken_again(void **state) {
    char kept[128];
    snprintf(kept, sizeof(kept), "%s.kept", spool_path);
    options.spool_bytes = 1 << 20;
    die_telling(0, 2000);
    copy_spool(spool_path, kept);
    make_trail(2000, 1);
    copy_spool(kept, spool_path);
    make_trail(2001, 1);
    empty(kept);
    rmdir(kept);
    expect_once(2002);
}

/* --- the database does not take it --- */

static void a_locked_database_is_caught_up_with(void **state) {
    struct sql_database *database = open_database();
    struct audit *audit = open_audit(database);
    sqlite3 *db;
    assert_int_equal(sqlite3_open(database_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    int64_t before = clock_monotonic_ms();
    tell(audit, 0, 500);
    assert_true(clock_monotonic_ms() - before < 1000);
    usleep(200000);
    assert_true(audit_status(audit).backlog_bytes > 0);
    assert_int_equal(ask("SELECT count(*) FROM audit"), 0);
    assert_int_equal(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    until_drained(audit);
    audit_close(audit);
    sql_database_free(database);
    expect_once(500);
}

static void no_table_is_behind_then_fine(void **state) {
    struct sql_database *database = open_database();
    run_sql("ALTER TABLE audit RENAME TO gone");
    struct audit *audit = open_audit(database);
    tell(audit, 0, 10);
    int64_t deadline = clock_monotonic_ms() + 10000;
    while (audit_status(audit).state != TRAIL_BEHIND) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(5000);
    }
    run_sql("ALTER TABLE gone RENAME TO audit");
    until_drained(audit);
    audit_close(audit);
    sql_database_free(database);
    expect_once(10);
}

/* --- no room --- */

static void fill(struct audit *audit, int *told) {
    while (audit_status(audit).lost == 0) {
        tell(audit, (*told)++, 1);
        assert_in_range(*told, 0, 20000);
    }
}

static void a_full_spool_counts_what_it_loses_and_says_so_in_the_trail(void **state) {
    int told = 0;
    options.refuse_when_full = true;
    struct sql_database *database = open_database();
    run_sql("ALTER TABLE audit RENAME TO gone");
    struct audit *audit = open_audit(database);
    const struct trail *trail = audit_trail(audit);
    assert_true(trail_takes_administration(trail) && trail_takes_sign_ins(trail));
    fill(audit, &told);
    tell(audit, told++, 1);
    assert_false(trail_takes_administration(trail) || trail_takes_sign_ins(trail));
    run_sql("ALTER TABLE gone RENAME TO audit");
    int64_t deadline = clock_monotonic_ms() + 20000;
    while (!trail_takes_sign_ins(trail)) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(5000);
    }
    tell(audit, told++, 1);
    audit_close(audit);
    sql_database_free(database);
    expect_once(told - 2);
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE event = 'audit.gap' AND result = 'failed' AND record LIKE "
                         "'%\"reason\":\"spool_full\"%\"lost\":2%'"),
                     1);
}

static void sign_ins_go_on_where_that_is_wanted(void **state) {
    struct trail trail = {.full = true};
    assert_true(trail_takes_sign_ins(&trail));
    assert_false(trail_takes_administration(&trail));
    assert_true(trail_takes_sign_ins(NULL) && trail_takes_administration(NULL));
}

static void a_full_disk_is_the_same(void **state) {
    struct rlimit before, none = {.rlim_cur = 0};
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    none.rlim_max = before.rlim_max;
    struct sql_database *database = open_database();
    struct audit *audit = open_audit(database);
    tell(audit, 0, 10);
    setrlimit(RLIMIT_FSIZE, &none);
    tell(audit, 10, 7);
    assert_int_equal(audit_status(audit).lost, 7);
    assert_true(audit_status(audit).full);
    setrlimit(RLIMIT_FSIZE, &before);
    int64_t deadline = clock_monotonic_ms() + 10000;
    while (audit_status(audit).full) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(5000);
    }
    tell(audit, 17, 3);
    audit_close(audit);
    sql_database_free(database);
    expect_once(13);
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE record LIKE '%\"reason\":\"disk\"%\"lost\":7%'"), 1);
}

static void damage_of_the_spool_is_told_in_the_trail(void **state) {
    die_telling(0, 20);
    DIR *open = opendir(spool_path);
    struct dirent *entry;
    while ((entry = readdir(open))) {
        if (str_ends(str_from(entry->d_name), STR(".spool"))) {
            int fd = openat(dirfd(open), entry->d_name, O_WRONLY);
            assert_int_equal(pwrite(fd, "?", 1, 40), 1);
            close(fd);
        }
    }
    closedir(open);
    make_trail(20, 1);
    expect_once(20); /* the first is gone */
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE event = 'audit.gap' AND record LIKE '%spool_damaged%'"), 1);
}

/* --- the outbox --- */

static void put_in_outbox(void *arg) {
    struct arena *arena ARENA_AUTO = arena_new();
    for (int i = 0; i < 600; i++) {
        const struct event event = {.kind = EVENT_CLIENT_CREATE, .client_id = str_format(arena, "c%d", i)};
        const struct sql_statement statement = outbox_put(arena, &event);
        assert_int_equal(sql_write(arg, &statement, 1), SQL_DONE);
    }
}

static void fill_outbox(struct sql_database *database) {
    struct loop *loop = loop_new();
    struct sql *sql;
    struct fault fault;
    assert_true(sql_connect(database, &sql, &fault));
    run_on(loop, put_in_outbox, sql);
    loop_end_fibers(loop);
    sql_free(sql);
    loop_free(loop);
}

static void until_outbox_is_empty(void) {
    int64_t deadline = clock_monotonic_ms() + 20000;
    while (ask("SELECT count(*) FROM audit_outbox") > 0) {
        assert_true(clock_monotonic_ms() < deadline);
        usleep(20000);
    }
}

/* Two servers on one database, each with a chain of its own. */
static void the_outbox_is_taken_by_one_of_two_servers(void **state) {
    char other[128];
    struct sql_database *database = open_database();
    struct audit *first = open_audit(database);
    snprintf(other, sizeof(other), "%s.other", spool_path);
    options.folder = str_from(other);
    options.node = STR_NONE; /* named after its spool */
    struct audit *second = open_audit(database);
    tell(first, 0, 1);
    tell(second, 0, 5);
    fill_outbox(database);
    run_sql("INSERT INTO audit_outbox VALUES ('0', 'no record')");
    until_outbox_is_empty();
    audit_close(first);
    audit_close(second);
    sql_database_free(database);
    empty(other);
    rmdir(other);
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE event = 'client.create'"), 600);
    assert_int_equal(ask("SELECT count(DISTINCT client_id) FROM audit WHERE event = 'client.create'"), 600);
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE record LIKE '%record_unreadable%'"), 1);
    assert_int_equal(ask("SELECT count(*) FROM audit_heads"), 2);
}

static void two_servers_of_one_name_share_a_chain(void **state) {
    char other[128];
    struct sql_database *database = open_database();
    struct audit *first = open_audit(database);
    snprintf(other, sizeof(other), "%s.other", spool_path);
    options.folder = str_from(other);
    struct audit *second = open_audit(database);
    for (int i = 0; i < 20; i++) {
        tell(first, 20 * i, 10);
        tell(second, 20 * i + 10, 10);
        usleep(20000);
    }
    until_drained(first);
    until_drained(second);
    audit_close(first);
    audit_close(second);
    sql_database_free(database);
    empty(other);
    rmdir(other);
    expect_once(400);
}

/* --- a chain that was tampered with is not continued --- */

static void expect_broken(const char *change) {
    make_trail(0, 5);
    run_sql(change);
    struct sql_database *database = open_database();
    struct audit *audit = open_audit(database);
    tell(audit, 5, 1);
    int64_t deadline = clock_monotonic_ms() + 10000;
    while (audit_status(audit).state != TRAIL_BROKEN) {
        assert_row(clock_monotonic_ms() < deadline, change);
        usleep(5000);
    }
    audit_close(audit);
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE request_id = 'rq_5'"), 0);
    options.node = STR("n2"); /* under another name it goes on, with what was waiting */
    audit = open_audit(database);
    until_drained(audit);
    audit_close(audit);
    sql_database_free(database);
    assert_int_equal(ask("SELECT count(*) FROM audit WHERE request_id = 'rq_5' AND node = 'n2' AND seq = 1"), 1);
}

static void a_cut_tail_is_not_continued(void **state) {
    expect_broken("DELETE FROM audit WHERE seq = 5");
}
static void a_cut_tail_with_a_moved_head_is_not_continued(void **state) {
    expect_broken("DELETE FROM audit WHERE seq = 5;"
                  "UPDATE audit_heads SET seq = 4, mac = (SELECT mac FROM audit WHERE seq = 4)");
}
static void a_chain_without_a_head_is_not_continued(void **state) {
    expect_broken("DELETE FROM audit_heads");
}
static void a_head_without_a_chain_is_not_continued(void **state) {
    expect_broken("DELETE FROM audit");
}
static void a_row_behind_the_head_is_not_continued(void **state) {
    expect_broken("INSERT INTO audit SELECT node, 6, at_ms, event, result, actor, client_id, subject, request_id, "
                  "record, mac FROM audit WHERE seq = 5");
}

RUN_TESTS(HERE(macs_are_what_they_are_said_to_be), HERE(columns_are_those_of_the_record),
          HERE(what_is_heard_is_in_the_trail_once_in_order), HERE(many_threads_tell),
          HERE(an_event_too_long_is_kept_without_what_is_too_long), HERE(killed_at_once_loses_and_doubles_nothing),
          HERE(a_spool_that_was_taken_over_already_is_not_taken_again), HERE(a_locked_database_is_caught_up_with),
          HERE(no_table_is_behind_then_fine), HERE(a_full_spool_counts_what_it_loses_and_says_so_in_the_trail),
          HERE(sign_ins_go_on_where_that_is_wanted), HERE(a_full_disk_is_the_same),
          HERE(damage_of_the_spool_is_told_in_the_trail), HERE(the_outbox_is_taken_by_one_of_two_servers),
          HERE(two_servers_of_one_name_share_a_chain), HERE(a_cut_tail_is_not_continued),
          HERE(a_cut_tail_with_a_moved_head_is_not_continued), HERE(a_chain_without_a_head_is_not_continued),
          HERE(a_head_without_a_chain_is_not_continued), HERE(a_row_behind_the_head_is_not_continued))
