/* The register's answers: what counts as one, what it means, and that nothing else is ever a yes or a no. */
#include "base/buf.h"
#include "base/encode.h"
#include "test.h"
#include "upstream/population.h"

#include <stdlib.h>

#define SECRET STR("a secret for tests only")

static const struct envelope_expected expected = {STR_INIT("tongxing"), STR_INIT("a secret for tests only"),
                                                  STR_INIT("nonce-0123456789"), STR_INIT("serial-1")};

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int free_arena(void **state) {
    arena_free(*state);
    return 0;
}

/* Reckoned with Python's hmac and hashlib. */
static void the_signature_is_hmac_over_the_parts_and_the_hash_of_the_body(void **state) {
    const struct envelope_signed parts = {STR("tongxing"), STR("1767578584000"), STR("nonce-0123456789"),
                                          STR("{\"bizSn\":\"serial-1\"}")};
    assert_str(envelope_signature(*state, SECRET, &parts),
               "5595bdf2d08a5836c9baa0a061c5d2b8da45ac32451c048314577511735b24b7");
}

static struct str signed_envelope(struct arena *arena, struct str secret, const struct envelope_signed *parts) {
    struct buf out;
    buf_init(&out, arena, 512, 64 * 1024);
    buf_puts(&out, "{\"data\":\"");
    buf_put_json(&out, parts->body);
    buf_puts(&out, "\",\"timestamp\":\"");
    buf_put_json(&out, parts->timestamp);
    buf_puts(&out, "\",\"signature\":\"");
    buf_put(&out, envelope_signature(arena, secret, parts));
    buf_puts(&out, "\"}");
    return buf_str(&out);
}

static struct str good_envelope(struct arena *arena, struct str data) {
    const struct envelope_signed parts = {expected.app_id, STR("1767578584000"), expected.nonce, data};
    return signed_envelope(arena, expected.secret, &parts);
}

static void every_result_of_the_register_has_one_of_ours(void **state) {
    static const struct {
        int theirs;
        enum verify_result ours;
    } rows[] = {
        {1, VERIFY_MATCH},     {2, VERIFY_MISMATCH},      {3, VERIFY_NOT_FOUND},    {4, VERIFY_UNSUPPORTED},
        {5, VERIFY_STATE_BAD}, {6, VERIFY_INVALID_INPUT}, {7, VERIFY_RATE_LIMITED}, {8, VERIFY_PENDING},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str data =
            str_format(*state, "{\"bizSn\":\"serial-1\",\"result\":%d,\"checkId\":\"chk-7\"}", rows[i].theirs);
        struct population_answer answer;
        assert_true(population_answer_read(*state, good_envelope(*state, data), &expected, &answer));
        assert_int_equal(answer.result, rows[i].ours);
        assert_str(answer.check_id, "chk-7");
        assert_false(answer.folded);
    }
}

static void a_match_after_folding_says_so(void **state) {
    struct population_answer answer;
    struct str data = STR("{\"bizSn\":\"serial-1\",\"result\":1,\"folded\":true,\"checkId\":\"chk-7\",\"more\":[1]}");
    assert_true(population_answer_read(*state, good_envelope(*state, data), &expected, &answer));
    assert_int_equal(answer.result, VERIFY_MATCH);
    assert_true(answer.folded);
}

/* Signed as they must be, and yet not answers. */
static void signed_nonsense_is_no_answer(void **state) {
    static const char *const rows[] = {
        "",
        "null",
        "1",
        "[]",
        "{}",
        "{\"bizSn\":\"serial-1\",\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":1}",
        "{\"bizSn\":\"serial-1\",\"result\":1,\"checkId\":\"\"}",
        "{\"bizSn\":\"serial-1\",\"result\":1,\"checkId\":7}",
        "{\"bizSn\":\"serial-1\",\"result\":0,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":9,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":-1,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":257,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":4294967297,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":1.5,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":\"1\",\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":true,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":[1],\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":2,\"result\":1,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":1,\"checkId\":\"chk-7\",\"folded\":1}",
        "{\"bizSn\":\"serial-2\",\"result\":1,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-10\",\"result\":1,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"\",\"result\":1,\"checkId\":\"chk-7\"}",
        "{\"result\":1,\"checkId\":\"chk-7\"}",
        "{\"bizSn\":\"serial-1\",\"result\":1,\"checkId\":\"chk-7\"}{}",
        "{\"bizSn\":\"serial-1\",\"result\":1,\"checkId\":\"chk-7\"",
        "\xef\xbb\xbf{\"bizSn\":\"serial-1\",\"result\":1,\"checkId\":\"chk-7\"}",
        "{'bizSn':'serial-1','result':1,'checkId':'chk-7'}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct population_answer answer;
        struct str envelope = good_envelope(*state, str_from(rows[i]));
        assert_row(!population_answer_read(*state, envelope, &expected, &answer), rows[i]);
    }
}

static void a_reference_has_a_ceiling(void **state) {
    for (size_t len = 128; len <= 129; len++) {
        char id[130];
        memset(id, 'c', sizeof(id));
        struct str data =
            str_format(*state, "{\"bizSn\":\"serial-1\",\"result\":1,\"checkId\":\"%.*s\"}", (int)len, id);
        struct population_answer answer;
        assert_int_equal(population_answer_read(*state, good_envelope(*state, data), &expected, &answer), len == 128);
    }
}

#define DATA "{\"bizSn\":\"serial-1\",\"result\":1,\"checkId\":\"chk-7\"}"

/* Each differs from a good answer in one of the things that are signed. */
static void another_signature_is_no_answer(void **state) {
    static const struct {
        const char *name, *secret;
        struct envelope_signed parts;
    } rows[] = {
        {"another secret",
         "another secret for tests",
         {STR_INIT("tongxing"), STR_INIT("17"), STR_INIT("nonce-0123456789"), STR_INIT(DATA)}},
        {"another caller",
         "a secret for tests only",
         {STR_INIT("tongxinG"), STR_INIT("17"), STR_INIT("nonce-0123456789"), STR_INIT(DATA)}},
        {"an answer of before",
         "a secret for tests only",
         {STR_INIT("tongxing"), STR_INIT("17"), STR_INIT("nonce-0123456788"), STR_INIT(DATA)}},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct population_answer answer;
        struct str envelope = signed_envelope(*state, str_from(rows[i].secret), &rows[i].parts);
        assert_row(!population_answer_read(*state, envelope, &expected, &answer), rows[i].name);
    }
}

static struct str replaced(struct arena *arena, struct str text, const char *from, const char *to) {
    char *at = strstr(str_c(arena, text), from);
    CHECK(at);
    size_t before = text.len - strlen(at);
    return str_format(arena, "%.*s%s%s", (int)before, text.ptr, to, at + strlen(from));
}

static void an_answer_changed_on_the_way_is_no_answer(void **state) {
    static const struct {
        const char *from, *to;
    } rows[] = {
        {"result\\\":1", "result\\\":3"},
        {"1767578584000", "1767578584001"},
        {"\"timestamp\":\"1767578584000\"", "\"timestamp\":1767578584000"},
        {"\"timestamp\"", "\"timestamP\""},
        {"\"signature\"", "\"signaturE\""},
        {"\"signature\":\"", "\"signature\":\"0"},
        {"\"signature\":\"", "\"signature\":\"\",\"\":\""},
        {"\"signature\":\"", "\"signature\":null,\"was\":\""},
        {"{\"data\"", "{\"data\":\"{}\",\"data\""},
        {"{\"data\"", " \xef\xbb\xbf{\"data\""},
        {"{\"data\"", "[{\"data\""},
    };
    struct population_answer answer;
    struct str good = good_envelope(*state, STR(DATA));
    assert_true(population_answer_read(*state, good, &expected, &answer));
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str bad = replaced(*state, good, rows[i].from, rows[i].to);
        assert_row(!population_answer_read(*state, bad, &expected, &answer), rows[i].to);
    }
}

static void no_part_of_an_answer_is_an_answer(void **state) {
    struct str good = good_envelope(*state, STR(DATA));
    for (size_t len = 0; len < good.len; len++) {
        struct population_answer answer;
        char *exact = malloc(len ? len : 1); /* so that a read past the end is seen */
        memcpy(exact, good.ptr, len);
        bool read = population_answer_read(*state, str_of(exact, len), &expected, &answer);
        free(exact);
        assert_false(read);
    }
}

/* Our own signed request, sent back as the answer: the signature fits, but nobody has answered. */
static void a_request_sent_back_is_no_answer(void **state) {
    struct population_answer answer;
    struct str request = STR("{\"bizSn\":\"serial-1\",\"requestId\":\"rq_1\",\"name\":\"测试甲\","
                             "\"idNumber\":\"110105188812310013\",\"idType\":1}");
    assert_false(population_answer_read(*state, good_envelope(*state, request), &expected, &answer));
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

RUN_TESTS(WITH_ARENA(the_signature_is_hmac_over_the_parts_and_the_hash_of_the_body),
          WITH_ARENA(every_result_of_the_register_has_one_of_ours), WITH_ARENA(a_match_after_folding_says_so),
          WITH_ARENA(signed_nonsense_is_no_answer), WITH_ARENA(a_reference_has_a_ceiling),
          WITH_ARENA(another_signature_is_no_answer), WITH_ARENA(an_answer_changed_on_the_way_is_no_answer),
          WITH_ARENA(no_part_of_an_answer_is_an_answer), WITH_ARENA(a_request_sent_back_is_no_answer))
