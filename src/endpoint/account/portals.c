/*
 * Which client systems have something of the person, and taking it back.
 */
#include "../routes.h"
#include "../web/pages.h"
#include "../web/self.h"

#define PURPOSE "account.portals"

static void show_scopes(struct page *row, const struct self *self, struct str scope) {
    struct str word;
    while (!str_is_empty(scope) && str_next_word(&scope, &word)) {
        page_set(page_row(row, "scopes"), "scope", self_text(self, "scope.", word));
    }
}

static void show(struct self *self) {
    struct call *call = self->call;
    struct own_portal *portals;
    size_t count;
    if (own_portals(call->domain, call->arena, self->session.account_id, &portals, &count) != DOMAIN_DONE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = self_page(self, "account_portals", PURPOSE, STR(""));
    for (size_t i = 0; i < count; i++) {
        struct page *row = page_row(page, "portals");
        page_set(row, "client", portals[i].client_id);
        page_set(row, "client_title", self_client_name(self, portals[i].client_id));
        page_set(row, "granted", self_time(self, portals[i].granted_at));
        page_flag(row, "signed_in", portals[i].signed_in);
        show_scopes(row, self, portals[i].scope);
    }
    page_flag(page, "none", count == 0);
    page_reply(page, 200, call->reply);
}

static void withdraw(struct self *self) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    enum domain_status done = own_withdraw(call->domain, call->arena, &own, self_field(self, "client"));
    if (done == DOMAIN_DONE) {
        self_done(self, "/account/portals", "withdrawn");
    } else {
        self_not_done(self, done);
    }
}

void endpoint_account_portals(struct call *call) {
    struct self self;
    struct account account;
    if (!self_open(&self, call, "/account/portals", SELF_SIGNED_IN) || !self_account(&self, &account)) {
        return;
    }
    if (!self.posted) {
        show(&self);
    } else if (self_form_taken(&self, PURPOSE, NULL)) {
        withdraw(&self);
    }
}
