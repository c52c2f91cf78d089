/* The policy of an initial access token: how it is read, and what becomes of metadata under it. */
#include "model/registration_policy.h"
#include "test.h"

static const struct json *json_of(struct arena *arena, const char *text) {
    const struct json *value = NULL;
    assert_row(json_parse(arena, str_from(text), JSON_LIMITS_DOCUMENT, &value), text);
    return value;
}

#define HOSTS "\"redirect_hosts\":[\"rp.example\"]"

static void what_is_a_policy(void **state) {
    static const struct {
        const char *text, *member; /* NULL: it is one */
    } rows[] = {
        {"{" HOSTS "}", NULL},
        {"{\"sandbox\":true}", NULL},
        {"{\"redirect_hosts\":[\"*\"]}", NULL},
        {"{\"redirect_hosts\":[\"*.city.example\",\"127.0.0.1\",\"[::1]\"]}", NULL},
        {"{" HOSTS ",\"scopes\":[\"openid\",\"profile\"],\"grant_types\":[\"client_credentials\"],\"auth_methods\":["
         "\"private_key_jwt\"]}",
         NULL},
        {"{" HOSTS ",\"consent\":\"statutory\",\"legal_basis\":\"statutory_duty\"}", NULL},
        {"{" HOSTS ",\"level_least\":2,\"level_most\":3,\"members\":[\"tongxing_level\"],\"claims\":[\"name\"]}", NULL},
        {"{" HOSTS ",\"lifetime_s\":86400,\"agency_id\":\"a\"}", NULL},
        {"{}", "redirect_hosts"},
        {"[]", "policy"},
        {"\"x\"", "policy"},
        {"{\"redirect_hosts\":[]}", "redirect_hosts"},
        {"{\"redirect_hosts\":\"rp.example\"}", "redirect_hosts"},
        {"{\"redirect_hosts\":[7]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\"https://rp.example\"]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\"rp.example:8443\"]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\"RP.example\"]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\"*.example\"]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\"*rp.example\"]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\"rp.*\"]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\"*.\"]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\".rp.example\"]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\"rp.example.\"]}", "redirect_hosts"},
        {"{\"redirect_hosts\":[\"*.[::1]\"]}", "redirect_hosts"},
        {"{" HOSTS ",\"scopes\":[\"admin\"]}", "scopes"},
        {"{" HOSTS ",\"scopes\":[\"a b\"]}", "scopes"},
        {"{" HOSTS ",\"scopes\":[\"\"]}", "scopes"},
        {"{" HOSTS ",\"scopes\":[]}", "scopes"},
        {"{" HOSTS ",\"grant_types\":[\"password\"]}", "grant_types"},
        {"{" HOSTS ",\"auth_methods\":[\"tls_client_auth_\"]}", "auth_methods"},
        {"{" HOSTS ",\"claims\":[\"salary\"]}", "claims"},
        {"{" HOSTS ",\"members\":[\"tongxing_sandbox\"]}", "members"},
        {"{" HOSTS ",\"members\":[\"tongxing_consent\"]}", "members"},
        {"{" HOSTS ",\"members\":[\"tongxing_agency\"]}", "members"},
        {"{" HOSTS ",\"members\":[\"redirect_uris\"]}", "members"},
        {"{" HOSTS ",\"members\":[\"tongxing_anything\"]}", "members"},
        {"{" HOSTS ",\"level_least\":0}", "level_least"},
        {"{" HOSTS ",\"level_least\":3,\"level_most\":2}", "level_least"},
        {"{" HOSTS ",\"level_most\":5}", "level_most"},
        {"{" HOSTS ",\"consent\":\"statutory\"}", "legal_basis"},
        {"{" HOSTS ",\"consent\":\"statutory\",\"legal_basis\":\"consent\"}", "legal_basis"},
        {"{" HOSTS ",\"consent\":\"never\"}", "consent"},
        {"{\"sandbox\":true,\"consent\":\"statutory\",\"legal_basis\":\"law\"}", "consent"},
        {"{" HOSTS ",\"lifetime_s\":3600}", "lifetime_s"},
        {"{" HOSTS ",\"lifetime_s\":\"long\"}", "lifetime_s"},
        {"{" HOSTS ",\"sandbox\":1}", "sandbox"},
        {"{" HOSTS ",\"trusted\":true}", "trusted"},
        {"{" HOSTS ",\"agency_id\":\"\"}", "agency_id"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct registration_policy policy;
        struct client_problems problems;
        bool fine = registration_policy_read(arena, json_of(arena, rows[i].text), &policy, &problems);
        assert_row(fine == !rows[i].member, rows[i].text);
        assert_row(fine || (problems.count == 1 && str_equal(problems.items[0].member, str_from(rows[i].member))),
                   rows[i].text);
    }
}

#define STRICT                                                                                                         \
    "{\"redirect_hosts\":[\"rp.example\",\"*.apps.example\"],\"scopes\":[\"openid\",\"phone\"],\"auth_methods\":["     \
    "\"private_key_jwt\"],\"level_least\":2,\"level_most\":3,\"claims\":[\"name\",\"phone_number\"],\"members\":["     \
    "\"tongxing_level\",\"tongxing_claims\"]}"
#define FILLED                                                                                                         \
    "\"scope\":\"openid phone\",\"token_endpoint_auth_method\":\"private_key_jwt\",\"tongxing_level\":2,"              \
    "\"tongxing_consent\":\"ask\",\"tongxing_claims\":[\"name\",\"phone_number\"]"

static void what_becomes_of_metadata(void **state) {
    static const struct {
        const char *policy, *metadata, *current;
        const char *kept, *member; /* one of them is NULL */
    } rows[] = {
        {STRICT, "{}", NULL, "{" FILLED "}", NULL},
        {STRICT, "{\"trusted\":true,\"client_name#ja\":\"x\",\"client_id\":\"c\",\"client_secret\":\"s\"}", NULL,
         "{" FILLED "}", NULL},
        {STRICT, "{\"redirect_uris\":[\"https://rp.example/cb\",\"https://a.b.apps.example:8443/cb\"]}", NULL,
         "{\"redirect_uris\":[\"https://rp.example/cb\",\"https://a.b.apps.example:8443/cb\"]," FILLED "}", NULL},
        {STRICT, "{\"redirect_uris\":[\"https://apps.example/cb\"]}", NULL, NULL, "redirect_uris"},
        {STRICT, "{\"redirect_uris\":[\"https://xapps.example/cb\"]}", NULL, NULL, "redirect_uris"},
        {STRICT, "{\"redirect_uris\":[\"com.example.app:/cb\"]}", NULL, NULL, "redirect_uris"},
        {STRICT, "{\"post_logout_redirect_uris\":[\"https://evil.example/\"]}", NULL, NULL,
         "post_logout_redirect_uris"},
        {STRICT, "{\"scope\":\"openid email\"}", NULL, NULL, "scope"},
        {STRICT, "{\"scope\":\"openid  phone\"}", NULL, NULL, "scope"},
        {STRICT, "{\"grant_types\":[\"client_credentials\"]}", NULL, NULL, "grant_types"},
        {STRICT, "{\"token_endpoint_auth_method\":\"none\"}", NULL, NULL, "token_endpoint_auth_method"},
        {STRICT, "{\"tongxing_level\":1}", NULL, NULL, "tongxing_level"},
        {STRICT, "{\"tongxing_level\":4}", NULL, NULL, "tongxing_level"},
        {STRICT, "{\"tongxing_claims\":[\"name\",\"email\"]}", NULL, NULL, "tongxing_claims"},
        {STRICT, "{\"tongxing_consent\":\"statutory\"}", NULL, NULL, "tongxing_consent"},
        {STRICT, "{\"tongxing_sandbox\":true}", NULL, NULL, "tongxing_sandbox"},
        {STRICT, "{\"tongxing_rate_limit\":5}", NULL, NULL, "tongxing_rate_limit"},
        {STRICT, "[]", NULL, NULL, "metadata"},
        /* What an administrator has put stays; what is said again as it is, is no change. */
        {STRICT, "{}", "{\"tongxing_rate_limit\":5,\"tongxing_second_factor\":true,\"tongxing_consent\":\"ask\"}",
         "{\"scope\":\"openid phone\",\"token_endpoint_auth_method\":\"private_key_jwt\",\"tongxing_level\":2,"
         "\"tongxing_consent\":\"ask\",\"tongxing_claims\":[\"name\",\"phone_number\"],\"tongxing_rate_limit\":5,"
         "\"tongxing_second_factor\":true}",
         NULL},
        {"{" HOSTS "}", "{\"scope\":\"openid\",\"tongxing_rate_limit\":5}", "{\"tongxing_rate_limit\":5}",
         "{\"scope\":\"openid\",\"tongxing_rate_limit\":5}", NULL},
        {"{" HOSTS "}", "{\"scope\":\"openid\",\"tongxing_rate_limit\":6}", "{\"tongxing_rate_limit\":5}", NULL,
         "tongxing_rate_limit"},
        {"{" HOSTS "}", "{\"scope\":\"openid\",\"tongxing_level\":1}", "{\"tongxing_level\":3}", NULL,
         "tongxing_level"},
        {"{" HOSTS "}", "{\"scope\":\"openid\"}", "{\"tongxing_level\":3}",
         "{\"scope\":\"openid\",\"tongxing_level\":3}", NULL},
        {"{\"sandbox\":true}", "{\"scope\":\"openid\"}", NULL,
         "{\"scope\":\"openid\",\"tongxing_consent\":\"ask\",\"tongxing_sandbox\":true}", NULL},
        {"{\"redirect_hosts\":[\"*\"],\"grant_types\":[\"client_credentials\"]}", "{\"scope\":\"openid\"}", NULL,
         "{\"scope\":\"openid\",\"grant_types\":[\"client_credentials\"],\"tongxing_consent\":\"ask\"}", NULL},
        {"{" HOSTS ",\"consent\":\"statutory\",\"legal_basis\":\"law\"}", "{\"scope\":\"openid\"}", NULL,
         "{\"scope\":\"openid\",\"tongxing_consent\":\"statutory\",\"tongxing_legal_basis\":\"law\"}", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct registration_policy policy;
        struct client_problems problems;
        const struct json *kept;
        assert_row(registration_policy_read(arena, json_of(arena, rows[i].policy), &policy, &problems), rows[i].policy);
        const struct json *current = rows[i].current ? json_of(arena, rows[i].current) : NULL;
        bool fine =
            registration_policy_apply(arena, &policy, json_of(arena, rows[i].metadata), current, &kept, &problems);
        assert_row(fine == !rows[i].member, rows[i].metadata);
        if (!fine) {
            assert_row(str_equal(problems.items[0].member, str_from(rows[i].member)), rows[i].metadata);
            continue;
        }
        struct buf text;
        buf_init(&text, arena, 1024, 65536);
        json_write_value(&text, kept);
        assert_str(buf_str(&text), rows[i].kept);
    }
}

RUN_TESTS(cmocka_unit_test(what_is_a_policy), cmocka_unit_test(what_becomes_of_metadata))
