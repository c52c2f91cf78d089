/*
 * Closing the account: what that means, a tick against a slip of the hand, and the end.
 */
#include "../routes.h"
#include "../web/pages.h"
#include "../web/self.h"

#define PURPOSE "account.close"

static void show(struct self *self, int status, const char *error) {
    struct call *call = self->call;
    enum own_close_result may = own_may_close(call->domain, call->arena, self->session.account_id);
    if (may == OWN_CLOSE_UNAVAILABLE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = self_page(self, "account_close", PURPOSE, STR(""));
    page_flag(page, "may", may == OWN_CLOSE_DONE);
    page_flag(page, "administrator", may == OWN_CLOSE_ADMINISTRATOR);
    page_flag(page, "mandates", may == OWN_CLOSE_MANDATES);
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, call->reply);
}

static void show_closed(struct self *self) {
    struct page *page = page_new(self->call->endpoint->pages, self->call->arena, "account_closed", self->language);
    session_cookie_clear(self->call);
    page_reply(page, 200, self->call->reply);
}

static void close_now(struct self *self) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    if (!str_equal(self_field(self, "sure"), STR("yes"))) {
        show(self, 200, "account.close_tick");
        return;
    }
    switch (own_close(call->domain, call->arena, &own)) {
    case OWN_CLOSE_DONE:
        show_closed(self);
        break;
    case OWN_CLOSE_ADMINISTRATOR:
    case OWN_CLOSE_MANDATES:
        show(self, 409, NULL);
        break;
    case OWN_CLOSE_NO:
        self_not_done(self, DOMAIN_NO);
        break;
    case OWN_CLOSE_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

void endpoint_account_close(struct call *call) {
    struct self self;
    struct account account;
    if (!self_open(&self, call, "/account/close", SELF_FRESH) || !self_account(&self, &account)) {
        return;
    }
    if (!self.posted) {
        show(&self, 200, NULL);
    } else if (self_form_taken(&self, PURPOSE, NULL)) {
        close_now(&self);
    }
}
