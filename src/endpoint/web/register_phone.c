/*
 * The phone's step of the registration.
 */
#include "register_phone.h"

#include "base/check.h"
#include "code_answer.h"
#include "domain/carried.h"
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

static void answer(struct page_call *page_call, enum phone_code_result result) {
    const struct code_answer *answer = code_answer(result);
    if (answer) {
        show(page_call, answer->status, answer->error, answer->sent, false);
    } else {
        reply_unavailable_page(page_call->call);
    }
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
    struct str check_id;
    enum phone_code_result result =
        phone_code_verify(call->domain, call->arena, &asked, page_field(page_call, STR("code")), &check_id);
    if (result != PHONE_CODE_DONE) {
        answer(page_call, result);
        return REGISTER_PHONE_ANSWERED;
    }
    *ret_proof = phone_proof_seal(call->domain, call->arena, &asked, check_id);
    return REGISTER_PHONE_PROVEN;
}

bool register_phone_proven(struct page_call *page_call, struct str sealed, struct phone_proof *ret_proof) {
    const struct phone_code asked = asked_of(page_call, STR_NONE);
    return phone_proof_open(page_call->call->domain, page_call->call->arena, &asked, sealed, ret_proof);
}
