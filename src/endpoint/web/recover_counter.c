/*
 * The code of a service counter. Its page is the same whether there is an account, and so is what a wrong code gets.
 */
#include "pages.h"
#include "recover.h"

static void ask(struct recovering *recovering, const char *error) {
    struct page *page = recover_page(recovering, "recover_counter", RECOVER_COUNTER, error);
    page_reply(page, 200, recovering->call->reply);
}

void recover_ask_counter_code(struct recovering *recovering) {
    ask(recovering, NULL);
}

void recover_check_counter_code(struct recovering *recovering) {
    struct call *call = recovering->call;
    struct str typed = recover_field(recovering, "code");
    if (!recover_goes_on(recovering, recovery_check_counter_code(call->domain, call->arena, &recovering->recovery,
                                                                 typed, call->request->client_address))) {
        return;
    }
    if (recovering->recovery.shown & RECOVERY_COUNTER) {
        recover_go_on(recovering, "counter");
    } else {
        recovery_tell_refused(call->domain, &recovering->recovery, call->request->client_address, "counter");
        ask(recovering, "recover.counter_wrong");
    }
}
