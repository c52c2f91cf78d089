/* The answers of a described register: what counts as one, what it means, and that nothing else is a yes or a no. */
#include "rest_fixture.h"
#include "test.h"

#include "base/encode.h"
#include "jose/sm3.h"

static const struct upstream_asked person = {
    .name = STR_INIT("测试甲"),
    .id_type = ID_TYPE_RESIDENT,
    .id_number = STR_INIT("110105188812310013"),
    .phone = STR_INIT("+8613800138000"),
    .transaction = STR_INIT(REST_SERIAL),
};
static const struct upstream_asked company = {
    .org_name = STR_INIT("示例公司"),
    .credit_code = STR_INIT("91990000MA00TEXT06"),
    .representative_name = STR_INIT("李示例"),
};

struct fixture {
    struct arena *arena;
    struct upstream_settings settings;
    struct rest *rest;
    struct rest_sent sent;
    struct upstream_found found;
};

static int begin_with(void **state, const char *description, const struct upstream_asked *asked) {
    struct arena *arena = arena_new();
    struct fixture *fixture = arena_new_of(arena, struct fixture);
    struct fault fault = {{0}};
    enum verify_result result;
    const struct rest_question question = {asked, STR(REST_NONCE), REST_NOW_MS};
    fixture->arena = arena;
    fixture->settings = rest_settings();
    CHECK(rest_of_text(arena, str_from(description), &fixture->settings, &fixture->rest, &fault));
    CHECK(rest_write(fixture->rest, arena, &question, &fixture->sent, &result));
    *state = fixture;
    return 0;
}

static int begin(void **state) {
    return begin_with(state, rest_signed_description, &person);
}

static int begin_company(void **state) {
    return begin_with(state, rest_short_description, &company);
}

static int end(void **state) {
    arena_free(((struct fixture *)*state)->arena);
    return 0;
}

/* What of a good answer is otherwise; NULL and 0 for as it should be. */
struct otherwise {
    const char *name;
    const char *secret, *nonce, *time, *time_signed;
    const char *type, *field;
    bool changed, twice, bare;
    int status;
};

static struct str enveloped(struct arena *arena, struct str content) {
    struct buf out;
    buf_init(&out, arena, 512, 64 * 1024);
    buf_puts(&out, "{\"data\":\"");
    buf_put_json(&out, content);
    buf_puts(&out, "\"}");
    return buf_str(&out);
}

static const char * or (const char *text, const char *otherwise) {
    return text ? text : otherwise;
}

static enum verify_result answered(struct fixture *fixture, struct str body, const struct otherwise *how) {
    struct arena *arena = fixture->arena;
    struct str time = str_from(or (how->time, "17"));
    struct str text = str_format(arena, "%s\n%s\n%.*s", or (how->time_signed, or (how->time, "17")),
                                 or (how->nonce, REST_NONCE), STR_ARG(body));
    struct sm3 mac = hmac_sm3(secret_copy(arena, str_from(or (how->secret, REST_SECRET))), text);
    struct str signature = hex_encode(arena, sm3_str(&mac));
    if (how->changed) {
        signature = str_format(arena, "%c%.*s", signature.ptr[0] ^ 1, STR_ARG(str_sub(signature, 1, 63)));
    }
    const struct fetch_field fields[] = {
        {STR("x-time"), time}, {str_from(or (how->field, "X-Sign")), signature}, {STR("X-Sign"), STR("another")}};
    const struct fetch_answer answer = {
        .status = how->status ? how->status : 200,
        .content_type = str_from(or (how->type, "application/json; charset=utf-8")),
        .body = body,
        .fields = fields,
        .field_count = how->bare    ? 1
                       : how->twice ? 3
                                    : 2,
    };
    fixture->found = (struct upstream_found){0};
    return rest_read(fixture->rest, arena, &fixture->sent, &answer, &fixture->found);
}

static enum verify_result said(struct fixture *fixture, const char *content) {
    return answered(fixture, enveloped(fixture->arena, str_from(content)), &(struct otherwise){0});
}

#define SERIAL "\"serial\":\"" REST_SERIAL "\""
#define GOOD   "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"chk-7\",\"folded\":true,\"as_of\":\"2026-01-04\"}"

static void a_match_becomes_evidence(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(said(fixture, GOOD), VERIFY_MATCH);
    const struct evidence *evidence = &fixture->found.evidence;
    assert_str(evidence->method, "register_match");
    assert_str(evidence->authority, "example-register");
    assert_str(evidence->check_id, "chk-7");
    assert_true(evidence->folded);
    assert_int_equal(evidence->level, 2);
    assert_int_equal(fixture->found.as_of, 1767456000); /* 2026-01-03T16:00:00Z: midnight in China */
}

static void every_value_of_the_tables_has_its_result(void **state) {
    static const struct {
        const char *content;
        enum verify_result result;
    } rows[] = {
        {"{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":7}", VERIFY_MATCH},
        {"{" SERIAL ",\"code\":\"0000\",\"verdict\":2}", VERIFY_MISMATCH},
        {"{" SERIAL ",\"code\":\"0000\",\"verdict\":3}", VERIFY_NOT_FOUND},
        {"{" SERIAL ",\"code\":\"0000\",\"verdict\":4}", VERIFY_UNSUPPORTED},
        {"{" SERIAL ",\"code\":\"0000\",\"verdict\":5}", VERIFY_STATE_BAD},
        {"{" SERIAL ",\"code\":\"0000\",\"verdict\":8,\"id\":null}", VERIFY_PENDING},
        {"{" SERIAL ",\"code\":\"4001\"}", VERIFY_RATE_LIMITED},
        {"{" SERIAL ",\"code\":\"4002\",\"verdict\":1}", VERIFY_INVALID_INPUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(said(*state, rows[i].content) == rows[i].result, rows[i].content);
        const struct upstream_found *found = &((struct fixture *)*state)->found;
        assert_row(found->evidence.level == (rows[i].result == VERIFY_MATCH ? 2 : 0), rows[i].content);
    }
}

/* Signed as they must be, and yet not answers. */
static void signed_nonsense_is_no_answer(void **state) {
    static const char *const rows[] = {
        "",
        "null",
        "[]",
        "{}",
        "{\"code\":\"0000\",\"verdict\":1,\"id\":\"c\"}",
        "{\"serial\":\"another\",\"code\":\"0000\",\"verdict\":1,\"id\":\"c\"}",
        "{\"serial\":7,\"code\":\"0000\",\"verdict\":1,\"id\":\"c\"}",
        "{\"serial\":null,\"code\":\"0000\",\"verdict\":1,\"id\":\"c\"}",
        "{" SERIAL ",\"verdict\":1,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":0,\"verdict\":1,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0\",\"verdict\":1,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"4003\",\"verdict\":1,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":0,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":6,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":-1,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":4294967297,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":18446744073709551617,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1.0,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":\"1\",\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":true,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":[1],\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":null,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":2,\"verdict\":1,\"id\":\"c\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":true}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":2,\"id\":{}}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"c\",\"folded\":1}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"c\",\"as_of\":\"2026-02-30\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"c\",\"as_of\":\"1999-01-01\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"c\",\"as_of\":\"9999-01-01\"}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"c\",\"as_of\":1}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"c\"}{}",
        "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"c\"",
        "\xef\xbb\xbf{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"c\"}",
        "{'serial':'" REST_SERIAL "','code':'0000','verdict':1,'id':'c'}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(said(*state, rows[i]) == VERIFY_UPSTREAM_ERROR, rows[i]);
        assert_row(str_is_absent(((struct fixture *)*state)->found.evidence.check_id), rows[i]);
    }
}

static void a_reference_has_a_ceiling(void **state) {
    struct fixture *fixture = *state;
    for (size_t len = 128; len <= 129; len++) {
        char id[130];
        memset(id, 'c', sizeof(id));
        struct str content =
            str_format(fixture->arena, "{" SERIAL ",\"code\":\"0000\",\"verdict\":1,\"id\":\"%.*s\"}", (int)len, id);
        enum verify_result result = answered(fixture, enveloped(fixture->arena, content), &(struct otherwise){0});
        assert_int_equal(result, len == 128 ? VERIFY_MATCH : VERIFY_UPSTREAM_ERROR);
    }
}

/* A good answer, but for one thing about it. */
static void an_answer_of_another_kind_is_none(void **state) {
    static const struct otherwise rows[] = {
        {"another secret", .secret = "another secret for tests"},
        {"an answer of before", .nonce = "0123456789abcdef0123456789abcdee"},
        {"another time than was signed", .time = "18", .time_signed = "17"},
        {"no signature", .bare = true},
        {"a signature in another field", .field = "X-Signature"},
        {"another signature", .changed = true},
        {"two signatures", .twice = true},
        {"500", .status = 500},
        {"401", .status = 401},
        {"204", .status = 204},
        {"201", .status = 201},
        {"302", .status = 302},
        {"another type", .type = "text/html"},
        {"nearly the type", .type = "application/jsonp"},
        {"no type", .type = ""},
    };
    struct fixture *fixture = *state;
    struct str body = enveloped(fixture->arena, STR(GOOD));
    assert_int_equal(answered(fixture, body, &(struct otherwise){0}), VERIFY_MATCH);
    assert_int_equal(answered(fixture, body, &(struct otherwise){.type = "Application/JSON"}), VERIFY_MATCH);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(answered(fixture, body, &rows[i]) == VERIFY_UPSTREAM_ERROR, rows[i].name);
    }
}

static void a_status_may_say_it_all(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(answered(fixture, STR("busy"), &(struct otherwise){.status = 429}), VERIFY_RATE_LIMITED);
    struct str body = enveloped(fixture->arena, STR("{" SERIAL ",\"code\":\"0000\",\"verdict\":3}"));
    assert_int_equal(answered(fixture, body, &(struct otherwise){.status = 404}), VERIFY_NOT_FOUND);
    assert_int_equal(answered(fixture, STR("<html>"), &(struct otherwise){.status = 404}), VERIFY_UPSTREAM_ERROR);
}

static void bodies_that_are_no_envelope(void **state) {
    static const char *const rows[] = {"", "{}", "null", "{\"data\":{}}", "{\"data\":7}", "{\"data\":\"x\"}", "<html>"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(answered(*state, str_from(rows[i]), &(struct otherwise){0}) == VERIFY_UPSTREAM_ERROR, rows[i]);
    }
}

#define CODE "\"code\":\"91990000MA00TEXT06\""

static void organisations_and_their_status(void **state) {
    static const struct {
        const char *body;
        enum verify_result result;
        enum organisation_status status;
        const char *name;
    } rows[] = {
        {"{" CODE ",\"same\":true,\"state\":1,\"name\":\"示例公司\",\"kind\":\"有限责任公司\",\"updated\":1767456000}",
         VERIFY_MATCH, ORGANISATION_OPERATING, "示例公司"},
        {"{" CODE ",\"same\":\"true\",\"state\":\"3\"}", VERIFY_MATCH, ORGANISATION_REVOKED, NULL},
        {"{" CODE ",\"same\":true,\"state\":9,\"name\":null}", VERIFY_MATCH, ORGANISATION_UNKNOWN, NULL},
        {"{" CODE ",\"same\":false}", VERIFY_MISMATCH, ORGANISATION_UNKNOWN, NULL},
        {"{" CODE ",\"same\":false,\"state\":2}", VERIFY_MISMATCH, ORGANISATION_CANCELLED, NULL},
        {"{" CODE ",\"same\":true}", VERIFY_UPSTREAM_ERROR, ORGANISATION_UNKNOWN, NULL},
        {"{" CODE ",\"same\":true,\"state\":null}", VERIFY_UPSTREAM_ERROR, ORGANISATION_UNKNOWN, NULL},
        {"{" CODE ",\"same\":true,\"state\":[1]}", VERIFY_UPSTREAM_ERROR, ORGANISATION_UNKNOWN, NULL},
        {"{" CODE ",\"same\":true,\"state\":1,\"name\":7}", VERIFY_UPSTREAM_ERROR, ORGANISATION_UNKNOWN, NULL},
        {"{" CODE ",\"same\":true,\"state\":1,\"updated\":\"x\"}", VERIFY_UPSTREAM_ERROR, ORGANISATION_UNKNOWN, NULL},
        {"{\"code\":\"91990000MA00TEXT07\",\"same\":true,\"state\":1}", VERIFY_UPSTREAM_ERROR, ORGANISATION_UNKNOWN,
         NULL},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum verify_result result = answered(fixture, str_from(rows[i].body), &(struct otherwise){0});
        assert_row(result == rows[i].result, rows[i].body);
        assert_row(fixture->found.status == rows[i].status, rows[i].body);
        assert_row(str_equal(fixture->found.org_name, str_from(rows[i].name)), rows[i].body);
        assert_row(fixture->found.evidence.level == (result == VERIFY_MATCH), rows[i].body);
    }
}

#define ANSWERED(test)         cmocka_unit_test_setup_teardown(test, begin, end)
#define ANSWERED_COMPANY(test) cmocka_unit_test_setup_teardown(test, begin_company, end)

RUN_TESTS(ANSWERED(a_match_becomes_evidence), ANSWERED(every_value_of_the_tables_has_its_result),
          ANSWERED(signed_nonsense_is_no_answer), ANSWERED(a_reference_has_a_ceiling),
          ANSWERED(an_answer_of_another_kind_is_none), ANSWERED(a_status_may_say_it_all),
          ANSWERED(bodies_that_are_no_envelope), ANSWERED_COMPANY(organisations_and_their_status))
