/*
 * The pages under /organisations: who is signed in, their forms, and words.
 */
#include "organisation_page.h"

#include "base/clock.h"
#include "domain/account.h"
#include "domain/form.h"
#include "pages.h"
#include "self.h"

#define SHANGHAI_S (8 * 3600)

/* --- a page --- */

static bool load_account(struct organisation_call *page_call) {
    struct call *call = page_call->call;
    enum domain_status loaded =
        account_load(call->domain, call->arena, page_call->session.account_id, &page_call->account);
    if (loaded == DOMAIN_DONE && page_call->account.state != ACCOUNT_ACTIVE) {
        loaded = DOMAIN_NO;
    }
    if (loaded != DOMAIN_DONE) {
        loaded == DOMAIN_NO ? reply_error_page(call, 403, "self.no_account", NULL) : reply_unavailable_page(call);
    }
    return loaded == DOMAIN_DONE;
}

bool organisation_page_open(struct organisation_call *page_call, struct call *call, struct str path, bool fresh) {
    *page_call = (struct organisation_call){.call = call,
                                            .path = path,
                                            .language = call_language(call, STR_NONE),
                                            .posted = call->request->method == HTTP_POST};
    return page_params_read(call, &page_call->params) && page_sign_in_first(call, path, &page_call->session) &&
           (!fresh || page_fresh_first(call, path, &page_call->session)) && load_account(page_call);
}

struct signed_in organisation_page_who(const struct organisation_call *page_call) {
    return (struct signed_in){.account = &page_call->account,
                              .session = &page_call->session,
                              .address = page_call->call->request->client_address};
}

void organisation_page_step_up(struct organisation_call *page_call, enum mandate_role role) {
    page_prove_first(page_call->call, page_call->path, mandate_role_level(role));
}

bool organisation_page_shown_first(struct organisation_call *page_call, enum mandate_role role) {
    const struct signed_in who = organisation_page_who(page_call);
    bool leads = signed_in_shows(&who, mandate_role_level(role)) == LEVEL_NOT_SHOWN;
    if (leads) {
        organisation_page_step_up(page_call, role);
    }
    return !leads;
}

struct str organisation_page_field(const struct organisation_call *page_call, const char *name) {
    return http_params_once(&page_call->params, str_from(name));
}

static struct form form_of(const struct organisation_call *page_call, struct str browser) {
    return (struct form){.browser = browser, .session_id = page_call->session.session_id, .purpose = "organisation"};
}

bool organisation_page_post_fits(struct organisation_call *page_call, struct str purpose) {
    struct call *call = page_call->call;
    struct str about;
    const struct form form = form_of(page_call, browser_cookie_sent(call));
    switch (form_take(call->domain, call->arena, &form, organisation_page_field(page_call, "token"), &about)) {
    case DOMAIN_DONE:
        if (str_equal(about, purpose)) {
            return true;
        }
        break;
    case DOMAIN_NO:
        break;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        return false;
    }
    reply_error_page(call, 400, "self.expired_form", NULL);
    return false;
}

struct page *organisation_page_new(struct organisation_call *page_call, const char *name, struct str purpose) {
    struct call *call = page_call->call;
    struct page *page = page_new(call->endpoint->pages, call->arena, name, page_call->language);
    if (!str_is_absent(purpose)) {
        const struct form form = form_of(page_call, browser_cookie(call));
        page_set(page, "token", form_seal(call->domain, call->arena, &form, purpose));
    }
    page_set(page, "person", page_call->account.profile.name);
    return page;
}

/* --- words --- */

struct str organisation_page_role_text(enum page_language language, enum mandate_role role) {
    static const char *const keys[] = {[MANDATE_REPRESENTATIVE] = "mandate.representative",
                                       [MANDATE_ADMINISTRATOR] = "mandate.administrator",
                                       [MANDATE_AGENT] = "mandate.agent"};
    return page_text(language, keys[role]);
}

struct str organisation_page_day(struct arena *arena, int64_t seconds) {
    return seconds > 0 ? str_sub(clock_rfc3339(arena, seconds + SHANGHAI_S), 0, 10) : STR("");
}

bool organisation_page_read_day(struct arena *arena, struct str text, int64_t *ret_seconds) {
    int64_t day;
    struct str trimmed = str_trim(text);
    if (trimmed.len != 10 || !clock_read_rfc3339(str_concat(arena, trimmed, STR("T00:00:00Z")), &day)) {
        return false;
    }
    *ret_seconds = day - SHANGHAI_S;
    return true;
}
