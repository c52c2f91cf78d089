/* UnionPay's wire format: what is signed, how fields are read, what an answer means, and what is none. */
#include "base/buf.h"
#include "base/encode.h"
#include "test.h"
#include "upstream/unionpay.h"

#include <stdlib.h>

static struct foreign_key *key, *other;

static int make_keys(void **state) {
    key = foreign_key_generate(FOREIGN_RSA);
    other = foreign_key_generate(FOREIGN_RSA);
    return 0;
}

static int free_keys(void **state) {
    foreign_key_free(key);
    foreign_key_free(other);
    return 0;
}

/* printf 'accNo=…&bizType=…&…' | sha256sum */
static void what_is_signed_is_the_digest_of_the_sorted_fields(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct unionpay_fields fields = {.items = {{STR_INIT("txnTime"), STR_INIT("20260105102345")},
                                                     {STR_INIT("orderId"), STR_INIT("20260105102345")},
                                                     {STR_INIT("signature"), STR_INIT("not part of it")},
                                                     {STR_INIT("merId"), STR_INIT("777290058110097")},
                                                     {STR_INIT("respMsg"), STR_INIT("成功[0000000]")},
                                                     {STR_INIT("accNo"), STR_INIT("6226388000000095")},
                                                     {STR_INIT("certId"), STR_INIT("7")},
                                                     {STR_INIT("bizType"), STR_INIT("001001")}},
                                           .count = 8};
    assert_str(unionpay_digest(arena, &fields), "f765493f4239c5c445a0b11766d45608962262e54cbc706dbf02c03b8b4cb95c");
}

static void fields_are_read_as_they_came(void **state) {
    static const struct {
        const char *body;
        size_t count;
        const char *name, *value; /* of one of them */
    } rows[] = {
        {"a=1", 1, "a", "1"},
        {"a=", 1, "a", ""},
        {"a=&b=2", 2, "b", "2"},
        {"a=1&b=x+y==", 2, "b", "x+y=="}, /* base64: nothing is decoded */
        {"a=%41", 1, "a", "%41"},
        {"a={x=1&y=2}&b=3", 2, "a", "{x=1&y=2}"},
        {"a=[x&y]&b=3", 2, "a", "[x&y]"},
        {"a=成功[0000000]&b=3", 2, "a", "成功[0000000]"},
        {"a={[}&b=]", 2, "b", "]"},
        {"a=-----BEGIN-----\r\nx+y=\r\n&b=1", 2, "b", "1"},
        {"respCode=00&respMsg=x", 2, "respCode", "00"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct unionpay_fields fields;
        assert_row(unionpay_fields_read(str_from(rows[i].body), &fields), rows[i].body);
        assert_row(fields.count == rows[i].count, rows[i].body);
        assert_row(str_equal(unionpay_field(&fields, rows[i].name), str_from(rows[i].value)), rows[i].body);
        assert_true(str_is_absent(unionpay_field(&fields, "c")));
    }
}

static void what_are_no_fields(void **state) {
    static const char *const rows[] = {
        "",
        "a",
        "=1",
        "&",
        "a=1&",
        "&a=1",
        "a=1&&b=2",
        "a=1&b",
        "a=1&a=1",
        "a=1&a=2",
        "a={",
        "a={x&b=1",
        "a=[x}&b=1",
        "a b=1",
        "a\xff=1",
        "a=\xff",
        "{a=1}",
        "a%20=1",
        "\xef\xbb\xbf"
        "a=1",
        "<html>=1",
        "a=1\n&=2",
        "{\"a\":1}",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa=1",
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct unionpay_fields fields;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!unionpay_fields_read(str_from(rows[i]), &fields), rows[i]);
    }
    assert_false(unionpay_fields_read(STR("a=1\0&b=2"), &fields));
    for (int count = UNIONPAY_FIELDS_MOST; count <= UNIONPAY_FIELDS_MOST + 1; count++) {
        struct buf body;
        buf_init(&body, arena, 1024, 4096);
        for (int i = 0; i < count; i++) {
            buf_printf(&body, "%sf%d=1", i > 0 ? "&" : "", i);
        }
        assert_int_equal(unionpay_fields_read(buf_str(&body), &fields), count == UNIONPAY_FIELDS_MOST);
    }
}

static void the_holder_is_written_as_published(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text, plain, phone;
    struct unionpay_fields fields;
    const struct unionpay_holder holder = {STR("测试甲"), STR("110105188812310013"), STR("13800138001")};
    assert_true(unionpay_customer_info(arena, key, &holder, &text) && base64_decode(arena, text, &plain));
    assert_true(str_starts(plain, STR("{certifTp=01&certifId=110105188812310013&customerNm=测试甲&encryptedInfo=")));
    assert_true(str_ends(plain, STR("}")) && unionpay_fields_read(str_sub(plain, 1, plain.len - 2), &fields));
    assert_true(base64_decode(arena, unionpay_field(&fields, "encryptedInfo"), &plain));
    assert_true(foreign_rsa_decrypt(key, arena, plain, &phone));
    assert_str(phone, "phoneNo=13800138001");
}

static void a_holder_that_would_break_the_format_is_refused(void **state) {
    static const char *const bad[] = {"", "a&b", "a=b", "{a", "a}", "[a", "a]", "a\nb", "a\x7f", "a\tb"};
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str text = STR("as before");
        struct unionpay_holder holder = {STR("测试甲"), STR("110105188812310013"), STR("13800138001")};
        holder.name = str_from(bad[i]);
        assert_row(!unionpay_customer_info(arena, key, &holder, &text), bad[i]);
        holder.name = STR("测试甲");
        holder.id_number = str_from(bad[i]);
        assert_row(!unionpay_customer_info(arena, key, &holder, &text), bad[i]);
        holder.id_number = STR("110105188812310013");
        holder.phone = str_from(bad[i]);
        assert_row(!unionpay_customer_info(arena, key, &holder, &text), bad[i]);
        assert_str(text, "as before");
    }
}

/* --- answers --- */

#define HEAD                                                                                                           \
    "version=5.1.0&encoding=utf-8&signMethod=01&txnType=72&txnSubType=01&merId=777290058110097&"                       \
    "orderId=20260105102345&txnTime=20260105102345"

static struct unionpay_expected expected_of(const struct foreign_key *first, const struct foreign_key *second) {
    return (struct unionpay_expected){
        STR("777290058110097"), STR("20260105102345"), STR("20260105102345"), {first, second}};
}

/* The fields, and the signature over them as it should be. */
static struct str signed_answer(struct arena *arena, const struct foreign_key *by, struct str text) {
    struct unionpay_fields fields;
    if (!unionpay_fields_read(text, &fields)) {
        return text;
    }
    struct str signature = foreign_rsa_sign(by, arena, unionpay_digest(arena, &fields));
    return str_concat(arena, text, STR("&signature="), base64_encode(arena, signature));
}

static bool read_as(struct arena *arena, struct str body, enum verify_result result) {
    struct unionpay_expected expected = expected_of(key, NULL);
    struct unionpay_answer answer = {.result = VERIFY_UPSTREAM_ERROR};
    return unionpay_answer_read(arena, body, &expected, &answer) && answer.result == result;
}

static void every_code_has_a_result(void **state) {
    static const struct {
        const char *code;
        enum verify_result result;
    } rows[] = {
        {"00", VERIFY_MATCH},       {"37", VERIFY_RATE_LIMITED},  {"38", VERIFY_RATE_LIMITED},
        {"60", VERIFY_UNSUPPORTED}, {"61", VERIFY_INVALID_INPUT}, {"62", VERIFY_UNSUPPORTED},
        {"63", VERIFY_STATE_BAD},   {"65", VERIFY_UNSUPPORTED},   {"66", VERIFY_MISMATCH},
        {"67", VERIFY_STATE_BAD},   {"68", VERIFY_UNSUPPORTED},   {"72", VERIFY_UNSUPPORTED},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str text = str_format(arena, HEAD "&respCode=%s&respMsg=成功[%s00000]", rows[i].code, rows[i].code);
        assert_row(read_as(arena, signed_answer(arena, key, text), rows[i].result), rows[i].code);
    }
}

/* Every other code says something about the call: it is never a yes or a no about the person. */
static void no_other_code_is_an_answer(void **state) {
    static const char *const known[] = {"00", "37", "38", "60", "61", "62", "63", "65", "66", "67", "68", "72"};
    struct arena *arena ARENA_AUTO = arena_new();
    struct unionpay_expected expected = expected_of(key, NULL);
    for (int code = 0; code < 100; code++) {
        struct str text = str_format(arena, "%02d", code);
        bool is_known = false;
        for (size_t i = 0; i < ARRAY_LEN(known); i++) {
            is_known = is_known || str_equal(text, str_from(known[i]));
        }
        struct unionpay_answer answer;
        struct str body = signed_answer(arena, key, str_concat(arena, STR(HEAD "&respCode="), text));
        assert_int_equal(unionpay_answer_read(arena, body, &expected, &answer), is_known);
    }
}

static void signed_nonsense_is_no_answer(void **state) {
    static const char *const rows[] = {
        "",
        HEAD,
        HEAD "&respCode=",
        HEAD "&respCode=0",
        HEAD "&respCode=000",
        HEAD "&respCode=00 ",
        HEAD "&respcode=00",
        HEAD "&respCode={00}",
        "respCode=00",
        "encoding=utf-8&signMethod=01&txnType=72&txnSubType=01&merId=777290058110097&orderId=20260105102345&"
        "txnTime=20260105102345&respCode=00",
        "version=5.0.0&signMethod=01&txnType=72&txnSubType=01&merId=777290058110097&orderId=20260105102345&"
        "txnTime=20260105102345&respCode=00",
        "version=5.1.0&signMethod=11&txnType=72&txnSubType=01&merId=777290058110097&orderId=20260105102345&"
        "txnTime=20260105102345&respCode=00",
        "version=5.1.0&signMethod=01&txnType=01&txnSubType=01&merId=777290058110097&orderId=20260105102345&"
        "txnTime=20260105102345&respCode=00",
        "version=5.1.0&signMethod=01&txnType=72&txnSubType=11&merId=777290058110097&orderId=20260105102345&"
        "txnTime=20260105102345&respCode=00",
        "version=5.1.0&signMethod=01&txnType=72&txnSubType=01&merId=777290058110098&orderId=20260105102345&"
        "txnTime=20260105102345&respCode=00",
        "version=5.1.0&signMethod=01&txnType=72&txnSubType=01&merId=777290058110097&orderId=20260105102346&"
        "txnTime=20260105102345&respCode=00",
        "version=5.1.0&signMethod=01&txnType=72&txnSubType=01&merId=777290058110097&orderId=20260105102345&"
        "txnTime=20260105102346&respCode=00",
        "version=5.1.0&signMethod=01&txnType=72&txnSubType=01&merId=777290058110097&txnTime=20260105102345&respCode=00",
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct unionpay_expected expected = expected_of(key, NULL);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct unionpay_answer answer;
        struct str body = signed_answer(arena, key, str_from(rows[i]));
        assert_row(!unionpay_answer_read(arena, body, &expected, &answer), rows[i]);
    }
}

#define GOOD STR(HEAD "&respCode=00&respMsg=成功[0000000]")

static void only_the_configured_keys_count(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str body = signed_answer(arena, other, GOOD);
    struct unionpay_expected expected = expected_of(key, NULL);
    struct unionpay_answer answer;
    assert_false(unionpay_answer_read(arena, body, &expected, &answer));
    expected = expected_of(key, other);
    assert_true(unionpay_answer_read(arena, body, &expected, &answer));
    expected = expected_of(other, NULL);
    assert_true(unionpay_answer_read(arena, body, &expected, &answer));
    expected = expected_of(NULL, NULL);
    assert_false(unionpay_answer_read(arena, body, &expected, &answer));
}

static void an_answer_changed_on_the_way_is_no_answer(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str good = signed_answer(arena, key, STR(HEAD "&respCode=66&respMsg=x"));
    assert_true(read_as(arena, good, VERIFY_MISMATCH));
    for (size_t i = 0; i < good.len; i++) {
        struct unionpay_expected expected = expected_of(key, NULL);
        struct unionpay_answer answer;
        char *changed = malloc(good.len);
        memcpy(changed, good.ptr, good.len);
        changed[i] ^= 1;
        bool whole = unionpay_answer_read(arena, str_of(changed, good.len), &expected, &answer);
        memcpy(changed, good.ptr, good.len);
        bool part = unionpay_answer_read(arena, str_of(changed, i), &expected, &answer);
        free(changed);
        assert_false(whole || part);
    }
    assert_false(read_as(arena, str_concat(arena, good, STR("&more=1")), VERIFY_MISMATCH));
    assert_false(read_as(arena, str_concat(arena, STR("respCode=00&"), good), VERIFY_MATCH));
    assert_false(read_as(arena, GOOD, VERIFY_MATCH));
    assert_false(read_as(arena, str_concat(arena, GOOD, STR("&signature=")), VERIFY_MATCH));
    assert_false(read_as(arena, str_concat(arena, GOOD, STR("&signature=****")), VERIFY_MATCH));
}

static void the_time_is_beijing_s(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    assert_str(unionpay_time(arena, 1767578584), "20260105100304"); /* 02:03:04 UTC */
    assert_str(unionpay_time(arena, 1767196799), "20251231235959");
    assert_str(unionpay_time(arena, 1767196800), "20260101000000");
    assert_str(unionpay_time(arena, 1709136000), "20240229000000");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_signed_is_the_digest_of_the_sorted_fields),
        cmocka_unit_test(fields_are_read_as_they_came),
        cmocka_unit_test(what_are_no_fields),
        cmocka_unit_test(the_holder_is_written_as_published),
        cmocka_unit_test(a_holder_that_would_break_the_format_is_refused),
        cmocka_unit_test(every_code_has_a_result),
        cmocka_unit_test(no_other_code_is_an_answer),
        cmocka_unit_test(signed_nonsense_is_no_answer),
        cmocka_unit_test(only_the_configured_keys_count),
        cmocka_unit_test(an_answer_changed_on_the_way_is_no_answer),
        cmocka_unit_test(the_time_is_beijing_s),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
