/* Strings, buffers, encodings. */
#include "base/buf.h"
#include "base/byte.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "test.h"

static void cutting_leaves_an_absent_rest_without_the_separator(void **state) {
    struct str rest;
    assert_str(str_cut(STR("a=b=c"), '=', &rest), "a");
    assert_str(rest, "b=c");
    assert_str(str_cut(STR("abc"), '=', &rest), "abc");
    assert_true(str_is_absent(rest));
    assert_str(str_cut(STR("a="), '=', &rest), "a");
    assert_false(str_is_absent(rest));
}

static void blanks_of_any_script_are_trimmed(void **state) {
    static const char *const rows[][2] = {
        {"", ""},
        {" ", ""},
        {"a", "a"},
        {"\xe3\x80\x80"
         "a b\xc2\xa0\t",
         "a b"},                              /* U+3000, U+00A0 */
        {"\xef\xbb\xbf\xe2\x80\x8b甲", "甲"}, /* U+FEFF, U+200B */
        {"甲\xe2\x80\xa8", "甲"},             /* U+2028 */
        {" a\xff ", " a\xff "},               /* not UTF-8 */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(utf8_trim(str_from(rows[i][0])), rows[i][1]);
    }
}

static void words_keep_empty_ones(void **state) {
    struct str list = STR("a  b"), word;
    assert_true(str_next_word(&list, &word));
    assert_true(str_next_word(&list, &word));
    assert_int_equal(word.len, 0);
    assert_true(str_next_word(&list, &word));
    assert_str(word, "b");
    assert_false(str_next_word(&list, &word));
    assert_true(str_has_word(STR("openid profile"), STR("profile")));
    assert_false(str_has_word(STR("openid profile"), STR("prof")));
}

static void numbers_are_digits_only(void **state) {
    static const struct {
        const char *text;
        bool fine;
        int64_t number;
    } rows[] = {{"0", true, 0},
                {"-1", true, -1},
                {"9223372036854775807", true, INT64_MAX},
                {"9223372036854775808", false, 0},
                {"-9223372036854775808", true, INT64_MIN},
                {"-9223372036854775809", false, 0},
                {"+1", false, 0},
                {" 1", false, 0},
                {"1 ", false, 0},
                {"", false, 0},
                {"0x10", false, 0},
                {"1e3", false, 0},
                {"--1", false, 0},
                {"-", false, 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        int64_t number = 0;
        assert_row(str_to_i64(str_from(rows[i].text), &number) == rows[i].fine, rows[i].text);
        assert_row(number == rows[i].number, rows[i].text);
    }
}

static void a_buffer_past_its_ceiling_stays_failed_and_unchanged(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf buf;
    buf_init(&buf, arena, 1, 8);
    buf_puts(&buf, "12345678");
    assert_false(buf.failed);
    buf_putc(&buf, '9');
    assert_true(buf.failed);
    assert_str(buf_str(&buf), "12345678");
}

static void escapes_mean_themselves(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf html, json, url;
    struct str odd = STR("<a href=\"x\">'&\x01 é</a>");
    buf_init(&html, arena, 16, 1000);
    buf_init(&json, arena, 16, 1000);
    buf_init(&url, arena, 16, 1000);
    buf_put_html(&html, odd);
    buf_put_json(&json, STR("\"\\\n\x01\xff é"));
    buf_put_urlencoded(&url, STR("a b&c=d+é~"));
    assert_null(memchr(html.ptr, '<', html.len));
    assert_null(memchr(html.ptr, '"', html.len));
    assert_null(memchr(html.ptr, '\'', html.len));
    assert_str(buf_str(&json), "\\\"\\\\\\u000a\\u0001\xef\xbf\xbd é");
    assert_str(buf_str(&url), "a%20b%26c%3Dd%2B%C3%A9~");
}

/* RFC 4648 §10, and spellings of one value that are not its one spelling. */
static void base64url_has_one_spelling(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const pairs[][2] = {
        {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe", "__4"}};
    static const char *const bad[] = {"Zh", "Zm9=", "Zg==", "Z", "Zm9v\n", "Zm+v", "Zm/v", " Zm9v", "Zm9vY"};
    struct str bytes;
    for (size_t i = 0; i < ARRAY_LEN(pairs); i++) {
        assert_str(base64url_encode(arena, str_from(pairs[i][0])), pairs[i][1]);
        assert_true(base64url_decode(arena, str_from(pairs[i][1]), &bytes));
        assert_str(bytes, pairs[i][0]);
    }
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_row(!base64url_decode(arena, str_from(bad[i]), &bytes), bad[i]);
    }
}

static void percent_decoding_is_strict(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const bad[] = {"%", "%g1", "%1", "%00", "%ff", "%c0%af", "%u0041", "a%ed%a0%80"};
    struct str text;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_row(!percent_decode(arena, str_from(bad[i]), true, &text), bad[i]);
    }
    assert_true(percent_decode(arena, STR("a+b%20%E4%B8%AD"), true, &text));
    assert_str(text, "a b 中");
    assert_true(percent_decode(arena, STR("a+b"), false, &text));
    assert_str(text, "a+b");
}

static void utf8_has_one_spelling(void **state) {
    static const char *const bad[] = {"\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80",
                                      "\xff",     "\xe4\xb8",     "\x80"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_false(utf8_valid(str_from(bad[i])));
    }
    assert_int_equal(utf8_count(STR("a中𠮷")), 3);
}

/* Every byte at every place, against the definition. */
static void plain_text_is_told_from_special_bytes_wherever_they_stand(void **state) {
    for (size_t len = 1; len <= 20; len++) {
        for (size_t at = 0; at < len; at++) {
            for (unsigned c = 0; c < 256; c++) {
                char text[20];
                memset(text, 'a', sizeof(text));
                text[at] = (char)c;
                bool plain = c > 0 && c < 0x80 && c != '%';
                assert_int_equal(bytes_all_plain(str_of(text, len), true), plain);
                assert_int_equal(bytes_all_plain(str_of(text, len), false), plain && c != '+');
                assert_int_equal(bytes_all_field(str_of(text, len)), (c >= 0x20 || c == '\t') && c != 0x7f);
                assert_int_equal(bytes_all_target(str_of(text, len)), c > 0x20 && c < 0x7f && c != '#');
            }
        }
    }
}

RUN_TESTS(cmocka_unit_test(plain_text_is_told_from_special_bytes_wherever_they_stand),
          cmocka_unit_test(cutting_leaves_an_absent_rest_without_the_separator),
          cmocka_unit_test(blanks_of_any_script_are_trimmed), cmocka_unit_test(words_keep_empty_ones),
          cmocka_unit_test(numbers_are_digits_only),
          cmocka_unit_test(a_buffer_past_its_ceiling_stays_failed_and_unchanged),
          cmocka_unit_test(escapes_mean_themselves), cmocka_unit_test(base64url_has_one_spelling),
          cmocka_unit_test(percent_decoding_is_strict), cmocka_unit_test(utf8_has_one_spelling))
