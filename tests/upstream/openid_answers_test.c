/* What another OpenID Provider tells: its metadata, what the browser brings back, its tokens. One vector a line. */
#include "test.h"
#include "upstream/openid.h"

#define ISSUER  STR("https://op.example")
#define ACCESS  STR("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y")
#define AT_HASH "77QmUPtjPfzWtF2AnpK9RQ" /* OpenID Connect Core's own example (appendix A.3) */

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int free_arena(void **state) {
    arena_free(*state);
    return 0;
}

/* --- metadata --- */

#define AUTHORIZE "\"authorization_endpoint\":\"https://op.example/auth\","
#define TOKEN     "\"token_endpoint\":\"https://op.example/token\","
#define JWKS      "\"jwks_uri\":\"https://op.example/jwks\""
#define OWN       "{\"issuer\":\"https://op.example\","

static void metadata_is_the_issuers_own(void **state) {
    struct openid_metadata metadata;
    struct str body = STR(OWN AUTHORIZE TOKEN JWKS ",\"userinfo_endpoint\":\"https://api.op.example/me\","
                                                   "\"response_types_supported\":[\"id_token\",\"code\"],"
                                                   "\"authorization_response_iss_parameter_supported\":true}");
    assert_true(openid_metadata_read(*state, body, ISSUER, &metadata));
    assert_str(metadata.authorization, "https://op.example/auth");
    assert_str(metadata.token, "https://op.example/token");
    assert_str(metadata.jwks, "https://op.example/jwks");
    assert_str(metadata.userinfo, "https://api.op.example/me");
    assert_true(metadata.says_iss);
    assert_true(openid_metadata_read(*state, STR(OWN AUTHORIZE TOKEN JWKS "}"), ISSUER, &metadata));
    assert_true(str_is_absent(metadata.userinfo));
    assert_false(metadata.says_iss);
}

static void what_is_no_metadata_of_the_issuer_is_refused(void **state) {
    static const char *const rows[] = {
        "",
        "[]",
        "{}",
        "<html>",
        OWN AUTHORIZE TOKEN JWKS,
        "{" AUTHORIZE TOKEN JWKS "}",
        "{\"issuer\":\"https://op.example/\"," AUTHORIZE TOKEN JWKS "}",
        "{\"issuer\":\"https://OP.example\"," AUTHORIZE TOKEN JWKS "}",
        "{\"issuer\":\"https://op.example.evil.example\"," AUTHORIZE TOKEN JWKS "}",
        "{\"issuer\":[\"https://op.example\"]," AUTHORIZE TOKEN JWKS "}",
        OWN "\"issuer\":\"https://op.example\"," AUTHORIZE TOKEN JWKS "}",
        OWN TOKEN JWKS "}",
        OWN AUTHORIZE JWKS "}",
        OWN AUTHORIZE "\"token_endpoint\":\"https://op.example/token\"}",
        OWN AUTHORIZE "\"token_endpoint\":\"http://op.example/token\"," JWKS "}",
        OWN AUTHORIZE "\"token_endpoint\":\"file:///etc/passwd\"," JWKS "}",
        OWN AUTHORIZE "\"token_endpoint\":\"https://a:b@op.example/token\"," JWKS "}",
        OWN AUTHORIZE "\"token_endpoint\":\"https://op.example\\\\@evil.example/\"," JWKS "}",
        OWN AUTHORIZE "\"token_endpoint\":\"/token\"," JWKS "}",
        OWN AUTHORIZE "\"token_endpoint\":7," JWKS "}",
        OWN AUTHORIZE "\"token_endpoint\":\"https://op.example/token#x\"," JWKS "}",
        OWN "\"authorization_endpoint\":\"javascript:alert(1)\"," TOKEN JWKS "}",
        OWN "\"authorization_endpoint\":\"https://op.example/a\\r\\nSet-Cookie: a=b\"," TOKEN JWKS "}",
        OWN AUTHORIZE TOKEN JWKS ",\"userinfo_endpoint\":\"http://op.example/me\"}",
        OWN AUTHORIZE TOKEN JWKS ",\"userinfo_endpoint\":null}",
        OWN AUTHORIZE TOKEN JWKS ",\"response_types_supported\":[\"id_token\"]}",
        OWN AUTHORIZE TOKEN JWKS ",\"response_types_supported\":[]}",
        OWN AUTHORIZE TOKEN JWKS ",\"authorization_response_iss_parameter_supported\":\"true\"}",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct openid_metadata metadata;
        assert_row(!openid_metadata_read(*state, str_from(rows[i]), ISSUER, &metadata), rows[i]);
    }
}

static void addresses_elsewhere_are_known(void **state) {
    static const struct {
        const char *address;
        bool elsewhere;
    } rows[] = {
        {"https://op.example/token", false},       {"https://op.example", false},
        {"https://op.example:8443/t", true},       {"https://api.op.example/t", true},
        {"http://op.example/token", true},         {"https://127.0.0.1/token", true},
        {"https://op.example.evil.example", true}, {"nonsense", true},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(openid_is_elsewhere(ISSUER, str_from(rows[i].address)) == rows[i].elsewhere, rows[i].address);
    }
}

/* --- what begin keeps --- */

static void what_is_kept_comes_back_and_nothing_near_it(void **state) {
    struct openid_kept kept = openid_kept_new(*state), again, other = openid_kept_new(*state);
    struct str text = openid_kept_write(*state, &kept);
    assert_true(text.len <= UPSTREAM_KEPT_MOST);
    assert_true(openid_kept_read(text, &again));
    assert_true(str_equal(again.nonce, kept.nonce) && str_equal(again.verifier, kept.verifier));
    assert_int_equal(again.begun_at, kept.begun_at);
    assert_false(str_equal(kept.nonce, other.nonce) || str_equal(kept.verifier, other.verifier) ||
                 str_equal(kept.nonce, kept.verifier));
    for (size_t len = 0; len + 11 < text.len; len++) {
        assert_false(openid_kept_read(str_sub(text, 0, len), &again));
    }
    assert_false(openid_kept_read(str_concat(*state, text, STR(".")), &again));
    assert_false(openid_kept_read(str_concat(*state, STR("2"), str_sub(text, 1, text.len - 1)), &again));
}

/* --- what the browser brings back --- */

struct came {
    const char *query;
    bool says_iss;
    enum verify_result result;
};

/* "a=1&b=2", nothing encoded. */
static enum verify_result read_return(struct arena *arena, const struct came *came, struct str *ret_code) {
    struct upstream_param params[8];
    struct upstream_returned returned = {.begun = {.transaction = STR("t1")}, .params = params};
    struct str rest = str_from(came->query);
    while (!str_is_absent(rest) && rest.len > 0) {
        struct upstream_param *param = &params[returned.param_count++];
        param->name = str_cut(str_cut(rest, '&', &rest), '=', &param->value);
    }
    return openid_return_read(&returned, ISSUER, came->says_iss, ret_code);
}

static void what_comes_back_is_of_this_sign_in_and_this_issuer(void **state) {
    static const struct came rows[] = {
        {"", true, VERIFY_PENDING},
        {"code=c&state=t1", false, VERIFY_MATCH},
        {"code=c&state=t1&iss=https://op.example", true, VERIFY_MATCH},
        {"code=c&state=t1&iss=https://op.example", false, VERIFY_MATCH},
        {"code=c&state=t1", true, VERIFY_INVALID_INPUT},
        {"code=c&state=t1&iss=https://evil.example", true, VERIFY_INVALID_INPUT},
        {"code=c&state=t1&iss=https://evil.example", false, VERIFY_INVALID_INPUT},
        {"code=c&state=t1&iss=https://op.example/", true, VERIFY_INVALID_INPUT},
        {"code=c&state=t1&iss=https://op.example&iss=https://op.example", true, VERIFY_INVALID_INPUT},
        {"code=c&state=t1&iss=", false, VERIFY_INVALID_INPUT},
        {"code=c&state=t2", false, VERIFY_INVALID_INPUT},
        {"code=c&state=t1&state=t1", false, VERIFY_INVALID_INPUT},
        {"code=c", false, VERIFY_INVALID_INPUT},
        {"state=t1", false, VERIFY_INVALID_INPUT},
        {"code=&state=t1", false, VERIFY_INVALID_INPUT},
        {"code=c&code=d&state=t1", false, VERIFY_INVALID_INPUT},
        {"error=access_denied&state=t1", false, VERIFY_MISMATCH},
        {"error=login_required&state=t1", false, VERIFY_MISMATCH},
        {"error=interaction_required&state=t1", false, VERIFY_MISMATCH},
        {"error=consent_required&state=t1", false, VERIFY_MISMATCH},
        {"error=account_selection_required&state=t1", false, VERIFY_MISMATCH},
        {"error=server_error&state=t1", false, VERIFY_RATE_LIMITED},
        {"error=temporarily_unavailable&state=t1", false, VERIFY_RATE_LIMITED},
        {"error=invalid_scope&state=t1", false, VERIFY_UNSUPPORTED},
        {"error=whatever&state=t1", false, VERIFY_UNSUPPORTED},
        {"error=&state=t1", false, VERIFY_INVALID_INPUT},
        {"error=access_denied&code=c&state=t1", false, VERIFY_INVALID_INPUT},
        {"error=access_denied&state=t2", false, VERIFY_INVALID_INPUT},
        {"error=access_denied&state=t1", true, VERIFY_INVALID_INPUT},
        {"error=access_denied&state=t1&iss=https://evil.example", true, VERIFY_INVALID_INPUT},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str code;
        assert_row(read_return(*state, &rows[i], &code) == rows[i].result, rows[i].query);
    }
}

/* --- the token endpoint's answer --- */

static void tokens_are_read_strictly(void **state) {
    static const struct {
        int status;
        const char *body;
        enum verify_result result;
    } rows[] = {
        {200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"i\"}", VERIFY_MATCH},
        {200, "{\"access_token\":\"a\",\"token_type\":\"bearer\",\"id_token\":\"i\",\"expires_in\":1}", VERIFY_MATCH},
        {400, "{\"error\":\"invalid_grant\"}", VERIFY_MISMATCH},
        {400, "{\"error\":\"invalid_request\"}", VERIFY_UPSTREAM_ERROR},
        {401, "{\"error\":\"invalid_client\"}", VERIFY_UPSTREAM_ERROR},
        {401, "{\"error\":\"invalid_grant\"}", VERIFY_UPSTREAM_ERROR},
        {200, "{\"error\":\"invalid_grant\"}", VERIFY_UPSTREAM_ERROR},
        {500, "{\"error\":\"invalid_grant\"}", VERIFY_UPSTREAM_ERROR},
        {400, "{\"error\":[\"invalid_grant\"]}", VERIFY_UPSTREAM_ERROR},
        {400, "invalid_grant", VERIFY_UPSTREAM_ERROR},
        {201, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"i\"}", VERIFY_UPSTREAM_ERROR},
        {200, "{\"access_token\":\"a\",\"token_type\":\"DPoP\",\"id_token\":\"i\"}", VERIFY_UPSTREAM_ERROR},
        {200, "{\"access_token\":\"a\",\"id_token\":\"i\"}", VERIFY_UPSTREAM_ERROR},
        {200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\"}", VERIFY_UPSTREAM_ERROR},
        {200, "{\"access_token\":\"\",\"token_type\":\"Bearer\",\"id_token\":\"i\"}", VERIFY_UPSTREAM_ERROR},
        {200, "{\"access_token\":\"a\\r\\nb\",\"token_type\":\"Bearer\",\"id_token\":\"i\"}", VERIFY_UPSTREAM_ERROR},
        {200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":null}", VERIFY_UPSTREAM_ERROR},
        {200, "{\"access_token\":\"a\",\"token_type\":\"Bearer\",\"id_token\":\"i\",\"error\":\"x\"}",
         VERIFY_UPSTREAM_ERROR},
        {200, "[]", VERIFY_UPSTREAM_ERROR},
        {200, "", VERIFY_UPSTREAM_ERROR},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct openid_tokens tokens;
        assert_row(openid_tokens_read(*state, rows[i].status, str_from(rows[i].body), &tokens) == rows[i].result,
                   rows[i].body);
    }
}

/* --- the ID token --- */

static const struct openid_expected expected = {.issuer = STR_INIT("https://op.example"),
                                                .client_id = STR_INIT("us"),
                                                .nonce = STR_INIT("n1"),
                                                .begun_at = 1000,
                                                .now = 1010,
                                                .skew_s = 60};

static bool fits(struct arena *arena, enum jose_alg alg, struct str typ, const char *claims) {
    struct jws jws = {.alg = alg, .typ = typ};
    struct str subject;
    assert_row(json_parse(arena, str_from(claims), JSON_LIMITS_TOKEN, &jws.claims), claims);
    bool fine = openid_id_token_fits(&jws, ACCESS, &expected, &subject);
    assert_row(!fine || (subject.len > 0 && subject.len <= 255), claims);
    return fine;
}

#define ISS   "{\"iss\":\"https://op.example\","
#define SUB   "\"sub\":\"s1\","
#define AUD   "\"aud\":\"us\","
#define TIMES "\"exp\":1300,\"iat\":1005,"
#define NONCE "\"nonce\":\"n1\"}"

static void an_id_token_that_is_right_in_all_is_taken(void **state) {
    static const char *const rows[] = {
        ISS SUB AUD TIMES NONCE,
        ISS SUB "\"aud\":[\"us\"]," TIMES NONCE,
        ISS SUB "\"aud\":[\"others\",\"us\"],\"azp\":\"us\"," TIMES NONCE,
        ISS SUB AUD "\"azp\":\"us\"," TIMES NONCE,
        ISS SUB AUD TIMES "\"at_hash\":\"" AT_HASH "\"," NONCE,
        ISS SUB AUD "\"exp\":951,\"iat\":940," NONCE, /* within the skew, all of it */
        ISS SUB AUD "\"exp\":1300,\"iat\":1070," NONCE,
        ISS SUB AUD TIMES "\"nbf\":1070," NONCE,
        ISS "\"sub\":\" !~\"," AUD TIMES NONCE,
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(fits(*state, JOSE_RS256, STR("JWT"), rows[i]), rows[i]);
        assert_row(fits(*state, JOSE_ES256, STR_NONE, rows[i]), rows[i]);
    }
}

static void an_id_token_that_is_wrong_in_one_thing_is_not(void **state) {
    static const char *const rows[] = {
        "{" SUB AUD TIMES NONCE,
        "{\"iss\":\"https://op.example/\"," SUB AUD TIMES NONCE,
        "{\"iss\":\"https://evil.example\"," SUB AUD TIMES NONCE,
        "{\"iss\":[\"https://op.example\"]," SUB AUD TIMES NONCE,
        ISS AUD TIMES NONCE,
        ISS "\"sub\":\"\"," AUD TIMES NONCE,
        ISS "\"sub\":1," AUD TIMES NONCE,
        ISS "\"sub\":\"\\u00e9\"," AUD TIMES NONCE,
        ISS "\"sub\":\"a\\nb\"," AUD TIMES NONCE,
        ISS SUB TIMES NONCE,
        ISS SUB "\"aud\":\"others\"," TIMES NONCE,
        ISS SUB "\"aud\":\"us others\"," TIMES NONCE,
        ISS SUB "\"aud\":\"us2\"," TIMES NONCE,
        ISS SUB "\"aud\":[]," TIMES NONCE,
        ISS SUB "\"aud\":[\"us\",\"others\"]," TIMES NONCE,
        ISS SUB "\"aud\":[\"us\",\"others\"],\"azp\":\"others\"," TIMES NONCE,
        ISS SUB AUD "\"azp\":\"others\"," TIMES NONCE,
        ISS SUB AUD "\"azp\":[\"us\"]," TIMES NONCE,
        ISS SUB AUD "\"iat\":1005," NONCE,
        ISS SUB AUD "\"exp\":950,\"iat\":945," NONCE,
        ISS SUB AUD "\"exp\":1300," NONCE,
        ISS SUB AUD "\"exp\":1300,\"iat\":939," NONCE,
        ISS SUB AUD "\"exp\":1300,\"iat\":1071," NONCE,
        ISS SUB AUD TIMES "\"nbf\":1071," NONCE,
        ISS SUB AUD "\"exp\":\"1300\",\"iat\":1005," NONCE,
        ISS SUB AUD "\"exp\":1e300,\"iat\":1005," NONCE,
        ISS SUB AUD "\"exp\":-1,\"iat\":1005," NONCE,
        ISS SUB AUD "\"exp\":9223372036854775807,\"iat\":1005," NONCE,
        ISS SUB AUD "\"exp\":1300,\"iat\":{}," NONCE,
        ISS SUB AUD "\"exp\":1300,\"iat\":1005}",
        ISS SUB AUD TIMES "\"nonce\":\"n2\"}",
        ISS SUB AUD TIMES "\"nonce\":\"\"}",
        ISS SUB AUD TIMES "\"nonce\":[\"n1\"]}",
        ISS SUB AUD TIMES "\"at_hash\":\"77QmUPtjPfzWtF2AnpK9RA\"," NONCE,
        ISS SUB AUD TIMES "\"at_hash\":\"\"," NONCE,
        ISS SUB AUD TIMES "\"at_hash\":null," NONCE,
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!fits(*state, JOSE_RS256, STR("JWT"), rows[i]), rows[i]);
    }
    const char *good = ISS SUB AUD TIMES NONCE;
    static const char *const types[] = {"at+jwt", "logout+jwt", "secevent+jwt", "", "dpop+jwt"};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        assert_row(!fits(*state, JOSE_RS256, str_from(types[i]), good), types[i]);
    }
}

/* Reckoned with Node's crypto: SHA-512, the left half. */
static void the_hash_of_the_access_token_is_the_algorithms(void **state) {
    const char *long_hash = ISS SUB AUD TIMES "\"at_hash\":\"q7nS86GgvvFaZkzALLWqJYaJIKw2wCDAVfCAsm5CrBM\"," NONCE;
    const char *short_hash = ISS SUB AUD TIMES "\"at_hash\":\"" AT_HASH "\"," NONCE;
    assert_true(fits(*state, JOSE_EDDSA, STR("JWT"), long_hash));
    assert_false(fits(*state, JOSE_EDDSA, STR("JWT"), short_hash));
    assert_true(fits(*state, JOSE_PS256, STR("JWT"), short_hash));
    assert_false(fits(*state, JOSE_PS256, STR("JWT"), long_hash));
}

static void a_subject_has_a_ceiling(void **state) {
    for (size_t len = 255; len <= 256; len++) {
        char subject[257] = {0};
        memset(subject, 's', len);
        struct str claims = str_format(*state, ISS "\"sub\":\"%s\"," AUD TIMES NONCE, subject);
        assert_int_equal(fits(*state, JOSE_RS256, STR_NONE, str_c(*state, claims)), len == 255);
    }
}

static void userinfo_is_of_the_same_person(void **state) {
    const struct json *claims;
    assert_true(openid_userinfo_read(*state, STR("{\"sub\":\"s1\",\"name\":\"n\"}"), STR("s1"), &claims));
    static const char *const rows[] = {"{\"sub\":\"s2\"}",
                                       "{\"sub\":\"S1\"}",
                                       "{}",
                                       "{\"sub\":[\"s1\"]}",
                                       "eyJh.e30.",
                                       "",
                                       "{\"sub\":\"s2\",\"sub\":\"s1\"}"};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!openid_userinfo_read(*state, str_from(rows[i]), STR("s1"), &claims), rows[i]);
    }
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)
RUN_TESTS(WITH_ARENA(metadata_is_the_issuers_own), WITH_ARENA(what_is_no_metadata_of_the_issuer_is_refused),
          WITH_ARENA(addresses_elsewhere_are_known), WITH_ARENA(what_is_kept_comes_back_and_nothing_near_it),
          WITH_ARENA(what_comes_back_is_of_this_sign_in_and_this_issuer), WITH_ARENA(tokens_are_read_strictly),
          WITH_ARENA(an_id_token_that_is_right_in_all_is_taken),
          WITH_ARENA(an_id_token_that_is_wrong_in_one_thing_is_not),
          WITH_ARENA(the_hash_of_the_access_token_is_the_algorithms), WITH_ARENA(a_subject_has_a_ceiling),
          WITH_ARENA(userinfo_is_of_the_same_person))
