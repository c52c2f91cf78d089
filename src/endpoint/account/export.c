/*
 * A copy of what is known about the person, to keep or take elsewhere.
 */
#include "../routes.h"
#include "../web/pages.h"
#include "../web/self.h"

#define PURPOSE "account.export"

/* The whole identity number only to whoever has signed in just now. */
static void give(struct self *self) {
    struct call *call = self->call;
    struct str json;
    const struct own own = self_own(self);
    bool whole = self_action_is(self, "whole");
    if (whole && !page_fresh_first(call, str_from(self->path), &self->session)) {
        return;
    }
    enum domain_status done = own_export(call->domain, call->arena, &own, whole, &json);
    if (done != DOMAIN_DONE) {
        self_not_done(self, done);
        return;
    }
    reply_json(call, 200, json);
    http_reply_field(call->reply, STR("Content-Disposition"), STR("attachment; filename=\"tongxing-account.json\""));
}

void endpoint_account_export(struct call *call) {
    struct self self;
    struct account account;
    if (!self_open(&self, call, "/account/export", SELF_SIGNED_IN) || !self_account(&self, &account)) {
        return;
    }
    if (!self.posted) {
        page_reply(self_page(&self, "account_export", PURPOSE, STR("")), 200, call->reply);
    } else if (self_form_taken(&self, PURPOSE, NULL)) {
        give(&self);
    }
}
