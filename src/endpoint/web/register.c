/*
 * The registration page: name, identity number and phone are checked with the register before there is an account.
 * Where messages can be sent the phone's page comes first (register_phone.h), and no phone is taken that was not shown
 * to be at hand.
 */
#include "../routes.h"
#include "base/check.h"
#include "domain/carried.h"
#include "domain/login.h"
#include "domain/phone_code.h"
#include "model/identity.h"
#include "pages.h"
#include "register_phone.h"

/* Beside each field: what is wrong with it. What is missing and what is malformed read the same. */
static void show_field_problems(struct page *page, const struct registration_problems *problems) {
    const struct {
        const char *slot, *key;
        enum registration_field_problem problem;
    } fields[] = {
        {"field_error_name", problems->name == FIELD_REVIEW ? "register.name_review" : "register.bad_name",
         problems->name},
        {"field_error_id_number", "register.bad_id_number", problems->id_number},
        {"field_error_phone", "register.bad_phone", problems->phone},
        {"field_error_password", "register.weak_password", problems->password},
    };
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        if (fields[i].problem != FIELD_FINE) {
            page_message(page, fields[i].slot, fields[i].key);
        }
    }
}

/* With the phone that was shown to be at hand, or a field for one where nobody can show that. */
static void set_phone(struct page_call *page_call, struct page *page, struct str proof) {
    struct phone_proof proven;
    if (!phone_code_available(page_call->call->domain)) {
        page_flag(page, "asks_phone", true);
        page_set(page, "phone", page_field(page_call, STR("phone")));
    } else if (register_phone_proven(page_call, proof, &proven)) {
        page_set(page, "phone_proof", proof);
        page_set(page, "proven_phone", phone_mask(page_call->call->arena, proven.phone));
    }
}

static void show_with(struct page_call *page_call, int status, const char *error,
                      const struct registration_problems *problems, struct str proof) {
    struct page *page = page_of_flow(page_call, "register");
    struct carried carried;
    bool came = carried_unpack(page_call->flow.carried, &carried);
    page_set(page, "action", STR("/register"));
    page_flag(page, "asks_identity", !came || (!carried.certified && carried.evidence.level == 0));
    page_flag(page, "may_skip", came);
    if (came && carried.certified) {
        page_set(page, "certified_name", carried.name);
        page_set(page, "certified_number", id_number_mask(page_call->call->arena, carried.id_number));
    }
    /* The identity number and the password are typed anew: they are not sent back over the wire. */
    page_set(page, "name", page_field(page_call, STR("name")));
    set_phone(page_call, page, proof);
    page_set(page, "password_least",
             str_format(page_call->call->arena, "%lld", (long long)page_call->call->domain->settings->password_least));
    if (error) {
        page_message(page, "error", error);
    }
    if (problems) {
        show_field_problems(page, problems);
    }
    page_reply(page, status, page_call->call->reply);
}

static void show(struct page_call *page_call, int status, const char *error,
                 const struct registration_problems *problems) {
    show_with(page_call, status, error, problems, page_field(page_call, STR("phone_proof")));
}

/* What was only mistyped is not told of: nothing was asked or counted. */
static void tell(const struct page_call *page_call, enum registration_result result, struct str account_id) {
    static const struct {
        enum event_result result;
        const char *reason;
    } told[] = {
        [REGISTRATION_DONE] = {EVENT_DONE, NULL},
        [REGISTRATION_CHILD] = {EVENT_REFUSED, "child"},
        [REGISTRATION_REFUSED] = {EVENT_REFUSED, "not_confirmed"},
        [REGISTRATION_TAKEN] = {EVENT_REFUSED, "taken"},
        [REGISTRATION_PHONE_TAKEN] = {EVENT_REFUSED, "phone_taken"},
        [REGISTRATION_SERVICE_TAKEN] = {EVENT_REFUSED, "linked_elsewhere"},
        [REGISTRATION_LIMITED] = {EVENT_REFUSED, "limited"},
        [REGISTRATION_CANNOT_CHECK] = {EVENT_FAILED, "cannot_check"},
        [REGISTRATION_UNAVAILABLE] = {EVENT_FAILED, "unavailable"},
    };
    if (result != REGISTRATION_INVALID) {
        call_tell(page_call->call, &(struct event){.kind = EVENT_REGISTRATION,
                                                   .result = told[result].result,
                                                   .reason = told[result].reason,
                                                   .actor = account_id,
                                                   .client_id = page_call->client->client.client_id});
    }
}

/* False with the phone's page in the reply: it must be shown to be at hand first, or again. */
static bool take_phone(struct page_call *page_call, struct registration *registration) {
    if (!phone_code_available(page_call->call->domain)) {
        registration->phone = page_field(page_call, STR("phone"));
        return true;
    }
    struct phone_proof proven = {0};
    struct str proof = page_field(page_call, STR("phone_proof"));
    registration->phone_at_hand = register_phone_proven(page_call, proof, &proven);
    registration->phone = proven.phone;
    registration->phone_check_id = proven.check_id;
    if (!registration->phone_at_hand && (!registration->carried || !str_is_empty(proof))) {
        register_phone_show(page_call, 200, str_is_empty(proof) ? NULL : "register.code_gone");
        return false;
    }
    return true;
}

static void register_now(struct page_call *page_call) {
    struct call *call = page_call->call;
    struct carried carried;
    struct registration registration = {
        .carried = carried_unpack(page_call->flow.carried, &carried) ? &carried : NULL,
        .name = page_field(page_call, STR("name")),
        .id_number = page_field(page_call, STR("id_number")),
        .password = page_field(page_call, STR("password")),
    };
    if (!take_phone(page_call, &registration)) {
        return;
    }
    struct account account = {0};
    struct registration_problems problems;
    enum registration_result result =
        register_person(call->domain, call->arena, &registration, call->request->client_address, &account, &problems);
    tell(page_call, result, account.account_id);
    switch (result) {
    case REGISTRATION_DONE:
        page_registered(page_call, &account, registration.carried);
        break;
    case REGISTRATION_INVALID:
        show(page_call, 200, "register.invalid", &problems);
        break;
    case REGISTRATION_CHILD:
        show(page_call, 200, "register.child", NULL);
        break;
    case REGISTRATION_REFUSED:
        show(page_call, 200, "register.refused", NULL);
        break;
    case REGISTRATION_TAKEN:
        show(page_call, 200, "register.taken", NULL);
        break;
    case REGISTRATION_PHONE_TAKEN:
        if (phone_code_available(call->domain)) {
            register_phone_show(page_call, 200, "register.phone_taken");
        } else {
            show(page_call, 200, "register.phone_taken", NULL);
        }
        break;
    case REGISTRATION_SERVICE_TAKEN:
        page_call->flow.carried = STR_NONE;
        login_show(page_call, 200, "login.service_taken");
        break;
    case REGISTRATION_LIMITED:
        show(page_call, 429, "register.too_many", NULL);
        break;
    case REGISTRATION_CANNOT_CHECK:
        show(page_call, 503, "register.unavailable", NULL);
        break;
    case REGISTRATION_UNAVAILABLE:
        reply_unavailable_page(call);
        break;
    }
}

static void posted(struct page_call *page_call) {
    struct call *call = page_call->call;
    struct str proof;
    bool sends = phone_code_available(call->domain);
    if (page_action_is(page_call, STR("cancel"))) {
        answer_flow_error(call, &page_call->flow, ERROR_ACCESS_DENIED, "the person cancelled");
    } else if (sends && (page_action_is(page_call, STR("send_code")) || page_action_is(page_call, STR("check_code")))) {
        if (register_phone_posted(page_call, &proof) == REGISTER_PHONE_PROVEN) {
            show_with(page_call, 200, NULL, NULL, proof);
        }
    } else if (sends && page_action_is(page_call, STR("skip_phone"))) {
        show(page_call, 200, NULL, NULL);
    } else {
        register_now(page_call);
    }
}

void endpoint_registration(struct call *call) {
    struct page_call page_call;
    if (!call->domain->settings->registration_enabled) {
        reply_error_page(call, 404, "error.not_found", NULL);
        return;
    }
    if (!page_call_open(&page_call, call)) {
        return;
    }
    if (page_call.posted) {
        posted(&page_call);
    } else if (phone_code_available(call->domain)) {
        register_phone_show(&page_call, 200, NULL);
    } else {
        show(&page_call, 200, NULL, NULL);
    }
}
