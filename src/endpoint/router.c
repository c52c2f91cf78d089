/*
 * From path and method to the handler, through the table in routes.def; assets; and the operators' listener.
 */
#include "routes.h"

#include "admin/api.h"
#include "admin/console.h"
#include "admin/limiter.h"
#include "base/check.h"
#include "base/json.h"
#include "domain/registry.h"
#include "oidc/client_registration.h"
#include "oidc/discovery.h"

struct route {
    struct str path;
    unsigned methods;
    void (*handle)(struct call *call);
    bool cross_origin;
};

static const struct route routes[] = {
#define ROUTE(path, methods, handler, cross_origin) {STR_INIT(path), methods, endpoint_##handler, cross_origin},
#include "routes.def"
#undef ROUTE
    /* RFC 8414 §3: the same document under its OAuth name. */
    {STR_INIT("/.well-known/oauth-authorization-server"), HTTP_GET | HTTP_HEAD, endpoint_discovery, true},
};

/* What answered, for the metrics: the reply's mark is an index into this. An address somebody made up is "other". */
enum mark { MARK_OTHER, MARK_ASSET, MARK_ADMIN_API, MARK_REGISTRATION, MARK_ROUTE };
static const struct str route_names[] = {
    STR_INIT("other"),
    STR_INIT("asset"),
    STR_INIT(ADMIN_API_PATH),
    STR_INIT(CLIENT_REGISTRATION_PATH),
#define ROUTE(path, methods, handler, cross_origin) STR_INIT(path),
#include "routes.def"
#undef ROUTE
    STR_INIT("/.well-known/oauth-authorization-server"),
};
_Static_assert(ARRAY_LEN(route_names) == ARRAY_LEN(routes) + MARK_ROUTE, "a name for each route");

static const struct str status_names[] = {STR_INIT("1xx"), STR_INIT("2xx"), STR_INIT("3xx"), STR_INIT("4xx"),
                                          STR_INIT("5xx")};

static const struct {
    enum http_method method;
    struct str name;
} method_names[] = {{HTTP_GET, STR_INIT("GET")},
                    {HTTP_HEAD, STR_INIT("HEAD")},
                    {HTTP_POST, STR_INIT("POST")},
                    {HTTP_PUT, STR_INIT("PUT")},
                    {HTTP_DELETE, STR_INIT("DELETE")}};

static const struct route *route_find(struct str path) {
    for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
        if (str_equal(routes[i].path, path)) {
            return &routes[i];
        }
    }
    return NULL;
}

struct str methods_text(struct arena *arena, unsigned methods) {
    struct buf text;
    buf_init(&text, arena, 32, 64);
    for (size_t i = 0; i < ARRAY_LEN(method_names); i++) {
        if (methods & method_names[i].method) {
            buf_put(&text, text.len ? STR(", ") : STR(""));
            buf_put(&text, method_names[i].name);
        }
    }
    return buf_str(&text);
}

static void reply_wrong_method(struct call *call, unsigned methods) {
    reply_error_page(call, 405, "error.method_not_allowed", NULL);
    http_reply_field(call->reply, STR("Allow"), methods_text(call->arena, methods));
}

/* Fetch standard: scripts of any origin, never with the browser's cookies. */
static void allow_cross_origin(struct call *call) {
    http_reply_field(call->reply, STR("Access-Control-Allow-Origin"), STR("*"));
    http_reply_field(call->reply, STR("Access-Control-Expose-Headers"), STR("WWW-Authenticate"));
}

static void reply_preflight(struct call *call, const struct route *route) {
    call->reply->status = 204;
    http_reply_field(call->reply, STR("Access-Control-Allow-Methods"), methods_text(call->arena, route->methods));
    http_reply_field(call->reply, STR("Access-Control-Allow-Headers"), STR("Authorization, Content-Type"));
    http_reply_field(call->reply, STR("Access-Control-Max-Age"), STR("3600"));
}

static void serve_route(struct call *call, const struct route *route) {
    if (route->cross_origin) {
        allow_cross_origin(call);
        if (call->request->method == HTTP_OPTIONS) {
            reply_preflight(call, route);
            return;
        }
    }
    if (!(route->methods & call->request->method)) {
        reply_wrong_method(call, route->methods);
        return;
    }
    route->handle(call);
}

static bool serve_asset(struct call *call) {
    struct str name = call->request->path;
    struct page_asset asset;
    if (!str_drop_prefix(&name, STR("/assets/")) || !pages_asset(call->endpoint->pages, name, &asset)) {
        return false;
    }
    call->reply->mark = MARK_ASSET;
    if (!((HTTP_GET | HTTP_HEAD) & call->request->method)) {
        reply_wrong_method(call, HTTP_GET | HTTP_HEAD);
        return true;
    }
    call->reply->cache_control = STR("public, max-age=3600");
    reply_file(call, &asset);
    return true;
}

void endpoint_init(struct endpoint *endpoint, struct domain *domain, const struct pages *pages, struct arena *arena) {
    struct str rest = domain->settings->issuer;
    struct str scheme = str_cut(rest, ':', &rest);
    str_drop_prefix(&rest, STR("//"));
    struct str authority = str_cut(rest, '/', &rest);
    endpoint->domain = domain;
    endpoint->pages = pages;
    endpoint->origin = str_format(arena, "%.*s://%.*s", STR_ARG(scheme), STR_ARG(authority));
    endpoint->discovery = discovery_document(arena, domain, false);
    endpoint->discovery_with_registration = discovery_document(arena, domain, true);
    endpoint->admin_limiter = limiter_new(arena);
}

void endpoint_handle(void *ctx, const struct http_request *request, struct http_reply *reply) {
    struct endpoint *endpoint = ctx;
    struct call call = {.endpoint = endpoint,
                        .domain = endpoint->domain,
                        .request = request,
                        .reply = reply,
                        .arena = request->arena,
                        .registry = registry_hold(endpoint->domain->registry)};
    const struct route *route = route_find(request->path);
    if (route) {
        reply->mark = MARK_ROUTE + (unsigned)(route - routes);
        serve_route(&call, route);
    } else if (str_starts(request->path, STR(ADMIN_API_PATH "/"))) {
        reply->mark = MARK_ADMIN_API;
        api_handle(&call);
    } else if (console_serve(&call)) {
        reply->mark = MARK_ASSET;
    } else if (serve_client_registration(&call)) {
        reply->mark = MARK_REGISTRATION;
    } else if (!serve_asset(&call)) {
        reply_error_page(&call, 404, "error.not_found", NULL);
    }
    registry_free(call.registry);
}

void endpoint_done(void *ctx, const struct http_request *request, const struct http_reply *reply, int64_t took_us) {
    const struct endpoint *endpoint = ctx;
    CHECK(reply->status >= 100 && reply->status < 600);
    size_t class = (size_t)reply->status / 100 - 1;
    metrics_add(endpoint->metrics.own, METRIC_HTTP_REQUESTS, reply->mark, class, 1);
    metrics_observe(endpoint->metrics.own, METRIC_HTTP_DURATION, reply->mark, took_us);
}

struct metric_values endpoint_route_names(void) {
    return (struct metric_values){route_names, ARRAY_LEN(route_names)};
}

struct metric_values endpoint_status_names(void) {
    return (struct metric_values){status_names, ARRAY_LEN(status_names)};
}

/* --- the operators' listener --- */

static void reply_health(struct call *call) {
    reply_json(call, 200, STR("{\"status\":\"up\"}"));
}

static void reply_readiness(struct call *call) {
    struct domain_health health = domain_health(call->domain);
    bool ready = health.kv && health.sql && health.trail;
    struct buf body;
    buf_init(&body, call->arena, 128, 256);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "status", ready ? STR("ready") : STR("unavailable"));
    json_put_str(&out, "kv", health.kv ? STR("up") : STR("down"));
    json_put_str(&out, "sql", health.sql ? STR("up") : STR("down"));
    json_put_str(&out, "audit", str_from(health.detail));
    json_close_object(&out);
    reply_json(call, ready ? 200 : 503, buf_str(&body));
}

static void reply_metrics(struct call *call) {
    const struct endpoint_metrics *metrics = &call->endpoint->metrics;
    struct domain_health health = domain_health(call->domain);
    metrics_set(metrics->own, METRIC_SQL_UP, 0, 0, health.sql);
    metrics->refresh(metrics->ctx);
    call->reply->content_type = STR(METRICS_TEXT_TYPE);
    metrics_write(metrics->group, &call->reply->body);
}

void endpoint_ops_handle(void *ctx, const struct http_request *request, struct http_reply *reply) {
    struct endpoint *endpoint = ctx;
    struct call call = {
        .endpoint = endpoint, .domain = endpoint->domain, .request = request, .reply = reply, .arena = request->arena};
    bool read = request->method & (HTTP_GET | HTTP_HEAD);
    if (read && str_equal(request->path, STR("/health"))) {
        reply_health(&call);
    } else if (read && str_equal(request->path, STR("/ready"))) {
        reply_readiness(&call);
    } else if (read && endpoint->metrics.group && str_equal(request->path, STR("/metrics"))) {
        reply_metrics(&call);
    } else {
        reply_json(&call, 404, STR("{\"error\":\"not_found\"}"));
    }
}
