/* The national network identity's answers: what counts as one, and that nothing else is ever a yes or a no. */
#include "base/buf.h"
#include "base/encode.h"
#include "test.h"
#include "upstream/network_identity.h"

#include <stdlib.h>

struct fixture {
    struct arena *arena;
    struct sm2_key *platform, *other;
    struct network_identity_expected expected;
};

static int make(void **state) {
    struct fixture *fixture = check_calloc(1, sizeof(*fixture));
    fixture->arena = arena_new();
    fixture->platform = sm2_key_generate(fixture->arena);
    fixture->other = sm2_key_generate(fixture->arena);
    fixture->expected = (struct network_identity_expected){.platform = fixture->platform,
                                                           .form = SM2_DER,
                                                           .org_id = STR("org"),
                                                           .biz_seq = STR("seq"),
                                                           .mode = STR("R01")};
    *state = fixture;
    return 0;
}

static int drop(void **state) {
    struct fixture *fixture = *state;
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static struct str signed_by(struct fixture *fixture, const struct sm2_key *key, const char *package) {
    struct str body;
    assert_true(network_identity_package_sign(fixture->arena, key, SM2_DER, str_from(package), &body));
    return body;
}

static bool reads(struct fixture *fixture, struct str body, struct network_identity_answer *answer) {
    return network_identity_answer_read(fixture->arena, body, &fixture->expected, answer);
}

#define HEAD "{\"orgID\":\"org\",\"bizSeq\":\"seq\",\"authMode\":\"R01\",\"resultCode\":"
#define DONE HEAD "\"C0000000\",\"credentialID\":\"NC-1\","
#define PASS DONE "\"authResult\":\"0\",\"appSubject\":\"abc_DEF-123\""

static void the_four_modes(void **state) {
    static const struct {
        const char *name, *type;
        bool face;
    } rows[] = {{"R01", "0", false}, {"R02", "1", false}, {"R03", "0", true}, {"R04", "1", true}};
    for (int64_t i = 0; i < 4; i++) {
        const struct network_identity_mode *mode = network_identity_mode(i + 1);
        assert_str(mode->name, rows[i].name);
        assert_str(mode->app_type, rows[i].type);
        assert_int_equal(mode->face, rows[i].face);
    }
    assert_null(network_identity_mode(0));
    assert_null(network_identity_mode(5));
    assert_null(network_identity_mode(-1));
}

static void every_code_has_a_meaning(void **state) {
    static const struct {
        const char *code;
        enum verify_result result;
    } rows[] = {
        {"C0000000", VERIFY_MATCH},          {"C0100001", VERIFY_INVALID_INPUT},  {"C0100002", VERIFY_MISMATCH},
        {"C0100003", VERIFY_STATE_BAD},      {"C0100004", VERIFY_NOT_FOUND},      {"C0100005", VERIFY_UNSUPPORTED},
        {"C0100006", VERIFY_MISMATCH},       {"C0200001", VERIFY_RATE_LIMITED},   {"C0200002", VERIFY_PENDING},
        {"C0000001", VERIFY_UPSTREAM_ERROR}, {"c0000000", VERIFY_UPSTREAM_ERROR}, {"", VERIFY_UPSTREAM_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(network_identity_result(str_from(rows[i].code)) == rows[i].result, rows[i].code);
    }
}

static void what_is_told(void **state) {
    struct fixture *fixture = *state;
    static const struct {
        const char *package;
        enum verify_result result;
        const char *subject;
    } rows[] = {
        {PASS "}", VERIFY_MATCH, "abc_DEF-123"},
        {DONE "\"authResult\":\"1\"}", VERIFY_MISMATCH, NULL},
        {DONE "\"authResult\":\"1\",\"appSubject\":\"abc\"}", VERIFY_MISMATCH, NULL},
        {HEAD "\"C0100003\"}", VERIFY_STATE_BAD, NULL},
        {HEAD "\"C0100004\",\"appSubject\":\"abc\",\"authResult\":\"0\"}", VERIFY_NOT_FOUND, NULL},
        {HEAD "\"C0200001\"}", VERIFY_RATE_LIMITED, NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct network_identity_answer answer;
        assert_row(reads(fixture, signed_by(fixture, fixture->platform, rows[i].package), &answer), rows[i].package);
        assert_row(answer.result == rows[i].result, rows[i].package);
        assert_row(rows[i].subject ? str_equal(answer.subject, str_from(rows[i].subject))
                                   : str_is_absent(answer.subject),
                   rows[i].package);
    }
}

static void signed_nonsense_is_no_answer(void **state) {
    struct fixture *fixture = *state;
    static const char *const rows[] = {
        "",
        "null",
        "{}",
        PASS,
        PASS "}{}",
        HEAD "\"C0000000\"}",
        HEAD "\"C9999999\"}",
        HEAD "0}",
        DONE "\"authResult\":\"0\"}",
        DONE "\"authResult\":0,\"appSubject\":\"abc\"}",
        DONE "\"authResult\":\"2\",\"appSubject\":\"abc\"}",
        DONE "\"authResult\":\"00\",\"appSubject\":\"abc\"}",
        DONE "\"authResult\":true,\"appSubject\":\"abc\"}",
        DONE "\"authResult\":\"0\",\"appSubject\":\"\"}",
        DONE "\"authResult\":\"0\",\"appSubject\":\"a b\"}",
        DONE "\"authResult\":\"0\",\"appSubject\":\"甲\"}",
        DONE "\"authResult\":\"1\",\"authResult\":\"0\",\"appSubject\":\"abc\"}",
        HEAD "\"C0000000\",\"authResult\":\"0\",\"appSubject\":\"abc\"}",
        HEAD "\"C0000000\",\"credentialID\":\"\",\"authResult\":\"0\",\"appSubject\":\"abc\"}",
        "{\"orgID\":\"org2\",\"bizSeq\":\"seq\",\"authMode\":\"R01\",\"resultCode\":\"C0100004\"}",
        "{\"orgID\":\"org\",\"bizSeq\":\"seq2\",\"authMode\":\"R01\",\"resultCode\":\"C0100004\"}",
        "{\"orgID\":\"org\",\"bizSeq\":\"seq\",\"authMode\":\"R03\",\"resultCode\":\"C0100004\"}",
        "{\"orgID\":\"org\",\"bizSeq\":\"seq\",\"resultCode\":\"C0100004\"}",
    };
    struct network_identity_answer answer;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!reads(fixture, signed_by(fixture, fixture->platform, rows[i]), &answer), rows[i]);
    }
    struct str long_subject = str_format(fixture->arena, DONE "\"authResult\":\"0\",\"appSubject\":\"%0129d\"}", 0);
    assert_false(reads(fixture, signed_by(fixture, fixture->platform, str_c(fixture->arena, long_subject)), &answer));
}

static void another_signature_is_no_answer(void **state) {
    struct fixture *fixture = *state;
    struct network_identity_answer answer;
    struct str good = signed_by(fixture, fixture->platform, PASS "}");
    assert_true(reads(fixture, good, &answer));
    assert_false(reads(fixture, signed_by(fixture, fixture->other, PASS "}"), &answer));
    fixture->expected.form = SM2_RAW;
    assert_false(reads(fixture, good, &answer));
    fixture->expected.form = SM2_DER;
    for (size_t len = 0; len < good.len; len++) {
        assert_false(reads(fixture, str_sub(good, 0, len), &answer));
    }
}

static void who_was_compared_must_be_told_of(void **state) {
    struct fixture *fixture = *state;
    struct network_identity_answer answer;
    fixture->expected.compared = true;
    assert_false(reads(fixture, signed_by(fixture, fixture->platform, PASS "}"), &answer));
    assert_false(reads(fixture, signed_by(fixture, fixture->platform, PASS ",\"idMatch\":\"yes\"}"), &answer));
    assert_true(reads(fixture, signed_by(fixture, fixture->platform, PASS ",\"idMatch\":\"0\"}"), &answer));
    assert_int_equal(answer.result, VERIFY_MATCH);
    assert_true(reads(fixture, signed_by(fixture, fixture->platform, PASS ",\"idMatch\":\"1\"}"), &answer));
    assert_int_equal(answer.result, VERIFY_MISMATCH);
    assert_true(str_is_absent(answer.subject));
}

#define ATTRIBUTES                                                                                                     \
    PASS ",\"attributes\":{\"sex\":\"2\",\"phone\":\"13800138000\",\"maskedName\":\"测*\",\"idNumber\":\"x\"}}"

static void attributes_count_only_where_they_were_asked_for(void **state) {
    struct fixture *fixture = *state;
    struct network_identity_answer answer;
    assert_true(reads(fixture, signed_by(fixture, fixture->platform, ATTRIBUTES), &answer));
    assert_true(str_is_absent(answer.phone) && str_is_absent(answer.gender) && str_is_absent(answer.masked_name));
    fixture->expected.attributes = true;
    assert_true(reads(fixture, signed_by(fixture, fixture->platform, ATTRIBUTES), &answer));
    assert_str(answer.phone, "+8613800138000");
    assert_str(answer.gender, "female");
    assert_str(answer.masked_name, "测*");
    static const char *const odd[] = {
        PASS ",\"attributes\":null}",
        PASS ",\"attributes\":[]}",
        PASS ",\"attributes\":{\"sex\":2,\"phone\":\"1\",\"maskedName\":\"\"}}",
        PASS ",\"attributes\":{\"sex\":\"9\",\"phone\":{},\"maskedName\":1}}",
    };
    for (size_t i = 0; i < ARRAY_LEN(odd); i++) {
        assert_row(reads(fixture, signed_by(fixture, fixture->platform, odd[i]), &answer), odd[i]);
        assert_row(str_is_absent(answer.phone) && str_is_absent(answer.gender) && str_is_absent(answer.masked_name),
                   odd[i]);
    }
}

#define WITH_KEYS(test) cmocka_unit_test_setup_teardown(test, make, drop)

RUN_TESTS(cmocka_unit_test(the_four_modes), cmocka_unit_test(every_code_has_a_meaning), WITH_KEYS(what_is_told),
          WITH_KEYS(signed_nonsense_is_no_answer), WITH_KEYS(another_signature_is_no_answer),
          WITH_KEYS(who_was_compared_must_be_told_of), WITH_KEYS(attributes_count_only_where_they_were_asked_for))
