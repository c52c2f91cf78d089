/*
 * What a call of the admin API is read from: method, target, If-Match, content and a body, one line each. Whatever is
 * refused has an answer that is JSON; whatever is taken keeps within its limits.
 */
#include "../../src/endpoint/admin/api.h"
#include "base/clock.h"
#include "base/utf8.h"
#include "fuzz.h"

static const enum http_method methods[] = {HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_DELETE};

static void check_refusal(const struct http_reply *reply, struct arena *arena) {
    const struct json *problem;
    int64_t status;
    CHECK(reply->status >= 400 && reply->status < 500);
    CHECK(json_parse(arena, buf_str(&reply->body), JSON_LIMITS_DOCUMENT, &problem));
    CHECK(json_get_int(problem, "status", &status) && status == reply->status);
}

static void check_input(const struct api_call *api) {
    for (size_t i = 0; i < API_MEMBERS; i++) {
        const struct api_member_rule *rule = &api_members[i];
        struct str text;
        if (rule->type == API_TEXT && api->input.given >> i & 1) {
            memcpy(&text, (const char *)&api->input + rule->offset, sizeof(text));
            size_t characters = utf8_count(text);
            CHECK(characters >= (size_t)rule->least && characters <= (size_t)rule->most);
        }
    }
}

static void read_call(struct api_call *api) {
    bool (*const steps[])(struct api_call * api) = {api_check_query, api_read_tag, api_read_body};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (!steps[i](api)) {
            check_refusal(api->call->reply, api->arena);
            return;
        }
    }
    CHECK(api->call->reply->body.len == 0 && api->version >= 0);
    check_input(api);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    if (size == 0) {
        return 0;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct str rest, target = str_cut(str_of(data + 1, size - 1), '\n', &rest);
    struct str tag = str_cut(str_or(rest, STR("")), '\n', &rest);
    struct http_field fields[] = {{STR("content-type"), STR("application/json")}, {STR("if-match"), tag}};
    struct str query;
    str_cut(target, '?', &query);
    struct http_request request = {.arena = arena,
                                   .method = methods[data[0] % ARRAY_LEN(methods)],
                                   .target = target,
                                   .query = http_params_parse(arena, query, 100),
                                   .fields = fields,
                                   .field_count = tag.len > 0 ? 2 : 1,
                                   .body = str_or(rest, STR("")),
                                   .request_id = STR("rq_fuzz"),
                                   .parameters_most = 100};
    struct http_reply reply = {.arena = arena, .status = 200};
    buf_init(&reply.body, arena, 0, 64 * 1024);
    struct call call = {.request = &request, .reply = &reply, .arena = arena};
    struct api_call api = {.call = &call, .arena = arena};
    int status;
    unsigned allowed = 0;
    int64_t seconds;
    if (clock_read_rfc3339(tag, &seconds)) {
        CHECK(seconds > -86400 && seconds < 253402300800 + 86400);
    }
    if (!api_route_match(arena, request.method, target, &api.route, api.ids, &status, &allowed)) {
        CHECK(status == 404 || (status == 405 && allowed));
        return 0;
    }
    read_call(&api);
    return 0;
}
