/*
 * The walker of the admin API: which route, who asks, may they, is the request in order.
 */
#include "../bearer.h"
#include "api.h"
#include "base/byte.h"
#include "base/check.h"
#include "base/encode.h"
#include "domain/admins.h"
#include "domain/registry.h"
#include "domain/token.h"
#include "limiter.h"
#include "model/session.h"

#define ID_MOST       128
#define SEGMENTS_MOST 8
#define TAG           true
#define NO_TAG        false
#define MAY_ANYBODY   API_ANYBODY

const struct api_route api_routes[] = {
#define ROUTE(method, pattern, handler, permission, tag, query, body, status, answer, summary)                         \
    {HTTP_##method, STR_INIT(pattern), api_##handler,     MAY_##permission,  tag, STR_INIT(query), STR_INIT(body),     \
     status,        STR_INIT(answer),  STR_INIT(summary), STR_INIT(#handler)},
#include "admin_routes.def"
#undef ROUTE
};
const size_t api_route_count = ARRAY_LEN(api_routes);

/* --- the route --- */

static bool is_placeholder(struct str segment) {
    return segment.len > 2 && segment.ptr[0] == '{';
}

/* Ids are opaque: any text of some characters, but none that would break a line somewhere. */
static bool is_id(struct str text) {
    return text.len > 0 && text.len <= ID_MOST && bytes_all_field(text) && !str_contains(text, '\t');
}

/* The path is split as it was sent and its parts are decoded one by one, so that an escaped slash never changes which
 * route it is. */
static bool pattern_fits(struct arena *arena, struct str pattern, struct str path, struct str ids[API_IDS_MOST]) {
    size_t count = 0;
    while (!str_is_absent(pattern) && !str_is_absent(path)) {
        struct str wanted = str_cut(pattern, '/', &pattern);
        struct str segment = str_cut(path, '/', &path), text;
        if (!percent_decode(arena, segment, false, &text)) {
            return false;
        }
        if (!is_placeholder(wanted)) {
            if (!str_equal(wanted, text)) {
                return false;
            }
        } else if (!is_id(text)) {
            return false;
        } else {
            CHECK(count < API_IDS_MOST);
            ids[count++] = text;
        }
    }
    return str_is_absent(pattern) && str_is_absent(path);
}

static bool method_fits(enum http_method wanted, enum http_method method) {
    return wanted == method || (wanted == HTTP_GET && method == HTTP_HEAD);
}

bool api_route_match(struct arena *arena, enum http_method method, struct str target,
                     const struct api_route **ret_route, struct str ret_ids[API_IDS_MOST], int *ret_status,
                     unsigned *ret_methods) {
    struct str query, path = str_cut(target, '?', &query);
    unsigned methods = 0;
    if (!str_drop_prefix(&path, STR(ADMIN_API_PATH)) || str_count(path, '/') > SEGMENTS_MOST) {
        *ret_status = 404;
        return false;
    }
    for (size_t i = 0; i < api_route_count; i++) {
        const struct api_route *route = &api_routes[i];
        struct str ids[API_IDS_MOST] = {STR_NONE, STR_NONE};
        if (!pattern_fits(arena, route->pattern, path, ids)) {
            continue;
        }
        if (method_fits(route->method, method)) {
            *ret_route = route;
            memcpy(ret_ids, ids, sizeof(ids));
            return true;
        }
        methods |= route->method | (route->method == HTTP_GET ? HTTP_HEAD : 0);
    }
    *ret_status = methods ? 405 : 404;
    *ret_methods = methods;
    return false;
}

static bool find_route(struct api_call *api) {
    const struct http_request *request = api->call->request;
    int status;
    unsigned methods = 0;
    api->call->reply->log_path = STR("-");
    if (api_route_match(api->arena, request->method, request->target, &api->route, api->ids, &status, &methods)) {
        /* Whatever somebody puts in the place of an id, perhaps a number of a person, stays out of the log. */
        api->call->reply->log_path = str_concat(api->arena, STR(ADMIN_API_PATH), api->route->pattern);
        return true;
    }
    if (status == 404) {
        return api_problem(api, 404, "there is nothing at this path");
    }
    api_problem(api, 405, NULL);
    http_reply_field(api->call->reply, STR("Allow"), methods_text(api->arena, methods));
    return false;
}

/* --- who asks --- */

/* RFC 6750 §3. */
static bool refuse_token(struct api_call *api, const char *challenge, const char *detail) {
    api_problem(api, 401, detail);
    http_reply_field(api->call->reply, STR("WWW-Authenticate"), str_from(challenge));
    return false;
}

/* Nothing but a token for this very API, given to our own console, with the scope for it and a person behind it who
 * gave a second factor. */
static bool is_for_us(const struct access_token_read *token) {
    return token->for_admin_api && token->has_grant && str_equal(token->client_id, STR(CONSOLE_CLIENT_ID)) &&
           str_has_word(token->scope, STR("admin")) && token->grant.amr & AMR_OTP;
}

static bool read_token(struct api_call *api) {
    struct str bearer = STR_NONE;
    struct access_token_read token;
    switch (bearer_of_header(api->call, &bearer)) {
    case BEARER_GIVEN:
        break;
    case BEARER_NONE:
        return refuse_token(api, "Bearer", "an access token of this API is needed");
    case BEARER_MALFORMED:
        return refuse_token(api, "Bearer error=\"invalid_request\"", "this is no bearer token");
    }
    enum domain_status status = access_token_read(api->domain, api->arena, bearer, &token);
    if (status == DOMAIN_UNAVAILABLE) {
        return api_done(api, &(struct admin_answer){.result = ADMIN_UNAVAILABLE});
    }
    if (status != DOMAIN_DONE || !is_for_us(&token)) {
        return refuse_token(api, "Bearer error=\"invalid_token\"", "the token is expired, revoked or not for this API");
    }
    api->account_id = token.grant.account_id;
    return true;
}

/* Before anything is looked up for them. */
static bool within_rate(struct api_call *api) {
    if (limiter_allows(api->call->endpoint->admin_limiter, api->account_id)) {
        return true;
    }
    api_problem(api, 429, "too many calls in a moment");
    http_reply_field(api->call->reply, STR("Retry-After"), STR("1"));
    return false;
}

static bool find_actor(struct api_call *api) {
    switch (admin_actor(api->domain, api->arena, api->account_id, &api->actor)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        return api_problem(api, 403, "this account is no active administrator");
    case DOMAIN_UNAVAILABLE:
        return api_done(api, &(struct admin_answer){.result = ADMIN_UNAVAILABLE});
    }
    api->actor.address = api->call->request->client_address;
    api->actor.request_id = api->call->request->request_id;
    return true;
}

static bool may_do_it(struct api_call *api) {
    struct admin_answer answer = {0};
    return api->route->permission == API_ANYBODY ||
           admin_allowed(api->domain, &api->actor, api->route->permission, &answer) || api_done(api, &answer);
}

/* --- one after the other --- */

void api_handle(struct call *call) {
    static bool (*const steps[])(struct api_call * api) = {find_route, read_token,      within_rate,  find_actor,
                                                           may_do_it,  api_check_query, api_read_tag, api_read_body};
    struct api_call api = {.call = call, .domain = call->domain, .arena = call->arena};
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (!steps[i](&api)) {
            return;
        }
    }
    buf_init(&api.body, api.arena, 1024, API_ANSWER_MOST);
    api.out = json_out(&api.body);
    api.route->handle(&api);
}
