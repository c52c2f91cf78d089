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
    const struct client client = {0};
    const struct claims_about about = {NULL, arena, &client, &account};
    claim_set told = claims_write(&out, claims_of_scope(STR("profile email phone address")), &about);
    json_close_object(&out);
    assert_str(buf_str(&buf), "{\"name\":\"甲\",\"updated_at\":7,\"email\":\"a@rp.example\",\"email_verified\":false}");
    assert_str(claims_names(arena, told), "name updated_at email email_verified");
}

static struct str written(struct arena *arena, const char *scope, const struct account *account) {
    struct buf buf;
    buf_init(&buf, arena, 256, 4096);
    struct json_out out = json_out(&buf);
    const struct client client = {.sector = STR("rp.example")};
    const struct claims_about about = {NULL, arena, &client, account};
    json_open_object(&out, NULL);
    claims_write(&out, claims_of_scope(str_from(scope)) & ~CLAIM_BIT(CLAIM_CN_ID_HASH), &about);
    json_close_object(&out);
    return buf_str(&buf);
}

static void what_is_made_of_a_person(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct account account = {.level = 3,
                              .profile = {.id_type = ID_TYPE_RESIDENT, .id_number = STR("110105188812310013")}};
    assert_str(written(arena, "cn_profile", &account),
               "{\"nationalities\":[\"CHN\"],\"cn_user_type\":\"person\",\"cn_trust_level\":3}");
    assert_str(written(arena, "cn_id", &account),
               "{\"cn_id_type\":\"resident_id\",\"cn_id_masked\":\"1101**********0013\"}");
    account.profile.id_type = ID_TYPE_PERMANENT_RESIDENCE;
    assert_str(written(arena, "cn_profile", &account), "{\"cn_user_type\":\"person\",\"cn_trust_level\":3}");
    account.profile = (struct profile){0};
    assert_str(written(arena, "cn_id", &account), "{}");
}

static void no_scope_opens_what_stands_apart(void **state) {
    assert_int_equal(claims_of_scope(STR("openid profile email phone address cn_profile cn_id")) & CLAIMS_APART, 0);
    assert_true(claims_of_scope(STR("cn_id")) & CLAIM_BIT(CLAIM_CN_ID_HASH));
}

/* Of our portals' clients: registered for these scopes, and for all claims of them that are not apart. */
static bool read_request(struct arena *arena, struct str text, struct str scope, struct claims_request *ret_request) {
    const struct domain_settings settings = {.trust_framework = STR("cn_gov_zwfw")};
    const struct domain domain = {.settings = &settings};
    const struct client client = {.scope = scope, .claims = ~CLAIMS_APART};
    return claims_request_read(&domain, arena, text, &client, ret_request);
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
        assert_row(read_request(arena, str_from(rows[i].text), STR("openid profile email"), &request) == rows[i].fine,
                   rows[i].text);
    }
}

static void a_claim_outside_the_clients_scopes_is_not_asked_for(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct claims_request request;
    assert_true(
        read_request(arena, STR("{\"userinfo\":{\"name\":null,\"email\":null}}"), STR("openid email"), &request));
    assert_int_equal(request.userinfo, (claim_set)1 << CLAIM_EMAIL);
    assert_true(read_request(
        arena,
        STR("{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"urn:tongxing:loa:3\",\"urn:tongxing:loa:2\"]}}}"),
        STR("openid"), &request));
    assert_true(request.acr_essential);
    assert_int_equal(request.acr_level, 2);
}

static void a_language_tag_asks_for_the_claim(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct claims_request request;
    assert_true(read_request(arena, STR("{\"id_token\":{\"name#zh-Hans-CN\":null,\"#x\":null,\"name#\":null}}"),
                             STR("openid profile"), &request));
    assert_int_equal(request.id_token, CLAIM_BIT(CLAIM_NAME));
}

static void the_number_is_for_whom_it_is_named(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct domain domain = {0};
    struct claims_request request;
    struct client client = {.scope = STR("openid cn_id"), .claims = ~CLAIMS_APART};
    struct str text =
        STR("{\"userinfo\":{\"cn_id_number\":null},\"id_token\":{\"cn_id_number\":{\"essential\":true}}}");
    assert_true(claims_request_read(&domain, arena, text, &client, &request));
    assert_int_equal(request.userinfo, 0);
    client.claims = CLAIMS_APART;
    assert_true(claims_request_read(&domain, arena, text, &client, &request));
    assert_int_equal(request.userinfo, CLAIMS_APART);
    assert_int_equal(request.id_token, 0); /* never */
    client.scope = STR("openid profile");
    assert_true(claims_request_read(&domain, arena, text, &client, &request));
    assert_int_equal(request.userinfo, 0);
}

RUN_TESTS(cmocka_unit_test(scopes_ask_for_their_claims), cmocka_unit_test(only_what_is_known_is_written),
          cmocka_unit_test(what_is_made_of_a_person), cmocka_unit_test(no_scope_opens_what_stands_apart),
          cmocka_unit_test(a_language_tag_asks_for_the_claim), cmocka_unit_test(the_number_is_for_whom_it_is_named),
          cmocka_unit_test(the_claims_parameter), cmocka_unit_test(a_claim_outside_the_clients_scopes_is_not_asked_for))
