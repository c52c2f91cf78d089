/*
 * Changing one's phone number, or adding one: the number, then the code that was sent to it. The number travels sealed
 * between the two, with the account as it was seen.
 */
#include "../routes.h"
#include "../web/code_answer.h"
#include "../web/pages.h"
#include "../web/self.h"
#include "model/identity.h"

#define PATH "/account/phone"
#define ASK  "account.phone.ask"
#define CODE "account.phone.code"

static struct page *page_with(struct self *self, const struct account *account, const char *purpose, struct str extra,
                              const char *error) {
    const struct profile *profile = &account->profile;
    struct page *page = self_page(self, "account_phone", purpose, extra);
    page_flag(page, "asks_number", str_is_empty(extra));
    if (!str_is_empty(profile->phone_number)) {
        page_set(page, "current", phone_mask(self->call->arena, profile->phone_number));
        page_flag(page, "proven", profile->phone_number_verified);
    }
    if (error) {
        page_message(page, "error", error);
    }
    return page;
}

static void say_taken(struct self *self, const struct account *account) {
    struct page *page = page_with(self, account, ASK, STR(""), "account.phone_taken");
    page_flag(page, "taken", true);
    page_reply(page, 409, self->call->reply);
}

/* The first step: `phone` as it was typed. */
static void ask_number(struct self *self, const struct account *account, int status, const char *error,
                       struct str phone) {
    struct page *page = page_with(self, account, ASK, STR(""), error);
    page_set(page, "phone", phone);
    page_reply(page, status, self->call->reply);
}

static void ask_code(struct self *self, const struct account *account, int status, const char *error,
                     const struct own_phone *wanted) {
    struct arena *arena = self->call->arena;
    struct page *page = page_with(self, account, CODE, own_phone_pack(arena, wanted), error);
    page_set(page, "sent_to", phone_mask(arena, wanted->phone));
    page_reply(page, status, self->call->reply);
}

static void show_result(struct self *self, const struct account *account, enum phone_code_result result,
                        const struct own_phone *wanted) {
    const struct code_answer *answer = code_answer(result);
    if (!answer) {
        reply_unavailable_page(self->call);
    } else if (answer->sent) {
        ask_code(self, account, answer->status, answer->error, wanted);
    } else {
        struct str national = wanted->phone;
        str_drop_prefix(&national, STR("+86"));
        ask_number(self, account, answer->status, answer->error, national);
    }
}

static void send_code(struct self *self, const struct account *account, const struct own_phone *wanted) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    show_result(self, account, own_phone_send_code(call->domain, call->arena, &own, wanted, self->language == PAGE_EN),
                wanted);
}

static void take_number(struct self *self, const struct account *account) {
    struct str typed = self_field(self, "phone");
    struct own_phone wanted = {.seen = account->updated_at};
    if (!phone_read(self->call->arena, str_trim(typed), &wanted.phone)) {
        ask_number(self, account, 200, "register.bad_phone", typed);
    } else if (account->profile.phone_number_verified && str_equal(wanted.phone, account->profile.phone_number)) {
        ask_number(self, account, 200, "account.phone_same", typed);
    } else {
        send_code(self, account, &wanted);
    }
}

static void change(struct self *self, const struct account *account, const struct own_phone *wanted) {
    struct call *call = self->call;
    const struct own own = self_own(self);
    switch (own_phone_change(call->domain, call->arena, &own, wanted, self_field(self, "code"))) {
    case OWN_PHONE_DONE:
        self_done(self, "/account", "phone");
        break;
    case OWN_PHONE_WRONG:
        show_result(self, account, PHONE_CODE_WRONG, wanted);
        break;
    case OWN_PHONE_GONE:
        show_result(self, account, PHONE_CODE_GONE, wanted);
        break;
    case OWN_PHONE_TAKEN:
        say_taken(self, account);
        break;
    case OWN_PHONE_STALE:
        ask_number(self, account, 409, "account.phone_stale", STR(""));
        break;
    case OWN_PHONE_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

/* The number that the form carries is the one that a code was sent to: nobody types another beside it. */
static void posted(struct self *self, const struct account *account) {
    struct str extra;
    struct own_phone wanted;
    if (self_action_is(self, "send")) {
        if (self_form_taken(self, ASK, NULL)) {
            take_number(self, account);
        }
    } else if (!self_form_taken(self, CODE, &extra)) {
        return;
    } else if (!own_phone_unpack(extra, &wanted)) {
        reply_error_page(self->call, 400, "account.form_used", NULL);
    } else if (self_action_is(self, "resend")) {
        send_code(self, account, &wanted);
    } else {
        change(self, account, &wanted);
    }
}

void endpoint_account_phone(struct call *call) {
    struct self self;
    struct account account;
    if (!own_phone_offered(call->domain)) {
        reply_error_page(call, 404, "error.not_found", NULL);
        return;
    }
    if (!self_open(&self, call, PATH, SELF_FRESH) || !self_account(&self, &account)) {
        return;
    }
    if (self.posted) {
        posted(&self, &account);
    } else {
        ask_number(&self, &account, 200, NULL, STR(""));
    }
}
