/*
 * The end_session endpoint (OpenID Connect RP-Initiated Logout 1.0) and its confirmation page.
 *
 * With an ID token of the very session, the portal's word is enough. Otherwise the person is asked: a link on some
 * other site must not be able to sign anybody out (abuse case LO-01).
 */
#include "../routes.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/account.h"
#include "domain/flow.h"
#include "domain/registry.h"
#include "domain/session.h"
#include "domain/token.h"
#include "form.h"

#define STATE_MOST 4096
#define URI_MOST   2048

struct end_session {
    struct call *call;
    struct http_params params;
    enum page_language language;
    bool has_hint;
    struct id_token_hint hint;
    const struct registered_client *client; /* NULL when none was named */
    struct logout logout;
    bool has_session; /* the browser's */
    struct session session;
};

static bool refuse_page(struct call *call, const char *message, const char *parameter) {
    reply_error_page(call, 400, message, parameter);
    return false;
}

static struct str get(const struct end_session *end, struct str name) {
    struct str value = http_params_get(&end->params, name);
    return str_is_empty(value) ? STR_NONE : value;
}

static bool read_params(struct end_session *end) {
    const struct http_request *request = end->call->request;
    end->params = request->query;
    if (request->method == HTTP_POST && http_form(request, &end->params) != HTTP_FORM_OK) {
        return refuse_page(end->call, "error.invalid_request", NULL);
    }
    if (end->params.malformed || params_repeat(&end->params)) {
        return refuse_page(end->call, "error.invalid_request", NULL);
    }
    end->language = call_language(end->call, get(end, STR("ui_locales")));
    return true;
}

static bool read_client(struct end_session *end) {
    struct str token = get(end, STR("id_token_hint"));
    struct str client_id = get(end, STR("client_id"));
    if (!str_is_absent(token)) {
        if (!id_token_hint_read(end->call->domain, end->call->arena, token, &end->hint)) {
            return refuse_page(end->call, "error.bad_logout", "id_token_hint");
        }
        if (!str_is_absent(client_id) && !str_equal(client_id, end->hint.client_id)) {
            return refuse_page(end->call, "error.bad_logout", "client_id");
        }
        end->has_hint = true;
        client_id = end->hint.client_id;
    }
    if (str_is_absent(client_id)) {
        return true;
    }
    end->client = registry_find(end->call->registry, client_id);
    end->logout.client_id = client_id;
    return end->client || refuse_page(end->call, "error.unknown_client", "client_id");
}

static bool read_target(struct end_session *end) {
    struct str uri = get(end, STR("post_logout_redirect_uri"));
    end->logout.state = get(end, STR("state"));
    if (end->logout.state.len > STATE_MOST) {
        return refuse_page(end->call, "error.invalid_request", "state");
    }
    if (str_is_absent(uri)) {
        return true;
    }
    if (!end->client || uri.len > URI_MOST || !client_has_post_logout_redirect_uri(&end->client->client, uri)) {
        return refuse_page(end->call, "error.bad_logout", "post_logout_redirect_uri");
    }
    end->logout.post_logout_redirect_uri = uri;
    return true;
}

static bool find_session(struct end_session *end) {
    struct call *call = end->call;
    switch (session_find(call->domain, call->arena, session_cookie_sent(call), &end->session)) {
    case DOMAIN_DONE:
        end->has_session = true;
        return true;
    case DOMAIN_NO:
        return true;
    case DOMAIN_UNAVAILABLE:
        break;
    }
    reply_error_page(call, 503, "error.temporarily_unavailable", NULL);
    return false;
}

/* --- what follows --- */

static void show_ended(struct call *call, enum page_language language, const char *message) {
    struct page *page = page_new(call->endpoint->pages, call->arena, "logged_out", language);
    page_message(page, "message", message);
    page_flag(page, "signed_in", str_equal(str_from(message), STR("logout.kept")));
    page_reply(page, 200, call->reply);
}

static void go_back(struct call *call, enum page_language language, const struct logout *logout) {
    struct str uri = logout->post_logout_redirect_uri;
    if (str_is_absent(uri)) {
        show_ended(call, language, "logout.done");
        return;
    }
    struct buf location;
    buf_init(&location, call->arena, uri.len + 256, 3 * STATE_MOST + URI_MOST + 64);
    buf_put(&location, uri);
    if (!str_is_absent(logout->state)) {
        buf_putc(&location, str_contains(uri, '?') ? '&' : '?');
        buf_puts(&location, "state=");
        buf_put_urlencoded(&location, logout->state);
    }
    CHECK(!location.failed);
    http_reply_redirect(call->reply, buf_str(&location));
}

/* Nothing is told where nothing was ended. */
static enum domain_status end_and_tell(struct call *call, const struct logout *logout) {
    struct str account_id = STR_NONE;
    enum domain_status ended = session_end_whose(call->domain, call->arena, logout->session_id, &account_id);
    if (ended != DOMAIN_DONE || !str_is_absent(account_id)) {
        call_tell(call, &(struct event){.kind = EVENT_LOGOUT,
                                        .result = ended == DOMAIN_DONE ? EVENT_DONE : EVENT_FAILED,
                                        .reason = ended == DOMAIN_DONE ? NULL : "unavailable",
                                        .actor = account_id,
                                        .client_id = logout->client_id,
                                        .session_id = logout->session_id});
    }
    return ended;
}

/* Ends it, forgets the cookie and goes back. */
static void end_now(struct call *call, enum page_language language, const struct logout *logout) {
    if (!str_is_absent(logout->session_id) && end_and_tell(call, logout) != DOMAIN_DONE) {
        reply_error_page(call, 503, "error.temporarily_unavailable", NULL);
        return;
    }
    session_cookie_clear(call);
    go_back(call, language, logout);
}

static void ask(struct end_session *end) {
    struct call *call = end->call;
    struct account account = {0};
    if (account_load(call->domain, call->arena, end->session.account_id, &account) == DOMAIN_UNAVAILABLE) {
        reply_error_page(call, 503, "error.temporarily_unavailable", NULL);
        return;
    }
    end->logout.session_id = end->session.session_id;
    end->logout.started_at = clock_wall();
    struct page *page = page_new(call->endpoint->pages, call->arena, "logout", end->language);
    page_set(page, "action", STR("/logout"));
    page_set(page, "flow", logout_seal(call->domain, call->arena, &end->logout, browser_cookie(call)));
    page_set(page, "person", account.profile.name);
    page_set(page, "client_name", end->client ? end->client->client.client_name : STR_NONE);
    page_reply(page, 200, call->reply);
}

/* Is the ID token one of the session that this browser has, or, without a cookie, of any? */
static bool hint_names_session(struct end_session *end) {
    struct call *call = end->call;
    if (!end->has_hint) {
        return false;
    }
    if (!end->has_session) {
        end->logout.session_id = end->hint.session_id;
        return true;
    }
    end->logout.session_id = end->session.session_id;
    if (!str_is_absent(end->hint.session_id)) {
        return str_equal(end->hint.session_id, end->session.session_id);
    }
    return str_equal(end->hint.sub,
                     subject_for(call->domain, call->arena, end->session.account_id, &end->client->client));
}

static void decide(struct end_session *end) {
    if (hint_names_session(end)) {
        end_now(end->call, end->language, &end->logout);
    } else if (end->has_session) {
        ask(end);
    } else {
        end_now(end->call, end->language, &end->logout);
    }
}

/* The answer of the confirmation page. */
static void answer_confirmation(struct end_session *end, struct str sealed) {
    struct call *call = end->call;
    struct logout logout;
    if (!is_same_site_post(call)) {
        reply_error_page(call, 403, "error.cross_site", NULL);
    } else if (!logout_open(call->domain, call->arena, sealed, browser_cookie_sent(call), &logout)) {
        reply_error_page(call, 400, "error.expired_flow", NULL);
    } else if (str_equal(http_params_get(&end->params, STR("action")), STR("yes"))) {
        end_now(call, end->language, &logout);
    } else {
        show_ended(call, end->language, "logout.kept");
    }
}

void endpoint_end_session(struct call *call) {
    struct end_session end = {.call = call};
    if (!read_params(&end)) {
        return;
    }
    struct str sealed = http_params_get(&end.params, STR("flow"));
    if (call->request->method == HTTP_POST && !str_is_absent(sealed)) {
        answer_confirmation(&end, sealed);
    } else if (read_client(&end) && read_target(&end) && find_session(&end)) {
        decide(&end);
    }
}
