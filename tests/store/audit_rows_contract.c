/* The tables of the audit trail, function by function. */
#include "audit_rows_contract.h"

#include "store/audit_rows.h"
#include "test.h"

#define ROWS 60

/* Two chains; several rows have the same time. */
static struct audit_row row_number(struct arena *arena, int i) {
    static const char *const events[] = {"login", "logout", "client.create"};
    return (struct audit_row){.node = i % 2 ? STR("n2") : STR("n1"),
                              .seq = i / 2 + 1,
                              .at_ms = 1000 + i / 6,
                              .event = str_from(events[i % 3]),
                              .result = i % 10 ? STR("done") : STR("refused"),
                              .actor = i % 4 ? str_format(arena, "a%d", i % 4) : STR_NONE,
                              .client_id = i % 5 ? STR("c1") : STR(""),
                              .subject = str_format(arena, "s%d", i % 7),
                              .request_id = str_format(arena, "rq_%d", i),
                              .record = STR("{\"汉\":\"\\u0000\"}"),
                              .mac = str_of("\0\xff\x01", 3)};
}

static void write_rows(struct sql *sql, struct arena *arena) {
    for (int i = 0; i < ROWS; i++) {
        const struct audit_row row = row_number(arena, i);
        const struct sql_statement statement = audit_rows_insert(&row);
        assert_int_equal(sql_write(sql, &statement, 1), SQL_DONE);
        assert_int_equal(sql_write(sql, &statement, 1), SQL_CONFLICT);
    }
}

static void chains(struct sql *sql, struct arena *arena) {
    struct audit_row *rows, last;
    struct str node;
    int64_t seq;
    size_t count;
    assert_int_equal(audit_rows_last(sql, arena, STR("n1"), &last), SQL_MISSING);
    assert_int_equal(audit_rows_node(sql, arena, STR(""), &node), SQL_MISSING);
    write_rows(sql, arena);
    assert_int_equal(audit_rows_chain(sql, arena, STR("n2"), 4, 3, &rows, &count), SQL_DONE);
    assert_int_equal(count, 3);
    assert_int_equal(rows[0].seq, 5);
    assert_str(rows[0].request_id, "rq_9");
    assert_true(str_is_absent(row_number(arena, 0).actor));
    assert_true(str_equal(rows[2].mac, str_of("\0\xff\x01", 3)));
    assert_str(rows[2].record, "{\"汉\":\"\\u0000\"}");
    assert_int_equal(audit_rows_chain(sql, arena, STR("n1"), 0, 1, &rows, &count), SQL_DONE);
    assert_true(str_is_absent(rows[0].actor));
    assert_false(str_is_absent(rows[0].client_id)); /* empty is not absent */
    assert_int_equal(audit_rows_chain(sql, arena, STR("n1"), 30, 1, &rows, &count), SQL_DONE);
    assert_int_equal(count, 0);
    assert_int_equal(audit_rows_last(sql, arena, STR("n1"), &last), SQL_DONE);
    assert_int_equal(last.seq, 30);
    assert_int_equal(audit_rows_since(sql, arena, STR("n1"), 1002, &seq), SQL_DONE);
    assert_int_equal(seq, 7);
    assert_int_equal(audit_rows_since(sql, arena, STR("n1"), 2000, &seq), SQL_MISSING);
    assert_int_equal(audit_rows_until(sql, arena, STR("n1"), 1002, &seq), SQL_DONE);
    assert_int_equal(seq, 6);
    assert_int_equal(audit_rows_until(sql, arena, STR("n1"), 1000, &seq), SQL_MISSING);
    assert_int_equal(audit_rows_node(sql, arena, STR(""), &node), SQL_DONE);
    assert_str(node, "n1");
    assert_int_equal(audit_rows_node(sql, arena, STR("n1"), &node), SQL_DONE);
    assert_str(node, "n2");
    assert_int_equal(audit_rows_node(sql, arena, STR("n2"), &node), SQL_MISSING);
}

static bool text_fits(struct str wanted, struct str is) {
    return str_is_absent(wanted) || (!str_is_absent(is) && str_equal(wanted, is));
}

static bool fits(const struct audit_filter *filter, const struct audit_row *row) {
    return text_fits(filter->actor, row->actor) && text_fits(filter->client_id, row->client_id) &&
           text_fits(filter->subject, row->subject) && text_fits(filter->event, row->event) &&
           text_fits(filter->result, row->result) && text_fits(filter->request_id, row->request_id) &&
           row->at_ms >= filter->from_ms && (!filter->before_ms || row->at_ms < filter->before_ms);
}

static bool newer(const struct audit_row *a, const struct audit_row *b) {
    int node = str_compare(a->node, b->node);
    return a->at_ms != b->at_ms ? a->at_ms > b->at_ms : node ? node > 0 : a->seq > b->seq;
}

/* Page after page of `most`: each row that fits, once, in the order of time. */
static void search_pages(struct sql *sql, struct arena *arena, const struct audit_filter *filter, size_t most) {
    struct audit_place place;
    struct audit_row *rows, last = {0};
    size_t count, found = 0, expected = 0;
    do {
        assert_int_equal(audit_rows_search(sql, arena, filter, found ? &place : NULL, most, &rows, &count), SQL_DONE);
        for (size_t i = 0; i < count; i++, found++) {
            assert_true(fits(filter, &rows[i]));
            assert_true(found == 0 || newer(&last, &rows[i]));
            last = rows[i];
            place = (struct audit_place){last.at_ms, last.node, last.seq};
        }
    } while (count == most);
    for (int i = 0; i < ROWS; i++) {
        struct audit_row row = row_number(arena, i);
        expected += fits(filter, &row);
    }
    assert_int_equal(found, expected);
}

static void searches(struct sql *sql, struct arena *arena) {
    const struct audit_filter filters[] = {
        {0},
        {.actor = STR("a1")},
        {.client_id = STR("c1")},
        {.client_id = STR("")},
        {.subject = STR("s3")},
        {.event = STR("login")},
        {.result = STR("refused")},
        {.result = STR("done")},
        {.request_id = STR("rq_7")},
        {.from_ms = 1003},
        {.before_ms = 1003},
        {.from_ms = 1003, .before_ms = 1005, .event = STR("logout")},
        {.actor = STR("a1"), .client_id = STR("c1"), .event = STR("login"), .result = STR("done")},
        {.client_id = STR("c1"), .result = STR("refused")},
        {.actor = STR("nobody")},
        {.actor = STR("' OR 1 = 1 --")},
    };
    static const size_t sizes[] = {1, 7, 100};
    for (size_t i = 0; i < ARRAY_LEN(filters); i++) {
        for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
            search_pages(sql, arena, &filters[i], sizes[s]);
        }
    }
}

static void marks(struct sql *sql, struct arena *arena) {
    struct audit_mark *list, mark;
    size_t count;
    const struct audit_mark first = {STR("n1"), 5, str_of("\0m", 2), STR("s")};
    struct audit_mark moved = {STR("n1"), 9, STR("m2"), STR("s2")};
    for (int kind = AUDIT_HEAD; kind <= AUDIT_ANCHOR; kind++) {
        struct sql_statement insert = audit_marks_insert((enum audit_mark_kind)kind, &first),
                             move = audit_marks_move((enum audit_mark_kind)kind, &moved, 5);
        assert_int_equal(audit_marks_get(sql, arena, (enum audit_mark_kind)kind, STR("n1"), &mark), SQL_MISSING);
        assert_int_equal(sql_write(sql, &move, 1), SQL_MISSING);
        assert_int_equal(sql_write(sql, &insert, 1), SQL_DONE);
        assert_int_equal(sql_write(sql, &insert, 1), SQL_CONFLICT);
        assert_int_equal(audit_marks_get(sql, arena, (enum audit_mark_kind)kind, STR("n1"), &mark), SQL_DONE);
        assert_true(mark.seq == 5 && str_equal(mark.mac, str_of("\0m", 2)));
        assert_int_equal(sql_write(sql, &move, 1), SQL_DONE);
        assert_int_equal(sql_write(sql, &move, 1), SQL_MISSING); /* somebody was faster */
        assert_int_equal(audit_marks_list(sql, arena, (enum audit_mark_kind)kind, STR(""), 9, &list, &count), SQL_DONE);
        assert_true(count == 1 && list[0].seq == 9);
        assert_int_equal(audit_marks_list(sql, arena, (enum audit_mark_kind)kind, STR("n1"), 9, &list, &count),
                         SQL_DONE);
        assert_int_equal(count, 0);
    }
}

static void places_and_exports(struct sql *sql, struct arena *arena) {
    int64_t segment = 0, at_byte = 0;
    struct audit_export found;
    assert_int_equal(audit_spools_get(sql, arena, STR("x"), &segment, &at_byte), SQL_MISSING);
    struct sql_statement put = audit_spools_put(STR("x"), 1, 2), again = audit_spools_put(STR("x"), 3, 4);
    assert_int_equal(sql_write(sql, &put, 1), SQL_DONE);
    assert_int_equal(sql_write(sql, &again, 1), SQL_DONE);
    assert_int_equal(audit_spools_get(sql, arena, STR("x"), &segment, &at_byte), SQL_DONE);
    assert_true(segment == 3 && at_byte == 4);
    static const int64_t runs[][2] = {{1, 10}, {5, 20}, {5, 8}, {30, 40}};
    for (size_t i = 0; i < ARRAY_LEN(runs); i++) {
        const struct audit_export export = {
            str_format(arena, "e%zu", i), STR("n1"), runs[i][0], runs[i][1], 7, STR("s")};
        struct sql_statement insert = audit_exports_insert(&export);
        assert_int_equal(sql_write(sql, &insert, 1), SQL_DONE);
    }
    assert_int_equal(audit_exports_covering(sql, arena, STR("n1"), 6, &found), SQL_DONE);
    assert_int_equal(found.to_seq, 20);
    assert_int_equal(audit_exports_covering(sql, arena, STR("n1"), 21, &found), SQL_MISSING);
    assert_int_equal(audit_exports_covering(sql, arena, STR("n2"), 6, &found), SQL_MISSING);
}

static void taking_out(struct sql *sql, struct arena *arena) {
    struct audit_row *rows;
    size_t count;
    struct sql_statement some = audit_rows_delete(STR("n1"), 10);
    assert_int_equal(sql_write(sql, &some, 1), SQL_DONE);
    assert_int_equal(sql_write(sql, &some, 1), SQL_MISSING);
    assert_int_equal(audit_rows_chain(sql, arena, STR("n1"), 0, 1, &rows, &count), SQL_DONE);
    assert_int_equal(rows[0].seq, 11);
    assert_int_equal(audit_rows_chain(sql, arena, STR("n2"), 0, 1, &rows, &count), SQL_DONE);
    assert_int_equal(rows[0].seq, 1);
}

void audit_rows_contract(struct sql *sql) {
    struct arena *arena ARENA_AUTO = arena_new();
    chains(sql, arena);
    searches(sql, arena);
    marks(sql, arena);
    places_and_exports(sql, arena);
    taking_out(sql, arena);
}
