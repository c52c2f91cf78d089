/*
 * The page "for whom do you act?": oneself, or one of the organisations that the person may act for at this client
 * system. What is chosen belongs to this authorization alone.
 */
#include "../routes.h"
#include "domain/mandates.h"
#include "organisation_page.h"
#include "pages.h"

static void show_row(struct page_call *page_call, struct page *page, const struct acting *acting) {
    struct call *call = page_call->call;
    struct page *row = page_row(page, "mandates");
    struct str known =
        organisation_subject(call->domain, call->arena, acting->organisation_id, &page_call->client->client);
    page_set(row, "mandate", acting->mandate_id);
    page_set(row, "name", acting->name);
    page_set(row, "role", organisation_page_role_text(page_call->language, acting->role));
    page_flag(row, "hinted", str_equal(known, page_call->flow.authorization.acting));
}

static void show(struct page_call *page_call, const struct session *session, int status, const char *error) {
    struct call *call = page_call->call;
    const struct client *client = &page_call->client->client;
    struct acting *actings;
    size_t count;
    if (acting_list(call->domain, call->arena, session->account_id, client, &actings, &count) != DOMAIN_DONE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = page_of_flow(page_call, "acting");
    page_set(page, "action", STR("/acting"));
    page_flag(page, "oneself", client->acting == CLIENT_ACTING_OPTIONAL);
    page_flag(page, "nobody", count == 0 && client->acting == CLIENT_ACTING_REQUIRED);
    for (size_t i = 0; i < count; i++) {
        show_row(page_call, page, &actings[i]);
    }
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, call->reply);
}

/* What the form says is held against what the person holds: a mandate of somebody else, one that has ended, or one that
 * does not cover this client system is none. */
static void choose(struct page_call *page_call, const struct session *session, struct str chosen) {
    struct call *call = page_call->call;
    const struct client *client = &page_call->client->client;
    struct acting acting;
    if (client->acting == CLIENT_ACTING_NONE || !str_has_word(page_call->flow.authorization.scope, STR("cn_org"))) {
        reply_error_page(call, 400, "error.invalid_request", NULL); /* this client system never asked */
        return;
    }
    if (str_equal(chosen, STR("self")) && client->acting == CLIENT_ACTING_OPTIONAL) {
        page_call->flow.mandate_id = STR("");
        flow_continue(call, page_call->client, &page_call->flow, session, true);
        return;
    }
    switch (acting_load(call->domain, call->arena, chosen, session->account_id, client, &acting)) {
    case DOMAIN_DONE:
        page_call->flow.mandate_id = acting.mandate_id;
        flow_continue(call, page_call->client, &page_call->flow, session, true);
        break;
    case DOMAIN_NO:
        call_tell(call, &(struct event){.kind = EVENT_MANDATE_USE,
                                        .result = EVENT_REFUSED,
                                        .reason = "not_theirs",
                                        .actor = session->account_id,
                                        .client_id = client->client_id,
                                        .session_id = session->session_id});
        show(page_call, session, 200, "acting.not_good");
        break;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

void endpoint_acting(struct call *call) {
    struct page_call page_call;
    struct session session;
    if (!page_call_open(&page_call, call) || !page_session(&page_call, &session)) {
        return;
    }
    if (!page_call.posted) {
        show(&page_call, &session, 200, NULL);
    } else if (page_action_is(&page_call, STR("cancel"))) {
        answer_flow_error(call, &page_call.flow, ERROR_ACCESS_DENIED, "the person cancelled");
    } else {
        choose(&page_call, &session, page_field(&page_call, STR("mandate")));
    }
}
