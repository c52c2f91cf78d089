/* CTID's answers: what counts as one, what its codes mean, and that nothing else is ever a yes or a no. */
#include "base/encode.h"
#include "base/json.h"
#include "jose/aes_cbc.h"
#include "test.h"
#include "upstream/ctid.h"

#include <stdlib.h>

#define KEY   STR("0123456789abcdef")
#define NONCE STR("nonce-0123456789")

struct fixture {
    struct arena *arena;
    struct sm2_key *platform, *other;
    struct ctid_expected expected;
};

static int make(void **state) {
    struct fixture *fixture = check_calloc(1, sizeof(*fixture));
    fixture->arena = arena_new();
    fixture->platform = sm2_key_generate(fixture->arena);
    fixture->other = sm2_key_generate(fixture->arena);
    fixture->expected = (struct ctid_expected){
        .key = KEY, .platform = fixture->platform, .nonce = NONCE, .serial = STR("49C825540937201000")};
    *state = fixture;
    return 0;
}

static int drop(void **state) {
    struct fixture *fixture = *state;
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static void every_code_has_a_meaning(void **state) {
    static const struct {
        const char *theirs;
        bool face;
        enum verify_result ours;
        bool alert;
    } rows[] = {
        {"0XXX", false, VERIFY_MATCH},
        {"5XXX", false, VERIFY_MISMATCH},
        {"6XXX", false, VERIFY_INVALID_INPUT},
        {"7XXX", false, VERIFY_UPSTREAM_ERROR},
        {"9XXX", false, VERIFY_RATE_LIMITED},
        {"ZXXX", false, VERIFY_RATE_LIMITED},
        {"AXXX", false, VERIFY_UPSTREAM_ERROR},
        {"EXXX", false, VERIFY_UPSTREAM_ERROR},
        {"TXXX", false, VERIFY_UPSTREAM_ERROR},
        {"XXXX", false, VERIFY_UPSTREAM_ERROR},
        {"00XX", true, VERIFY_MATCH},
        {"01XX", true, VERIFY_MISMATCH},
        {"02XX", true, VERIFY_UNSUPPORTED}, /* perhaps the same person: cannot tell */
        {"0DXX", true, VERIFY_NOT_FOUND},
        {"0KXX", true, VERIFY_UNSUPPORTED},
        {"0EXX", true, VERIFY_INVALID_INPUT},
        {"0FXX", true, VERIFY_INVALID_INPUT},
        {"0GXX", true, VERIFY_INVALID_INPUT},
        {"0JXX", true, VERIFY_INVALID_INPUT},
        {"0IXX", true, VERIFY_INVALID_INPUT, true},
        {"0AXX", true, VERIFY_UPSTREAM_ERROR},
        {"0BXX", true, VERIFY_UPSTREAM_ERROR},
        {"0CXX", true, VERIFY_UPSTREAM_ERROR},
        {"0HXX", true, VERIFY_UPSTREAM_ERROR},
        {"0TXX", true, VERIFY_UPSTREAM_ERROR},
        {"0WXX", true, VERIFY_UPSTREAM_ERROR},
        {"0XXX", true, VERIFY_UPSTREAM_ERROR}, /* the face was not looked at */
        {"50XX", true, VERIFY_MISMATCH},
        {"5XXX", true, VERIFY_MISMATCH},
        {"X0XX", true, VERIFY_UPSTREAM_ERROR},
        {"X00X", true, VERIFY_UPSTREAM_ERROR},
        {"00XX", false, VERIFY_UPSTREAM_ERROR}, /* another question was answered */
        {"000X", true, VERIFY_UPSTREAM_ERROR},
        {"00X0", true, VERIFY_UPSTREAM_ERROR},
        {"0000", true, VERIFY_UPSTREAM_ERROR},
        {"CCCC", false, VERIFY_INVALID_INPUT},
        {"DDDD", false, VERIFY_INVALID_INPUT},
        {"AAAA", false, VERIFY_UPSTREAM_ERROR},
        {"BBBB", false, VERIFY_UPSTREAM_ERROR},
        {"EEEE", false, VERIFY_UPSTREAM_ERROR},
        {"FFFF", false, VERIFY_UPSTREAM_ERROR},
        {"", false, VERIFY_UPSTREAM_ERROR},
        {"0", false, VERIFY_UPSTREAM_ERROR},
        {"0XX", false, VERIFY_UPSTREAM_ERROR},
        {"0XXXX", false, VERIFY_UPSTREAM_ERROR},
        {"0xxx", false, VERIFY_UPSTREAM_ERROR},
        {"1XXX", false, VERIFY_UPSTREAM_ERROR},
        {"oXXX", false, VERIFY_UPSTREAM_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        bool alert = !rows[i].alert;
        assert_row(ctid_result(str_from(rows[i].theirs), rows[i].face, &alert) == rows[i].ours, rows[i].theirs);
        assert_row(alert == rows[i].alert, rows[i].theirs);
    }
    bool alert;
    assert_int_equal(ctid_result(STR_NONE, true, &alert), VERIFY_UPSTREAM_ERROR);
}

static void other_codes_are_no_yes(void **state) {
    static const struct {
        const char *code;
        enum verify_result result;
    } rows[] = {{"2001", VERIFY_PENDING},        {"2002", VERIFY_MISMATCH},    {"3001", VERIFY_RATE_LIMITED},
                {"4001", VERIFY_INVALID_INPUT},  {"0", VERIFY_UPSTREAM_ERROR}, {"1001", VERIFY_UPSTREAM_ERROR},
                {"9999", VERIFY_UPSTREAM_ERROR}, {"", VERIFY_UPSTREAM_ERROR}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(ctid_code_result(str_from(rows[i].code)) == rows[i].result, rows[i].code);
    }
}

/* --- answers --- */

static struct str envelope(struct fixture *fixture, const struct sm2_key *key, struct str nonce, const char *code,
                           const char *plain) {
    struct arena *arena = fixture->arena;
    struct str data = plain ? base64_encode(arena, aes128_cbc_seal(arena, KEY, str_from(plain))) : STR_NONE;
    struct str text = ctid_signed_text(arena, nonce, str_from(code), str_or(data, STR("")));
    struct str sign = base64_encode(arena, sm2_sign_as(key, arena, text, SM2_DER));
    return str_format(arena, "{\"code\":\"%s\",\"msg\":\"\"%s%.*s%s,\"sign\":\"%.*s\"}", code,
                      plain ? ",\"data\":\"" : "", STR_ARG(str_or(data, STR(""))), plain ? "\"" : "", STR_ARG(sign));
}

#define GOOD "{\"bizSerialNum\":\"49C825540937201000\",\"authResult\":\"0XXX\"}"

static bool reads(struct fixture *fixture, struct str body) {
    struct ctid_answer answer;
    return ctid_answer_read(fixture->arena, body, &fixture->expected, &answer);
}

static void a_good_answer_is_read(void **state) {
    struct fixture *fixture = *state;
    struct ctid_answer answer;
    struct str body = envelope(fixture, fixture->platform, NONCE, "0", GOOD);
    assert_true(ctid_answer_read(fixture->arena, body, &fixture->expected, &answer));
    assert_str(answer.code, "0");
    assert_str(answer.serial, "49C825540937201000");
    assert_str(answer.auth_result, "0XXX");
    assert_true(str_is_absent(answer.page_url));
    body = envelope(fixture, fixture->platform, NONCE, "2001", NULL);
    assert_true(ctid_answer_read(fixture->arena, body, &fixture->expected, &answer));
    assert_str(answer.code, "2001");
    assert_true(str_is_absent(answer.auth_result));
}

static void another_signature_is_no_answer(void **state) {
    struct fixture *fixture = *state;
    assert_false(reads(fixture, envelope(fixture, fixture->other, NONCE, "0", GOOD)));
    assert_false(reads(fixture, envelope(fixture, fixture->platform, STR("nonce-0123456788"), "0", GOOD)));
    assert_false(reads(fixture, envelope(fixture, fixture->platform, STR(""), "0", GOOD)));
    assert_false(reads(fixture, envelope(fixture, fixture->other, NONCE, "2001", NULL)));
}

static void signed_nonsense_is_no_answer(void **state) {
    struct fixture *fixture = *state;
    static const char *const rows[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"authResult\":\"0XXX\"}",
        "{\"bizSerialNum\":\"49C825540937201001\",\"authResult\":\"0XXX\"}",
        "{\"bizSerialNum\":\"49C82554093720100\",\"authResult\":\"0XXX\"}",
        "{\"bizSerialNum\":\"\",\"authResult\":\"0XXX\"}",
        "{\"bizSerialNum\":49,\"authResult\":\"0XXX\"}",
        "{\"bizSerialNum\":\"49C825540937201000\",\"authResult\":0}",
        "{\"bizSerialNum\":\"49C825540937201000\",\"authResult\":null}",
        "{\"bizSerialNum\":\"49C825540937201000\",\"authResult\":\"5XXX\",\"authResult\":\"0XXX\"}",
        "{\"bizSerialNum\":\"49C825540937201000\",\"authResult\":\"0XXX\"",
        "{\"bizSerialNum\":\"49C825540937201000\",\"pageUrl\":1}",
        "\xef\xbb\xbf" GOOD,
        GOOD "{}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!reads(fixture, envelope(fixture, fixture->platform, NONCE, "0", rows[i])), rows[i]);
    }
    assert_false(reads(fixture, envelope(fixture, fixture->platform, NONCE, "0", NULL)));
    assert_false(reads(fixture, envelope(fixture, fixture->platform, NONCE, "", GOOD)));
    assert_false(reads(fixture, envelope(fixture, fixture->platform, NONCE, "0-1", GOOD)));
}

static void no_part_of_an_answer_is_an_answer(void **state) {
    struct fixture *fixture = *state;
    struct str good = envelope(fixture, fixture->platform, NONCE, "0", GOOD);
    assert_true(reads(fixture, good));
    for (size_t len = 0; len < good.len; len++) {
        char *exact = malloc(len ? len : 1); /* so that a read past the end is seen */
        memcpy(exact, good.ptr, len);
        bool read = reads(fixture, str_of(exact, len));
        free(exact);
        assert_false(read);
    }
}

static void each_changed_character_of_what_is_signed_breaks_it(void **state) {
    struct fixture *fixture = *state;
    struct str good = envelope(fixture, fixture->platform, NONCE, "0", GOOD);
    char *changed = arena_alloc(fixture->arena, good.len);
    for (size_t i = 0; i < good.len; i++) {
        memcpy(changed, good.ptr, good.len);
        changed[i] ^= 1;
        struct ctid_answer answer;
        bool read = ctid_answer_read(fixture->arena, str_of(changed, good.len), &fixture->expected, &answer);
        assert_true(!read || str_equal(answer.auth_result, STR("0XXX"))); /* a name that is not looked at may change */
    }
}

/* --- apply --- */

static void the_random_number_is_the_platforms(void **state) {
    struct fixture *fixture = *state;
    struct str random, text = ctid_random_write(fixture->arena, fixture->platform, STR("8675FE996FB32402"));
    assert_true(ctid_random_read(fixture->arena, fixture->platform, text, &random));
    assert_str(random, "8675FE996FB32402");
    assert_false(ctid_random_read(fixture->arena, fixture->other, text, &random));
    assert_false(ctid_random_read(fixture->arena, fixture->platform, STR(""), &random));
    assert_false(ctid_random_read(fixture->arena, fixture->platform, STR("ODY3NUZFOTk2RkIzMjQwMgAP"), &random));
    assert_false(ctid_random_read(fixture->arena, fixture->platform, str_sub(text, 0, text.len - 4), &random));
    /* One that an access provider publishes: its form is this, its key is not ours. */
    struct str published = STR("ODY3NUZFOTk2RkIzMjQwMgAPMEUCIH66w6xQhR9xMxLBIEEwDQ/"
                               "l28veIMXG2UnGyjkqx1ENAiEAoZxtlYLqoSePDpiRVuBm2H5pydnOtX6ysiwUw9ygTVo=");
    struct str bytes;
    assert_true(base64_decode(fixture->arena, published, &bytes));
    assert_true(str_starts(bytes, str_of("8675FE996FB32402\0\x0f\x30", 19)));
    assert_false(ctid_random_read(fixture->arena, fixture->platform, published, &random));
}

static void an_application_is_answered_about_itself(void **state) {
    struct fixture *fixture = *state;
    struct arena *arena = fixture->arena;
    struct str random = ctid_random_write(arena, fixture->platform, STR("8675FE996FB32402"));
    const char *plain = str_c(arena, str_format(arena,
                                                "{\"bizSerialNum\":\"49C825540937201000\",\"outSerial\":\"ours\","
                                                "\"randNum\":\"%.*s\"}",
                                                STR_ARG(random)));
    struct ctid_expected expected = fixture->expected;
    struct ctid_answer answer;
    struct str body = envelope(fixture, fixture->platform, NONCE, "0", plain);
    expected.serial = STR_NONE;
    expected.out_serial = STR("ours");
    assert_true(ctid_answer_read(arena, body, &expected, &answer));
    assert_str(answer.random, "8675FE996FB32402");
    expected.out_serial = STR("another");
    assert_false(ctid_answer_read(arena, body, &expected, &answer));
    expected.out_serial = STR("ours");
    assert_false(ctid_answer_read(arena, envelope(fixture, fixture->platform, NONCE, "0", GOOD), &expected, &answer));
}

static void tokens_that_cannot_be_sent_are_none(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        const char *body;
        bool fine;
    } rows[] = {
        {"{\"code\":\"0\",\"msg\":\"\",\"data\":{\"expireTime\":1543294668168,\"token\":\"c5135a995f177d3c\"}}", true},
        {"{\"code\":\"1\",\"data\":{\"expireTime\":1543294668168,\"token\":\"c5135a995f177d3c\"}}", false},
        {"{\"code\":\"0\",\"data\":{\"expireTime\":\"1543294668168\",\"token\":\"c5135a\"}}", false},
        {"{\"code\":\"0\",\"data\":{\"expireTime\":1543294668168,\"token\":\"\"}}", false},
        {"{\"code\":\"0\",\"data\":{\"expireTime\":1543294668168,\"token\":\"a\\r\\nX-Y: z\"}}", false},
        {"{\"code\":\"0\",\"data\":{\"expireTime\":1543294668168,\"token\":\"a b\"}}", false},
        {"{\"code\":\"0\",\"data\":{\"token\":\"c5135a995f177d3c\"}}", false},
        {"{\"code\":\"0\",\"data\":\"c5135a995f177d3c\"}", false},
        {"{\"code\":\"0\"}", false},
        {"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str token = STR_NONE;
        int64_t until;
        assert_row(ctid_token_read(fixture->arena, str_from(rows[i].body), &token, &until) == rows[i].fine,
                   rows[i].body);
    }
    struct str body =
        str_format(fixture->arena, "{\"code\":\"0\",\"data\":{\"expireTime\":1,\"token\":\"%0257d\"}}", 0);
    struct str token;
    int64_t until;
    assert_false(ctid_token_read(fixture->arena, body, &token, &until));
}

static void keys_are_thirty_two_digits(void **state) {
    static const struct {
        const char *text;
        bool fine;
    } rows[] = {{"00112233445566778899aabbccddeeff", true},
                {"00112233445566778899AABBCCDDEEFF", true},
                {"00112233445566778899aabbccddeef", false},
                {"00112233445566778899aabbccddeefff", false},
                {"00112233445566778899aabbccddeefg", false},
                {" 0112233445566778899aabbccddeeff", false},
                {"", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        unsigned char key[CTID_KEY_SIZE] = {0};
        assert_row(ctid_key_read(str_from(rows[i].text), key) == rows[i].fine, rows[i].text);
        assert_row(!rows[i].fine || (key[0] == 0 && key[1] == 0x11 && key[15] == 0xff), rows[i].text);
    }
}

#define WITH_KEYS(test) cmocka_unit_test_setup_teardown(test, make, drop)

RUN_TESTS(cmocka_unit_test(every_code_has_a_meaning), cmocka_unit_test(other_codes_are_no_yes),
          WITH_KEYS(a_good_answer_is_read), WITH_KEYS(another_signature_is_no_answer),
          WITH_KEYS(signed_nonsense_is_no_answer), WITH_KEYS(no_part_of_an_answer_is_an_answer),
          WITH_KEYS(each_changed_character_of_what_is_signed_breaks_it), WITH_KEYS(the_random_number_is_the_platforms),
          WITH_KEYS(an_application_is_answered_about_itself), WITH_KEYS(tokens_that_cannot_be_sent_are_none),
          cmocka_unit_test(keys_are_thirty_two_digits))
