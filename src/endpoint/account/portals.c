/*
 * Which client systems have something of the person, and taking it back.
 */
#include "../routes.h"
#include "../web/pages.h"
#include "../web/self.h"
#include "base/check.h"

#define PURPOSE "account.portals"

static void show_scopes(struct page *row, const struct self *self, struct str scope) {
    static const struct {
        struct str scope;
        const char *label;
    } texts[] = {
        {STR_INIT("openid"), "scope.openid"},   {STR_INIT("profile"), "scope.profile"},
        {STR_INIT("email"), "scope.email"},     {STR_INIT("phone"), "scope.phone"},
        {STR_INIT("address"), "scope.address"}, {STR_INIT("offline_access"), "scope.offline_access"},
    };
    struct str word;
    while (!str_is_empty(scope) && str_next_word(&scope, &word)) {
        struct page *item = page_row(row, "scopes");
        page_set(item, "scope", word);
        for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
            if (str_equal(word, texts[i].scope)) {
                page_set(item, "scope", page_text(self->language, texts[i].label));
            }
        }
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
