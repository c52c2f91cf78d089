/* WeChat's answers: what each errcode means, what counts as an answer, and who it is that they name. */
#include "base/buf.h"
#include "test.h"
#include "upstream/adapter.h"
#include "upstream/wechat.h"

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int free_arena(void **state) {
    arena_free(*state);
    return 0;
}

static void every_errcode_has_its_result(void **state) {
    static const struct {
        int64_t errcode;
        enum verify_result result;
    } rows[] = {
        {-1, VERIFY_RATE_LIMITED},
        {40029, VERIFY_MISMATCH},
        {40163, VERIFY_MISMATCH},
        {42003, VERIFY_MISMATCH},
        {42007, VERIFY_MISMATCH},
        {50001, VERIFY_MISMATCH},
        {40226, VERIFY_STATE_BAD},
        {45009, VERIFY_RATE_LIMITED},
        {45011, VERIFY_RATE_LIMITED},
        {48001, VERIFY_UNSUPPORTED},
        {40001, VERIFY_UPSTREAM_ERROR},
        {40003, VERIFY_UPSTREAM_ERROR},
        {40013, VERIFY_UPSTREAM_ERROR},
        {40014, VERIFY_UPSTREAM_ERROR},
        {40030, VERIFY_UPSTREAM_ERROR},
        {40125, VERIFY_UPSTREAM_ERROR},
        {41002, VERIFY_UPSTREAM_ERROR},
        {41004, VERIFY_UPSTREAM_ERROR},
        {41008, VERIFY_UPSTREAM_ERROR},
        {41009, VERIFY_UPSTREAM_ERROR},
        {42001, VERIFY_UPSTREAM_ERROR},
        {42002, VERIFY_UPSTREAM_ERROR},
        {1, VERIFY_UPSTREAM_ERROR},
        {99999, VERIFY_UPSTREAM_ERROR},
        {4295007325, VERIFY_UPSTREAM_ERROR}, /* 2^32 + 40029 */
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str body = str_format(*state, "{\"errcode\":%lld,\"errmsg\":\"x\"}", (long long)rows[i].errcode);
        struct wechat_tokens tokens;
        assert_int_equal(wechat_result(rows[i].errcode), rows[i].result);
        assert_int_equal(wechat_tokens_read(*state, body, STR("snsapi_login"), &tokens), rows[i].result);
    }
}

#define GOOD_START "{\"access_token\":\"TOKEN\",\"expires_in\":7200,\"refresh_token\":\"R\","

static void tokens_are_read_with_the_manners_of_wechat(void **state) {
    static const struct {
        const char *body, *unionid;
    } rows[] = {
        {GOOD_START "\"openid\":\"oABC-_1\",\"scope\":\"snsapi_login\",\"unionid\":\"u1\"}", "u1"},
        {GOOD_START "\"openid\":\"oABC-_1\",\"scope\":\"snsapi_base,snsapi_login\"}", ""},
        {GOOD_START "\"openid\":\"oABC-_1\",\"scope\":\"snsapi_login\",\"unionid\":\"\"}", ""},
        {GOOD_START "\"openid\":\"oABC-_1\",\"scope\":\"snsapi_login\",\"errcode\":0,\"errmsg\":\"ok\"}", ""},
        {GOOD_START "\"openid\":\"oABC-_1\",\"scope\":\"snsapi_login\",\"is_snapshotuser\":0}", ""},
        {GOOD_START "\"openid\":\"oABC-_1\",\"scope\":\"snsapi_login\",\"note\":\"errcode 40029\"}", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wechat_tokens tokens;
        assert_row(wechat_tokens_read(*state, str_from(rows[i].body), STR("snsapi_login"), &tokens) == VERIFY_MATCH,
                   rows[i].body);
        assert_str(tokens.access_token, "TOKEN");
        assert_str(tokens.openid, "oABC-_1");
        assert_str(str_or(tokens.unionid, STR("")), rows[i].unionid);
    }
}

static void what_is_no_token_answer_is_an_error(void **state) {
    static const char *const rows[] = {
        "",
        "null",
        "[]",
        "{}",
        "access_token=TOKEN&openid=o1&scope=snsapi_login",
        "{\"errcode\":\"40029\"}",
        "{\"errcode\":null}",
        "{\"errcode\":0}",
        "{\"errcode\":40029.5}",
        GOOD_START "\"openid\":\"o1\",\"scope\":\"snsapi_login\"",
        GOOD_START "\"openid\":\"o1\",\"openid\":\"o2\",\"scope\":\"snsapi_login\"}",
        GOOD_START "\"openid\":\"o1\",\"scope\":\"snsapi_base\"}",
        GOOD_START "\"openid\":\"o1\",\"scope\":\"xsnsapi_login\"}",
        GOOD_START "\"openid\":\"o1\",\"scope\":[\"snsapi_login\"]}",
        GOOD_START "\"openid\":\"o1\"}",
        GOOD_START "\"openid\":\"\",\"scope\":\"snsapi_login\"}",
        GOOD_START "\"openid\":7,\"scope\":\"snsapi_login\"}",
        GOOD_START "\"openid\":\"o 1\",\"scope\":\"snsapi_login\"}",
        GOOD_START "\"openid\":\"o:1\",\"scope\":\"snsapi_login\"}",
        GOOD_START "\"scope\":\"snsapi_login\",\"unionid\":\"u1\"}",
        GOOD_START "\"openid\":\"o1\",\"scope\":\"snsapi_login\",\"unionid\":7}",
        GOOD_START "\"openid\":\"o1\",\"scope\":\"snsapi_login\",\"unionid\":\"u/1\"}",
        GOOD_START "\"openid\":\"o1\",\"scope\":\"snsapi_login\",\"is_snapshotuser\":true}",
        GOOD_START "\"openid\":\"o1\",\"scope\":\"snsapi_login\",\"is_snapshotuser\":\"1\"}",
        "{\"access_token\":\"\",\"openid\":\"o1\",\"scope\":\"snsapi_login\"}",
        "{\"access_token\":1,\"openid\":\"o1\",\"scope\":\"snsapi_login\"}",
        "{\"openid\":\"o1\",\"scope\":\"snsapi_login\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wechat_tokens tokens;
        assert_row(wechat_tokens_read(*state, str_from(rows[i]), STR("snsapi_login"), &tokens) == VERIFY_UPSTREAM_ERROR,
                   rows[i]);
    }
}

static void a_snapshot_of_an_account_is_refused(void **state) {
    struct wechat_tokens tokens;
    struct str body = STR(GOOD_START "\"openid\":\"o1\",\"scope\":\"snsapi_userinfo\",\"unionid\":\"u1\","
                                     "\"is_snapshotuser\":1}");
    assert_int_equal(wechat_tokens_read(*state, body, STR("snsapi_userinfo"), &tokens), VERIFY_UNSUPPORTED);
}

static void an_id_has_a_ceiling(void **state) {
    for (size_t len = 100; len <= 101; len++) {
        char id[102] = {0};
        memset(id, 'o', len);
        struct str body = str_format(*state, GOOD_START "\"openid\":\"%s\",\"scope\":\"snsapi_login\"}", id);
        struct wechat_tokens tokens;
        assert_int_equal(wechat_tokens_read(*state, body, STR("snsapi_login"), &tokens),
                         len == 100 ? VERIFY_MATCH : VERIFY_UPSTREAM_ERROR);
    }
}

static void a_profile_is_of_the_person_of_the_tokens(void **state) {
    static const struct {
        const char *unionid, *body;
        enum verify_result result;
    } rows[] = {
        {NULL, "{\"openid\":\"o1\",\"nickname\":\"n\"}", VERIFY_MATCH},
        {NULL, "{\"openid\":\"o1\",\"nickname\":\"n\",\"unionid\":\"u1\"}", VERIFY_MATCH},
        {"u1", "{\"openid\":\"o1\",\"unionid\":\"u1\"}", VERIFY_MATCH},
        {"u1", "{\"openid\":\"o1\"}", VERIFY_MATCH},
        {"u1", "{\"openid\":\"o1\",\"unionid\":\"u2\"}", VERIFY_UPSTREAM_ERROR},
        {NULL, "{\"openid\":\"o2\",\"nickname\":\"n\"}", VERIFY_UPSTREAM_ERROR},
        {NULL, "{\"openid\":\"O1\"}", VERIFY_UPSTREAM_ERROR},
        {NULL, "{\"nickname\":\"n\"}", VERIFY_UPSTREAM_ERROR},
        {NULL, "{\"openid\":1}", VERIFY_UPSTREAM_ERROR},
        {NULL, "{\"openid\":\"o1\",\"unionid\":[]}", VERIFY_UPSTREAM_ERROR},
        {NULL, "{\"openid\":\"o1\",\"errcode\":48001}", VERIFY_UNSUPPORTED},
        {NULL, "<html>", VERIFY_UPSTREAM_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const struct wechat_tokens tokens = {STR("T"), STR("o1"), str_from(rows[i].unionid)};
        struct wechat_profile profile;
        assert_row(wechat_profile_read(*state, str_from(rows[i].body), &tokens, &profile) == rows[i].result,
                   rows[i].body);
    }
}

/* The name of a peer's bug: an openid stored as a unionid. */
static void the_subject_says_which_kind_of_id_it_is(void **state) {
    const struct wechat_tokens alone = {STR("T"), STR("o1"), STR_NONE}, common = {STR("T"), STR("o1"), STR("u1")};
    assert_str(wechat_subject(*state, STR("wx1"), &common, STR_NONE), "unionid:u1");
    assert_str(wechat_subject(*state, STR("wx1"), &alone, STR("u2")), "unionid:u2");
    assert_str(wechat_subject(*state, STR("wx1"), &alone, STR_NONE), "openid:wx1:o1");
    assert_str(wechat_subject(*state, STR("wx2"), &alone, STR_NONE), "openid:wx2:o1");
}

static void nicknames_are_fit_to_be_shown(void **state) {
    static const struct {
        const char *told, *shown;
    } rows[] = {
        {"甲的微信", "甲的微信"},
        {" a b ", "a b"},
        {"😀", "😀"},
        {"a\x01\n\x7f"
         "b",
         "ab"},
        {"管理员\u202e", "管理员"},
        {"\u200b\u2066", ""},
        {"", ""},
        {"<b>&", "<b>&"},
        {"0123456789012345678901234567890123456789012345678901234567890123456789",
         "0123456789012345678901234567890123456789012345678901234567890123"},
        {"一二三四五六七八九十一二三四五六七八九十一二", "一二三四五六七八九十一二三四五六七八九十一"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_str(str_or(upstream_nickname(*state, str_from(rows[i].told)), STR("")), rows[i].shown);
    }
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)
RUN_TESTS(WITH_ARENA(every_errcode_has_its_result), WITH_ARENA(tokens_are_read_with_the_manners_of_wechat),
          WITH_ARENA(what_is_no_token_answer_is_an_error), WITH_ARENA(a_snapshot_of_an_account_is_refused),
          WITH_ARENA(an_id_has_a_ceiling), WITH_ARENA(a_profile_is_of_the_person_of_the_tokens),
          WITH_ARENA(the_subject_says_which_kind_of_id_it_is), WITH_ARENA(nicknames_are_fit_to_be_shown))
