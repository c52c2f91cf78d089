/*
 * tongxing portal: the portal's doors.
 */
#include "portal.h"

#include "base/log.h"
#include "command/command.h"
#include "command/run.h"
#include "http/server.h"
#include "loop/fetch.h"
#include "loop/loop.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static struct portal_session *session_of(struct portal *portal, const struct http_request *request) {
    return portal_session_find(portal, http_cookie(request, portal->settings.cookie));
}

static void set_cookie(const struct portal *portal, struct str value, struct http_reply *reply) {
    http_reply_cookie(reply, &(struct http_cookie_options){.name = portal->settings.cookie,
                                                           .value = value,
                                                           .max_age = str_is_empty(value) ? 0 : -1});
}

static void home(struct portal *portal, const struct http_request *request, struct http_reply *reply) {
    portal_home(portal, session_of(portal, request), reply);
}

static void sign_in(struct portal *portal, const struct http_request *request, struct http_reply *reply) {
    struct portal_session *old = session_of(portal, request);
    if (!portal_discover(portal)) {
        portal_problem(portal, 502, "暂时无法连接认证服务，请稍后再试。", reply);
        return;
    }
    if (old) {
        portal_session_end(portal, old);
    }
    struct portal_session *session = portal_session_new(portal);
    set_cookie(portal, session->id, reply);
    http_reply_redirect(reply, portal_authorization_url(portal, request->arena, session));
}

/* RFC 9207 and state: the answer is of the server we asked, to the request we made. */
static bool is_our_answer(const struct portal *portal, const struct portal_session *session,
                          const struct http_params *query) {
    return session && !session->signed_in && !str_is_absent(session->state) &&
           str_equal_secret(http_params_get(query, STR("state")), session->state) &&
           str_equal(http_params_get(query, STR("iss")), portal->settings.issuer);
}

static void callback(struct portal *portal, const struct http_request *request, struct http_reply *reply) {
    struct portal_session *session = session_of(portal, request);
    if (!is_our_answer(portal, session, &request->query)) {
        portal_problem(portal, 400, "登录请求已失效，请重新登录。", reply);
        return;
    }
    struct str code = http_params_get(&request->query, STR("code"));
    struct str id = str_dup(request->arena, session->id);
    if (str_is_empty(code) || !portal_redeem(portal, session, code)) {
        session = portal_session_find(portal, id); /* waiting, it may have been ended */
        if (session) {
            portal_session_end(portal, session);
        }
        portal_problem(portal, 403, "登录未完成。", reply);
        return;
    }
    http_reply_redirect(reply, STR("/"));
}

static void sign_out(struct portal *portal, const struct http_request *request, struct http_reply *reply) {
    struct portal_session *session = session_of(portal, request);
    set_cookie(portal, STR(""), reply);
    if (!session || !session->signed_in) {
        http_reply_redirect(reply, STR("/"));
        return;
    }
    struct str id_token = str_dup(request->arena, session->id_token);
    portal_session_end(portal, session);
    struct buf url;
    buf_init(&url, request->arena, 2048, 16384);
    buf_put(&url, portal->provider.end_session_endpoint);
    buf_puts(&url, "?id_token_hint=");
    buf_put_urlencoded(&url, id_token);
    buf_puts(&url, "&post_logout_redirect_uri=");
    buf_put_urlencoded(&url, str_format(request->arena, "%.*s/", STR_ARG(portal->settings.origin)));
    http_reply_redirect(reply, buf_str(&url));
}

static void backchannel_logout(struct portal *portal, const struct http_request *request, struct http_reply *reply) {
    struct http_params form;
    struct str sid = STR_NONE, sub = STR_NONE;
    if (http_form(request, &form) != HTTP_FORM_OK ||
        !portal_logout_token_read(portal, request->arena, http_params_get(&form, STR("logout_token")), &sid, &sub)) {
        log_warn("portal.logout_token_refused");
        reply->status = 400;
        return;
    }
    log_info("portal.logged_out", log_int("sessions", (int64_t)portal_sessions_end(portal, sid, sub)));
}

static const struct {
    struct str path;
    unsigned methods;
    void (*run)(struct portal *portal, const struct http_request *request, struct http_reply *reply);
} doors[] = {
    {STR_INIT("/"), HTTP_GET | HTTP_HEAD, home},
    {STR_INIT("/sign-in"), HTTP_GET, sign_in},
    {STR_INIT("/callback"), HTTP_GET, callback},
    {STR_INIT("/sign-out"), HTTP_POST, sign_out},
    {STR_INIT("/backchannel-logout"), HTTP_POST, backchannel_logout},
};

static void handle(void *ctx, const struct http_request *request, struct http_reply *reply) {
    for (size_t i = 0; i < sizeof(doors) / sizeof(doors[0]); i++) {
        if (str_equal(doors[i].path, request->path) && (doors[i].methods & request->method)) {
            doors[i].run(ctx, request, reply);
            return;
        }
    }
    portal_problem(ctx, 404, "没有这个页面。", reply);
}

/* --- the command --- */

static int serve(struct portal *portal, uint16_t port) {
    struct fault fault;
    struct http_server *server;
    struct loop *loop = loop_new();
    const struct fetch_options fetch_options = {0};
    const struct http_server_options options = {
        .address = STR("127.0.0.1"), .port = port, .limits = http_limits_default(), .handle = handle, .ctx = portal};
    int status = 0;
    run_prepare();
    portal->fetcher = fetcher_new(loop, &fetch_options);
    if (http_server_new(loop, &options, &server, &fault)) {
        log_info("portal.started", log_int("port", http_server_port(server)));
        run_until_signal(loop);
        loop_end_fibers(loop);
        http_server_free(server);
    } else {
        status = command_failed(&fault);
    }
    fetcher_free(portal->fetcher);
    loop_free(loop);
    portal_sessions_free(portal);
    return status;
}

static int usage(void) {
    fprintf(stderr, "usage: tongxing portal --issuer URL --client-id ID --port N [--name TEXT] [--scope TEXT]\n"
                    "The client secret is in the environment: TONGXING_PORTAL_SECRET.\n");
    return 2;
}

int command_portal(int argc, char **argv) {
    static const struct option options[] = {
        {"issuer", required_argument, NULL, 'i'}, {"client-id", required_argument, NULL, 'c'},
        {"port", required_argument, NULL, 'p'},   {"name", required_argument, NULL, 'n'},
        {"scope", required_argument, NULL, 's'},  {0}};
    struct arena *arena ARENA_AUTO = arena_new();
    struct portal portal = {.arena = arena, .settings = {.scope = STR("openid profile phone")}};
    struct portal_settings *settings = &portal.settings;
    uint64_t port = 0;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        struct str *text = option == 'i'   ? &settings->issuer
                           : option == 'c' ? &settings->client_id
                           : option == 'n' ? &settings->name
                           : option == 's' ? &settings->scope
                                           : NULL;
        if (text) {
            *text = str_from(optarg);
        } else if (option != 'p' || !str_to_u64(str_from(optarg), &port) || port > 65535) {
            return usage();
        }
    }
    settings->client_secret = str_from(getenv("TONGXING_PORTAL_SECRET"));
    if (str_is_absent(settings->issuer) || str_is_absent(settings->client_id) ||
        str_is_absent(settings->client_secret) || port == 0) {
        return usage();
    }
    settings->name = str_is_absent(settings->name) ? settings->client_id : settings->name;
    settings->origin = str_format(arena, "http://localhost:%llu", (unsigned long long)port);
    settings->cookie = str_format(arena, "__Host-portal-%llu", (unsigned long long)port);
    log_init(LOG_INFO, LOG_TEXT);
    return serve(&portal, (uint16_t)port);
}
