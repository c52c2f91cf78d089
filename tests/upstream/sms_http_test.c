/* What a text message gateway's answer means, and the signature of requests. */
#include "test.h"
#include "upstream/sms_http.h"

/* Reckoned with Node's crypto. */
static void the_signature_is_hmac_over_the_parts_and_the_hash_of_the_body(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sms_http_signed parts = {STR("tongxing"), STR("1767578584000"), STR("nonce-0123456789"),
                                          STR("{\"phone\":\"+8613800138000\",\"code\":\"493027\"}")};
    assert_str(sms_http_signature(arena, STR("a secret for tests only"), &parts),
               "ac3dc623eefa95abd333b5fbc89b005b3c4eadd3dc5376167cfc2c1f0869ee02");
}

static void the_status_alone(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct {
        int status;
        enum verify_result result;
    } rows[] = {{200, VERIFY_MATCH},          {204, VERIFY_MATCH},          {299, VERIFY_MATCH},
                {400, VERIFY_INVALID_INPUT},  {422, VERIFY_INVALID_INPUT},  {429, VERIFY_RATE_LIMITED},
                {100, VERIFY_UPSTREAM_ERROR}, {301, VERIFY_UPSTREAM_ERROR}, {302, VERIFY_UPSTREAM_ERROR},
                {401, VERIFY_UPSTREAM_ERROR}, {403, VERIFY_UPSTREAM_ERROR}, {404, VERIFY_UPSTREAM_ERROR},
                {500, VERIFY_UPSTREAM_ERROR}, {503, VERIFY_UPSTREAM_ERROR}, {0, VERIFY_UPSTREAM_ERROR}};
    const struct sms_http_expected expected = {0};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(sms_http_result(arena, rows[i].status, false, STR("whatever"), &expected), rows[i].result);
    }
}

static void a_member_decides(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct {
        const char *body, *value;
        enum verify_result result;
    } rows[] = {
        {"{\"code\":\"OK\"}", "OK", VERIFY_MATCH},
        {"{\"code\":0}", "0", VERIFY_MATCH},
        {"{\"code\":true}", "true", VERIFY_MATCH},
        {"{\"code\":\"0\"}", "0", VERIFY_MATCH},
        {"{\"code\":\"ok\"}", "OK", VERIFY_UPSTREAM_ERROR},
        {"{\"code\":\"OKAY\"}", "OK", VERIFY_UPSTREAM_ERROR},
        {"{\"code\":\"BUSY\"}", "OK", VERIFY_RATE_LIMITED},
        {"{\"code\":\"LIMITED\"}", "OK", VERIFY_RATE_LIMITED},
        {"{\"code\":\"GONE\"}", "OK", VERIFY_INVALID_INPUT},
        {"{\"code\":\"\"}", "OK", VERIFY_UPSTREAM_ERROR},
        {"{\"code\":null}", "OK", VERIFY_UPSTREAM_ERROR},
        {"{\"code\":{}}", "OK", VERIFY_UPSTREAM_ERROR},
        {"{\"code\":1.5}", "1.5", VERIFY_UPSTREAM_ERROR},
        {"{\"code\":\"BUSY\",\"code\":\"OK\"}", "OK", VERIFY_UPSTREAM_ERROR},
        {"{\"Code\":\"OK\"}", "OK", VERIFY_UPSTREAM_ERROR},
        {"{}", "OK", VERIFY_UPSTREAM_ERROR},
        {"[\"code\"]", "OK", VERIFY_UPSTREAM_ERROR},
        {"\"OK\"", "OK", VERIFY_UPSTREAM_ERROR},
        {"", "OK", VERIFY_UPSTREAM_ERROR},
        {"{\"code\":\"OK\"", "OK", VERIFY_UPSTREAM_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct sms_http_expected expected = {.success_member = STR("code"),
                                                   .success_value = str_from(rows[i].value),
                                                   .limited_values = STR("LIMITED BUSY"),
                                                   .refused_values = STR("GONE")};
        struct str body = str_from(rows[i].body);
        assert_row(sms_http_result(arena, 200, true, body, &expected) == rows[i].result, rows[i].body);
        assert_row(sms_http_result(arena, 200, false, body, &expected) == VERIFY_UPSTREAM_ERROR, rows[i].body);
        assert_row(sms_http_result(arena, 500, true, body, &expected) == VERIFY_UPSTREAM_ERROR, rows[i].body);
    }
}

static void the_transaction_comes_back(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sms_http_expected expected = {.echo_member = STR("id"), .transaction = STR("t-1")};
    assert_int_equal(sms_http_result(arena, 200, true, STR("{\"id\":\"t-1\"}"), &expected), VERIFY_MATCH);
    assert_int_equal(sms_http_result(arena, 200, true, STR("{\"id\":\"t-2\"}"), &expected), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(sms_http_result(arena, 200, true, STR("{}"), &expected), VERIFY_UPSTREAM_ERROR);
}

RUN_TESTS(cmocka_unit_test(the_signature_is_hmac_over_the_parts_and_the_hash_of_the_body),
          cmocka_unit_test(the_status_alone), cmocka_unit_test(a_member_decides),
          cmocka_unit_test(the_transaction_comes_back))
