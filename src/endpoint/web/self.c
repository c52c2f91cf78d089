/*
 * Signing in for one's own pages, form tokens, and what a page of that kind starts with.
 */
#include "self.h"

#include "base/byte.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "domain/account.h"
#include "domain/flow.h"
#include "domain/registry.h"
#include "domain/session.h"
#include "model/pack.h"
#include "pages.h"

#define CHALLENGE_RANDOM 32
#define PATH_MOST        300
#define SHANGHAI_S       (8 * 3600)

/* --- signing in --- */

/* The code that comes back is not redeemed, so that nobody keeps the verifier of this challenge: the session is what
 * the sign-in was for. */
static void lead_through_sign_in(struct call *call, struct str path, bool anew) {
    struct str issuer = call->domain->settings->issuer;
    struct buf location;
    buf_init(&location, call->arena, 512, 4096);
    buf_put(&location, STR("/authorize?response_type=code&scope=openid&client_id=" ACCOUNT_CLIENT_ID "&redirect_uri="));
    buf_put_urlencoded(&location, str_concat(call->arena, issuer, STR("/organisations")));
    buf_put(&location, STR("&code_challenge_method=S256&code_challenge="));
    buf_put(&location, random_text(call->arena, CHALLENGE_RANDOM));
    buf_put(&location, anew ? STR("&prompt=login&state=") : STR("&state="));
    buf_put_urlencoded(&location, path);
    CHECK(!location.failed); /* paths are ours */
    http_reply_redirect(call->reply, buf_str(&location));
}

bool page_sign_in_first(struct call *call, struct str path, struct session *ret_session) {
    enum domain_status found = session_find(call->domain, call->arena, session_cookie_sent(call), ret_session);
    if (found == DOMAIN_UNAVAILABLE) {
        reply_unavailable_page(call);
    } else if (found == DOMAIN_NO) {
        lead_through_sign_in(call, path, false);
    }
    return found == DOMAIN_DONE;
}

bool page_fresh_first(struct call *call, struct str path, const struct session *session) {
    if (clock_wall() - session->auth_time <= SELF_FRESH_S) {
        return true;
    }
    lead_through_sign_in(call, path, true);
    return false;
}

/* Coming back from the sign-in: on to where the person was going, which must be one of these pages. */
static bool came_back(struct self_call *self) {
    struct call *call = self->call;
    struct str path = self_field(self, "state");
    if (http_params_count(&self->params, STR("error")) > 0) {
        reply_error_page(call, 200, "self.cancelled", NULL);
        return true;
    }
    if (http_params_count(&self->params, STR("code")) == 0) {
        return false;
    }
    bool ours = path.len <= PATH_MOST && str_starts(path, STR("/organisations"));
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        ours = ours && (byte_is((unsigned char)c, BYTE_UNRESERVED) || c == '/' || c == '?' || c == '=');
    }
    http_reply_redirect(call->reply, ours ? path : STR("/organisations"));
    return true;
}

/* --- form tokens --- */

struct str page_form_token(struct call *call, const struct session *session, struct str purpose) {
    struct buf packed;
    buf_init(&packed, call->arena, 128, 1024);
    pack_str(&packed, session->session_id);
    pack_str(&packed, purpose);
    pack_signed(&packed, clock_wall());
    return browser_seal(call->domain, call->arena, BROWSER_FORM, &packed, browser_cookie(call));
}

bool page_form_token_fits(struct call *call, const struct session *session, struct str purpose, struct str token) {
    struct unpack unpack;
    if (!browser_open(call->domain, call->arena, BROWSER_FORM, token, browser_cookie_sent(call), &unpack)) {
        return false;
    }
    struct str session_id = unpack_str(&unpack);
    struct str about = unpack_str(&unpack);
    int64_t age = clock_wall() - unpack_signed(&unpack);
    return unpack_done(&unpack) && age <= call->domain->settings->flow_s && str_equal(about, purpose) &&
           str_equal(session_id, session->session_id);
}

/* --- a page --- */

static bool read_params(struct self_call *self) {
    struct call *call = self->call;
    self->params = call->request->query;
    self->posted = call->request->method == HTTP_POST;
    if (self->posted && !is_same_site_post(call)) {
        reply_error_page(call, 403, "error.cross_site", NULL);
        return false;
    }
    if ((self->posted && http_form(call->request, &self->params) != HTTP_FORM_OK) || self->params.malformed) {
        reply_error_page(call, 400, "error.invalid_request", NULL);
        return false;
    }
    return true;
}

static bool load_account(struct self_call *self) {
    struct call *call = self->call;
    enum domain_status loaded = account_load(call->domain, call->arena, self->session.account_id, &self->account);
    if (loaded == DOMAIN_DONE && self->account.state != ACCOUNT_ACTIVE) {
        loaded = DOMAIN_NO;
    }
    if (loaded != DOMAIN_DONE) {
        loaded == DOMAIN_NO ? reply_error_page(call, 403, "self.no_account", NULL) : reply_unavailable_page(call);
    }
    return loaded == DOMAIN_DONE;
}

bool self_open(struct self_call *self, struct call *call, struct str path, bool fresh) {
    *self = (struct self_call){.call = call, .language = call_language(call, STR_NONE)};
    return read_params(self) && !came_back(self) && page_sign_in_first(call, path, &self->session) &&
           (!fresh || page_fresh_first(call, path, &self->session)) && load_account(self);
}

struct str self_field(const struct self_call *self, const char *name) {
    struct str value = http_params_count(&self->params, str_from(name)) == 1
                           ? http_params_get(&self->params, str_from(name))
                           : STR("");
    return str_or(value, STR(""));
}

bool self_post_fits(struct self_call *self, struct str purpose) {
    bool fits = page_form_token_fits(self->call, &self->session, purpose, self_field(self, "token"));
    if (!fits) {
        reply_error_page(self->call, 400, "self.expired_form", NULL);
    }
    return fits;
}

struct page *self_page(struct self_call *self, const char *name, struct str purpose) {
    struct call *call = self->call;
    struct page *page = page_new(call->endpoint->pages, call->arena, name, self->language);
    if (!str_is_absent(purpose)) {
        page_set(page, "token", page_form_token(call, &self->session, purpose));
    }
    page_set(page, "person", self->account.profile.name);
    return page;
}

/* --- words --- */

struct str self_role_text(enum page_language language, enum mandate_role role) {
    static const char *const keys[] = {[MANDATE_REPRESENTATIVE] = "mandate.representative",
                                       [MANDATE_ADMINISTRATOR] = "mandate.administrator",
                                       [MANDATE_AGENT] = "mandate.agent"};
    return page_text(language, keys[role]);
}

struct str self_day(struct arena *arena, int64_t seconds) {
    return seconds > 0 ? str_sub(clock_rfc3339(arena, seconds + SHANGHAI_S), 0, 10) : STR("");
}

bool self_read_day(struct arena *arena, struct str text, int64_t *ret_seconds) {
    int64_t day;
    struct str trimmed = str_trim(text);
    if (trimmed.len != 10 || !clock_read_rfc3339(str_concat(arena, trimmed, STR("T00:00:00Z")), &day)) {
        return false;
    }
    *ret_seconds = day - SHANGHAI_S;
    return true;
}
