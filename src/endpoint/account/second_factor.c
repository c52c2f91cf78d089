/*
 * Setting up one-time passwords, and giving them up. The secret of one that is being set up is kept by nobody but the
 * form, sealed, until the person's app has shown that it has it.
 */
#include "domain/second_factor.h"

#include "../routes.h"
#include "../web/pages.h"
#include "../web/qr.h"
#include "../web/self.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/proofs.h"
#include "domain/session.h"
#include "jose/otp.h"
#include "model/identity.h"

#define ENROL  "account.second_factor.enrol"
#define REMOVE "account.second_factor.remove"

/* What the app lists it under: enough for its owner, nothing for whoever looks over their shoulder. */
static struct str label_of(const struct self *self, const struct account *account) {
    struct str name = person_name_mask(self->call->arena, account->profile.name);
    return str_is_empty(name) ? page_text(self->language, "account.title") : name;
}

static void show_enrolment(struct self *self, const struct account *account, struct str secret, int status,
                           const char *error) {
    struct call *call = self->call;
    struct str text = second_factor_text(call->arena, secret);
    struct qr_drawing qr;
    struct page *page = self_page(self, "account_second_factor", ENROL, secret);
    page_flag(page, "enrol", true);
    page_set(page, "secret", text);
    struct str uri = second_factor_uri(call->domain, call->arena, label_of(self, account), text);
    if (qr_draw(call->arena, uri, &qr)) {
        page_set(page, "qr_path", qr.path);
        page_set(page, "qr_size", str_format(call->arena, "%d", qr.size));
    }
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, call->reply);
}

static void show_removal(struct self *self, int status, const char *error) {
    struct page *page = self_page(self, "account_second_factor", REMOVE, STR(""));
    if (error) {
        page_message(page, "error", error);
    }
    page_reply(page, status, self->call->reply);
}

static void show(struct self *self, const struct account *account) {
    struct call *call = self->call;
    switch (second_factor_exists(call->domain, call->arena, account->account_id)) {
    case DOMAIN_DONE:
        show_removal(self, 200, NULL);
        break;
    case DOMAIN_NO:
        show_enrolment(self, account, second_factor_secret(call->arena), 200, NULL);
        break;
    case DOMAIN_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

/* The person has just given a one-time password: the session knows it, and does not ask for the next one at once. */
static void remember_given(struct self *self, const struct account *account) {
    struct call *call = self->call;
    struct session wanted = self->session;
    struct session_started started;
    wanted.amr |= AMR_OTP | AMR_MFA | (wanted.amr & AMR_FACE ? AMR_BOUND : 0);
    wanted.level = sign_in_level(account, wanted.amr);
    wanted.level_until = account->level_until;
    if (session_raise(call->domain, call->arena, session_cookie_sent(call), &wanted, &started) == DOMAIN_DONE) {
        session_cookie_set(call, started.cookie);
    }
}

static void enrol(struct self *self, const struct account *account, struct str secret) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    struct str code = page_digits(call->arena, self_field(self, "code"));
    CHECK(secret.len == OTP_SECRET_SIZE);
    switch (own_enrol_factor(call->domain, call->arena, &own, secret, self->session.amr & AMR_FACE, code)) {
    case OWN_FACTOR_DONE:
        remember_given(self, account);
        self_done(self, "/account/methods", "second_factor");
        break;
    case OWN_FACTOR_WRONG:
        show_enrolment(self, account, secret, 200, "second_factor.wrong");
        break;
    case OWN_FACTOR_LOCKED:
        show_enrolment(self, account, secret, 429, "login.locked");
        break;
    case OWN_FACTOR_NO:
    case OWN_FACTOR_ADMINISTRATOR:
        self_not_done(self, DOMAIN_NO);
        break;
    case OWN_FACTOR_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

static void give_up(struct self *self) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    struct str code = page_digits(call->arena, self_field(self, "code"));
    switch (own_remove_factor(call->domain, call->arena, &own, code)) {
    case OWN_FACTOR_DONE:
        self_done(self, "/account/methods", "second_factor_gone");
        break;
    case OWN_FACTOR_WRONG:
        show_removal(self, 200, "second_factor.wrong");
        break;
    case OWN_FACTOR_LOCKED:
        show_removal(self, 429, "login.locked");
        break;
    case OWN_FACTOR_ADMINISTRATOR:
        show_removal(self, 409, "account.second_factor_needed");
        break;
    case OWN_FACTOR_NO:
        self_not_done(self, DOMAIN_NO);
        break;
    case OWN_FACTOR_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

void endpoint_account_second_factor(struct call *call) {
    struct self self;
    struct account account;
    struct str secret;
    if (!self_open(&self, call, "/account/second-factor", SELF_FRESH) || !self_account(&self, &account)) {
        return;
    }
    if (!self.posted) {
        show(&self, &account);
    } else if (self_action_is(&self, "remove")) {
        if (self_form_taken(&self, REMOVE, NULL)) {
            give_up(&self);
        }
    } else if (self_form_taken(&self, ENROL, &secret)) {
        enrol(&self, &account, secret);
    }
}
