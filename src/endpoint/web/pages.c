/*
 * Opening a page's flow, and what follows a sign-in.
 */
#include "pages.h"

#include "base/clock.h"
#include "device.h"
#include "domain/login.h"
#include "domain/proofs.h"
#include "domain/second_factor.h"
#include "domain/session.h"

bool page_params_read(struct call *call, struct http_params *ret_params) {
    struct http_params params = call->request->query;
    bool posted = call->request->method == HTTP_POST;
    if (posted && !is_same_site_post(call)) {
        reply_error_page(call, 403, "error.cross_site", NULL);
        return false;
    }
    if ((posted && http_form(call->request, &params) != HTTP_FORM_OK) || params.malformed) {
        reply_error_page(call, 400, "error.invalid_request", NULL);
        return false;
    }
    *ret_params = params;
    return true;
}

bool page_goes_on(struct call *call, enum domain_status status) {
    switch (status) {
    case DOMAIN_DONE:
        return true;
    case DOMAIN_NO:
        reply_error_page(call, 400, "error.expired_flow", NULL);
        return false;
    case DOMAIN_UNAVAILABLE:
        break;
    }
    reply_unavailable_page(call);
    return false;
}

static bool open_flow(struct page_call *page_call, struct str sealed) {
    struct call *call = page_call->call;
    if (!flow_open(call->domain, call->arena, sealed, browser_cookie_sent(call), &page_call->flow)) {
        reply_error_page(call, 400, "error.expired_flow", NULL);
        return false;
    }
    page_call->client = flow_client(call, &page_call->flow);
    if (!page_call->client || !page_goes_on(call, flow_is_open(call->domain, call->arena, page_call->flow.flow_id))) {
        return false;
    }
    page_call->language = call_language(call, page_call->flow.authorization.ui_locales);
    return true;
}

bool page_call_open(struct page_call *page_call, struct call *call) {
    *page_call = (struct page_call){.call = call, .posted = call->request->method == HTTP_POST};
    return page_params_read(call, &page_call->params) &&
           open_flow(page_call, http_params_once(&page_call->params, STR("flow")));
}

bool page_call_open_sealed(struct page_call *page_call, struct call *call, struct str sealed) {
    *page_call = (struct page_call){.call = call};
    return open_flow(page_call, sealed);
}

static struct str client_name(const struct client *client, enum page_language language) {
    bool english = language == PAGE_EN && !str_is_empty(client->client_name_en);
    struct str name = english ? client->client_name_en : client->client_name;
    return str_is_empty(name) ? client->client_id : name;
}

struct page *page_of_flow(struct page_call *page_call, const char *name) {
    struct call *call = page_call->call;
    const struct client *client = &page_call->client->client;
    struct page *page = page_new(call->endpoint->pages, call->arena, name, page_call->language);
    page_set(page, "flow", flow_seal(call->domain, call->arena, &page_call->flow, browser_cookie(call)));
    page_set(page, "client_name", client_name(client, page_call->language));
    page_set(page, "logo_uri", client->logo_uri);
    page_set(page, "policy_uri", client->policy_uri);
    page_set(page, "tos_uri", client->tos_uri);
    return page;
}

struct str page_field(const struct page_call *page_call, struct str name) {
    return http_params_once(&page_call->params, name);
}

bool page_action_is(const struct page_call *page_call, struct str action) {
    return str_equal(page_field(page_call, STR("action")), action);
}

const char *page_level_words(int level) {
    static const char *const words[] = {"account.level_1", "account.level_1", "account.level_2", "account.level_3",
                                        "account.level_4"};
    return words[level >= 1 && level <= LEVEL_MOST ? level : 1];
}

void reply_unavailable_page(struct call *call) {
    reply_error_page(call, 503, "error.temporarily_unavailable", NULL);
    http_reply_field(call->reply, STR("Retry-After"), STR("2"));
}

static enum domain_status session_of_flow(struct page_call *page_call, struct session *ret_session) {
    struct call *call = page_call->call;
    enum domain_status found = session_find(call->domain, call->arena, session_cookie_sent(call), ret_session);
    bool other = found == DOMAIN_DONE && !str_equal(ret_session->account_id, page_call->flow.account_id);
    return other ? DOMAIN_NO : found;
}

bool page_session(struct page_call *page_call, struct session *ret_session) {
    return page_goes_on(page_call->call, session_of_flow(page_call, ret_session));
}

/* `session` NULL when none could be started. */
static void tell(const struct page_call *page_call, const struct account *account, const struct session *session,
                 const char *reason) {
    call_tell(page_call->call, &(struct event){.kind = EVENT_LOGIN,
                                               .result = session ? EVENT_DONE : EVENT_FAILED,
                                               .reason = session ? reason : "unavailable",
                                               .actor = account->account_id,
                                               .client_id = page_call->client->client.client_id,
                                               .subject = account->account_id,
                                               .session_id = session ? session->session_id : STR_NONE});
}

static void continue_with(struct page_call *page_call, const struct session_started *started) {
    struct call *call = page_call->call;
    if (!started->renewed) {
        metrics_add(call->endpoint->metrics.own, METRIC_SESSIONS, 0, 0, 1);
    }
    session_cookie_set(call, started->cookie);
    page_call->flow.account_id = started->session.account_id;
    flow_continue(call, page_call->client, &page_call->flow, &started->session, true);
}

/* False, with the sign-in page, when what is proven of the person does not hold any more. */
static bool still_holds(struct page_call *page_call, struct account *account) {
    struct call *call = page_call->call;
    switch (proof_recheck_account(call->domain, call->arena, account)) {
    case DOMAIN_DONE:
        return true;
    case DOMAIN_NO:
        break;
    case DOMAIN_UNAVAILABLE:
        tell(page_call, account, NULL, NULL);
        reply_unavailable_page(call);
        return false;
    }
    call_tell(call, &(struct event){.kind = EVENT_LOGIN,
                                    .result = EVENT_REFUSED,
                                    .reason = "suspended",
                                    .client_id = page_call->client->client.client_id,
                                    .subject = account->account_id});
    login_show(page_call, 200, "login.service_suspended");
    return false;
}

void page_signed_in(struct page_call *page_call, const struct account *known, unsigned amr, const char *reason) {
    struct call *call = page_call->call;
    struct account now_known = *known, *account = &now_known;
    int64_t now = clock_wall();
    if (!still_holds(page_call, account)) {
        return;
    }
    const struct session wanted = {
        .account_id = account->account_id,
        .created_at = now,
        .auth_time = now,
        .level = sign_in_level(account, amr),
        .level_until = account->level_until,
        .amr = amr,
        .address = call->request->client_address,
        .device = device_name(call->arena, http_field_value(call->request, STR("user-agent"))),
    };
    struct session_started started;
    if (session_start(call->domain, call->arena, session_cookie_sent(call), &wanted, &started) != DOMAIN_DONE) {
        tell(page_call, account, NULL, NULL);
        reply_unavailable_page(call);
        return;
    }
    tell(page_call, account, &started.session, reason);
    /* What asked for this sign-in is met by it. */
    page_call->flow.authorization.prompt &= ~(unsigned)(PROMPT_LOGIN | PROMPT_SELECT_ACCOUNT);
    page_call->flow.authorization.max_age = -1;
    continue_with(page_call, &started);
}

/* A one-time password, or a face, besides what there was before, makes it more than one factor. */
static unsigned amr_with(unsigned before, unsigned amr) {
    unsigned factors = AMR_OTP | AMR_BOUND | AMR_FACE;
    return before | amr | ((amr & factors) && (before & ~factors) ? AMR_MFA : 0);
}

/* Where a face and a one-time password are shown together, it is the person's from now on. */
static unsigned bind_factor(struct call *call, const struct account *account, unsigned amr) {
    bool together = (amr & AMR_OTP) && (amr & AMR_FACE) && !(amr & AMR_BOUND);
    return together && second_factor_bind(call->domain, call->arena, account->account_id) == DOMAIN_DONE
               ? amr | AMR_BOUND
               : amr;
}

void page_more_shown(struct page_call *page_call, const struct session *session, unsigned amr) {
    struct call *call = page_call->call;
    struct session wanted;
    struct session_started started;
    struct account account;
    if (!page_goes_on(call, account_load(call->domain, call->arena, session->account_id, &account))) {
        return;
    }
    if (account.state != ACCOUNT_ACTIVE) {
        reply_error_page(call, 403, "login.service_suspended", NULL);
        return;
    }
    /* As it is now: while somebody was asked, which may have taken seconds, more may have been shown elsewhere. What
     * was learnt may have ended it (proof_keep): the person signs in anew, and the flow goes on. */
    switch (session_of_flow(page_call, &wanted)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        login_show(page_call, 200, "login.sign_in_anew");
        return;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        return;
    }
    wanted.amr = bind_factor(call, &account, amr_with(wanted.amr, amr));
    wanted.level = sign_in_level(&account, wanted.amr);
    wanted.level_until = account.level_until;
    if (page_goes_on(call, session_raise(call->domain, call->arena, session_cookie_sent(call), &wanted, &started))) {
        continue_with(page_call, &started);
    }
}
