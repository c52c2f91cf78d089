/* Claims by scope and by the claims parameter (OpenID Connect Core §5.4, §5.5). */
#include "domain/claims.h"
#include "test.h"

static void scopes_ask_for_their_claims(void **state) {
    assert_int_equal(claims_of_scope(STR("openid")), 0);
    assert_int_equal(claims_of_scope(STR("openid phone")),
                     (claim_set)1 << CLAIM_PHONE_NUMBER | (claim_set)1 << CLAIM_PHONE_NUMBER_VERIFIED);
    assert_int_equal(claims_of_scope(STR("emails")), 0);
}

static void only_what_is_known_is_written(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct account account = {.updated_at = 7, .profile = {.name = STR("甲"), .email = STR("a@rp.example")}};
    struct buf buf;
    buf_init(&buf, arena, 256, 4096);
    struct json_out out = json_out(&buf);
    json_open_object(&out, NULL);
    claims_write(&out, claims_of_scope(STR("profile email phone address")), &account);
    json_close_object(&out);
    assert_str(buf_str(&buf), "{\"name\":\"甲\",\"updated_at\":7,\"email\":\"a@rp.example\",\"email_verified\":false}");
}

static void the_claims_parameter(void **state) {
    static const struct {
        const char *text;
        bool fine;
    } rows[] = {
        {"{}", true},
        {"{\"userinfo\":{\"name\":null}}", true},
        {"{\"id_token\":{\"email\":{\"essential\":true}}}", true},
        {"{\"id_token\":{\"nobody\":null},\"extra\":1}", true},
        {"[]", false},
        {"{", false},
        {"{\"userinfo\":[]}", false},
        {"{\"userinfo\":{\"name\":1}}", false},
        {"", false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct claims_request request;
        assert_row(claims_request_read(arena, str_from(rows[i].text), STR("openid profile email"), &request) ==
                       rows[i].fine,
                   rows[i].text);
    }
}

static void a_claim_outside_the_clients_scopes_is_not_asked_for(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct claims_request request;
    assert_true(claims_request_read(arena, STR("{\"userinfo\":{\"name\":null,\"email\":null}}"), STR("openid email"),
                                    &request));
    assert_int_equal(request.userinfo, (claim_set)1 << CLAIM_EMAIL);
    assert_true(claims_request_read(
        arena,
        STR("{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:tongxing:loa:3\",\"urn:tongxing:loa:2\"]}}}"),
        STR("openid"), &request));
    assert_true(request.acr_essential);
    assert_int_equal(request.acr_level, 2);
}

RUN_TESTS(cmocka_unit_test(scopes_ask_for_their_claims), cmocka_unit_test(only_what_is_known_is_written),
          cmocka_unit_test(the_claims_parameter), cmocka_unit_test(a_claim_outside_the_clients_scopes_is_not_asked_for))
