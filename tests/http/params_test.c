/* Forms, cookies, languages, trusted proxies. */
#include "../../src/http/proxy.h"
#include "http/request.h"
#include "test.h"

static struct http_request with(struct arena *arena, const struct http_field *fields, size_t count) {
    return (struct http_request){.arena = arena, .fields = fields, .field_count = count, .parameters_most = 5};
}

static void pairs_are_decoded_once_and_in_order(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct http_params params = http_params_parse(arena, STR("a=1&b=%2525&a=2&&c&=x&d=a=b+c"), 10);
    assert_false(params.malformed);
    assert_int_equal(params.count, 6);
    assert_int_equal(http_params_count(&params, STR("a")), 2);
    assert_str(http_params_get(&params, STR("b")), "%25");
    assert_str(http_params_get(&params, STR("c")), "");
    assert_str(http_params_get(&params, STR("d")), "a=b c");
    assert_true(str_is_absent(http_params_get(&params, STR("nobody"))));
    static const char *const bad[] = {"a=%", "a=%g1", "%00=1", "a=%ff", "a=1&b=2&c=3&d=4&e=5&f=6"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_row(http_params_parse(arena, str_from(bad[i]), 5).malformed, bad[i]);
    }
}

static void content_types_of_forms(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct {
        const char *type;
        enum http_form_result result;
    } rows[] = {{"application/x-www-form-urlencoded", HTTP_FORM_OK},
                {"Application/X-WWW-Form-Urlencoded; charset=UTF-8", HTTP_FORM_OK},
                {"application/x-www-form-urlencoded; charset=utf-16", HTTP_FORM_WRONG_TYPE},
                {"application/json", HTTP_FORM_WRONG_TYPE},
                {"", HTTP_FORM_WRONG_TYPE}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_field field = {STR("content-type"), str_from(rows[i].type)};
        struct http_request request = with(arena, &field, 1);
        struct http_params form;
        request.body = STR("a=1");
        assert_row(http_form(&request, &form) == rows[i].result, rows[i].type);
    }
}

static void a_cookie_sent_twice_is_none(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct http_field fields[] = {{STR("cookie"), STR("a=1; __Host-session=x; b=\"2\"")},
                                        {STR("cookie"), STR("c=3;d=;  e =5; a=9")}};
    struct http_request request = with(arena, fields, 2);
    assert_str(http_cookie(&request, STR("__Host-session")), "x");
    assert_str(http_cookie(&request, STR("b")), "\"2\"");
    assert_str(http_cookie(&request, STR("d")), "");
    assert_true(str_is_absent(http_cookie(&request, STR("a"))));
    assert_true(str_is_absent(http_cookie(&request, STR("e"))));
    assert_true(str_is_absent(http_cookie(&request, STR("nobody"))));
}

static void languages(void **state) {
    static const struct str supported[] = {STR_INIT("zh-CN"), STR_INIT("en")};
    static const struct {
        const char *value;
        size_t chosen;
    } rows[] = {{"en", 1},
                {"en-GB,en;q=0.9", 1},
                {"zh", 0},
                {"fr", 0},
                {"fr, en;q=0.1", 1},
                {"zh;q=0.1, en;q=0.5", 1},
                {"en;q=0, zh", 0},
                {"en;q=2", 0},
                {"en;q=x", 0},
                {"*", 0},
                {"", 0},
                {",,,;;;q=1,en", 1},
                {"EN-us", 1},
                {"zh-Hant-TW;q=0.8,en;q=0.7", 0},
                {"en;q=0.0001", 0}};
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(http_accept_language(str_from(rows[i].value), supported, 2, 0) == rows[i].chosen, rows[i].value);
    }
    assert_int_equal(http_accept_language(STR_NONE, supported, 2, 1), 1);
}

static void whose_word_about_the_address_counts(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct str trusted[] = {STR_INIT("10.0.0.0/8"), STR_INIT("2001:db8::/33"), STR_INIT("192.0.2.7")};
    struct http_networks *networks;
    struct fault fault;
    assert_true(http_networks_new(trusted, 3, &networks, &fault));
    static const struct {
        const char *peer, *forwarded, *address; /* NULL: refused */
    } rows[] = {
        {"203.0.113.1", "198.51.100.1", "203.0.113.1"},
        {"10.1.2.3", "198.51.100.1", "198.51.100.1"},
        {"10.1.2.3", "6.6.6.6, 198.51.100.1", "198.51.100.1"},
        {"10.1.2.3", "198.51.100.1, 10.9.9.9, 192.0.2.7", "198.51.100.1"},
        {"2001:db8:1::1", "198.51.100.1", "198.51.100.1"},
        {"2001:db8:8000::1", "198.51.100.1", "2001:db8:8000::1"},
        {"192.0.2.8", "198.51.100.1", "192.0.2.8"},
        {"10.1.2.3", "evil", NULL},
        {"10.1.2.3", "", NULL},
        {"10.1.2.3", "198.51.100.1,", NULL},
        {"10.1.2.3", "1.2.3.4:80", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_field field = {STR("x-forwarded-for"), str_from(rows[i].forwarded)};
        struct http_request request = with(arena, &field, 1);
        struct str address = str_from(rows[i].peer);
        bool secure = false;
        bool fine = http_forwarded(networks, &request, address, &address, &secure);
        assert_row(fine == (rows[i].address != NULL), rows[i].forwarded);
        assert_row(!fine || str_equal(address, str_from(rows[i].address)), rows[i].forwarded);
    }
    http_networks_free(networks);
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0/8", "x", "10.0.0.0/", "10.0.0.0/-1", "::/129", ""};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct str text = str_from(bad[i]);
        assert_row(!http_networks_new(&text, 1, &networks, &fault), bad[i]);
    }
}

RUN_TESTS(cmocka_unit_test(pairs_are_decoded_once_and_in_order), cmocka_unit_test(content_types_of_forms),
          cmocka_unit_test(a_cookie_sent_twice_is_none), cmocka_unit_test(languages),
          cmocka_unit_test(whose_word_about_the_address_counts))
