/*
 * What happened with the account lately.
 */
#include "../routes.h"
#include "../web/pages.h"
#include "../web/self.h"

#define SHOWN 50

void endpoint_account_activity(struct call *call) {
    struct self self;
    struct account account;
    struct own_event *events;
    size_t count;
    if (!self_open(&self, call, "/account/activity", SELF_SIGNED_IN) || !self_account(&self, &account)) {
        return;
    }
    if (own_events(call->domain, call->arena, account.account_id, SHOWN, &events, &count) != DOMAIN_DONE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = self_page(&self, "account_activity", NULL, STR_NONE);
    for (size_t i = 0; i < count; i++) {
        struct page *row = page_row(page, "events");
        bool done = str_equal(events[i].result, event_result_name(EVENT_DONE));
        page_set(row, "event", self_text(&self, "event.", events[i].name));
        page_set(row, "at", self_time(&self, events[i].at));
        page_set(row, "address", str_or(events[i].address, STR("")));
        page_flag(row, "not_done", !done);
        if (!str_is_absent(events[i].client_id)) {
            page_set(row, "client_title", self_client_name(&self, events[i].client_id));
        }
    }
    page_flag(page, "none", count == 0);
    page_reply(page, 200, call->reply);
}
