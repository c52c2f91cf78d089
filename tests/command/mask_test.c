/* What an operator sees of a trial: nothing of a person or a secret, in no encoding. */
#include "base/encode.h"
#include "mask.h"
#include "test.h"

static struct mask *made(struct arena *arena) {
    struct mask *mask = mask_new(arena);
    mask_add_name(mask, STR("测试 甲/𠮷"));
    mask_add_number(mask, STR("11010518881231002X"));
    mask_add_phone(mask, STR("+8613800138000"));
    mask_add_card(mask, STR("6226388000000095"));
    mask_add_secret(mask, STR("s3cr3t/+value"));
    mask_add(mask, STR_NONE, MASK_HIDDEN);
    mask_add_name(mask, STR(""));
    return mask;
}

static void what_is_asked_stands_masked(void **state) {
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"", ""},
        {"nothing here: code=0000&n=17", "nothing here: code=0000&n=17"},
        {"{\"name\":\"测试 甲/𠮷\",\"no\":\"11010518881231002X\"}", "{\"name\":\"测*\",\"no\":\"1101**********002X\"}"},
        {"11010518881231002x", "1101**********002X"},
        {"+8613800138000,13800138000,8613800138000", "+86138****8000,138****8000,86138****8000"},
        {"6226388000000095", "****0095"},
        {"测试 甲\\/𠮷", "****"},
        {"\\u6d4b\\u8bd5 \\u7532/\\ud842\\udfb7", "****"},
        {"\\u6D4B\\u8BD5 \\u7532\\/\\uD842\\uDFB7", "****"},
        {"n=%E6%B5%8B%E8%AF%95%20%E7%94%B2%2F%F0%A0%AE%B7&x=1", "n=****&x=1"},
        {"n=%e6%b5%8b%e8%af%95%20%e7%94%b2%2f%f0%a0%ae%b7&x=1", "n=****&x=1"},
        {"n=%E6%B5%8B%E8%AF%95+%E7%94%B2%2F%F0%A0%AE%B7&x=1", "n=****&x=1"},
        {"k=s3cr3t/+value k=s3cr3t%2F%2Bvalue", "k=**** k=****"},
        {"313130313035313838383132333130303258", "****"},
        {"Bearer s3cr3t/+value.", "Bearer ****."},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct mask *mask = made(arena);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(mask_text(mask, str_from(rows[i].text)), rows[i].shown);
    }
}

/* What stands before and behind a value is not ours to know: base64 of any envelope may hold it. */
static void base64_at_any_offset(void **state) {
    static const char *const values[] = {"11010518881231002X", "13800138000", "6226388000000095", "测试 甲/𠮷"};
    struct arena *arena ARENA_AUTO = arena_new();
    struct mask *mask = made(arena);
    for (size_t i = 0; i < ARRAY_LEN(values); i++) {
        for (size_t before = 0; before < 6; before++) {
            struct str text = str_format(arena, "%.*s%s|more", (int)before, "{\"abcd", values[i]);
            struct str plain = base64_encode(arena, text), url = base64url_encode(arena, text);
            struct str nested = percent_encode(arena, plain), twice = base64_encode(arena, plain);
            const struct str coded[] = {plain, url, nested, twice};
            for (size_t j = 0; j < ARRAY_LEN(coded); j++) {
                struct str shown = mask_text(mask, coded[j]), bytes;
                assert_row(strstr(str_c(arena, shown), "****"), str_c(arena, coded[j]));
                assert_row(shown.len < coded[j].len, str_c(arena, coded[j]));
                assert_row(!base64_decode(arena, shown, &bytes), str_c(arena, coded[j]));
            }
        }
    }
}

static void hashes_of_numbers_are_numbers_too(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct mask *mask = made(arena);
    /* sha256 and sm3 of 13800138000, by the openssl command line */
    assert_str(mask_text(mask, STR("a a6942f9771d67f34034d2f1926988ed3fad3bf1b4e7cedb9a31f31398dea43bc b")),
               "a **** b");
    assert_str(mask_text(mask, STR("a ee5e7b1cbf65495467be9ff49ac5fc14b6887547c1cd7f8856221b23f1efa062 b")),
               "a **** b");
}

static void names_say_what_is_nobody_elses(void **state) {
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"{\"access_token\":\"abc.def\",\"expires_in\":7200}", "{\"access_token\":\"****\",\"expires_in\":7200}"},
        {"{\"sessionKey\" : \"a\\\"b\", \"openid\":\"o1\"}", "{\"sessionKey\" : \"****\", \"openid\":\"****\"}"},
        {"{\"data\":\"{\\\"nick_name\\\":\\\"abc\\\",\\\"code\\\":1}\"}",
         "{\"data\":\"{\\\"nick_name\\\":\\\"****\\\",\\\"code\\\":1}\"}"},
        {"grant_type=x&refresh_token=abc&secret=&y=1", "grant_type=x&refresh_token=****&secret=&y=1"},
        {"{\"user_id\":2088001,\"code\":\"10000\"}", "{\"user_id\":****,\"code\":\"10000\"}"},
        {"{\"token\":{\"a\":1}}", "{\"token\":{\"a\":1}}"},
        {"{\"token\":\"", "{\"token\":\""},
        {"{\"token\":", "{\"token\":"},
        {"token", "token"},
        {"tokens=5", "tokens=5"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct mask *mask = mask_new(arena);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(mask_text(mask, str_from(rows[i].text)), rows[i].shown);
    }
}

static void header_fields(void **state) {
    static const struct {
        const char *name, *value, *shown;
    } rows[] = {
        {"Authorization", "Basic dG9uZ3hpbmc6cw==", "Basic ****"},
        {"authorization", "dG9uZ3hpbmc6cw==", "****"},
        {"Set-Cookie", "a=b; Path=/", "****"},
        {"X-Api-Key", "abc", "****"},
        {"X-Access-Token", "abc", "****"},
        {"X-App-Id", "tongxing", "tongxing"},
        {"X-Number", "11010518881231002X", "1101**********002X"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct mask *mask = made(arena);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(mask_field(mask, str_from(rows[i].name), str_from(rows[i].value)), rows[i].shown);
    }
}

static void pictures_are_cut(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    char text[700];
    memset(text, 'A', sizeof(text));
    text[0] = text[699] = '"';
    assert_str(mask_text(mask_new(arena), str_of(text, sizeof(text))), "\"(698 characters)\"");
}

/* A register writes what it was asked as it likes, and tells of others too. */
static void what_looks_like_somebodys_is_masked(void **state) {
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"1101 0518 8812 3100 2X", "****"},
        {"110105-18881231-002x", "****"},
        {"１１０１０５１８８８１２３１００２Ｘ", "****"},
        {"110105 18881231 002Ⅹ", "****"},
        {"110105881231002", "****"}, /* as it was before 1999 */
        {"138 0013 8000", "****"},
        {"１３８００１３８０００", "****"},
        {"6226 3880 0000 0095", "****"},
        {"测 试 甲", "测 试 甲"},
        {"18881231", "****"},
        {"1888-12-31", "****"},
        {"881231", "****"},
        {"31002X ends it", "**** ends it"},
        {"002X", "****"},
        {"02X", "02X"},
        {"0018 1231", "0018 ****"},
        /* of others */
        {"510104188402290134", "****"},
        {"51010418840229013x", "****"},
        {"510104840229013", "****"},
        {"13900139000 +86 139 0013 9000", "**** +****"},
        {"6217000000000000004", "****"},
        {"4111-1111-1111-1111", "****"},
        {"born 1960/07/03.", "born ****."},
        {"1960年07月03日", "****日"},
        /* of nobody */
        {"0000 1000 200 E0001", "0000 1000 200 E0001"},
        {"1767578584000", "1767578584000"},
        {"20260105100304", "20260105100304"},
        {"2026-01-05 10:03:04", "2026-01-05 10:03:04"},
        {"2026-01-05T10:03:04Z", "2026-01-05T10:03:04Z"},
        {"fedcba98765432100123456789abcdef", "fedcba98765432100123456789abcdef"},
        {"10.0.0.1:8080", "10.0.0.1:8080"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct mask *mask = made(arena);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(mask_text(mask, str_from(rows[i].text)), rows[i].shown);
    }
}

static void a_name_with_signs_in_it_and_parts_of_long_ones(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct mask *mask = mask_new(arena);
    mask_add_name(mask, STR("测试甲"));
    mask_add_name(mask, STR("示例省示例有限公司"));
    assert_str(mask_text(mask, STR("测 试 甲, 测　试　甲, 测·试·甲")), "****, ****, ****");
    assert_str(mask_text(mask, STR("示例省示例, 省示例有, 例有限")), "****, ****, 例有限");
}

/* Whatever the member is called. */
static void of_an_answer_only_codes_and_the_like_are_shown(void **state) {
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"{\"code\":\"0000\",\"msg\":\"查询成功\",\"birth\":\"18960703\",\"tail\":\"03018X\",\"bank\":"
         "\"6217000000000000004\"}",
         "{\"code\":\"0000\",\"msg\":\"查询成功\",\"birth\":\"****\",\"tail\":\"****\",\"bank\":\"****\"}"},
        {"{\"xm\":\"李示例\",\"xb\":1,\"mz\":\"汉\",\"dz\":\"示例路1号\",\"whatever\":\"x\",\"年龄\":36}",
         "{\"xm\":\"****\",\"xb\":****,\"mz\":\"****\",\"dz\":\"****\",\"whatever\":\"****\",\"年龄\":****}"},
        {"{\"data\":{\"verdict\":1,\"list\":[\"李示例\",2],\"items\":[{\"code\":1},\"王\"]}}",
         "{\"data\":{\"verdict\":1,\"list\":[\"****\",****],\"items\":[{\"code\":1},\"****\"]}}"},
        {"{\"data\":\"{\\\"xm\\\":\\\"李示例\\\",\\\"result\\\":\\\"1\\\"}\",\"timestamp\":\"1767578584000\"}",
         "{\"data\":\"{\\\"xm\\\":\\\"****\\\",\\\"result\\\":\\\"1\\\"}\",\"timestamp\":\"1767578584000\"}"},
        {"{\"valid\":true,\"spouse\":null,\"n\":-1.5e3}", "{\"valid\":true,\"spouse\":null,\"n\":****}"},
        {"{\"message\":\"no phone 13900139000 of 1101 0518 8812 3100 2X\"}", "{\"message\":\"no phone **** of ****\"}"},
        {"{\"name\":\"测试 甲/𠮷\",\"id\":\"11010518881231002X\"}", "{\"name\":\"测*\",\"id\":\"1101**********002X\"}"},
        {"{\"busi_tag\":\"8000\",\"code\":\"8000\",\"x\":\"8000\"}",
         "{\"busi_tag\":\"8000\",\"code\":\"8000\",\"x\":\"****\"}"},
        {"{\"code\":\"2310\"}", "{\"code\":\"****\"}"},
        {"{\"510104188402290134\":1}", "{\"****\":****}"},
        {"[\"李示例\"]", "[\"****\"]"},
        {"\"李示例\"", "\"****\""},
        {"{\"xm\":\"李", "{\"xm\":\"****"},
        {"respCode=00&respMsg=ok&customerNm=Li&x", "respCode=00&respMsg=ok&customerNm=****&****"},
        {"<r><code>1</code><xm born=\"x\">李</xm><![CDATA[李]]></r>", "<r><code>1</code><xm>****</xm><></r>"},
        {"<html><h1>502 Bad Gateway</h1></html>", "<html><h1>502 Bad Gateway</h1></html>"},
        {"upstream connect error", "upstream connect error"},
        {"姓名 Li 李示例, 1960-07-03", "**** Li ****, ****"},
        {"", ""},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct mask *mask = made(arena);
    mask_keep_name(mask, STR("busi_tag"));
    mask_keep_word(mask, STR("8000"));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(mask_answer(mask, str_from(rows[i].text)), rows[i].shown);
    }
}

/* Answers are anybody's bytes: whatever they are, the secret is not in what is shown. */
static void hostile_bytes(void **state) {
    static const char *const pieces[] = {"\"",    "\\",      "\\\"",          ":", "=",  "&", "{",   "}",  "[",
                                         "token", "phone",   "s3cr3t/+value", " ", "\n", "%", "\\u", "00", "\xff",
                                         ",",     "key\":\""};
    struct arena *arena ARENA_AUTO = arena_new();
    struct mask *mask = made(arena);
    uint32_t seed = 1;
    for (size_t round = 0; round < 20000; round++) {
        struct arena *scratch ARENA_AUTO = arena_new();
        struct buf buf;
        buf_init(&buf, scratch, 128, 1024);
        for (size_t i = 0; i < 1 + round % 24; i++) {
            seed = seed * 1664525 + 1013904223;
            buf_put(&buf, str_from(pieces[(seed >> 16) % ARRAY_LEN(pieces)]));
        }
        struct str shown = mask_text(mask, buf_str(&buf));
        assert_true(shown.len == 0 || !memmem(shown.ptr, shown.len, "s3cr3t", 6));
        shown = mask_answer(mask, buf_str(&buf));
        assert_true(shown.len == 0 || !memmem(shown.ptr, shown.len, "s3cr3t", 6));
        if (round % 500 == 499) {
            arena_free(arena);
            arena = arena_new();
            mask = made(arena);
        }
    }
}

RUN_TESTS(cmocka_unit_test(hostile_bytes), cmocka_unit_test(what_is_asked_stands_masked),
          cmocka_unit_test(base64_at_any_offset), cmocka_unit_test(hashes_of_numbers_are_numbers_too),
          cmocka_unit_test(names_say_what_is_nobody_elses), cmocka_unit_test(header_fields),
          cmocka_unit_test(what_looks_like_somebodys_is_masked),
          cmocka_unit_test(a_name_with_signs_in_it_and_parts_of_long_ones),
          cmocka_unit_test(of_an_answer_only_codes_and_the_like_are_shown), cmocka_unit_test(pictures_are_cut))
