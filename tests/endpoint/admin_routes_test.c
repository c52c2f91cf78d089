/* Which route a path is, and that the description is made of all of them. */
#include "../../src/endpoint/admin/api.h"
#include "test.h"

static void paths_find_their_route(void **state) {
    static const struct {
        enum http_method method;
        const char *target, *pattern; /* "404" and "405" where there is none */
    } rows[] = {
        {HTTP_GET, "/admin/api/v1/me", "/me"},
        {HTTP_HEAD, "/admin/api/v1/me", "/me"},
        {HTTP_GET, "/admin/api/v1/me?x=/clients", "/me"},
        {HTTP_GET, "/admin/api/v1/clients", "/clients"},
        {HTTP_GET, "/admin/api/v1/clients/a", "/clients/{id}"},
        {HTTP_GET, "/admin/api/v1/clients/a%2Fb", "/clients/{id}"},
        {HTTP_GET, "/admin/api/v1/clients/%E7%94%B2", "/clients/{id}"},
        {HTTP_GET, "/admin/api/v1/client%73", "/clients"},
        {HTTP_PUT, "/admin/api/v1/clients/validate", "/clients/{id}"},
        {HTTP_POST, "/admin/api/v1/clients/validate", "/clients/validate"},
        {HTTP_POST, "/admin/api/v1/clients/validate/submit", "/clients/{id}/submit"},
        {HTTP_POST, "/admin/api/v1/clients/a/submit", "/clients/{id}/submit"},
        {HTTP_DELETE, "/admin/api/v1/accounts/a/sessions/b", "/accounts/{id}/sessions/{session_id}"},
        {HTTP_POST, "/admin/api/v1/clients/a", "405"},
        {HTTP_GET, "/admin/api/v1/clients/a/submit", "405"},
        {HTTP_OPTIONS, "/admin/api/v1/me", "405"},
        {HTTP_PATCH, "/admin/api/v1/clients/a", "405"},
        {HTTP_POST, "/admin/api/v1/clients/a%2Fsubmit", "405"},
        {HTTP_POST, "/admin/api/v1/clients/a/%2Fsubmit", "404"},
        {HTTP_GET, "/admin/api/v1/", "404"},
        {HTTP_GET, "/admin/api/v1", "404"},
        {HTTP_GET, "/admin/api/v1me", "404"},
        {HTTP_GET, "/admin/api/v1/me/", "404"},
        {HTTP_GET, "/admin/api/v1//me", "404"},
        {HTTP_GET, "/admin/api/v1/clients/", "404"},
        {HTTP_POST, "/admin/api/v1/clients//submit", "404"},
        {HTTP_GET, "/admin/api/v1/clients/{id}/x/y", "404"},
        {HTTP_GET, "/admin/api/v1/clients/a%00", "404"},
        {HTTP_GET, "/admin/api/v1/clients/a%0Db", "404"},
        {HTTP_GET, "/admin/api/v1/clients/a%09b", "404"},
        {HTTP_GET, "/admin/api/v1/clients/a%zz", "404"},
        {HTTP_GET, "/admin/api/v1/clients/%C0%AF", "404"},
        {HTTP_GET, "/admin/api/v1/a/b/c/d/e/f/g/h/i/j/k", "404"},
        {HTTP_GET, "/admin%2Fapi/v1/me", "404"},
        {HTTP_GET, "/admin/api/v1/ME", "404"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        const struct api_route *route = NULL;
        struct str ids[API_IDS_MOST];
        int status = 0;
        unsigned methods = 0;
        bool found = api_route_match(arena, rows[i].method, str_from(rows[i].target), &route, ids, &status, &methods);
        struct str got = found ? route->pattern : status == 405 ? STR("405") : STR("404");
        assert_row(str_equal(got, str_from(rows[i].pattern)), rows[i].target);
        assert_row((status == 405) == (methods != 0), rows[i].target);
    }
}

static void ids_are_decoded_once_and_of_some_length(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct api_route *route;
    struct str ids[API_IDS_MOST], longest = str_format(arena, "/admin/api/v1/clients/%0128d", 0);
    int status;
    unsigned methods;
    assert_true(api_route_match(arena, HTTP_DELETE, STR("/admin/api/v1/accounts/a%2562/consents/%2E.%2Fb"), &route, ids,
                                &status, &methods));
    assert_str(ids[0], "a%62");
    assert_str(ids[1], "../b");
    assert_true(api_route_match(arena, HTTP_GET, longest, &route, ids, &status, &methods));
    assert_false(
        api_route_match(arena, HTTP_GET, str_concat(arena, longest, STR("0")), &route, ids, &status, &methods));
    assert_int_equal(status, 404);
}

/* What the walker and the description take for granted of a row. */
static void rows_are_in_order(void **state) {
    for (size_t i = 0; i < api_route_count; i++) {
        const struct api_route *route = &api_routes[i];
        struct str words = route->body, word;
        bool optional, changes = route->method != HTTP_GET;
        assert_row(route->pattern.ptr[0] == '/' && route->summary.len > 0, route->pattern.ptr);
        assert_row(route->permission <= API_ANYBODY, route->pattern.ptr);
        assert_row((route->status == 204) == (route->answer.len == 0), route->pattern.ptr);
        assert_row(changes || (route->body.len == 0 && !route->needs_tag), route->pattern.ptr);
        assert_row(route->method != HTTP_PUT || route->needs_tag, route->pattern.ptr);
        while (!str_starts(words, STR("@")) && str_next_word(&words, &word)) {
            assert_non_null(api_member_of_word(word, &optional));
        }
        for (size_t other = 0; other < i; other++) {
            bool same =
                api_routes[other].method == route->method && str_equal(api_routes[other].pattern, route->pattern);
            assert_row(!same, route->pattern.ptr);
        }
    }
}

static const char *operation_of(enum http_method method) {
    return method == HTTP_GET ? "get" : method == HTTP_POST ? "post" : method == HTTP_PUT ? "put" : "delete";
}

static bool count_operations(void *ctx, struct str name, const struct json *path) {
    *(size_t *)ctx += json_length(path);
    return true;
}

static void every_route_is_described(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct json *document;
    struct buf text;
    size_t operations = 0;
    buf_init(&text, arena, 0, 1024 * 1024);
    struct json_out out = json_out(&text);
    api_openapi_write(arena, STR("https://sso.example/admin/api/v1"), &out);
    assert_false(text.failed);
    assert_true(json_parse(arena, buf_str(&text), JSON_LIMITS_DOCUMENT, &document));
    const struct json *paths = json_member(document, "paths");
    for (size_t i = 0; i < api_route_count; i++) {
        const struct json *path = json_member(paths, api_routes[i].pattern.ptr);
        assert_row(json_member(path, operation_of(api_routes[i].method)), api_routes[i].pattern.ptr);
    }
    json_each(paths, count_operations, &operations);
    assert_int_equal(operations, api_route_count);
}

RUN_TESTS(cmocka_unit_test(paths_find_their_route), cmocka_unit_test(ids_are_decoded_once_and_of_some_length),
          cmocka_unit_test(rows_are_in_order), cmocka_unit_test(every_route_is_described))
