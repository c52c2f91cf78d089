/*
 * Signing in with another service: leaving for it, and what its answer leads to. An account that is linked signs in;
 * for anybody else the answer is carried along. It is linked to the account that is opened with it, or to that of who
 * signs in, if they say so (link.c).
 */
#include "base/check.h"
#include "detour.h"
#include "domain/carried.h"
#include "domain/links.h"
#include "model/trail.h"

#include "pages.h"

static void tell(const struct page_call *page_call, enum event_result result, const char *reason,
                 struct str account_id) {
    call_tell(page_call->call, &(struct event){.kind = EVENT_LOGIN,
                                               .result = result,
                                               .reason = reason,
                                               .client_id = page_call->client->client.client_id,
                                               .subject = account_id});
}

void login_leave_for(struct page_call *page_call, struct str service) {
    struct call *call = page_call->call;
    struct upstream *upstream = upstreams_find(&call->domain->upstreams, service);
    if (!upstream || !(upstream_traits(upstream)->services & UPSTREAM_SIGN_IN)) {
        reply_error_page(call, 400, "error.invalid_request", NULL);
        return;
    }
    struct detour detour = {
        .purpose = DETOUR_SIGN_IN,
        .upstream = upstream,
        .sealed_flow = flow_seal(call->domain, call->arena, &page_call->flow, browser_cookie(call)),
    };
    if (detour_go(call, &detour, NULL) != PROOF_PENDING) {
        login_show(page_call, 503, "login.service_unavailable");
    }
}

/* --- a linked account --- */

static void sign_in(struct page_call *page_call, struct str account_id, const struct carried *carried) {
    struct call *call = page_call->call;
    struct account account;
    enum domain_status loaded = account_load(call->domain, call->arena, account_id, &account);
    if (loaded == DOMAIN_DONE && account.state == ACCOUNT_ACTIVE) {
        enum domain_status proven =
            carried_prove(call->domain, call->arena, &account, carried, call->request->client_address);
        if (proven == DOMAIN_NO) {
            tell(page_call, EVENT_REFUSED, "other_person", account_id);
            login_show(page_call, 200, "login.service_other_person");
            return;
        }
        loaded = account_load(call->domain, call->arena, account_id, &account);
    }
    if (loaded == DOMAIN_UNAVAILABLE) {
        tell(page_call, EVENT_FAILED, "unavailable", account_id);
        reply_unavailable_page(call);
    } else if (loaded == DOMAIN_NO || account.state != ACCOUNT_ACTIVE) {
        tell(page_call, EVENT_REFUSED, "suspended", account_id);
        login_show(page_call, 200, "login.service_suspended");
    } else {
        page_call->flow.carried = STR_NONE; /* of a service before this one */
        page_signed_in(page_call, &account, carried_amr(&account, carried), "service");
    }
}

static void known_or_carried(struct page_call *page_call, struct carried *carried) {
    struct call *call = page_call->call;
    struct link_owner owner;
    switch (link_find(call->domain, call->arena, carried->upstream, carried->subject, &owner)) {
    case DOMAIN_DONE:
        carried->opened = owner.opened;
        sign_in(page_call, owner.account_id, carried);
        break;
    case DOMAIN_NO:
        page_call->flow.carried = carried_pack(call->arena, carried);
        login_show(page_call, 200, str_is_absent(page_call->flow.carried) ? "login.service_unavailable" : NULL);
        break;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

void sign_in_service_ended(struct call *call, struct detour_end *end) {
    struct page_call page_call;
    if (!page_call_open_sealed(&page_call, call, end->detour->sealed_flow)) {
        return;
    }
    if (!trail_takes_sign_ins(call->domain->trail)) {
        reply_unavailable_page(call);
        return;
    }
    struct carried carried = carried_of(end->detour->upstream, &end->found);
    switch (end->result) {
    case VERIFY_MATCH:
        known_or_carried(&page_call, &carried);
        break;
    case VERIFY_MISMATCH:
    case VERIFY_NOT_FOUND:
    case VERIFY_STATE_BAD:
    case VERIFY_INVALID_INPUT:
    case VERIFY_UNSUPPORTED:
        tell(&page_call, EVENT_REFUSED, verify_result_name(end->result), STR_NONE);
        login_show(&page_call, 200, "login.service_refused");
        break;
    case VERIFY_PENDING:
    case VERIFY_RATE_LIMITED:
    case VERIFY_UPSTREAM_ERROR:
        tell(&page_call, EVENT_FAILED, verify_result_name(end->result), STR_NONE);
        login_show(&page_call, 503, "login.service_unavailable");
        break;
    }
}

/* --- an account that was opened with it --- */

void page_registered(struct page_call *page_call, const struct account *account, const struct carried *carried) {
    unsigned amr = AMR_PWD;
    if (carried) {
        struct carried opened = *carried;
        opened.opened = true;
        amr = carried_amr(account, &opened);
    }
    page_call->flow.carried = STR_NONE;
    page_signed_in(page_call, account, amr, "registered");
}
