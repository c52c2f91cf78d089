/*
 * The code that is sent to the account's own phone. The page that asks for it is the same where nothing was sent.
 */
#include "base/check.h"
#include "domain/phone_code.h"
#include "pages.h"
#include "recover.h"

bool recover_by_phone(const struct call *call) {
    return phone_code_available(call->domain);
}

static void ask(struct recovering *recovering, int status, const char *error) {
    struct page *page = recover_page(recovering, "recover_code", RECOVER_CODE, error);
    page_flag(page, "seen", (recovering->recovery.shown & RECOVERY_PRESENCE) != 0);
    page_reply(page, status, recovering->call->reply);
}

void recover_send_code(struct recovering *recovering) {
    struct call *call = recovering->call;
    struct account account;
    struct str name = recover_field(recovering, "name"), id_number = recover_field(recovering, "id_number");
    enum recovery_result matched = RECOVERY_GOES_ON;
    if (!str_is_empty(name) || !str_is_empty(id_number)) {
        matched = recovery_match(call->domain, call->arena, &recovering->recovery, name, id_number,
                                 call->request->client_address, &account);
    }
    if (recover_goes_on(recovering, matched)) {
        recovery_send_code(call->domain, &recovering->recovery, call->request->client_address,
                           recovering->language == PAGE_EN);
        ask(recovering, 200, NULL);
    }
}

void recover_send_code_besides(struct recovering *recovering) {
    struct call *call = recovering->call;
    recovery_send_code(call->domain, &recovering->recovery, call->request->client_address,
                       recovering->language == PAGE_EN);
    ask(recovering, 200, NULL);
}

void recover_check_code(struct recovering *recovering) {
    struct call *call = recovering->call;
    if (str_equal(recover_field(recovering, "action"), STR("again"))) {
        recover_send_code_besides(recovering);
        return;
    }
    struct str code = page_digits(call->arena, recover_field(recovering, "code"));
    if (!recover_goes_on(recovering, recovery_check_code(call->domain, call->arena, &recovering->recovery, code,
                                                         call->request->client_address))) {
        return;
    }
    if (recovering->recovery.shown & RECOVERY_PHONE) {
        recover_go_on(recovering, "phone");
    } else {
        recovery_tell_refused(call->domain, &recovering->recovery, call->request->client_address, "phone");
        ask(recovering, 200, "recover.code_wrong");
    }
}
