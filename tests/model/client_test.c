/* Client metadata: every rule names the member it is about. */
#include "model/client.h"
#include "test.h"

static struct client_problems problems;

static bool read(struct arena *arena, const char *text, struct client *client) {
    const struct json *metadata;
    assert_row(json_parse(arena, str_from(text), JSON_LIMITS_DOCUMENT, &metadata), text);
    return client_read(arena, metadata, client, &problems);
}

#define BASE "\"client_id\":\"c\",\"client_secret\":\"0123456789\",\"redirect_uris\":[\"https://rp.example/cb\"]"

static void what_is_wrong_is_named(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct {
        const char *text, *member;
    } rows[] = {
        {"{}", "client_id"},
        {"{\"client_id\":\"a b\"}", "client_id"},
        {"{\"client_id\":1}", "client_id"},
        {"{" BASE ",\"nobody_knows\":1}", "nobody_knows"},
        {"{\"client_id\":\"c\",\"client_secret\":\"0123456789\"}", "redirect_uris"},
        {"{\"client_id\":\"c\",\"redirect_uris\":[\"https://rp.example/cb\"]}", "client_secret"},
        {"{" BASE ",\"token_endpoint_auth_method\":\"none\"}", "client_secret"},
        {"{" BASE ",\"token_endpoint_auth_method\":\"client_secret_jwt\"}", "client_secret"},
        {"{\"client_id\":\"c\",\"redirect_uris\":[\"https://rp.example/"
         "cb\"],\"token_endpoint_auth_method\":\"private_key_jwt\"}",
         "jwks"},
        {"{" BASE ",\"token_endpoint_auth_method\":\"magic\"}", "token_endpoint_auth_method"},
        {"{" BASE ",\"token_endpoint_auth_signing_alg\":\"ES256\"}", "token_endpoint_auth_signing_alg"},
        {"{" BASE ",\"id_token_signed_response_alg\":\"none\"}", "id_token_signed_response_alg"},
        {"{" BASE ",\"tongxing_access_token_alg\":\"HS256\"}", "tongxing_access_token_alg"},
        {"{" BASE ",\"id_token_signed_response_alg\":\"HS256\"}", "id_token_signed_response_alg"},
        {"{" BASE ",\"grant_types\":[\"password\"]}", "grant_types"},
        {"{" BASE ",\"grant_types\":[\"refresh_token\"]}", "grant_types"},
        {"{" BASE ",\"response_types\":[\"token\"]}", "response_types"},
        {"{" BASE ",\"scope\":\"openid  profile\"}", "scope"},
        {"{" BASE ",\"scope\":\"openid \\\"x\\\"\"}", "scope"},
        {"{" BASE ",\"tongxing_level\":5}", "tongxing_level"},
        {"{" BASE ",\"tongxing_acting\":\"always\"}", "tongxing_acting"},
        {"{" BASE ",\"tongxing_acting\":\"required\"}", "tongxing_acting"}, /* without the scope cn_org */
        {"{" BASE ",\"tongxing_acting\":true}", "tongxing_acting"},
        {"{" BASE ",\"tongxing_consent\":\"never\"}", "tongxing_consent"},
        {"{" BASE ",\"tongxing_consent\":\"statutory\",\"tongxing_claims\":[\"cn_id_number\"]}",
         "tongxing_legal_basis"},
        {"{" BASE ",\"default_max_age\":-1}", "default_max_age"},
        {"{" BASE ",\"tongxing_access_token_seconds\":9223372036854775807}", "tongxing_access_token_seconds"},
        {"{" BASE ",\"logo_uri\":\"javascript:alert(1)\"}", "logo_uri"},
        {"{" BASE ",\"backchannel_logout_uri\":\"http://rp.example/x\"}", "backchannel_logout_uri"},
        {"{" BASE ",\"client_name\":\"a\\nb\"}", "client_name"},
        {"{" BASE ",\"jwks\":{}}", "jwks"},
        {"{" BASE ",\"jwks\":{\"keys\":[]},\"jwks_uri\":\"https://rp.example/jwks\"}", "jwks_uri"},
    };
    struct client client;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!read(arena, rows[i].text, &client), rows[i].text);
        bool named = false;
        for (size_t p = 0; p < problems.count; p++) {
            named = named || str_equal(problems.items[p].member, str_from(rows[i].member));
        }
        assert_row(named, rows[i].text);
    }
}

/* RU-11, RU-14, RU-16, RU-19 and their kind: what may not be registered. */
static void redirect_uris_that_are_refused(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const bad[] = {
        "http://rp.example/cb",
        "https://rp.example/cb#x",
        "https://rp.example/cb#",
        "https://*.rp.example/*",
        "https://rp.example*",
        ".*",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///x",
        "blob:x",
        "about:blank",
        " javascript:x",
        "myapp:/cb",
        "com.example.app:/cb",
        "https://user@rp.example/cb",
        "https://rp.example/../cb",
        "https://rp.example/a//b",
        "https://RP.example/cb",
        "https://rp.example\\\\cb",
        "//rp.example/cb",
        "https:///cb",
        "https://",
        "https://rp.example:0/cb",
        "https://rp.example:99999/cb",
        "https://rp.example:x/cb",
        "http://[fe80::1%25eth0]/",
        "http://[::1/cb",
        "https://rp.example/%zz",
        "https://rp.example/ cb",
        "https://.rp.example/cb",
        "https://rp..example/cb",
        "https://rp.example/..;/x",
        "",
    };
    struct client client;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        char text[400];
        snprintf(text, sizeof(text),
                 "{\"client_id\":\"c\",\"client_secret\":\"0123456789\",\"redirect_uris\":[\"%s\"]}", bad[i]);
        assert_row(!read(arena, text, &client), bad[i]);
        assert_str(problems.items[0].member, "redirect_uris");
    }
}

static void what_native_apps_may_have(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client client;
    assert_true(read(arena,
                     "{\"client_id\":\"n\",\"application_type\":\"native\",\"token_endpoint_auth_method\":\"none\","
                     "\"redirect_uris\":[\"http://127.0.0.1/cb\",\"http://[::1]/cb\",\"com.example.app:/cb\",\"https://"
                     "rp.example/cb\"]}",
                     &client));
    assert_true(client.require_pkce);
    static const struct {
        const char *uri;
        bool has;
    } rows[] = {{"http://127.0.0.1:51004/cb", true}, {"http://[::1]:8/cb", true},
                {"http://127.0.0.1/cb", true},       {"com.example.app:/cb", true},
                {"http://127.0.0.1:5/cb?x", false},  {"http://localhost/cb", false},
                {"http://127.0.0.1:5/other", false}, {"https://127.0.0.1:5/cb", false},
                {"com.example.app:/cb2", false},     {"https://rp.example:443/cb", false}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(client_has_redirect_uri(&client, str_from(rows[i].uri)) == rows[i].has, rows[i].uri);
    }
}

static void pairwise_subjects_need_one_sector(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct client client;
#define TWO_HOSTS                                                                                                      \
    "{\"client_id\":\"c\",\"client_secret\":\"0123456789\",\"subject_type\":\"pairwise\","                             \
    "\"redirect_uris\":[\"https://a.example/cb\",\"https://b.example/cb\"]"
    assert_false(read(arena, TWO_HOSTS "}", &client));
    assert_str(problems.items[0].member, "sector_identifier_uri");
    assert_true(read(arena, TWO_HOSTS ",\"sector_identifier_uri\":\"https://sector.example/list\"}", &client));
    assert_str(client.sector, "sector.example");
}

RUN_TESTS(cmocka_unit_test(what_is_wrong_is_named), cmocka_unit_test(redirect_uris_that_are_refused),
          cmocka_unit_test(what_native_apps_may_have), cmocka_unit_test(pairwise_subjects_need_one_sector))
