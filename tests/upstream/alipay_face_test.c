/* What the face check's answers mean, in every product, and that nothing about another check is ever a yes or a no. */
#include "test.h"
#include "upstream/alipay_face.h"

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int free_arena(void **state) {
    arena_free(*state);
    return 0;
}

static const struct json *parsed(struct arena *arena, const char *text) {
    const struct json *value;
    assert_row(json_parse(arena, str_from(text), JSON_LIMITS_TOKEN, &value), text);
    return value;
}

/* --- begun --- */

static void a_check_is_begun_with_its_id(void **state) {
    static const struct {
        const char *content;
        bool certify, verification;
    } rows[] = {
        {"{\"certify_id\":\"c0\"}", true, false},
        {"{\"certify_id\":\"c0\",\"web_url\":\"https://a.example/f?x=1\",\"page_url\":\"p\"}", true, true},
        {"{\"certify_id\":\"c0\",\"web_url\":\"javascript:alert(1)\"}", true, false},
        {"{\"certify_id\":\"c0\",\"web_url\":\"https://a.example/f x\"}", true, false},
        {"{\"certify_id\":\"c0\",\"web_url\":\"https://a.example/\\r\\nf\"}", true, false},
        {"{\"certify_id\":\"c0\",\"web_url\":[]}", true, false},
        {"{\"certify_id\":\"\",\"web_url\":\"https://a.example/\"}", false, false},
        {"{\"certify_id\":\"c 0\",\"web_url\":\"https://a.example/\"}", false, false},
        {"{\"certify_id\":\"c\\\"0\",\"web_url\":\"https://a.example/\"}", false, false},
        {"{\"certify_id\":7,\"web_url\":\"https://a.example/\"}", false, false},
        {"{\"web_url\":\"https://a.example/\"}", false, false},
        {"{\"certify_id\":\"0123456789012345678901234567890123456789012345678901234567890123\"}", true, false},
        {"{\"certify_id\":\"01234567890123456789012345678901234567890123456789012345678901234\"}", false, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct alipay_face_begun begun;
        const struct json *content = parsed(*state, rows[i].content);
        assert_row(alipay_face_begun_read(&alipay_face_certify, content, &begun) == rows[i].certify, rows[i].content);
        assert_row(alipay_face_begun_read(&alipay_face_verification, content, &begun) == rows[i].verification,
                   rows[i].content);
    }
}

static void zhimas_check_is_begun_with_its_biz_no(void **state) {
    static const struct {
        const char *content;
        bool begun;
    } rows[] = {
        {"{\"biz_no\":\"ZM201700000000000000000000000001\"}", true},
        {"{\"biz_no\":\"\"}", false},
        {"{\"biz_no\":\"Z M\"}", false},
        {"{\"biz_no\":\"Z\\\"M\"}", false},
        {"{\"biz_no\":1}", false},
        {"{\"certify_id\":\"c0\",\"web_url\":\"https://a.example/\"}", false},
        {"{\"biz_no\":\"01234567890123456789012345678901234567890123456789012345678901234\"}", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct alipay_face_begun begun;
        const struct json *content = parsed(*state, rows[i].content);
        assert_row(alipay_face_begun_read(&alipay_face_zhima, content, &begun) == rows[i].begun, rows[i].content);
    }
}

static void a_check_that_comes_again_is_not_new(void **state) {
    static struct alipay_checks_seen seen;
    assert_true(alipay_check_is_new(&seen, STR("c0")));
    assert_false(alipay_check_is_new(&seen, STR("c0")));
    for (int i = 1; i < ALIPAY_CHECKS_SEEN; i++) {
        assert_true(alipay_check_is_new(&seen, str_format(*state, "c%d", i)));
    }
    assert_false(alipay_check_is_new(&seen, STR("c0")));
    assert_false(alipay_check_is_new(&seen, STR("c1023")));
    assert_true(alipay_check_is_new(&seen, STR("c1024"))); /* takes the place of the oldest */
    assert_true(alipay_check_is_new(&seen, STR("c0")));
}

/* --- results --- */

static const struct alipay_face_expected expected = {.check_id = STR_INIT("c0"),
                                                     .transaction = STR_INIT("0123456789abcdef0123456789abcdef"),
                                                     .name = STR_INIT("阿依古丽·示例"),
                                                     .id_number = STR_INIT("650102188303210467")};

struct row {
    const char *content;
    enum verify_result waiting, back; /* before and after the browser came back */
    bool alert;
};

static void assert_rows(struct arena *arena, const struct alipay_face_product *product, const struct row *rows,
                        size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (int back = 0; back < 2; back++) {
            struct alipay_face_expected now = expected;
            bool alert = true;
            now.came_back = back;
            enum verify_result result =
                alipay_face_result_read(arena, product, parsed(arena, rows[i].content), &now, &alert);
            assert_row(result == (back ? rows[i].back : rows[i].waiting) && alert == rows[i].alert, rows[i].content);
        }
    }
}

static void certify(void **state) {
    static const struct row rows[] = {
        {"{\"passed\":\"T\"}", VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"passed\":\"T\",\"identity_info\":\"\"}", VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"passed\":\"T\",\"identity_info\":\"{}\"}", VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"passed\":\"T\",\"identity_info\":null,\"material_info\":\"{}\"}", VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"passed\":\"T\",\"identity_info\":{\"cert_no\":\"650102188303210467\"}}", VERIFY_MATCH, VERIFY_MATCH,
         false},
        {"{\"passed\":\"T\",\"identity_info\":\"{\\\"cert_no\\\":\\\"6****************7\\\",\\\"cert_name\\\":\\\"**"
         "示例\\\"}\"}",
         VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"passed\":\"T\",\"identity_info\":{\"cert_name\":\"阿依古丽•示例\"}}", VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"passed\":\"F\"}", VERIFY_PENDING, VERIFY_MISMATCH, false},
        {"{\"passed\":\"F\",\"fail_reason\":\"\"}", VERIFY_PENDING, VERIFY_MISMATCH, false},
        {"{\"passed\":\"F\",\"fail_reason\":\"Z1147\"}", VERIFY_MISMATCH, VERIFY_MISMATCH, false},
        {"{\"passed\":\"T\",\"attack_flag\":\"true\"}", VERIFY_MISMATCH, VERIFY_MISMATCH, true},
        {"{\"passed\":\"F\",\"attack_flag\":true}", VERIFY_MISMATCH, VERIFY_MISMATCH, true},
        {"{\"passed\":\"T\",\"attack_flag\":\"false\"}", VERIFY_MATCH, VERIFY_MATCH, false},
    };
    assert_rows(*state, &alipay_face_certify, rows, ARRAY_LEN(rows));
}

static void verification(void **state) {
    static const struct row rows[] = {
        {"{\"certify_state\":\"SUCCESS\"}", VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"certify_state\":\"SUCCESS\",\"attack_flag\":\"false\",\"score\":\"98.1\"}", VERIFY_MATCH, VERIFY_MATCH,
         false},
        {"{\"certify_state\":\"SUCCESS\",\"attack_flag\":\"\"}", VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"certify_state\":\"SUCCESS\",\"attack_flag\":false}", VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"certify_state\":\"FAIL\"}", VERIFY_MISMATCH, VERIFY_MISMATCH, false},
        {"{\"certify_state\":\"PROCESSING\"}", VERIFY_PENDING, VERIFY_PENDING, false},
        {"{\"certify_state\":\"SUCCESS\",\"attack_flag\":\"true\"}", VERIFY_MISMATCH, VERIFY_MISMATCH, true},
        {"{\"certify_state\":\"SUCCESS\",\"attack_flag\":\"T\"}", VERIFY_MISMATCH, VERIFY_MISMATCH, true},
        {"{\"certify_state\":\"FAIL\",\"attack_flag\":true}", VERIFY_MISMATCH, VERIFY_MISMATCH, true},
        {"{\"certify_state\":\"PROCESSING\",\"attack_flag\":\"true\"}", VERIFY_MISMATCH, VERIFY_MISMATCH, true},
        {"{\"certify_state\":\"SUCCESS\",\"certify_id\":\"c0\",\"outer_order_no\":"
         "\"0123456789abcdef0123456789abcdef\"}",
         VERIFY_MATCH, VERIFY_MATCH, false},
    };
    assert_rows(*state, &alipay_face_verification, rows, ARRAY_LEN(rows));
}

static void zhima(void **state) {
    static const struct row rows[] = {
        {"{\"passed\":\"true\"}", VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"passed\":\"true\",\"identity_info\":\"{}\",\"attribute_info\":\"{}\",\"channel_statuses\":\"[]\"}",
         VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"passed\":\"true\",\"identity_info\":\"{\\\"cert_no\\\":\\\"6****************7\\\"}\"}", VERIFY_MATCH,
         VERIFY_MATCH, false},
        {"{\"passed\":\"true\",\"biz_no\":\"c0\",\"transaction_id\":\"0123456789abcdef0123456789abcdef\"}",
         VERIFY_MATCH, VERIFY_MATCH, false},
        {"{\"passed\":\"false\"}", VERIFY_PENDING, VERIFY_MISMATCH, false},
        {"{\"passed\":\"false\",\"failed_reason\":\"\",\"channel_statuses\":\"[]\"}", VERIFY_PENDING, VERIFY_MISMATCH,
         false},
        {"{\"passed\":\"false\",\"failed_reason\":\"请返回重新认证\",\"channel_statuses\":\"[]\",\"identity_info\":\"{}"
         "\"}",
         VERIFY_MISMATCH, VERIFY_MISMATCH, false},
        {"{\"passed\":\"true\",\"attack_flag\":\"true\"}", VERIFY_MISMATCH, VERIFY_MISMATCH, true},
    };
    assert_rows(*state, &alipay_face_zhima, rows, ARRAY_LEN(rows));
}

static void what_cannot_be_judged_or_is_anothers_is_an_error(void **state) {
    static const struct row certify_rows[] = {
#define NO(content) {content, VERIFY_UPSTREAM_ERROR, VERIFY_UPSTREAM_ERROR, false}
        NO("{}"),
        NO("{\"passed\":\"\"}"),
        NO("{\"passed\":\"t\"}"),
        NO("{\"passed\":\"true\"}"),
        NO("{\"passed\":true}"),
        NO("{\"passed\":[\"T\"]}"),
        NO("{\"passed\":\"T \"}"),
        NO("{\"certify_state\":\"SUCCESS\"}"),
        NO("{\"passed\":\"T\",\"attack_flag\":\"yes\"}"),
        NO("{\"passed\":\"T\",\"attack_flag\":1}"),
        NO("{\"passed\":\"F\",\"fail_reason\":7}"),
        NO("{\"passed\":\"T\",\"certify_id\":\"c1\"}"),
        NO("{\"passed\":\"F\",\"fail_reason\":\"Z1147\",\"certify_id\":\"c1\"}"),
        NO("{\"passed\":\"T\",\"certify_id\":1}"),
        NO("{\"passed\":\"T\",\"outer_order_no\":\"0123456789abcdef0123456789abcdee\"}"),
        NO("{\"passed\":\"T\",\"identity_info\":\"text\"}"),
        NO("{\"passed\":\"T\",\"identity_info\":[]}"),
        NO("{\"passed\":\"T\",\"identity_info\":\"[]\"}"),
        NO("{\"passed\":\"T\",\"identity_info\":{\"cert_no\":7}}"),
        NO("{\"passed\":\"T\",\"identity_info\":{\"cert_no\":\"110105188812310013\"}}"),
        NO("{\"passed\":\"T\",\"identity_info\":\"{\\\"cert_no\\\":\\\"1****************3\\\"}\"}"),
        NO("{\"passed\":\"T\",\"identity_info\":{\"cert_no\":\"65010218830321046\"}}"),
        NO("{\"passed\":\"T\",\"identity_info\":{\"cert_name\":\"测试甲\"}}"),
    };
    static const struct row verification_rows[] = {
        NO("{}"),
        NO("{\"passed\":\"T\"}"),
        NO("{\"certify_state\":\"success\"}"),
        NO("{\"certify_state\":\"INIT\"}"),
        NO("{\"certify_state\":true}"),
        NO("{\"certify_state\":\"SUCCESS\",\"attack_flag\":\"maybe\"}"),
        NO("{\"certify_state\":\"SUCCESS\",\"attack_flag\":[true]}"),
        NO("{\"certify_state\":\"SUCCESS\",\"certify_id\":\"c1\"}"),
        NO("{\"certify_state\":\"FAIL\",\"certify_id\":\"c1\"}"),
    };
    static const struct row zhima_rows[] = {
        NO("{}"),
        NO("{\"passed\":\"T\"}"),
        NO("{\"passed\":\"F\"}"),
        NO("{\"passed\":\"TRUE\"}"),
        NO("{\"passed\":true}"),
        NO("{\"passed\":\"\"}"),
        NO("{\"passed\":[\"true\"]}"),
        NO("{\"certify_state\":\"SUCCESS\"}"),
        NO("{\"passed\":\"false\",\"failed_reason\":7}"),
        NO("{\"passed\":\"true\",\"biz_no\":\"c1\"}"),
        NO("{\"passed\":\"true\",\"biz_no\":1}"),
        NO("{\"passed\":\"true\",\"transaction_id\":\"0123456789abcdef0123456789abcdee\"}"),
        NO("{\"passed\":\"true\",\"identity_info\":\"[]\"}"),
        NO("{\"passed\":\"true\",\"identity_info\":\"{\\\"cert_no\\\":\\\"110105188812310013\\\"}\"}"),
        NO("{\"passed\":\"true\",\"identity_info\":{\"cert_name\":\"测试甲\"}}"),
#undef NO
    };
    assert_rows(*state, &alipay_face_certify, certify_rows, ARRAY_LEN(certify_rows));
    assert_rows(*state, &alipay_face_verification, verification_rows, ARRAY_LEN(verification_rows));
    assert_rows(*state, &alipay_face_zhima, zhima_rows, ARRAY_LEN(zhima_rows));
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

RUN_TESTS(WITH_ARENA(a_check_is_begun_with_its_id), WITH_ARENA(zhimas_check_is_begun_with_its_biz_no),
          WITH_ARENA(a_check_that_comes_again_is_not_new), WITH_ARENA(certify), WITH_ARENA(verification),
          WITH_ARENA(zhima), WITH_ARENA(what_cannot_be_judged_or_is_anothers_is_an_error))
