/* Strict reading of JSON (abuse cases PR-01 to PR-05), and writing it. */
#include "base/json.h"
#include "test.h"

static void what_two_readers_could_take_differently_is_refused(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const bad[] = {
        "",
        "{",
        "{}x",
        "{} {}",
        "\xef\xbb\xbf{}",
        "{\"a\":1,\"a\":2}",
        "{\"a\":1,\"\\u0061\":2}",
        "{'a':1}",
        "[1,]",
        "{\"a\":01}",
        "// x\n{}",
        "\"\\ud800\"",
        "\"\\u0000\"",
        "\"\xff\"",
        "\"\x01\"",
        "{\"a\":NaN}",
        "nul",
        "{\"a\":1e999}",
        "\"\xed\xa0\x80\"",
        "{\"a\"}",
        "[1 2]",
    };
    const struct json *value;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_row(!json_parse(arena, str_from(bad[i]), JSON_LIMITS_TOKEN, &value), bad[i]);
    }
}

static void depth_and_size_have_limits(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct json *value;
    char deep[100000];
    memset(deep, '[', sizeof(deep));
    assert_false(
        json_parse(arena, str_of(deep, sizeof(deep)), (struct json_limits){.bytes = 200000, .depth = 16}, &value));
    assert_true(json_parse(arena, STR("[[[1]]]"), (struct json_limits){.bytes = 10, .depth = 3}, &value));
    assert_false(json_parse(arena, STR("[[[1]]]"), (struct json_limits){.bytes = 10, .depth = 2}, &value));
    assert_false(json_parse(arena, STR("[[[1]]]"), (struct json_limits){.bytes = 6, .depth = 3}, &value));
}

static void types_are_not_mixed_up(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct json *value;
    struct str text = STR("untouched");
    int64_t number = 7;
    bool flag = true;
    assert_true(
        json_parse(arena, STR("{\"n\":1.5,\"w\":3.0,\"s\":\"x\",\"t\":true,\"l\":[1]}"), JSON_LIMITS_TOKEN, &value));
    assert_false(json_get_int(value, "n", &number));
    assert_false(json_get_int(value, "s", &number));
    assert_int_equal(number, 7);
    assert_true(json_get_int(value, "w", &number));
    assert_int_equal(number, 3);
    assert_false(json_get_str(value, "l", &text));
    assert_str(text, "untouched");
    assert_false(json_get_bool(value, "s", &flag));
    assert_null(json_member(json_member(value, "l"), "x"));
    assert_null(json_element(value, 0));
    assert_int_equal(json_length(NULL), 0);
}

static void what_is_written_is_read_again(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf buf;
    const struct json *value;
    struct str text;
    buf_init(&buf, arena, 16, 1000);
    struct json_out out = json_out(&buf);
    json_open_object(&out, NULL);
    json_put_str(&out, "s", STR("\"<\n中"));
    json_open_array(&out, "l");
    json_put_int(&out, NULL, -5);
    json_put_bool(&out, NULL, false);
    json_close_array(&out);
    json_close_object(&out);
    assert_true(json_parse(arena, buf_str(&buf), JSON_LIMITS_TOKEN, &value));
    assert_true(json_get_str(value, "s", &text));
    assert_str(text, "\"<\n中");
    assert_int_equal(json_length(json_member(value, "l")), 2);
}

RUN_TESTS(cmocka_unit_test(what_two_readers_could_take_differently_is_refused),
          cmocka_unit_test(depth_and_size_have_limits), cmocka_unit_test(types_are_not_mixed_up),
          cmocka_unit_test(what_is_written_is_read_again))
