/*
 * The sign-in page.
 */
#include "domain/login.h"
#include "../routes.h"
#include "domain/carried.h"
#include "model/event.h"
#include "pages.h"

static void show_services(struct page *page, const struct page_call *page_call) {
    const struct upstreams *upstreams = &page_call->call->domain->upstreams;
    for (size_t i = 0; i < upstreams->count; i++) {
        const struct upstream_traits *traits = upstream_traits(upstreams->items[i]);
        if (traits->services & UPSTREAM_SIGN_IN) {
            struct page *row = page_row(page, "services");
            page_flag(page, "has_services", true);
            page_set(row, "service", upstream_name(upstreams->items[i]));
            page_set(row, "title", page_call->language == PAGE_EN ? traits->title_en : traits->title);
        }
    }
}

/* Somebody who came from a service that no account is linked to. */
static void show_carried(struct page *page, const struct page_call *page_call) {
    struct carried carried;
    struct upstream *upstream = carried_unpack(page_call->flow.carried, &carried)
                                    ? upstreams_find(&page_call->call->domain->upstreams, carried.upstream)
                                    : NULL;
    if (upstream) {
        const struct upstream_traits *traits = upstream_traits(upstream);
        page_set(page, "carried", page_call->language == PAGE_EN ? traits->title_en : traits->title);
        page_set(page, "carried_label", carried.label);
    }
}

void login_show(struct page_call *page_call, int status, const char *error) {
    struct call *call = page_call->call;
    struct page *page = page_of_flow(page_call, "login");
    struct str typed = page_field(page_call, STR("username"));
    struct str hint = page_call->flow.authorization.login_hint;
    page_set(page, "action", STR("/login"));
    page_set(page, "username", page_call->posted ? typed : hint);
    page_flag(page, "register_enabled", call->domain->settings->registration_enabled);
    if (str_is_absent(page_call->flow.carried)) {
        show_services(page, page_call);
    } else {
        show_carried(page, page_call);
    }
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, call->reply);
}

/* A sign-in that was done is told of with its session (page_signed_in). */
static void tell_not_done(const struct page_call *page_call, enum login_result result, struct str account_id) {
    static const char *const reasons[] = {
        [LOGIN_WRONG] = "wrong", [LOGIN_LOCKED] = "locked", [LOGIN_UNAVAILABLE] = "unavailable"};
    call_tell(page_call->call, &(struct event){.kind = EVENT_LOGIN,
                                               .result = result == LOGIN_UNAVAILABLE ? EVENT_FAILED : EVENT_REFUSED,
                                               .reason = reasons[result],
                                               .client_id = page_call->client->client.client_id,
                                               .subject = account_id});
}

static void sign_in(struct page_call *page_call) {
    struct call *call = page_call->call;
    struct account account = {0};
    enum login_result result =
        login_with_password(call->domain, call->arena, page_field(page_call, STR("username")),
                            page_field(page_call, STR("password")), call->request->client_address, &account);
    if (result != LOGIN_DONE) {
        tell_not_done(page_call, result, account.account_id);
    }
    switch (result) {
    case LOGIN_DONE:
        page_signed_in(page_call, &account, AMR_PWD, NULL);
        break;
    case LOGIN_WRONG:
        login_show(page_call, 200, "login.wrong");
        break;
    case LOGIN_LOCKED:
        login_show(page_call, 429, "login.locked");
        break;
    case LOGIN_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

void endpoint_login(struct call *call) {
    struct page_call page_call;
    if (!page_call_open(&page_call, call)) {
        return;
    }
    if (!page_call.posted) {
        login_show(&page_call, 200, NULL);
    } else if (page_action_is(&page_call, STR("cancel"))) {
        answer_flow_error(call, &page_call.flow, ERROR_ACCESS_DENIED, "the person cancelled");
    } else if (!str_is_empty(page_field(&page_call, STR("service")))) {
        login_leave_for(&page_call, page_field(&page_call, STR("service")));
    } else {
        sign_in(&page_call);
    }
}
