/*
 * The consent page: which data goes to the client, and the person's yes or no.
 */
#include "domain/consent.h"

#include "../routes.h"
#include "base/check.h"
#include "base/json.h"
#include "domain/account.h"
#include "domain/claims.h"
#include "domain/session.h"
#include "pages.h"

static void show_scopes(struct page *page, struct str scope, enum page_language language) {
    static const struct {
        struct str scope;
        const char *label, *detail;
    } texts[] = {
        {STR_INIT("openid"), "scope.openid", "scope.openid.detail"},
        {STR_INIT("profile"), "scope.profile", "scope.profile.detail"},
        {STR_INIT("email"), "scope.email", "scope.email.detail"},
        {STR_INIT("phone"), "scope.phone", "scope.phone.detail"},
        {STR_INIT("address"), "scope.address", "scope.address.detail"},
        {STR_INIT("cn_org"), "scope.cn_org", "scope.cn_org.detail"},
        {STR_INIT("cn_profile"), "scope.cn_profile", "scope.cn_profile.detail"},
        {STR_INIT("cn_id"), "scope.cn_id", "scope.cn_id.detail"},
        {STR_INIT("offline_access"), "scope.offline_access", "scope.offline_access.detail"},
    };
    struct str word;
    while (str_next_word(&scope, &word)) {
        struct page *row = page_row(page, "scopes");
        page_set(row, "label", word);
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            if (str_equal(word, texts[i].scope)) {
                page_set(row, "label", page_text(language, texts[i].label));
                page_set(row, "detail", page_text(language, texts[i].detail));
            }
        }
    }
}

/* Personal Information Protection Law, article 29: the number is asked for by itself, and by default not given. */
static bool number_asked(const struct page_call *page_call, const struct account *account) {
    return page_call->flow.authorization.id_number_asked && !str_is_empty(account->profile.id_number);
}

static void show(struct page_call *page_call, const struct session *session) {
    struct call *call = page_call->call;
    struct account account;
    if (!page_goes_on(call, account_load(call->domain, call->arena, session->account_id, &account))) {
        return;
    }
    struct page *page = page_of_flow(page_call, "consent");
    page_set(page, "action", STR("/consent"));
    page_set(page, "person", account.profile.name);
    show_scopes(page, claims_consent_scope(call->arena, &page_call->flow.authorization), page_call->language);
    page_flag(page, "id_number", number_asked(page_call, &account));
    page_reply(page, 200, call->reply);
}

/* Into this flow alone: it is no part of what is remembered. */
static void take_id_number(struct page_call *page_call) {
    struct authorization *authorization = &page_call->flow.authorization;
    bool ticked = str_equal(page_field(page_call, STR("id_number")), STR("yes"));
    authorization->userinfo_claims &= ~CLAIMS_APART;
    if (authorization->id_number_asked && ticked) {
        authorization->userinfo_claims |= CLAIMS_APART & page_call->client->client.claims;
    }
}

static void tell(const struct page_call *page_call, const struct session *session, enum event_result result,
                 const char *reason) {
    struct call *call = page_call->call;
    const struct authorization *authorization = &page_call->flow.authorization;
    struct buf detail;
    buf_init(&detail, call->arena, 128, EVENT_RECORD_MOST / 4);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "scope", claims_consent_scope(call->arena, authorization));
    if (authorization->id_number_asked) {
        json_put_bool(&out, "cn_id_number", authorization->userinfo_claims & CLAIMS_APART);
    }
    json_close_object(&out);
    call_tell(call, &(struct event){.kind = EVENT_CONSENT,
                                    .result = result,
                                    .reason = reason,
                                    .actor = session->account_id,
                                    .client_id = authorization->client_id,
                                    .session_id = session->session_id,
                                    .detail = detail.failed ? STR_NONE : buf_str(&detail)});
}

/* Whoever gets here past another page is led back to it. */
static void allow(struct page_call *page_call, const struct session *session) {
    struct call *call = page_call->call;
    const struct client *client = &page_call->client->client;
    struct flow *flow = &page_call->flow;
    take_id_number(page_call);
    struct str scope = claims_consent_scope(call->arena, &flow->authorization);
    if (consent_give(call->domain, call->arena, session->account_id, client, scope) != DOMAIN_DONE) {
        tell(page_call, session, EVENT_FAILED, "unavailable");
        reply_unavailable_page(call);
        return;
    }
    tell(page_call, session, EVENT_DONE, NULL);
    flow->consented = true;
    flow_continue(call, page_call->client, flow, session, true);
}

void endpoint_consent(struct call *call) {
    struct page_call page_call;
    struct session session;
    if (!page_call_open(&page_call, call) || !page_session(&page_call, &session)) {
        return;
    }
    if (!page_call.posted) {
        show(&page_call, &session);
    } else if (page_action_is(&page_call, STR("allow"))) {
        allow(&page_call, &session);
    } else {
        tell(&page_call, &session, EVENT_REFUSED, "by_the_person");
        answer_flow_error(call, &page_call.flow, ERROR_ACCESS_DENIED, "the person did not consent");
    }
}
