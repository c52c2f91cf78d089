/*
 * The page "link this service to your account?". Whoever came back from a service that no account is linked to, and
 * whoever signs in on the page that was left open then, may be two people at one browser: a password says yes to
 * nothing that the browser brought along. The answer is asked for by itself, and whoever says no goes on without the
 * service.
 */
#include "../routes.h"
#include "base/json.h"
#include "domain/account.h"
#include "domain/carried.h"
#include "domain/second_factor.h"
#include "pages.h"

#define DETAIL_MOST 256

struct linking {
    struct page_call page_call;
    struct session session;
    struct account account;
    struct carried carried;
};

/* A link that was made is told of with the link (domain/links.h). */
static void tell_not_made(const struct linking *linking, enum event_result result, const char *reason) {
    struct call *call = linking->page_call.call;
    struct buf detail;
    buf_init(&detail, call->arena, 64, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "upstream", linking->carried.upstream);
    json_close_object(&out);
    call_tell(call, &(struct event){.kind = EVENT_LINK_ADD,
                                    .result = result,
                                    .reason = reason,
                                    .actor = linking->account.account_id,
                                    .client_id = linking->page_call.client->client.client_id,
                                    .subject = linking->account.account_id,
                                    .session_id = linking->session.session_id,
                                    .detail = detail.failed ? STR_NONE : buf_str(&detail)});
}

/* The error is the end of it: what is carried has left the flow, and the page goes on without. */
static void show(struct linking *linking, int status, const char *error) {
    struct page_call *page_call = &linking->page_call;
    const struct carried *carried = &linking->carried;
    if (error) {
        page_call->flow.carried = STR_NONE;
    }
    struct page *page = page_of_flow(page_call, "link");
    const struct upstream *upstream = upstreams_find(&page_call->call->domain->upstreams, carried->upstream);
    bool english = page_call->language == PAGE_EN;
    page_set(page, "action", STR("/link"));
    page_set(page, "person", linking->account.profile.name);
    page_set(page, "label", carried->label);
    page_set(page, "service",
             !upstream ? carried->upstream
             : english ? upstream_traits(upstream)->title_en
                       : upstream_traits(upstream)->title);
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, page_call->call->reply);
}

static void go_on_without(struct linking *linking) {
    struct page_call *page_call = &linking->page_call;
    page_call->flow.carried = STR_NONE;
    flow_continue(page_call->call, page_call->client, &page_call->flow, &linking->session, true);
}

static void link_it(struct linking *linking) {
    struct page_call *page_call = &linking->page_call;
    struct call *call = page_call->call;
    switch (
        carried_link(call->domain, call->arena, &linking->account, &linking->carried, call->request->client_address)) {
    case CARRIED_LINKED:
        page_call->flow.carried = STR_NONE;
        page_more_shown(page_call, &linking->session, 0); /* what the service vouches for may have raised the level */
        break;
    case CARRIED_OTHER_PERSON:
        tell_not_made(linking, EVENT_REFUSED, "other_person");
        show(linking, 200, "login.service_other_person");
        break;
    case CARRIED_TAKEN:
        tell_not_made(linking, EVENT_REFUSED, "linked_elsewhere");
        show(linking, 200, "login.service_taken");
        break;
    case CARRIED_UNAVAILABLE:
        tell_not_made(linking, EVENT_FAILED, "unavailable");
        reply_unavailable_page(call);
        break;
    }
}

/* A password alone links nothing to an account that has a second factor: its own page does, with both. */
static enum domain_status may_link(const struct linking *linking) {
    struct call *call = linking->page_call.call;
    if (linking->session.amr & AMR_OTP) {
        return DOMAIN_DONE;
    }
    switch (second_factor_exists(call->domain, call->arena, linking->account.account_id)) {
    case DOMAIN_DONE:
        return DOMAIN_NO;
    case DOMAIN_NO:
        return DOMAIN_DONE;
    case DOMAIN_UNAVAILABLE:
        break;
    }
    return DOMAIN_UNAVAILABLE;
}

static void answer(struct linking *linking) {
    if (!linking->page_call.posted) {
        show(linking, 200, NULL);
    } else if (page_action_is(&linking->page_call, STR("yes"))) {
        link_it(linking);
    } else {
        tell_not_made(linking, EVENT_REFUSED, "by_the_person");
        go_on_without(linking);
    }
}

void endpoint_link(struct call *call) {
    struct linking linking;
    struct page_call *page_call = &linking.page_call;
    if (!page_call_open(page_call, call) || !page_session(page_call, &linking.session)) {
        return;
    }
    if (!carried_unpack(page_call->flow.carried, &linking.carried)) {
        go_on_without(&linking); /* meanwhile, on another page */
        return;
    }
    if (!page_goes_on(call, account_load(call->domain, call->arena, linking.session.account_id, &linking.account))) {
        return;
    }
    switch (may_link(&linking)) {
    case DOMAIN_DONE:
        answer(&linking);
        break;
    case DOMAIN_NO:
        go_on_without(&linking);
        break;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}
