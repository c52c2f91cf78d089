/*
 * Choosing a password, or a new one.
 */
#include "../routes.h"
#include "../web/pages.h"
#include "../web/self.h"

#define PURPOSE "account.password"

static void show(struct self *self, int status, const char *error) {
    struct call *call = self->call;
    enum domain_status has = own_has_password(call->domain, call->arena, self->session.account_id);
    if (has == DOMAIN_UNAVAILABLE) {
        reply_unavailable_page(call);
        return;
    }
    struct page *page = self_page(self, "account_password", PURPOSE, STR(""));
    page_flag(page, "has_password", has == DOMAIN_DONE);
    page_set(page, "password_least",
             str_format(call->arena, "%lld", (long long)call->domain->settings->password_least));
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, call->reply);
}

static void change(struct self *self) {
    struct call *call = self->call;
    struct str password = self_field(self, "password");
    enum password_problem problem;
    const struct own own = self_own(self);
    if (!str_equal(password, self_field(self, "again"))) {
        show(self, 200, "account.password_differs");
        return;
    }
    switch (own_set_password(call->domain, call->arena, &own, password, &problem)) {
    case OWN_PASSWORD_DONE:
        self_done(self, "/account/methods", "password");
        break;
    case OWN_PASSWORD_NOT_ENDED:
        self_done(self, "/account/sessions", "password_only");
        break;
    case OWN_PASSWORD_BAD:
        show(self, 200, "register.weak_password");
        break;
    case OWN_PASSWORD_NO:
        self_not_done(self, DOMAIN_NO);
        break;
    case OWN_PASSWORD_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

void endpoint_account_password(struct call *call) {
    struct self self;
    struct account account;
    if (!self_open(&self, call, "/account/password", SELF_FRESH) || !self_account(&self, &account)) {
        return;
    }
    if (!self.posted) {
        show(&self, 200, NULL);
    } else if (self_form_taken(&self, PURPOSE, NULL)) {
        change(&self);
    }
}
