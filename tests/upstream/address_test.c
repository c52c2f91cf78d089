/* Where a service may be: what goes there is secret, so that plain HTTP does not leave this machine. */
#include "config/yaml.h"
#include "test.h"
#include "upstream/adapter.h"

static const struct {
    const char *address, *problem; /* NULL: fine */
} rows[] = {
    {"https://register.example", NULL},
    {"https://register.example:8443/open/v1", NULL},
    {"http://127.0.0.1:8090/x.do", NULL},
    {"http://[::1]:8090", NULL},
    {"http://localhost/x", NULL},
    {"http://register.example", "must start with https://"},
    {"http://10.0.0.1", "must start with https://"},
    {"http://127.0.0.2", "must start with https://"},
    {"http://localhost.example", "must start with https://"},
    {"http://127.0.0.1.example", "must start with https://"},
    {"ftp://register.example", "must start with https://"},
    {"https:register.example", "must start with https://"},
    {"https://tongxing:hunter2@register.example", "has user information"},
    {"https://hunter2@register.example", "has user information"},
    {"http://hunter2@localhost/x", "has user information"},
    {"http://localhost:hunter2@register.example/x", "has user information"},
    {"http://localhost\\@register.example/hunter2", "a character that a URI cannot have"},
    {"https://register.example/a?secret=hunter2", "has a query"},
    {"https://register.example/a#hunter2", "has a fragment"},
    {"https://register.example/a/../b", "has a dot segment"},
    {"https://register.example:port", "has a bad port"},
    {"https://", "has a host"},
    {"HTTPS://register.example", "lower-case scheme"},
    {"//register.example", "not an absolute URI"},
    {"localhost", "not an absolute URI"},
};

static void an_address_is_private(void **state) {
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *problem = upstream_address_problem(str_from(rows[i].address));
        assert_row(!problem == !rows[i].problem, rows[i].address);
        assert_row(!problem || strstr(problem, rows[i].problem), problem);
        assert_row(!problem || !strstr(problem, "hunter2"), problem);
    }
}

/* Whatever else is wrong with the entry, and whatever the adapter looks at. */
static void every_adapter_is_held_to_it(void **state) {
    static const char *const adapters[] = {"alipay",           "alipay_face", "population", "ctid",
                                           "network_identity", "sms_http",    "corporate",  "unionpay",
                                           "social_insurance", "rest",        "openid",     "wechat"};
    for (size_t i = 0; i < ARRAY_LEN(adapters); i++) {
        for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
            struct arena *arena ARENA_AUTO = arena_new();
            struct config_problems problems = {.arena = arena};
            struct upstream_settings settings = {.name = STR("it"),
                                                 .adapter = str_from(adapters[i]),
                                                 .url = str_from(rows[r].address),
                                                 .app_id = STR("tongxing"),
                                                 .secret = STR("a secret for tests only")};
            const char *said = NULL;
            assert_true(yaml_parse(arena, STR("{adapter: x, url: y}"), STR("x"), &settings.entry, &problems));
            upstream_check(&settings, &problems);
            for (size_t p = 0; p < problems.count; p++) {
                bool url = str_equal(problems.items[p].option, STR("upstreams.it.url"));
                said = url ? str_c(arena, problems.items[p].text) : said;
                assert_null(strstr(str_c(arena, problems.items[p].text), "hunter2"));
            }
            assert_row(rows[r].problem ? said && strstr(said, rows[r].problem) : !said, rows[r].address);
        }
    }
}

/* Where a browser is sent to, and what else is an address. */
static void the_other_addresses_too(void **state) {
    static const struct {
        const char *adapter, *option;
    } options[] = {{"alipay", "authorize_url"}, {"wechat", "open_url"}, {"ctid", "page_url"}};
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
            struct arena *arena ARENA_AUTO = arena_new();
            struct config_problems problems = {.arena = arena};
            struct upstream_settings settings = {
                .name = STR("it"), .adapter = str_from(options[i].adapter), .url = STR("https://a.example")};
            struct str entry = str_format(arena, "%s: '%s'\n", options[i].option, rows[r].address);
            struct str option = str_format(arena, "upstreams.it.%s", options[i].option);
            bool said = false;
            assert_true(yaml_parse(arena, entry, STR("x"), &settings.entry, &problems));
            upstream_check(&settings, &problems);
            for (size_t p = 0; p < problems.count; p++) {
                said = said || str_equal(problems.items[p].option, option);
                assert_null(strstr(str_c(arena, problems.items[p].text), "hunter2"));
            }
            assert_row(said == (rows[r].problem != NULL), rows[r].address);
        }
    }
}

RUN_TESTS(cmocka_unit_test(an_address_is_private), cmocka_unit_test(every_adapter_is_held_to_it),
          cmocka_unit_test(the_other_addresses_too))
