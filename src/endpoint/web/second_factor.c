/*
 * The page that asks for a one-time password.
 */
#include "domain/second_factor.h"

#include "../routes.h"
#include "model/event.h"
#include "pages.h"

static void show(struct page_call *page_call, int status, const char *error) {
    struct page *page = page_of_flow(page_call, "second_factor");
    page_set(page, "action", STR("/second-factor"));
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, page_call->call->reply);
}

struct str page_digits(struct arena *arena, struct str typed) {
    char *digits = arena_alloc(arena, typed.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < typed.len; i++) {
        if (typed.ptr[i] != ' ' && typed.ptr[i] != '-') {
            digits[len++] = typed.ptr[i];
        }
    }
    return str_of(digits, len);
}

static void tell(struct page_call *page_call, const struct session *session, enum event_result result,
                 const char *reason) {
    call_tell(page_call->call, &(struct event){.kind = EVENT_SECOND_FACTOR,
                                               .result = result,
                                               .reason = reason,
                                               .actor = session->account_id,
                                               .client_id = page_call->client->client.client_id,
                                               .session_id = session->session_id});
}

static void check(struct page_call *page_call, const struct session *session) {
    struct call *call = page_call->call;
    struct str code = page_digits(call->arena, page_field(page_call, STR("code")));
    bool bound;
    switch (second_factor_verify(call->domain, call->arena, session->account_id, code, &bound)) {
    case SECOND_FACTOR_DONE:
        tell(page_call, session, EVENT_DONE, NULL);
        page_more_shown(page_call, session, AMR_OTP | (bound ? AMR_BOUND : 0));
        break;
    case SECOND_FACTOR_WRONG:
        tell(page_call, session, EVENT_REFUSED, "wrong");
        show(page_call, 200, "second_factor.wrong");
        break;
    case SECOND_FACTOR_LOCKED:
        tell(page_call, session, EVENT_REFUSED, "locked");
        show(page_call, 429, "login.locked");
        break;
    case SECOND_FACTOR_NONE:
        tell(page_call, session, EVENT_REFUSED, "none");
        reply_error_page(call, 403, "second_factor.none", NULL);
        break;
    case SECOND_FACTOR_UNAVAILABLE:
        tell(page_call, session, EVENT_FAILED, "unavailable");
        reply_unavailable_page(call);
        break;
    }
}

/* Whoever has no second factor is told at once. */
static void ask(struct page_call *page_call, const struct session *session) {
    switch (second_factor_exists(page_call->call->domain, page_call->call->arena, session->account_id)) {
    case DOMAIN_DONE:
        show(page_call, 200, NULL);
        break;
    case DOMAIN_NO:
        reply_error_page(page_call->call, 403, "second_factor.none", NULL);
        break;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(page_call->call);
        break;
    }
}

void endpoint_second_factor(struct call *call) {
    struct page_call page_call;
    struct session session;
    if (!page_call_open(&page_call, call) || !page_session(&page_call, &session)) {
        return;
    }
    if (!page_call.posted) {
        ask(&page_call, &session);
    } else if (page_action_is(&page_call, STR("cancel"))) {
        answer_flow_error(call, &page_call.flow, ERROR_ACCESS_DENIED, "the person cancelled");
    } else {
        check(&page_call, &session);
    }
}
