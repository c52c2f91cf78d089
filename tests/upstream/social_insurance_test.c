/* The social-insurance platform: what is signed in both directions, what an answer means, and what is none. */
#include "base/buf.h"
#include "base/encode.h"
#include "base/json.h"
#include "test.h"
#include "upstream/social_insurance.h"

#include <stdlib.h>

static struct arena *keys_arena;
static struct sm2_key *key, *other;

static int make_keys(void **state) {
    keys_arena = arena_new();
    key = sm2_key_generate(keys_arena);
    other = sm2_key_generate(keys_arena);
    return 0;
}

static int free_keys(void **state) {
    arena_free(keys_arena);
    return 0;
}

static struct social_insurance_expected expected_of(const struct sm2_key *platform) {
    return (struct social_insurance_expected){STR("tongxing"), STR("person.cardVerify"), STR("serial-1"), platform};
}

/* printf '_api_access_id=tongxing&…' | openssl dgst -sm3 -hmac 'a secret for tests only' */
static void a_request_s_signature_is_over_its_parameters(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct social_insurance_request base = {STR("tongxing"), STR("person.cardVerify"), STR("1767578584000"),
                                                  STR("AAAA+/8=")};
    struct social_insurance_request others[] = {base, base, base, base};
    struct str secret = STR("a secret for tests only");
    struct str signature = social_insurance_request_signature(arena, secret, &base);
    assert_str(signature, "973d96a6977a4c5e7e8d1cedec189f1385e26bb924c9f1585bc11df9acaae864");
    others[0].access_id = STR("tongxinG");
    others[1].api_name = STR("person.cardverify");
    others[2].timestamp = STR("1767578584001");
    others[3].security = STR("AAAA+/9=");
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        assert_false(str_equal(signature, social_insurance_request_signature(arena, secret, &others[i])));
    }
    assert_false(str_equal(signature, social_insurance_request_signature(arena, STR("another secret"), &base)));
}

static void the_signed_text_of_an_answer(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct social_insurance_reply reply = {.access_id = STR("tongxing"),
                                                 .api_name = STR("person.cardVerify"),
                                                 .timestamp = STR("1767578584000"),
                                                 .serial = STR("serial-1"),
                                                 .code = STR("0"),
                                                 .data = STR("{}")};
    assert_str(social_insurance_reply_text(arena, &reply),
               "_api_access_id=tongxing&_api_name=person.cardVerify&_api_timestamp=1767578584000&bizSn=serial-1&code=0&"
               "data={}");
}

static struct str answer_of(struct arena *arena, const struct sm2_key *by, const char *code, const char *data) {
    const struct social_insurance_expected expected = expected_of(by);
    const struct social_insurance_reply reply = {.access_id = expected.access_id,
                                                 .api_name = expected.api_name,
                                                 .timestamp = STR("1767578584000"),
                                                 .serial = expected.serial,
                                                 .code = str_from(code),
                                                 .data = str_from(data)};
    struct str signature = sm2_sign(arena, by, social_insurance_reply_text(arena, &reply));
    struct buf out;
    buf_init(&out, arena, 512, 64 * 1024);
    struct json_out json = json_out(&out);
    json_open_object(&json, NULL);
    json_put_str(&json, "code", reply.code);
    json_put_str(&json, "data", reply.data);
    json_put_str(&json, "_api_timestamp", reply.timestamp);
    json_put_str(&json, "_api_signature", base64_encode(arena, signature));
    json_close_object(&json);
    return buf_str(&out);
}

#define DATA(result) "{\"bizSn\":\"serial-1\",\"result\":\"" result "\",\"checkId\":\"sic-7\"}"

static void every_answer_of_the_platform_has_a_result(void **state) {
    static const struct {
        const char *code, *data;
        enum verify_result result;
    } rows[] = {
        {"0", DATA("1"), VERIFY_MATCH},      {"0", DATA("2"), VERIFY_MISMATCH},    {"0", DATA("3"), VERIFY_NOT_FOUND},
        {"0", DATA("4"), VERIFY_STATE_BAD},  {"0", DATA("5"), VERIFY_UNSUPPORTED}, {"1002", "{}", VERIFY_INVALID_INPUT},
        {"1003", "{}", VERIFY_RATE_LIMITED}, {"1003", "", VERIFY_RATE_LIMITED},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct social_insurance_expected expected = expected_of(key);
        struct social_insurance_answer answer;
        struct str body = answer_of(arena, key, rows[i].code, rows[i].data);
        assert_row(social_insurance_answer_read(arena, body, &expected, &answer), rows[i].data);
        assert_row(answer.result == rows[i].result, rows[i].data);
        assert_row(str_equal(answer.check_id, STR("sic-7")) == (rows[i].code[0] == '0'), rows[i].data);
    }
}

static void signed_nonsense_is_no_answer(void **state) {
    static const struct {
        const char *code, *data;
    } rows[] = {
        {"", DATA("1")},
        {"00", DATA("1")},
        {"1", DATA("1")},
        {"1001", DATA("1")},
        {"1004", DATA("1")},
        {"0", ""},
        {"0", "null"},
        {"0", "{}"},
        {"0", "[]"},
        {"0", DATA("0")},
        {"0", DATA("6")},
        {"0", DATA("11")},
        {"0", DATA("")},
        {"0", DATA(" 1")},
        {"0", "{\"bizSn\":\"serial-1\",\"result\":1,\"checkId\":\"sic-7\"}"},
        {"0", "{\"bizSn\":\"serial-1\",\"result\":true,\"checkId\":\"sic-7\"}"},
        {"0", "{\"bizSn\":\"serial-1\",\"result\":\"1\"}"},
        {"0", "{\"bizSn\":\"serial-1\",\"result\":\"1\",\"checkId\":\"\"}"},
        {"0", "{\"bizSn\":\"serial-2\",\"result\":\"1\",\"checkId\":\"sic-7\"}"},
        {"0", "{\"result\":\"1\",\"checkId\":\"sic-7\"}"},
        {"0", "{\"bizSn\":\"serial-1\",\"result\":\"2\",\"result\":\"1\",\"checkId\":\"sic-7\"}"},
        {"0", DATA("1") "{}"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct social_insurance_expected expected = expected_of(key);
        struct social_insurance_answer answer;
        struct str body = answer_of(arena, key, rows[i].code, rows[i].data);
        assert_row(!social_insurance_answer_read(arena, body, &expected, &answer), rows[i].data);
    }
}

static void an_answer_of_another_or_to_another_is_no_answer(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str good = answer_of(arena, key, "0", DATA("1"));
    struct social_insurance_expected rows[] = {expected_of(other), expected_of(key), expected_of(key),
                                               expected_of(key)};
    struct social_insurance_answer answer;
    rows[1].access_id = STR("somebody");
    rows[2].api_name = STR("person.other");
    rows[3].serial = STR("serial-2");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_false(social_insurance_answer_read(arena, good, &rows[i], &answer));
    }
    rows[0] = expected_of(key);
    assert_true(social_insurance_answer_read(arena, good, &rows[0], &answer));
}

static void an_answer_changed_on_the_way_is_no_answer(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct social_insurance_expected expected = expected_of(key);
    struct str good = answer_of(arena, key, "0", DATA("2"));
    for (size_t i = 0; i < good.len; i++) {
        struct social_insurance_answer answer;
        char *changed = malloc(good.len);
        memcpy(changed, good.ptr, good.len);
        changed[i] ^= 1;
        bool whole = social_insurance_answer_read(arena, str_of(changed, good.len), &expected, &answer);
        bool part = social_insurance_answer_read(arena, str_of(good.ptr, i), &expected, &answer);
        free(changed);
        assert_false(whole || part);
    }
}

static void layouts_have_names(void **state) {
    enum sm2_layout layout = SM2_C1C2C3;
    assert_true(social_insurance_layout(STR("asn1"), &layout) && layout == SM2_ASN1);
    assert_true(social_insurance_layout(STR("c1c3c2"), &layout) && layout == SM2_C1C3C2);
    assert_true(social_insurance_layout(STR("c1c2c3"), &layout) && layout == SM2_C1C2C3);
    assert_false(social_insurance_layout(STR("C1C3C2"), &layout));
    assert_false(social_insurance_layout(STR(""), &layout));
    assert_int_equal(layout, SM2_C1C2C3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_s_signature_is_over_its_parameters),
        cmocka_unit_test(the_signed_text_of_an_answer),
        cmocka_unit_test(every_answer_of_the_platform_has_a_result),
        cmocka_unit_test(signed_nonsense_is_no_answer),
        cmocka_unit_test(an_answer_of_another_or_to_another_is_no_answer),
        cmocka_unit_test(an_answer_changed_on_the_way_is_no_answer),
        cmocka_unit_test(layouts_have_names),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
