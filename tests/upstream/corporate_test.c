/* The corporate register's answers: what counts as one, what it means, and that nothing else is ever a yes or a no. */
#include "base/buf.h"
#include "test.h"
#include "upstream/corporate.h"

#include <stdlib.h>

static const struct envelope_expected expected = {STR_INIT("tongxing"), STR_INIT("a secret for tests only"),
                                                  STR_INIT("nonce-0123456789"), STR_INIT("serial-1")};

static struct str signed_answer(struct arena *arena, struct str data) {
    const struct envelope_signed parts = {expected.app_id, STR("1767578584000"), expected.nonce, data};
    struct buf out;
    buf_init(&out, arena, 512, 64 * 1024);
    buf_puts(&out, "{\"data\":\"");
    buf_put_json(&out, data);
    buf_puts(&out, "\",\"timestamp\":\"1767578584000\",\"signature\":\"");
    buf_put(&out, envelope_signature(arena, expected.secret, &parts));
    buf_puts(&out, "\"}");
    return buf_str(&out);
}

#define HEAD       "\"MerchantBizId\":\"serial-1\",\"RequestId\":\"ent-7\",\"Message\":\"\""
#define OF(result) "{" HEAD ",\"Code\":\"200\",\"Result\":{" result "}}"

static void every_answer_of_the_register_has_a_result(void **state) {
    static const struct {
        const char *data;
        enum verify_result result;
        enum organisation_status status;
    } rows[] = {
        {OF("\"BizCode\":\"1\",\"Status\":\"1\""), VERIFY_MATCH, ORGANISATION_OPERATING},
        {OF("\"BizCode\":\"1\",\"Status\":\"1\",\"ReasonDetail\":\"\""), VERIFY_MATCH, ORGANISATION_OPERATING},
        {OF("\"BizCode\":\"1\",\"Status\":\"1\",\"ReasonDetail\":null"), VERIFY_MATCH, ORGANISATION_OPERATING},
        {OF("\"BizCode\":\"1\",\"Status\":\"2\""), VERIFY_MATCH, ORGANISATION_MOVED},
        {OF("\"BizCode\":\"1\",\"Status\":\"3\""), VERIFY_STATE_BAD, ORGANISATION_CANCELLED},
        {OF("\"BizCode\":\"1\",\"Status\":\"4\""), VERIFY_STATE_BAD, ORGANISATION_REVOKED},
        {OF("\"BizCode\":\"1\",\"Status\":\"5\""), VERIFY_STATE_BAD, ORGANISATION_WITHDRAWN},
        {OF("\"BizCode\":\"1\",\"Status\":\"6\""), VERIFY_STATE_BAD, ORGANISATION_CLOSED},
        {OF("\"BizCode\":\"1\",\"Status\":\"0\""), VERIFY_UNSUPPORTED, ORGANISATION_UNKNOWN},
        {OF("\"BizCode\":\"2\",\"Status\":\"1\""), VERIFY_MISMATCH, ORGANISATION_OPERATING},
        {OF("\"BizCode\":\"2\",\"Status\":\"4\""), VERIFY_MISMATCH, ORGANISATION_REVOKED},
        {OF("\"BizCode\":\"2\",\"ReasonDetail\":\"EntNameFlag\""), VERIFY_MISMATCH, ORGANISATION_UNKNOWN},
        {OF("\"BizCode\":\"2\""), VERIFY_MISMATCH, ORGANISATION_UNKNOWN},
        {OF("\"BizCode\":\"3\""), VERIFY_NOT_FOUND, ORGANISATION_UNKNOWN},
        {OF("\"BizCode\":\"3\",\"ReasonCode\":\"302\""), VERIFY_NOT_FOUND, ORGANISATION_UNKNOWN},
        {"{" HEAD ",\"Code\":\"Success\",\"Result\":{\"BizCode\":\"3\"}}", VERIFY_NOT_FOUND, ORGANISATION_UNKNOWN},
        {"{" HEAD ",\"Code\":\"InvalidParameter\"}", VERIFY_INVALID_INPUT, ORGANISATION_UNKNOWN},
        {"{" HEAD ",\"Code\":\"MissingParameter\"}", VERIFY_INVALID_INPUT, ORGANISATION_UNKNOWN},
        {"{" HEAD ",\"Code\":\"Throttling\"}", VERIFY_RATE_LIMITED, ORGANISATION_UNKNOWN},
        {"{" HEAD ",\"Code\":\"Throttling.User\"}", VERIFY_RATE_LIMITED, ORGANISATION_UNKNOWN},
        {"{" HEAD ",\"Code\":\"Throttling.Api\"}", VERIFY_RATE_LIMITED, ORGANISATION_UNKNOWN},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct corporate_answer answer;
        struct str body = signed_answer(arena, str_from(rows[i].data));
        assert_row(corporate_answer_read(arena, body, &expected, &answer), rows[i].data);
        assert_row(answer.result == rows[i].result && answer.status == rows[i].status, rows[i].data);
        assert_str(answer.check_id, "ent-7");
    }
}

static void what_the_register_tells_besides(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct corporate_answer answer;
    struct str body = signed_answer(arena, STR(OF("\"BizCode\":\"1\",\"Status\":\"1\",\"EntName\":\"示例\","
                                                  "\"EntType\":\"基金会\",\"DataTime\":\"2026-01-05T02:03:04Z\"")));
    assert_true(corporate_answer_read(arena, body, &expected, &answer));
    assert_str(answer.name, "示例");
    assert_str(answer.type, "基金会");
    assert_int_equal(answer.as_of, 1767578584);
    body = signed_answer(arena, STR(OF("\"BizCode\":\"1\",\"Status\":\"1\",\"EntName\":\"\",\"EntType\":null")));
    assert_true(corporate_answer_read(arena, body, &expected, &answer));
    assert_true(str_is_absent(answer.name) && str_is_absent(answer.type));
    assert_int_equal(answer.as_of, 0);
}

/* Signed as they must be, and yet not answers. */
static void signed_nonsense_is_no_answer(void **state) {
    static const char *const rows[] = {
        "",
        "null",
        "[]",
        "{}",
        "{" HEAD "}",
        "{" HEAD ",\"Code\":\"200\"}",
        "{" HEAD ",\"Code\":200,\"Result\":{\"BizCode\":\"1\",\"Status\":\"1\"}}",
        "{" HEAD ",\"Code\":\"201\",\"Result\":{\"BizCode\":\"1\",\"Status\":\"1\"}}",
        "{" HEAD ",\"Code\":\"500\",\"Result\":{\"BizCode\":\"1\",\"Status\":\"1\"}}",
        "{" HEAD ",\"Code\":\"Forbidden.AccountAccessDenied\"}",
        "{" HEAD ",\"Code\":\"200\",\"Result\":[]}",
        "{" HEAD ",\"Code\":\"200\",\"Result\":null}",
        "{" HEAD ",\"Code\":\"200\",\"Result\":\"1\"}",
        OF(""),
        OF("\"Status\":\"1\""),
        OF("\"BizCode\":\"1\""),
        OF("\"BizCode\":\"1\",\"Status\":\"\""),
        OF("\"BizCode\":\"1\",\"Status\":null"),
        OF("\"BizCode\":\"1\",\"Status\":1"),
        OF("\"BizCode\":\"1\",\"Status\":\"7\""),
        OF("\"BizCode\":\"1\",\"Status\":\"-10002\""),
        OF("\"BizCode\":\"1\",\"Status\":\"01\""),
        OF("\"BizCode\":1,\"Status\":\"1\""),
        OF("\"BizCode\":true,\"Status\":\"1\""),
        OF("\"BizCode\":\"0\",\"Status\":\"1\""),
        OF("\"BizCode\":\"4\",\"Status\":\"1\""),
        OF("\"BizCode\":\"11\",\"Status\":\"1\""),
        OF("\"BizCode\":\"1 \",\"Status\":\"1\""),
        OF("\"BizCode\":\"\",\"Status\":\"1\""),
        OF("\"BizCode\":\"1\",\"Status\":\"1\",\"ReasonDetail\":\"EntNameFlag\""),
        OF("\"BizCode\":\"1\",\"Status\":\"1\",\"ReasonDetail\":1"),
        OF("\"BizCode\":\"1\",\"Status\":\"1\",\"EntName\":1"),
        OF("\"BizCode\":\"1\",\"Status\":\"1\",\"EntType\":{}"),
        OF("\"BizCode\":\"1\",\"Status\":\"1\",\"DataTime\":\"yesterday\""),
        OF("\"BizCode\":\"1\",\"Status\":\"1\",\"DataTime\":\"2026-02-30T00:00:00Z\""),
        OF("\"BizCode\":\"1\",\"Status\":\"1\",\"DataTime\":1767578584"),
        OF("\"BizCode\":\"2\",\"BizCode\":\"1\",\"Status\":\"1\""),
        "{\"MerchantBizId\":\"serial-2\",\"RequestId\":\"ent-7\",\"Code\":\"200\",\"Result\":{\"BizCode\":\"1\","
        "\"Status\":"
        "\"1\"}}",
        "{\"RequestId\":\"ent-7\",\"Code\":\"200\",\"Result\":{\"BizCode\":\"1\",\"Status\":\"1\"}}",
        "{\"MerchantBizId\":\"serial-1\",\"RequestId\":\"\",\"Code\":\"200\",\"Result\":{\"BizCode\":\"1\",\"Status\":"
        "\"1\"}}",
        "{\"MerchantBizId\":\"serial-1\",\"Code\":\"200\",\"Result\":{\"BizCode\":\"1\",\"Status\":\"1\"}}",
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct corporate_answer answer;
        struct str body = signed_answer(arena, str_from(rows[i]));
        assert_row(!corporate_answer_read(arena, body, &expected, &answer), rows[i]);
    }
}

static void what_is_told_has_a_ceiling(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct {
        const char *member;
        size_t most;
    } rows[] = {{"EntName", 800}, {"EntType", 128}};
    char *text = arena_alloc(arena, 1000);
    memset(text, 'a', 1000);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        for (size_t len = rows[i].most; len <= rows[i].most + 1; len++) {
            struct corporate_answer answer;
            struct str data = str_format(arena,
                                         "{" HEAD ",\"Code\":\"200\",\"Result\":{\"BizCode\":\"1\",\"Status\":"
                                         "\"1\",\"%s\":\"%.*s\"}}",
                                         rows[i].member, (int)len, text);
            bool read = corporate_answer_read(arena, signed_answer(arena, data), &expected, &answer);
            assert_row(read == (len == rows[i].most), rows[i].member);
        }
    }
}

static void no_part_of_an_answer_is_an_answer(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str good = signed_answer(arena, STR(OF("\"BizCode\":\"1\",\"Status\":\"1\"")));
    struct corporate_answer answer;
    assert_true(corporate_answer_read(arena, good, &expected, &answer));
    for (size_t len = 0; len < good.len; len++) {
        char *exact = malloc(len ? len : 1); /* so that a read past the end is seen */
        memcpy(exact, good.ptr, len);
        bool read = corporate_answer_read(arena, str_of(exact, len), &expected, &answer);
        free(exact);
        assert_false(read);
    }
}

static void an_answer_to_another_request_is_no_answer(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str good = signed_answer(arena, STR(OF("\"BizCode\":\"1\",\"Status\":\"1\"")));
    struct envelope_expected others[] = {expected, expected, expected, expected};
    others[0].app_id = STR("somebody");
    others[1].secret = STR("another secret for tests");
    others[2].nonce = STR("nonce-0123456788");
    others[3].serial = STR("serial-2");
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct corporate_answer answer;
        assert_false(corporate_answer_read(arena, good, &others[i], &answer));
    }
}

static void every_status_has_its_number(void **state) {
    assert_str(corporate_status_code(ORGANISATION_OPERATING), "1");
    assert_str(corporate_status_code(ORGANISATION_CLOSED), "6");
    assert_str(corporate_status_code(ORGANISATION_FOUNDING), "0");
    assert_str(corporate_status_code(ORGANISATION_UNKNOWN), "0");
}

RUN_TESTS(cmocka_unit_test(every_answer_of_the_register_has_a_result),
          cmocka_unit_test(what_the_register_tells_besides), cmocka_unit_test(signed_nonsense_is_no_answer),
          cmocka_unit_test(what_is_told_has_a_ceiling), cmocka_unit_test(no_part_of_an_answer_is_an_answer),
          cmocka_unit_test(an_answer_to_another_request_is_no_answer), cmocka_unit_test(every_status_has_its_number))
