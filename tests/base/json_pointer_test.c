/* JSON pointers: the examples of RFC 6901, and what is none. */
#include "base/json_pointer.h"
#include "test.h"

#define DOCUMENT                                                                                                       \
    "{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,\"k\\\"l\":6,\" \":7,"     \
    "\"m~n\":8,\"0\":{\"01\":9,\"-\":10},\"n\":null}"

static struct str found(struct arena *arena, const char *text, const char *document) {
    const struct json *root;
    struct json_pointer pointer;
    struct buf buf;
    assert_true(json_parse(arena, str_from(document), JSON_LIMITS_DOCUMENT, &root));
    assert_row(json_pointer_read(arena, str_from(text), &pointer), text);
    const struct json *value = json_pointer_find(&pointer, root);
    buf_init(&buf, arena, 64, 1024);
    if (value) {
        json_write_value(&buf, value);
    }
    return buf_str(&buf);
}

static void the_examples_of_the_rfc(void **state) {
    static const struct {
        const char *pointer, *value;
    } rows[] = {
        {"/foo", "[\"bar\",\"baz\"]"},
        {"/foo/0", "\"bar\""},
        {"/foo/1", "\"baz\""},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/e^f", "3"},
        {"/g|h", "4"},
        {"/i\\j", "5"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/m~0n", "8"},
        {"/0/01", "9"},
        {"/0/-", "10"},
        {"/n", "null"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    assert_str(found(arena, "", "{\"a\":[]}"), "{\"a\":[]}");
    assert_str(found(arena, "", "7"), "7");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(found(arena, rows[i].pointer, DOCUMENT), rows[i].value);
    }
}

static void where_there_is_nothing(void **state) {
    static const char *const rows[] = {"/foo/2",   "/foo/-",   "/foo/00", "/foo/01", "/foo/bar",
                                       "/foo/0/x", "/foo/",    "/nobody", "/n/x",    "/foo/18446744073709551616",
                                       "//",       "/foo/1e0", "/FOO",    "/foo/+1", "/foo/4294967296",
                                       "/a~1b/0",  "/a~01b",   "/foo/ 0", "/0/1",    "/foo/1/"};
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(found(arena, rows[i], DOCUMENT).len == 0, rows[i]);
    }
}

#define SIXTEEN_STEPS "/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a/a"

static void what_is_no_pointer(void **state) {
    static const char *const rows[] = {"foo", "foo/0", "~",     "/~",    "/~2",
                                       "/a~", "/a/~b", "#/foo", " /foo", SIXTEEN_STEPS "/a"};
    struct arena *arena ARENA_AUTO = arena_new();
    struct json_pointer pointer;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!json_pointer_read(arena, str_from(rows[i]), &pointer), rows[i]);
    }
    assert_true(json_pointer_read(arena, STR(SIXTEEN_STEPS), &pointer));
    assert_int_equal(pointer.count, 16);
    assert_false(json_pointer_read(arena, STR("/a\0b"), &pointer));
    char text[JSON_POINTER_BYTES_MOST + 1];
    memset(text, '/', 1);
    memset(text + 1, 'a', sizeof(text) - 1);
    assert_true(json_pointer_read(arena, str_of(text, JSON_POINTER_BYTES_MOST), &pointer));
    assert_false(json_pointer_read(arena, str_of(text, JSON_POINTER_BYTES_MOST + 1), &pointer));
}

RUN_TESTS(cmocka_unit_test(the_examples_of_the_rfc), cmocka_unit_test(where_there_is_nothing),
          cmocka_unit_test(what_is_no_pointer))
