/*
 * Text for terminals: what is harmless, how wide it is, and tables of it.
 */
#include "table.h"
#include "test.h"
#include "text.h"

static void harmless(void **state) {
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"plain", "plain"},
        {"政务服务网", "政务服务网"},
        {"\x1b[2J\x1b]0;title\x07", "\\x1b[2J\\x1b]0;title\\x07"},
        {"a\r\nb\tc", "a\\x0d\\x0ab\\x09c"},
        {"\x7f", "\\x7f"},
        {"\xc2\x9b"
         "31m",
         "\\x9b31m"}, /* C1: a control sequence in one character */
        {"\xe2\x80\xae"
         "moc",
         "\\u202emoc"}, /* right to left */
        {"\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069"},
        {"a\xe2\x80\x8b"
         "b",
         "a\\u200bb"},                    /* no width at all */
        {"\xf3\xa0\x81\x81", "\\ue0041"}, /* a tag */
        {"\xff\xc0\x80", "\\xff\\xc0\\x80"},
        {"\xe6\x94", "\\xe6\\x94"}, /* half a character */
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(text_shown(arena, str_from(rows[i].text)), rows[i].shown);
        assert_true(text_is_plain(text_shown(arena, str_from(rows[i].text))));
        assert_int_equal(text_is_plain(str_from(rows[i].text)), strcmp(rows[i].text, rows[i].shown) == 0);
    }
    assert_str(text_shown(arena, str_of("a\0b", 3)), "a\\x00b");
}

static void json_for_terminals(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf buf;
    buf_init(&buf, arena, 16, 1024);
    text_put_json(&buf, STR("{\"a\":\"\xc2\x9b\xe2\x80\xae\x7f\xf3\xa0\x81\x81政\xff\"}"));
    assert_str(buf_str(&buf), "{\"a\":\"\\u009b\\u202e\\u007f\\udb40\\udc41政\\ufffd\"}");
}

static void widths(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    assert_int_equal(text_width(STR("")), 0);
    assert_int_equal(text_width(STR("abc")), 3);
    assert_int_equal(text_width(STR("政务a")), 5);
    assert_int_equal(text_width(STR("e\xcc\x81")), 1); /* a combining accent */
    assert_int_equal(text_width(STR("ＡＢ")), 4);
    assert_str(text_cut(arena, STR("政务服务网"), 10), "政务服务网");
    assert_str(text_cut(arena, STR("政务服务网"), 9), "政务服务…");
    assert_str(text_cut(arena, STR("政务服务网"), 8), "政务服…"); /* half of 务 is not shown */
    assert_str(text_cut(arena, STR("abc"), 1), "…");
    assert_str(text_cut(arena, STR("abc"), 3), "abc");
}

static const struct column columns[] = {
    {.title = "ID"},
    {.title = "NAME", .shrinks = true},
    {.title = "VERSION", .right = true},
    {.title = "NOTE", .shrinks = true},
};

static struct str tabled(struct arena *arena, size_t width) {
    static struct buf buf;
    struct table table;
    table_init(&table, arena, columns, ARRAY_LEN(columns));
    table_put(&table, STR("portal-a"));
    table_put(&table, STR("政务服务网"));
    table_put_int(&table, 7);
    table_put(&table, STR("none"));
    table_put(&table, STR("b"));
    table_put(&table, STR("\x1b[1mbold"));
    table_put_int(&table, 12345678);
    table_put(&table, STR_NONE);
    buf_init(&buf, arena, 64, 64 * 1024);
    table_write(&table, width, &buf);
    return buf_str(&buf);
}

static void aligned(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    assert_str(tabled(arena, SIZE_MAX), "ID        NAME          VERSION  NOTE\n"
                                        "portal-a  政务服务网          7  none\n"
                                        "b         \\x1b[1mbold  12345678  -\n");
}

/* Ids and numbers stay whole: somebody will copy them. */
static void cut_to_the_terminal(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    assert_str(tabled(arena, 34), "ID        NAME       VERSION  NOTE\n"
                                  "portal-a  政务服…          7  none\n"
                                  "b         \\x1b[1m…  12345678  -\n");
    assert_str(tabled(arena, 1), str_c(arena, tabled(arena, 34))); /* no narrower than can be read */
}

static void many_rows(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct table table;
    struct buf buf;
    table_init(&table, arena, columns, 1);
    for (int i = 0; i < 1000; i++) {
        table_put_int(&table, i);
    }
    buf_init(&buf, arena, 64, 64 * 1024);
    table_write(&table, SIZE_MAX, &buf);
    assert_false(buf.failed);
    assert_int_equal(str_count(buf_str(&buf), '\n'), 1001);
}

RUN_TESTS(cmocka_unit_test(harmless), cmocka_unit_test(json_for_terminals), cmocka_unit_test(widths),
          cmocka_unit_test(aligned), cmocka_unit_test(cut_to_the_terminal), cmocka_unit_test(many_rows))
