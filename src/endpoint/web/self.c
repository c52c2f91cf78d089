/*
 * Signing in for one's own pages, and what their forms share.
 */
#include "self.h"

#include "base/byte.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "domain/form.h"
#include "domain/registry.h"
#include "domain/second_factor.h"
#include "domain/session.h"
#include "messages.h"
#include "pages.h"

#include <time.h>

#define PATH_MOST     512
#define SHANGHAI_S    (8 * 3600) /* no summer time since 1991 */
#define CHALLENGE_LEN 32

/* --- signing in --- */

/* Paths of ours, as written in links: nothing that a browser could take for another host. */
static bool is_own_path(struct str path) {
    static const struct str roots[] = {STR_INIT("/account"), STR_INIT("/organisations")};
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        if (!byte_is((unsigned char)c, BYTE_UNRESERVED) && !str_contains(STR("/?=&"), c)) {
            return false;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(roots); i++) {
        struct str rest = path;
        if (str_drop_prefix(&rest, roots[i]) && (rest.len == 0 || rest.ptr[0] == '/' || rest.ptr[0] == '?')) {
            return path.len <= PATH_MOST;
        }
    }
    return false;
}

/* The code that comes back is never redeemed: nobody knows what its challenge was made of, since nothing was. */
static void go_to_sign_in(struct call *call, struct str path, struct str more) {
    struct buf location;
    buf_init(&location, call->arena, 512, 4096);
    buf_puts(&location, "/authorize?client_id=" ACCOUNT_CLIENT_ID "&response_type=code&scope=openid&redirect_uri=");
    buf_put_urlencoded(&location, str_concat(call->arena, call->domain->settings->issuer, STR("/account")));
    buf_puts(&location, "&code_challenge_method=S256&code_challenge=");
    buf_put(&location, random_text(call->arena, CHALLENGE_LEN));
    buf_puts(&location, "&state=");
    buf_put_urlencoded(&location, is_own_path(path) ? path : STR("/account")); /* it may hold an id that was sent */
    buf_put(&location, more);
    CHECK(!location.failed);
    http_reply_redirect(call->reply, buf_str(&location));
}

static enum domain_status find_session(struct call *call, struct session *ret_session) {
    enum domain_status found = session_find(call->domain, call->arena, session_cookie_sent(call), ret_session);
    if (found == DOMAIN_UNAVAILABLE) {
        reply_unavailable_page(call);
    }
    return found;
}

bool page_sign_in_first(struct call *call, struct str path, struct session *ret_session) {
    enum domain_status found = find_session(call, ret_session);
    if (found == DOMAIN_NO) {
        go_to_sign_in(call, path, STR(""));
    }
    return found == DOMAIN_DONE;
}

bool page_fresh_first(struct call *call, struct str path, const struct session *session) {
    int64_t age = clock_wall() - session->auth_time;
    if (age < 0 || age > SELF_FRESH_S) {
        go_to_sign_in(call, path, STR("&prompt=login"));
        return false;
    }
    enum domain_status factor =
        session->amr & AMR_OTP ? DOMAIN_NO : second_factor_exists(call->domain, call->arena, session->account_id);
    if (factor == DOMAIN_DONE) {
        go_to_sign_in(call, path, STR("")); /* the dispatcher asks for it */
    } else if (factor == DOMAIN_UNAVAILABLE) {
        reply_unavailable_page(call);
    }
    return factor == DOMAIN_NO;
}

void page_prove_first(struct call *call, struct str path, int level) {
    struct str claims = str_format(
        call->arena, "{\"id_token\":{\"acr\":{\"essential\":true,\"value\":\"urn:tongxing:loa:%d\"}}}", level);
    go_to_sign_in(call, path, str_concat(call->arena, STR("&claims="), percent_encode(call->arena, claims)));
}

/* Who is signed in still, and only did not want to prove more, or to sign in anew, is where they were. */
static void say_not_signed_in(struct call *call) {
    struct session session;
    enum domain_status found = find_session(call, &session);
    if (found != DOMAIN_NO) {
        if (found == DOMAIN_DONE) {
            http_reply_redirect(call->reply, STR("/account"));
        }
        return;
    }
    struct page *page =
        page_new(call->endpoint->pages, call->arena, "account_signed_out", call_language(call, STR_NONE));
    page_reply(page, 200, call->reply);
}

bool self_came_back(struct call *call) {
    const struct http_params *query = &call->request->query;
    struct str code = http_params_get(query, STR("code")), error = http_params_get(query, STR("error"));
    struct str path = http_params_get(query, STR("state"));
    if (str_is_absent(code) && str_is_absent(error)) {
        return false;
    }
    if (str_equal(error, STR("temporarily_unavailable"))) {
        reply_unavailable_page(call);
    } else if (!str_is_absent(error)) {
        say_not_signed_in(call);
    } else {
        http_reply_redirect(call->reply, is_own_path(path) ? path : STR("/account"));
    }
    return true;
}

/* --- a request --- */

bool self_open(struct self *self, struct call *call, const char *path, enum self_need need) {
    *self = (struct self){.call = call,
                          .path = path,
                          .language = call_language(call, STR_NONE),
                          .posted = call->request->method == HTTP_POST};
    return page_params_read(call, &self->params) && page_sign_in_first(call, str_from(path), &self->session) &&
           (need != SELF_FRESH || page_fresh_first(call, str_from(path), &self->session));
}

struct str self_field(const struct self *self, const char *name) {
    return http_params_once(&self->params, str_from(name));
}

bool self_action_is(const struct self *self, const char *action) {
    return str_equal(self_field(self, "action"), str_from(action));
}

struct own self_own(const struct self *self) {
    return (struct own){.account_id = self->session.account_id,
                        .session_id = self->session.session_id,
                        .address = self->call->request->client_address};
}

bool self_account(struct self *self, struct account *ret_account) {
    struct call *call = self->call;
    enum domain_status loaded = account_load(call->domain, call->arena, self->session.account_id, ret_account);
    if (loaded == DOMAIN_DONE && ret_account->state == ACCOUNT_ACTIVE) {
        return true;
    }
    if (loaded == DOMAIN_UNAVAILABLE ||
        session_end(call->domain, call->arena, self->session.session_id) != DOMAIN_DONE) {
        reply_unavailable_page(call);
        return false;
    }
    session_cookie_clear(call);
    reply_error_page(call, 403, "login.service_suspended", NULL);
    return false;
}

/* --- forms --- */

#define DONE "account.done"

static struct form form_of(const struct self *self, struct str browser, const char *purpose) {
    return (struct form){.browser = browser, .session_id = self->session.session_id, .purpose = purpose};
}

bool self_form_taken(struct self *self, const char *purpose, struct str *ret_extra) {
    struct call *call = self->call;
    const struct form form = form_of(self, browser_cookie_sent(call), purpose);
    switch (form_take(call->domain, call->arena, &form, self_field(self, "form"), ret_extra)) {
    case DOMAIN_DONE:
        return true;
    case DOMAIN_NO:
        reply_error_page(call, 400, "account.form_used", NULL);
        return false;
    case DOMAIN_UNAVAILABLE:
        break;
    }
    reply_unavailable_page(call);
    return false;
}

/* What was done before the page was sent back to: sealed, and shown once, so that no link can make a page say it. */
static void show_done(struct self *self, struct page *page) {
    struct call *call = self->call;
    size_t index;
    struct str message, sealed = http_params_get(&call->request->query, STR("done"));
    const struct form form = form_of(self, browser_cookie_sent(call), DONE);
    if (!self->posted && !str_is_empty(sealed) &&
        form_take(call->domain, call->arena, &form, sealed, &message) == DOMAIN_DONE &&
        message_find(str_concat(call->arena, STR("account.done."), message), &index)) {
        page_set(page, "notice", message_text(index, self->language));
    }
}

struct page *self_page(struct self *self, const char *name, const char *purpose, struct str extra) {
    struct call *call = self->call;
    struct page *page = page_new(call->endpoint->pages, call->arena, name, self->language);
    page_set(page, "action", str_from(self->path));
    if (purpose) {
        const struct form form = form_of(self, browser_cookie(call), purpose);
        page_set(page, "form", form_seal(call->domain, call->arena, &form, extra));
    }
    show_done(self, page);
    return page;
}

void self_done(struct self *self, const char *path, const char *message) {
    struct call *call = self->call;
    const struct form form = form_of(self, browser_cookie(call), DONE);
    struct str sealed = form_seal(call->domain, call->arena, &form, str_from(message));
    http_reply_redirect(call->reply, str_concat(call->arena, str_from(path), STR("?done="), sealed));
}

void self_not_done(struct self *self, enum domain_status status) {
    if (status == DOMAIN_NO) {
        reply_error_page(self->call, 404, "account.gone", NULL);
    } else {
        reply_unavailable_page(self->call);
    }
}

/* --- showing --- */

struct str self_time(const struct self *self, int64_t at) {
    time_t there = (time_t)(at + SHANGHAI_S);
    struct tm parts;
    if (at <= 0 || !gmtime_r(&there, &parts)) {
        return STR("");
    }
    return str_format(self->call->arena, "%04d-%02d-%02d %02d:%02d", parts.tm_year + 1900, parts.tm_mon + 1,
                      parts.tm_mday, parts.tm_hour, parts.tm_min);
}

struct str self_text(const struct self *self, const char *prefix, struct str name) {
    size_t index;
    struct str key = str_concat(self->call->arena, str_from(prefix), name);
    return message_find(key, &index) ? message_text(index, self->language) : name;
}

struct str self_client_name(const struct self *self, struct str client_id) {
    const struct registered_client *client = registry_find(self->call->registry, client_id);
    if (!client) {
        return client_id;
    }
    bool english = self->language == PAGE_EN && !str_is_empty(client->client.client_name_en);
    struct str name = english ? client->client.client_name_en : client->client.client_name;
    return str_is_empty(name) ? client_id : name;
}
