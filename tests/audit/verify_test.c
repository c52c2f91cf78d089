/* Each kind of tampering is found, and named with its row. All of it is done with plain SQL on the database's file. */
#include "audit/verify.h"
#include "installation.h"

struct seen {
    struct sql *sql;
    const struct audit_mark *checkpoints;
    size_t checkpoint_count;
    enum audit_verdict verdict;
    struct audit_chain_report reports[8];
    char nodes[8][80];
    size_t count;
};

static void see(void *ctx, const struct audit_chain_report *report) {
    struct seen *seen = ctx;
    assert_true(seen->count < 8);
    seen->reports[seen->count] = *report;
    snprintf(seen->nodes[seen->count], 80, "%.*s", STR_ARG(report->node));
    seen->reports[seen->count].node = str_from(seen->nodes[seen->count]);
    seen->count++;
}

static void run_verify(void *arg) {
    struct seen *seen = arg;
    const struct audit_verify verify = {.sealer = sealer(),
                                        .checkpoints = seen->checkpoints,
                                        .checkpoint_count = seen->checkpoint_count,
                                        .report = see,
                                        .ctx = seen};
    seen->count = 0;
    seen->verdict = audit_verify(seen->sql, &verify);
}

static struct seen verify(const struct audit_mark *checkpoints, size_t count) {
    struct seen seen = {.checkpoints = checkpoints, .checkpoint_count = count};
    struct sql_database *database = open_database();
    struct loop *loop = loop_new();
    struct fault fault;
    assert_true(sql_connect(database, &seen.sql, &fault));
    run_on(loop, run_verify, &seen);
    sql_free(seen.sql);
    loop_free(loop);
    sql_database_free(database);
    return seen;
}

static void expect_intact(int64_t rows) {
    struct seen seen = verify(NULL, 0);
    if (seen.verdict != AUDIT_INTACT) {
        print_error("%lld %s\n", (long long)seen.reports[0].fault_seq, audit_fault_text(seen.reports[0].fault));
    }
    assert_int_equal(seen.verdict, AUDIT_INTACT);
    assert_int_equal(seen.reports[0].last_seq, rows);
}

static void an_untouched_trail_is_intact(void **state) {
    struct seen seen = verify(NULL, 0);
    assert_int_equal(seen.verdict, AUDIT_INTACT); /* nothing at all */
    assert_int_equal(seen.count, 0);
    make_trail(0, 1000);
    expect_intact(1000);
    options.node = STR("n2");
    make_trail(1000, 1);
    seen = verify(NULL, 0);
    assert_int_equal(seen.verdict, AUDIT_INTACT);
    assert_int_equal(seen.count, 2);
    assert_str(seen.reports[1].node, "n2");
    assert_int_equal(seen.reports[1].first_seq, 1);
    assert_int_equal(seen.reports[1].last_seq, 1);
}

static const struct {
    const char *name, *sql;
    enum audit_fault fault;
    int64_t seq;
} tamperings[] = {
    {"record changed", "UPDATE audit SET record = replace(record, 'person-3', 'person-4') WHERE seq = 4", AUDIT_CHANGED,
     4},
    {"a space in a record", "UPDATE audit SET record = record || ' ' WHERE seq = 300", AUDIT_CHANGED, 300},
    {"the last record changed", "UPDATE audit SET record = record || ' ' WHERE seq = 600", AUDIT_CHANGED, 600},
    {"mac changed", "UPDATE audit SET mac = zeroblob(32) WHERE seq = 5", AUDIT_NOT_OURS, 5},
    {"mac cut", "UPDATE audit SET mac = x'00' WHERE seq = 5", AUDIT_NOT_OURS, 5},
    {"mac emptied", "UPDATE audit SET mac = x'' WHERE seq = 5", AUDIT_NOT_OURS, 5},
    {"actor changed", "UPDATE audit SET actor = 'somebody' WHERE seq = 6", AUDIT_COLUMNS, 6},
    {"actor taken away", "UPDATE audit SET actor = NULL WHERE seq = 6", AUDIT_COLUMNS, 6},
    {"client changed", "UPDATE audit SET client_id = '' WHERE seq = 257", AUDIT_COLUMNS, 257},
    {"subject changed", "UPDATE audit SET subject = 'x' WHERE node = 'n1' AND seq = 1", AUDIT_COLUMNS, 1},
    {"time changed", "UPDATE audit SET at_ms = at_ms + 1 WHERE seq = 7", AUDIT_COLUMNS, 7},
    {"event changed", "UPDATE audit SET event = 'logout' WHERE seq = 7", AUDIT_COLUMNS, 7},
    {"result changed", "UPDATE audit SET result = 'done' WHERE node = 'n1' AND seq = 1", AUDIT_COLUMNS, 1},
    {"request changed", "UPDATE audit SET request_id = NULL WHERE seq = 7", AUDIT_COLUMNS, 7},
    {"first row removed", "DELETE FROM audit WHERE node = 'n1' AND seq = 1", AUDIT_REMOVED, 1},
    {"row removed", "DELETE FROM audit WHERE seq = 256", AUDIT_REMOVED, 256},
    {"first row of a read removed", "DELETE FROM audit WHERE seq = 257", AUDIT_REMOVED, 257},
    {"many removed", "DELETE FROM audit WHERE seq BETWEEN 10 AND 590", AUDIT_REMOVED, 10},
    {"removed, and the rest moved up",
     "DELETE FROM audit WHERE seq = 10; UPDATE audit SET seq = -seq WHERE seq > 10;"
     "UPDATE audit SET seq = -seq - 1 WHERE seq < 0",
     AUDIT_NOT_OURS, 10},
    {"inserted, and the rest moved down",
     "UPDATE audit SET seq = -seq WHERE seq >= 10; UPDATE audit SET seq = -seq + 1 WHERE seq < 0;"
     "INSERT INTO audit SELECT node, 10, at_ms, event, result, actor, client_id, subject, request_id, record, mac FROM "
     "audit WHERE seq = 9",
     AUDIT_NOT_OURS, 10},
    {"two rows in each other's place",
     "UPDATE audit SET seq = -20 WHERE seq = 20; UPDATE audit SET seq = 20 WHERE seq = 21;"
     "UPDATE audit SET seq = 21 WHERE seq = -20",
     AUDIT_NOT_OURS, 20},
    {"a row of another chain",
     "UPDATE audit SET record = (SELECT record FROM audit WHERE node = 'n2'),"
     " mac = (SELECT mac FROM audit WHERE node = 'n2' AND seq = 1) WHERE node = 'n1' AND seq = 1",
     AUDIT_NOT_OURS, 1},
    {"tail cut", "DELETE FROM audit WHERE seq > 599", AUDIT_CUT, 600},
    {"all of it cut", "DELETE FROM audit WHERE node = 'n1'", AUDIT_CUT, 1},
    {"tail cut with the head moved back",
     "DELETE FROM audit WHERE seq > 590; UPDATE audit_heads SET seq = 590, mac = (SELECT mac FROM audit WHERE node = "
     "'n1' AND seq = 590) WHERE node = 'n1'",
     AUDIT_END, 590},
    {"tail cut, the head's seal of another chain",
     "DELETE FROM audit WHERE node = 'n1' AND seq > 1; UPDATE audit_heads SET seq = 1, mac = (SELECT mac FROM "
     "audit_heads WHERE node = 'n2'), seal = (SELECT seal FROM audit_heads WHERE node = 'n2') WHERE node = 'n1'",
     AUDIT_END, 1},
    {"head removed", "DELETE FROM audit_heads WHERE node = 'n1'", AUDIT_END, 600},
    {"behind the end",
     "INSERT INTO audit SELECT node, 601, at_ms, event, result, actor, client_id, subject, request_id, record, mac "
     "FROM "
     "audit WHERE node = 'n1' AND seq = 600",
     AUDIT_BEHIND_END, 601},
    {"the beginning said to be later, with a head's seal",
     "INSERT INTO audit_anchors SELECT * FROM audit_heads WHERE node = 'n1'; DELETE FROM audit WHERE node = 'n1'",
     AUDIT_BEGINNING, 600},
    {"before the beginning",
     "INSERT INTO audit SELECT node, 0, at_ms, event, result, actor, client_id, subject, request_id, record, mac FROM "
     "audit WHERE node = 'n1' AND seq = 1",
     AUDIT_BEFORE_BEGINNING, 0},
    {"a chain of another's making",
     "INSERT INTO audit SELECT 'm', seq, at_ms, event, result, actor, client_id, subject, request_id, record, mac FROM "
     "audit WHERE node = 'n1' AND seq = 1",
     AUDIT_NOT_OURS, 1},
};

static void copy_database(const char *suffix_from, const char *suffix_to) {
    char from[128], to[128], bytes[65536];
    snprintf(from, sizeof(from), "%s%s", database_path, suffix_from);
    snprintf(to, sizeof(to), "%s%s", database_path, suffix_to);
    FILE *in = fopen(from, "re"), *out = fopen(to, "we");
    assert_true(in && out);
    for (size_t len; (len = fread(bytes, 1, sizeof(bytes), in)) > 0;) {
        assert_int_equal(fwrite(bytes, 1, len, out), len);
    }
    fclose(in);
    fclose(out);
}

static void every_tampering_is_found_at_its_row(void **state) {
    make_trail(0, 600);
    options.node = STR("n2");
    make_trail(600, 1);
    run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
    copy_database("", ".good");
    for (size_t i = 0; i < ARRAY_LEN(tamperings); i++) {
        run_sql(tamperings[i].sql);
        struct seen seen = verify(NULL, 0);
        const struct audit_chain_report *report = &seen.reports[0];
        if (seen.verdict != AUDIT_BROKEN || report->fault != tamperings[i].fault ||
            report->fault_seq != tamperings[i].seq) {
            print_error("%s: verdict %d, row %lld %s\n", tamperings[i].name, seen.verdict, (long long)report->fault_seq,
                        audit_fault_text(report->fault));
            fail();
        }
        assert_row(report->broken && !seen.reports[seen.count - 1].broken, tamperings[i].name); /* the other is fine */
        run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
        copy_database(".good", "");
    }
    assert_int_equal(verify(NULL, 0).verdict, AUDIT_INTACT);
}

static void keep_mark(struct audit_mark *mark, unsigned char mac[CHAIN_MAC]) {
    sqlite3 *db;
    sqlite3_stmt *statement;
    assert_int_equal(sqlite3_open(database_path, &db), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT seq, mac FROM audit_heads WHERE node = 'n1'", -1, &statement, NULL);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    memcpy(mac, sqlite3_column_blob(statement, 1), CHAIN_MAC);
    *mark = (struct audit_mark){
        .node = STR("n1"), .seq = sqlite3_column_int64(statement, 0), .mac = str_of(mac, CHAIN_MAC)};
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

/* The one thing that a copy of everything hides, and a checkpoint does not. */
static void an_older_state_put_back_is_found_by_a_checkpoint(void **state) {
    struct audit_mark early, late, elsewhere;
    unsigned char macs[2][CHAIN_MAC];
    make_trail(0, 10);
    keep_mark(&early, macs[0]);
    run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
    copy_database("", ".old");
    make_trail(10, 10);
    keep_mark(&late, macs[1]);
    assert_int_equal(verify(&early, 1).verdict, AUDIT_INTACT);
    assert_int_equal(verify(&late, 1).verdict, AUDIT_INTACT);
    run_sql("PRAGMA wal_checkpoint(TRUNCATE)");
    copy_database(".old", "");
    assert_int_equal(verify(NULL, 0).verdict, AUDIT_INTACT);
    assert_int_equal(verify(&early, 1).verdict, AUDIT_INTACT);
    struct seen seen = verify(&late, 1);
    assert_int_equal(seen.verdict, AUDIT_BROKEN);
    assert_int_equal(seen.reports[0].fault, AUDIT_ROLLED_BACK);
    assert_int_equal(seen.reports[0].fault_seq, 20);
    empty(spool_path);
    make_trail(20, 15); /* and also when it has grown past the checkpoint since */
    seen = verify(&late, 1);
    assert_int_equal(seen.reports[0].fault, AUDIT_ROLLED_BACK);
    elsewhere = late;
    elsewhere.node = STR("gone");
    seen = verify(&elsewhere, 1);
    assert_int_equal(seen.verdict, AUDIT_BROKEN);
    assert_str(seen.reports[0].node, "gone");
}

static void it_goes_on_while_a_server_writes(void **state) {
    struct sql_database *database = open_database();
    struct audit *audit = open_audit(database);
    for (int i = 0; i < 20; i++) {
        tell(audit, 100 * i, 100);
        struct seen seen = verify(NULL, 0);
        assert_int_equal(seen.verdict, AUDIT_INTACT);
    }
    audit_close(audit);
    sql_database_free(database);
    expect_intact(2000);
}

static void without_a_database_it_cannot_say(void **state) {
    make_trail(0, 3);
    run_sql("DROP TABLE audit_heads");
    assert_int_equal(verify(NULL, 0).verdict, AUDIT_CANNOT_SAY);
}

RUN_TESTS(HERE(an_untouched_trail_is_intact), HERE(every_tampering_is_found_at_its_row),
          HERE(an_older_state_put_back_is_found_by_a_checkpoint), HERE(it_goes_on_while_a_server_writes),
          HERE(without_a_database_it_cannot_say))
