/*
 * The phone's step of the registration.
 */
#include "register_phone.h"

#include "base/check.h"
#include "domain/carried.h"
#include "domain/phone_code.h"
#include "model/identity.h"

static struct phone_code asked_of(struct page_call *page_call, struct str phone) {
    struct call *call = page_call->call;
    return (struct phone_code){.purpose = PHONE_CODE_REGISTER,
                               .phone = phone,
                               .bound = page_call->flow.flow_id,
                               .client_address = call->request->client_address,
                               .client_id = page_call->client->client.client_id,
                               .english = page_call->language == PAGE_EN};
}

static bool read_phone(struct page_call *page_call, struct str *ret_phone) {
    return phone_read(page_call->call->arena, str_trim(page_field(page_call, STR("phone"))), ret_phone);
}

/* `sent`: the page asks for the code, too. */
static void show(struct page_call *page_call, int status, const char *error, bool sent, bool bad_phone) {
    struct page *page = page_of_flow(page_call, "register_phone");
    struct carried carried;
    struct str phone;
    page_set(page, "action", STR("/register"));
    page_flag(page, "may_skip", carried_unpack(page_call->flow.carried, &carried));
    page_set(page, "phone", page_field(page_call, STR("phone")));
    if (sent && read_phone(page_call, &phone)) {
        page_set(page, "sent_to", phone_mask(page_call->call->arena, phone));
    }
    if (error) {
        page_message(page, "error", error);
    }
    if (bad_phone) {
        page_message(page, "field_error_phone", "register.bad_phone");
    }
    page_reply(page, status, page_call->call->reply);
}

void register_phone_show(struct page_call *page_call, int status, const char *error) {
    show(page_call, status, error, false, false);
}

/* What each result looks like; `sent`: there may be a good code on the phone. */
static const struct {
    int status;
    const char *error;
    bool sent;
} answers[] = {
    [PHONE_CODE_DONE] = {200, NULL, true},
    [PHONE_CODE_TOO_SOON] = {200, "register.code_too_soon", true},
    [PHONE_CODE_LIMITED] = {429, "register.code_limited", false},
    [PHONE_CODE_REFUSED] = {200, "register.code_refused", false},
    [PHONE_CODE_CANNOT_SEND] = {503, "register.code_cannot_send", false},
    [PHONE_CODE_WRONG] = {200, "register.code_wrong", true},
    [PHONE_CODE_GONE] = {200, "register.code_gone", false},
};

static void answer(struct page_call *page_call, enum phone_code_result result) {
    if (result == PHONE_CODE_UNAVAILABLE) {
        reply_unavailable_page(page_call->call);
        return;
    }
    show(page_call, answers[result].status, answers[result].error, answers[result].sent, false);
}

enum register_phone_next register_phone_posted(struct page_call *page_call, struct str *ret_proof) {
    struct call *call = page_call->call;
    struct str phone;
    if (!read_phone(page_call, &phone)) {
        show(page_call, 200, "register.invalid", false, true);
        return REGISTER_PHONE_ANSWERED;
    }
    const struct phone_code asked = asked_of(page_call, phone);
    if (page_action_is(page_call, STR("send_code"))) {
        answer(page_call, phone_code_send(call->domain, call->arena, &asked));
        return REGISTER_PHONE_ANSWERED;
    }
    enum phone_code_result result =
        phone_code_verify(call->domain, call->arena, &asked, page_field(page_call, STR("code")));
    if (result != PHONE_CODE_DONE) {
        answer(page_call, result);
        return REGISTER_PHONE_ANSWERED;
    }
    *ret_proof = phone_proof_seal(call->domain, call->arena, &asked);
    return REGISTER_PHONE_PROVEN;
}

bool register_phone_proven(struct page_call *page_call, struct str proof, struct str *ret_phone) {
    const struct phone_code asked = asked_of(page_call, STR_NONE);
    return phone_proof_open(page_call->call->domain, page_call->call->arena, &asked, proof, ret_phone);
}
