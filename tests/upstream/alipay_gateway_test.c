/* The gateway's signing strings, the bytes that are signed of an answer, encrypted contents, codes, and what counts as
 * an answer. */
#include "base/encode.h"
#include "jose/digest.h"
#include "jose/foreign_key.h"
#include "rsa_pem.h"
#include "test.h"
#include "upstream/alipay_gateway.h"

#include <stdlib.h>

#define METHOD "alipay.user.info.share"

static struct alipay_key alipay_key;
static struct foreign_key *own_key, *public_key;

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int free_arena(void **state) {
    arena_free(*state);
    return 0;
}

static void make_keys(void) {
    CHECK(foreign_key_parse_private(str_from(TEST_RSA_PRIVATE), FOREIGN_RSA, &own_key) &&
          foreign_key_parse_public(str_from(TEST_RSA_PUBLIC), FOREIGN_RSA, &public_key));
    alipay_key = (struct alipay_key){STR_NONE, public_key};
}

static void assert_sha256(struct arena *arena, struct str text, const char *expected) {
    struct sha256 digest = sha256_of(text);
    assert_str(hex_encode(arena, sha256_str(&digest)), expected);
}

/* --- requests --- */

/* domain-china §4.1. */
static void a_request_is_signed_sorted_raw_and_without_what_is_empty(void **state) {
    const struct alipay_param params[] = {
        {STR("app_id"), STR("2021000000000000")},
        {STR("method"), STR(METHOD)},
        {STR("format"), STR("JSON")},
        {STR("charset"), STR("utf-8")},
        {STR("sign_type"), STR("RSA2")},
        {STR("timestamp"), STR("2026-01-05 10:03:04")},
        {STR("version"), STR("1.0")},
        {STR("auth_token"), STR("authusrB0000000000000000000000000000X00")},
        {STR("biz_content"), STR("")},
        {STR("app_auth_token"), STR_NONE},
        {STR("sign"), STR("of before")},
    };
    struct str text = alipay_signing_text(*state, params, ARRAY_LEN(params), ALIPAY_REQUEST);
    assert_str(text, "app_id=2021000000000000&auth_token=authusrB0000000000000000000000000000X00&charset=utf-8&format="
                     "JSON&method=alipay.user.info.share&sign_type=RSA2&timestamp=2026-01-05 10:03:04&version=1.0");
    assert_sha256(*state, text, "1fac7f90a7ba69d163f729dcb76d6a4e54a10b3cd1ff22ca5042c528f047b85e");
    /* openssl dgst -sha256 -sign over the text */
    struct str signature = alipay_sign(*state, own_key, text);
    assert_true(str_starts(signature, STR("hLuxuMAaZ3HsjyM6vzhnkYGUMxj4bzgeMgPsBPbGM3UKAiVJR1llLJ6u6g/FzkYv")));
    assert_true(signature.len == 344);
    assert_true(alipay_signature_fits(*state, alipay_key.key, text, signature));
}

static void bytes_decide_the_order(void **state) {
    const struct alipay_param params[] = {
        {STR("b"), STR("2")},   {STR("a_b"), STR("1")}, {STR("B"), STR("0")},
        {STR("a"), STR("=&%")}, {STR("aa"), STR("值")},
    };
    assert_str(alipay_signing_text(*state, params, ARRAY_LEN(params), ALIPAY_REQUEST), "B=0&a==&%&a_b=1&aa=值&b=2");
    assert_str(alipay_signing_text(*state, params, 0, ALIPAY_REQUEST), "");
}

static void what_comes_back_is_signed_without_its_sign_type(void **state) {
    const struct alipay_param params[] = {{STR("sign_type"), STR("RSA2")},
                                          {STR("alipay_cert_sn"), STR("c")},
                                          {STR("sign"), STR("s")},
                                          {STR("n"), STR("v")}};
    assert_str(alipay_signing_text(*state, params, ARRAY_LEN(params), ALIPAY_RETURNED), "n=v");
    assert_str(alipay_signing_text(*state, params, ARRAY_LEN(params), ALIPAY_REQUEST),
               "alipay_cert_sn=c&n=v&sign_type=RSA2");
}

static void timestamps_are_chinas(void **state) {
    assert_str(alipay_timestamp(*state, 1767578584), "2026-01-05 10:03:04");
    assert_str(alipay_timestamp(*state, 0), "1970-01-01 08:00:00");
    assert_str(alipay_timestamp(*state, 1772294400 - 1), "2026-02-28 23:59:59");
}

static void a_form_is_encoded(void **state) {
    const struct alipay_param params[] = {{STR("a"), STR("x y+z/=&测")}, {STR("b"), STR("2026-01-05 10:03:04")}};
    assert_str(alipay_form(*state, params, 2), "a=x%20y%2Bz%2F%3D%26%E6%B5%8B&b=2026-01-05%2010%3A03%3A04");
}

/* --- the bytes of the content --- */

/* domain-china §4.2. */
static void the_signed_bytes_are_the_contents_as_they_stand(void **state) {
    struct str body = STR("{\"alipay_user_info_share_response\":{\"code\":\"10000\",\"msg\":\"Success\",\"avatar\":"
                          "\"https:\\/\\/example.com\\/a\",\"nick_name\":\"测试\",\"open_id\":\"074aTEST\"},\"sign\":"
                          "\"AAAA\"}");
    struct str content;
    assert_true(alipay_member_text(body, alipay_content_name(*state, STR(METHOD)), &content));
    assert_true(str_starts(content, STR("{\"code\":\"10000\"")) && str_ends(content, STR("\"open_id\":\"074aTEST\"}")));
    assert_sha256(*state, content, "9e0179bcd0aead20ba808a80e52c1e17eac5b5246c1f75a00433bd191e6ab49b");
}

static void members_are_found_at_the_top_once(void **state) {
    static const struct {
        const char *text, *value; /* NULL: none */
    } rows[] = {
        {"{\"k\":{}}", "{}"},
        {"{\"k\":1}", "1"},
        {" {\t\"k\"\n:\r { \"a\" : 1 } , \"z\":2}", "{ \"a\" : 1 }"},
        {"{\"a\":[1,{\"k\":2}],\"k\":\"v\"}", "\"v\""},
        {"{\"a\":\"},\\\"sign\\\":\\\"\",\"k\":{\"b\":\"}\\\\\"}}", "{\"b\":\"}\\\\\"}"},
        {"{\"a\":\"\\\\\",\"k\":\"\\\"\"}", "\"\\\"\""},
        {"{\"k\":[[[]],{}],\"b\":{}}", "[[[]],{}]"},
        {"{\"k\":{},\"k\":{}}", NULL},
        {"{\"a\":{\"k\":{}}}", NULL},
        {"{\"\\u006b\":{}}", NULL},
        {"{\"K\":{}}", NULL},
        {"[{\"k\":{}}]", NULL},
        {"\"k\"", NULL},
        {"{}", NULL},
        {"", NULL},
        {"{\"k\":", NULL},
        {"{\"k\":}", NULL},
        {"{\"k\":{", NULL},
        {"{\"k\":\"", NULL},
        {"{\"k\":\"\\", NULL},
        {"{\"k\":{}", NULL},
        {"{\"k\" {}}", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str value = STR_NONE, text = str_from(rows[i].text);
        char *exact = malloc(text.len + 1);
        memcpy(exact, text.ptr, text.len);
        bool found = alipay_member_text(str_of(exact, text.len), STR("k"), &value);
        assert_row(found == (rows[i].value != NULL), rows[i].text);
        assert_row(!found || str_equal(value, str_from(rows[i].value)), rows[i].text);
        free(exact);
    }
}

/* --- codes --- */

static void codes_and_what_they_mean(void **state) {
    static const struct {
        const char *code, *sub_code;
        enum verify_result result;
    } rows[] = {
        {"10000", "", VERIFY_MATCH},
        {"20000", "isp.unknow-error", VERIFY_UPSTREAM_ERROR},
        {"20000", "aop.unknow-error", VERIFY_UPSTREAM_ERROR},
        {"20001", "aop.invalid-auth-token", VERIFY_UPSTREAM_ERROR},
        {"20001", "aop.auth-token-time-out", VERIFY_UPSTREAM_ERROR},
        {"40001", "isv.missing-method", VERIFY_UPSTREAM_ERROR},
        {"40002", "isv.code-invalid", VERIFY_MISMATCH},
        {"40002", "isv.invalid-signature", VERIFY_UPSTREAM_ERROR},
        {"40002", "isv.invalid-app-id", VERIFY_UPSTREAM_ERROR},
        {"40003", "", VERIFY_UPSTREAM_ERROR},
        {"40004", "INVALID_PARAMETER", VERIFY_INVALID_INPUT},
        {"40004", "OPEN_CERTIFY_BILL_NOT_EXIST", VERIFY_NOT_FOUND},
        {"40004", "SYSTEM_ERROR", VERIFY_UPSTREAM_ERROR},
        {"40004", "unknown-sub-code", VERIFY_UPSTREAM_ERROR},
        {"40005", "isv.app-call-limited", VERIFY_RATE_LIMITED},
        {"40006", "isv.insufficient-isv-permissions", VERIFY_UPSTREAM_ERROR},
        {"", "", VERIFY_UPSTREAM_ERROR},
        {"1000", "", VERIFY_UPSTREAM_ERROR},
        {"100000", "", VERIFY_UPSTREAM_ERROR},
        {"10000 ", "", VERIFY_UPSTREAM_ERROR},
        {"99999", "isv.code-invalid", VERIFY_UPSTREAM_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum verify_result result = alipay_result_of(str_from(rows[i].code), str_from(rows[i].sub_code));
        assert_row(result == rows[i].result, rows[i].sub_code);
    }
}

/* --- answers --- */

static struct str signed_body(struct arena *arena, const struct foreign_key *key, const char *name, const char *content,
                              const char *more) {
    struct str signature = alipay_sign(arena, key, str_from(content));
    return str_format(arena, "{\"%s\":%s%s,\"sign\":\"%.*s\"}", name, content, more, STR_ARG(signature));
}

static enum verify_result read_with(struct arena *arena, struct str body, const char *method,
                                    const struct alipay_key *key, struct alipay_answer *answer) {
    const struct alipay_trust trust = {key, 1, STR_NONE};
    alipay_answer_read(arena, body, str_from(method), &trust, answer);
    return answer->result;
}

static enum verify_result read_body(struct arena *arena, struct str body) {
    struct alipay_answer answer;
    return read_with(arena, body, METHOD, &alipay_key, &answer);
}

#define NAME "alipay_user_info_share_response"
#define CONTENT                                                                                                        \
    "{\"code\":\"10000\",\"msg\":\"Success\",\"avatar\":\"https:\\/\\/example.com\\/a\",\"open_id\":\"074aTEST\"}"

static void a_signed_answer_is_read(void **state) {
    struct alipay_answer answer;
    struct str open_id;
    assert_int_equal(read_with(*state, signed_body(*state, own_key, NAME, CONTENT, ""), METHOD, &alipay_key, &answer),
                     VERIFY_MATCH);
    assert_true(json_get_str(answer.content, "open_id", &open_id));
    assert_str(open_id, "074aTEST");
    assert_int_equal(read_body(*state, signed_body(*state, own_key, NAME, CONTENT, ",\"more\":[{}]")), VERIFY_MATCH);
}

static void a_signed_refusal_means_what_the_table_says(void **state) {
    struct alipay_answer answer;
    const char *content = "{\"code\":\"40002\",\"msg\":\"Invalid Arguments\",\"sub_code\":\"isv.code-invalid\"}";
    assert_int_equal(read_body(*state, signed_body(*state, own_key, "error_response", content, "")), VERIFY_MISMATCH);
    assert_int_equal(read_with(*state, signed_body(*state, own_key, NAME, content, ""), METHOD, &alipay_key, &answer),
                     VERIFY_MISMATCH);
    assert_str(answer.code, "40002");
    assert_str(answer.sub_code, "isv.code-invalid");
}

/* Whoever can put an answer in without the key can only make it an error. */
static void without_a_fitting_signature_it_is_an_error(void **state) {
    struct foreign_key *another = foreign_key_generate(FOREIGN_RSA);
    struct str good = signed_body(*state, own_key, NAME, CONTENT, "");
    const struct {
        const char *name;
        struct str body;
    } rows[] = {
        {"unsigned", STR("{\"" NAME "\":" CONTENT "}")},
        {"empty signature", STR("{\"" NAME "\":" CONTENT ",\"sign\":\"\"}")},
        {"null signature", STR("{\"" NAME "\":" CONTENT ",\"sign\":null}")},
        {"no base64", STR("{\"" NAME "\":" CONTENT ",\"sign\":\"AAA\"}")},
        {"unsigned error", STR("{\"error_response\":{\"code\":\"40002\",\"sub_code\":\"isv.code-invalid\"}}")},
        {"unsigned limit", STR("{\"" NAME "\":{\"code\":\"40005\"}}")},
        {"another key", signed_body(*state, another, NAME, CONTENT, "")},
        {"an error that says done", signed_body(*state, own_key, "error_response", CONTENT, "")},
        {"another method", signed_body(*state, own_key, "alipay_system_oauth_token_response", CONTENT, "")},
        {"answer and error", signed_body(*state, own_key, NAME, CONTENT, ",\"error_response\":{\"code\":\"40005\"}")},
        {"content twice", signed_body(*state, own_key, NAME, CONTENT, ",\"" NAME "\":" CONTENT)},
        {"content twice, escaped",
         signed_body(*state, own_key, NAME, CONTENT, ",\"\\u0061lipay_user_info_share_response\":{}")},
        {"content is text", signed_body(*state, own_key, NAME, "\"" NAME "\"", "")},
        {"content is a list", signed_body(*state, own_key, NAME, "[{\"code\":\"10000\"}]", "")},
        {"code is a number", signed_body(*state, own_key, NAME, "{\"code\":10000}", "")},
        {"no code", signed_body(*state, own_key, NAME, "{\"open_id\":\"074aTEST\"}", "")},
        {"code twice", signed_body(*state, own_key, NAME, "{\"code\":\"40005\",\"code\":\"10000\"}", "")},
        {"more behind", str_concat(*state, good, STR("{}"))},
        {"byte order mark", str_concat(*state, STR("\xef\xbb\xbf"), good)},
        {"list", str_concat(*state, STR("["), good, STR("]"))},
        {"empty", STR("")},
        {"not json", STR("<html>")},
        {"encrypted", signed_body(*state, own_key, NAME, "\"c2VjcmV0\"", "")},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct alipay_answer answer;
        enum verify_result result = read_with(*state, rows[i].body, METHOD, &alipay_key, &answer);
        assert_row(result == VERIFY_UPSTREAM_ERROR, rows[i].name);
    }
    foreign_key_free(another);
}

/* The real content first, another one inside a member that is not signed. */
static void what_is_not_signed_is_not_read(void **state) {
    struct alipay_answer answer;
    struct str open_id;
    struct str body = signed_body(*state, own_key, NAME, CONTENT, ",\"x\":{\"" NAME "\":{\"open_id\":\"evil\"}}");
    assert_int_equal(read_with(*state, body, METHOD, &alipay_key, &answer), VERIFY_MATCH);
    assert_true(json_get_str(answer.content, "open_id", &open_id));
    assert_str(open_id, "074aTEST");
}

static void every_changed_byte_is_seen(void **state) {
    struct str good = signed_body(*state, own_key, NAME, CONTENT, "");
    for (size_t i = 0; i < good.len; i++) {
        char *bad = str_c(*state, good);
        bad[i] = (char)(bad[i] ^ 4);
        assert_int_equal(read_body(*state, str_of(bad, good.len)), VERIFY_UPSTREAM_ERROR);
    }
}

static void no_part_of_an_answer_is_an_answer(void **state) {
    struct str good = signed_body(*state, own_key, NAME, CONTENT, "");
    for (size_t len = 0; len < good.len; len++) {
        char *exact = malloc(len ? len : 1);
        memcpy(exact, good.ptr, len);
        enum verify_result result = read_body(*state, str_of(exact, len));
        free(exact);
        assert_int_equal(result, VERIFY_UPSTREAM_ERROR);
    }
}

static void in_certificate_mode_the_answer_names_its_key(void **state) {
    const struct alipay_key named = {STR("abc"), alipay_key.key};
    const struct alipay_key two[] = {{STR("old"), own_key}, named};
    struct alipay_answer answer;
    struct str good = signed_body(*state, own_key, NAME, CONTENT, ",\"alipay_cert_sn\":\"abc\"");
    struct str other = signed_body(*state, own_key, NAME, CONTENT, ",\"alipay_cert_sn\":\"abd\"");
    struct str none = signed_body(*state, own_key, NAME, CONTENT, "");
    assert_int_equal(read_with(*state, good, METHOD, &named, &answer), VERIFY_MATCH);
    assert_int_equal(read_with(*state, other, METHOD, &named, &answer), VERIFY_UPSTREAM_ERROR);
    assert_int_equal(read_with(*state, none, METHOD, &named, &answer), VERIFY_UPSTREAM_ERROR);
    const struct alipay_trust both = {two, 2, STR_NONE}, neither = {two, 0, STR_NONE};
    alipay_answer_read(*state, good, STR(METHOD), &both, &answer);
    assert_int_equal(answer.result, VERIFY_MATCH);
    alipay_answer_read(*state, good, STR(METHOD), &neither, &answer);
    assert_int_equal(answer.result, VERIFY_UPSTREAM_ERROR);
}

/* It alone may lack a code. */
static void a_token_comes_without_a_code(void **state) {
    struct alipay_answer answer;
    const char *method = "alipay.system.oauth.token", *name = "alipay_system_oauth_token_response";
    struct str body = signed_body(*state, own_key, name, "{\"access_token\":\"t\"}", "");
    assert_int_equal(read_with(*state, body, method, &alipay_key, &answer), VERIFY_MATCH);
    body = signed_body(*state, own_key, name, "{\"code\":\"\",\"access_token\":\"t\"}", "");
    assert_int_equal(read_with(*state, body, method, &alipay_key, &answer), VERIFY_UPSTREAM_ERROR);
    body = signed_body(*state, own_key, name, "{\"sub_code\":\"isv.code-invalid\",\"access_token\":\"t\"}", "");
    assert_int_equal(read_with(*state, body, method, &alipay_key, &answer), VERIFY_UPSTREAM_ERROR);
    body = signed_body(*state, own_key, "error_response", "{\"msg\":\"?\"}", "");
    assert_int_equal(read_with(*state, body, method, &alipay_key, &answer), VERIFY_UPSTREAM_ERROR);
}

/* Codes go to the log: only what cannot be anything else. */
static void a_code_for_the_log_is_letters_and_digits(void **state) {
    struct alipay_answer answer;
    struct str body = STR("{\"error_response\":{\"code\":\"40002\",\"sub_code\":\"isv.invalid signature 测试甲\"}}");
    assert_int_equal(read_with(*state, body, METHOD, &alipay_key, &answer), VERIFY_UPSTREAM_ERROR);
    assert_str(answer.code, "40002");
    assert_str(answer.sub_code, "");
    assert_null(answer.content);
}

/* --- encrypted contents --- */

#define CONTENT_KEY  "AAECAwQFBgcICQoLDA0ODw=="
#define SEALED_DONE  "9DdE6VlpDK4G4o47Lmjbd7wWBy0FEZh1xco48wCwdgs="
#define PLAIN_DONE   "{\"code\":\"10000\"}"
#define QUOTED(text) "\"" text "\""

static struct str content_key(struct arena *arena) {
    struct secret key;
    assert_true(alipay_content_key_read(arena, STR(CONTENT_KEY), &key));
    return secret_bytes(key);
}

/* By `openssl enc -aes-128-cbc` with an IV of zeros. */
static void contents_are_sealed_as_the_sdks_do(void **state) {
    static const struct {
        const char *plain, *sealed;
    } rows[] = {
        {"{}", "XjROMe16mC4WGbUXWRQLQA=="},
        {"{\"certify_id\":\"c0\"}", "oAJEXbGppwvwwmZMb1vYi6n0cRg1QkOjHLvlYSB49AY="},
        {PLAIN_DONE, SEALED_DONE},
        {"{\"code\":\"10000\",\"msg\":\"Success\",\"nick_name\":\"测试\"}",
         "igATcyTqqgv1AFpBiHJyVf94zn4d80DWhHrnUhty+8TwUhXNzMaqozLxcA2gVI4ZwJtVrDuRyNPxF+uAy7nPPw=="},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str plain;
        assert_str(alipay_content_seal(*state, content_key(*state), str_from(rows[i].plain)), rows[i].sealed);
        assert_true(alipay_content_open(*state, content_key(*state), str_from(rows[i].sealed), &plain));
        assert_str(plain, rows[i].plain);
    }
}

static void a_content_key_is_sixteen_bytes(void **state) {
    static const char *const bad[] = {"",
                                      "AAECAwQFBgcICQoLDA0ODw",
                                      "AAECAwQFBgcICQoLDA0ODx==",
                                      "AAECAwQFBgcICQoLDA0O",
                                      "AAECAwQFBgcICQoLDA0ODxA=",
                                      "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
                                      "000102030405060708090a0b0c0d0e0f",
                                      "AAECAwQFBgcICQoLDA0OD-=="};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct secret key;
        assert_row(!alipay_content_key_read(*state, str_from(bad[i]), &key), bad[i]);
    }
}

static const struct {
    const char *name, *content;
} closed[] = {
    {"empty", QUOTED("")},
    {"no base64", QUOTED("9DdE6VlpDK4G4o47Lmjbd7wWBy0FEZh1xco48wCwdgs")},
    {"a foreign character", QUOTED("9DdE6VlpDK4G4o47Lmjbd7wWBy0FEZh1xco48wCwdg$=")},
    {"base64url", QUOTED("igATcyTqqgv1AFpBiHJyVf94zn4d80DWhHrnUhty-8TwUhXNzMaqozLxcA2gVI4ZwJtVrDuRyNPxF-uAy7nPPw==")},
    {"no whole block", QUOTED("9DdE6VlpDK4G4o47Lmjbd7wWBy0FEZh1xco48wCw")},
    {"padding of zero", QUOTED("ssHfRtvNb5bCcYCwiotXHg==")},
    {"padding of seventeen", QUOTED("Mm1qQEbtuuvuauBlreu74g==")},
    {"uneven padding", QUOTED("RO7sbuyy1HJoKWbCCvBYpg==")},
    {"no padding", QUOTED("9DdE6VlpDK4G4o47Lmjbdw==")},
    {"a block changed", QUOTED("oAJEXbGppwvwwmZMb1vYi7wWBy0FEZh1xco48wCwdgs=")},
};

static enum verify_result read_sealed(struct arena *arena, struct str body, struct alipay_answer *answer) {
    const struct alipay_trust trust = {&alipay_key, 1, content_key(arena)};
    alipay_answer_read(arena, body, STR(METHOD), &trust, answer);
    return answer->result;
}

/* The signature is over the text with its quotes, as it stands. */
static void an_encrypted_answer_is_read(void **state) {
    struct alipay_answer answer;
    struct str open_id;
    struct str sealed = alipay_content_seal(*state, content_key(*state), STR(CONTENT));
    const char *content = str_c(*state, str_concat(*state, STR("\""), sealed, STR("\"")));
    assert_int_equal(read_sealed(*state, signed_body(*state, own_key, NAME, content, ""), &answer), VERIFY_MATCH);
    assert_true(answer.authentic && json_get_str(answer.content, "open_id", &open_id));
    assert_str(open_id, "074aTEST");
    content = QUOTED("igATcyTqqgv1AFpBiHJyVf94zn4d80DWhHrnUhty+8TwUhXNzMaqozLxcA2gVI4ZwJtVrDuRyNPxF+uAy7nPPw==");
    assert_int_equal(read_sealed(*state, signed_body(*state, own_key, NAME, content, ""), &answer), VERIFY_MATCH);
    content = QUOTED("9DdE6VlpDK4G4o47Lmjbd7wWBy0FEZh1xco48wCwdgs\\u003d");
    assert_int_equal(read_sealed(*state, signed_body(*state, own_key, NAME, content, ""), &answer), VERIFY_MATCH);
}

static void the_signature_is_over_the_quotes_too(void **state) {
    struct alipay_answer answer;
    struct str signature = alipay_sign(*state, own_key, STR(SEALED_DONE));
    struct str body =
        str_format(*state, "{\"" NAME "\":" QUOTED(SEALED_DONE) ",\"sign\":\"%.*s\"}", STR_ARG(signature));
    assert_int_equal(read_sealed(*state, body, &answer), VERIFY_UPSTREAM_ERROR);
    assert_false(answer.authentic);
    signature = alipay_sign(*state, own_key, STR(PLAIN_DONE));
    body = str_format(*state, "{\"" NAME "\":" QUOTED(SEALED_DONE) ",\"sign\":\"%.*s\"}", STR_ARG(signature));
    assert_int_equal(read_sealed(*state, body, &answer), VERIFY_UPSTREAM_ERROR);
}

/* One and the same error, whatever it is that does not open. */
static void what_does_not_open_is_an_error(void **state) {
    for (size_t i = 0; i < ARRAY_LEN(closed); i++) {
        struct alipay_answer answer;
        struct str body = signed_body(*state, own_key, NAME, closed[i].content, "");
        assert_row(read_sealed(*state, body, &answer) == VERIFY_UPSTREAM_ERROR, closed[i].name);
        assert_row(answer.authentic && !answer.content && answer.code.len == 0, closed[i].name);
    }
}

static void what_is_sealed_must_be_an_object(void **state) {
    static const char *const plains[] = {"", "{", "[]", "10000", QUOTED(SEALED_DONE), PLAIN_DONE "{}", "\xff"};
    for (size_t i = 0; i < ARRAY_LEN(plains); i++) {
        struct alipay_answer answer;
        struct str sealed = alipay_content_seal(*state, content_key(*state), str_from(plains[i]));
        const char *content = str_c(*state, str_concat(*state, STR("\""), sealed, STR("\"")));
        assert_row(read_sealed(*state, signed_body(*state, own_key, NAME, content, ""), &answer) ==
                       VERIFY_UPSTREAM_ERROR,
                   plains[i]);
    }
}

static void unsigned_contents_stay_closed(void **state) {
    struct alipay_answer answer;
    assert_int_equal(read_sealed(*state, STR("{\"" NAME "\":" QUOTED(SEALED_DONE) "}"), &answer),
                     VERIFY_UPSTREAM_ERROR);
    assert_true(!answer.authentic && !answer.content);
    assert_str(answer.code, "");
}

/* Encrypted where it is not agreed, plain where it is. */
static void only_a_refusal_may_come_without_encryption(void **state) {
    struct alipay_answer answer;
    const char *limited = "{\"code\":\"40005\",\"sub_code\":\"isv.app-call-limited\"}";
    const char *name = "alipay_system_oauth_token_response";
    const struct alipay_trust trust = {&alipay_key, 1, content_key(*state)};
    assert_int_equal(read_body(*state, signed_body(*state, own_key, NAME, QUOTED(SEALED_DONE), "")),
                     VERIFY_UPSTREAM_ERROR);
    assert_int_equal(read_sealed(*state, signed_body(*state, own_key, NAME, CONTENT, ""), &answer),
                     VERIFY_UPSTREAM_ERROR);
    alipay_answer_read(*state, signed_body(*state, own_key, name, "{\"access_token\":\"t\"}", ""),
                       STR("alipay.system.oauth.token"), &trust, &answer);
    assert_int_equal(answer.result, VERIFY_UPSTREAM_ERROR);
    assert_int_equal(read_sealed(*state, signed_body(*state, own_key, NAME, limited, ""), &answer),
                     VERIFY_RATE_LIMITED);
    assert_int_equal(read_sealed(*state, signed_body(*state, own_key, "error_response", limited, ""), &answer),
                     VERIFY_RATE_LIMITED);
    struct str sealed = alipay_content_seal(*state, content_key(*state), str_from(limited));
    const char *content = str_c(*state, str_concat(*state, STR("\""), sealed, STR("\"")));
    assert_int_equal(read_sealed(*state, signed_body(*state, own_key, NAME, content, ""), &answer),
                     VERIFY_RATE_LIMITED);
    assert_int_equal(read_sealed(*state, signed_body(*state, own_key, "error_response", content, ""), &answer),
                     VERIFY_RATE_LIMITED);
    assert_int_equal(
        read_sealed(*state, signed_body(*state, own_key, "error_response", QUOTED(SEALED_DONE), ""), &answer),
        VERIFY_UPSTREAM_ERROR);
}

static void another_content_key_opens_nothing(void **state) {
    struct alipay_answer answer;
    const struct alipay_trust trust = {&alipay_key, 1, STR("0123456789abcdef")};
    alipay_answer_read(*state, signed_body(*state, own_key, NAME, QUOTED(SEALED_DONE), ""), STR(METHOD), &trust,
                       &answer);
    assert_int_equal(answer.result, VERIFY_UPSTREAM_ERROR);
    assert_null(answer.content);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_ARENA(a_request_is_signed_sorted_raw_and_without_what_is_empty),
        WITH_ARENA(bytes_decide_the_order),
        WITH_ARENA(what_comes_back_is_signed_without_its_sign_type),
        WITH_ARENA(timestamps_are_chinas),
        WITH_ARENA(a_form_is_encoded),
        WITH_ARENA(the_signed_bytes_are_the_contents_as_they_stand),
        WITH_ARENA(members_are_found_at_the_top_once),
        WITH_ARENA(codes_and_what_they_mean),
        WITH_ARENA(a_signed_answer_is_read),
        WITH_ARENA(a_signed_refusal_means_what_the_table_says),
        WITH_ARENA(without_a_fitting_signature_it_is_an_error),
        WITH_ARENA(what_is_not_signed_is_not_read),
        WITH_ARENA(every_changed_byte_is_seen),
        WITH_ARENA(no_part_of_an_answer_is_an_answer),
        WITH_ARENA(in_certificate_mode_the_answer_names_its_key),
        WITH_ARENA(a_token_comes_without_a_code),
        WITH_ARENA(a_code_for_the_log_is_letters_and_digits),
        WITH_ARENA(contents_are_sealed_as_the_sdks_do),
        WITH_ARENA(a_content_key_is_sixteen_bytes),
        WITH_ARENA(an_encrypted_answer_is_read),
        WITH_ARENA(the_signature_is_over_the_quotes_too),
        WITH_ARENA(what_does_not_open_is_an_error),
        WITH_ARENA(what_is_sealed_must_be_an_object),
        WITH_ARENA(unsigned_contents_stay_closed),
        WITH_ARENA(only_a_refusal_may_come_without_encryption),
        WITH_ARENA(another_content_key_opens_nothing),
    };
    make_keys();
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    foreign_key_free(own_key);
    foreign_key_free(public_key);
    return failed;
}
