/*
 * An account of level 4 is not got back by a face alone: the one-time password besides it. Where there is none, nobody
 * is asked for their face in vain.
 */
#include "pages.h"
#include "recover.h"

static void refuse(struct recovering *recovering, const char *reason) {
    const struct call *call = recovering->call;
    recovery_tell_refused(call->domain, &recovering->recovery, call->request->client_address, reason);
}

static void ask(struct recovering *recovering, int status, const char *error) {
    struct page *page = recover_page(recovering, "recover_factor", RECOVER_FACTOR, error);
    page_reply(page, status, recovering->call->reply);
}

bool recover_may_leave(struct recovering *recovering, const struct account *account) {
    struct call *call = recovering->call;
    enum domain_status may = recovery_may_be_seen(call->domain, call->arena, account);
    if (may == DOMAIN_NO) {
        refuse(recovering, "level");
        recover_show_ways(recovering, 200, "recover.counter_only");
    } else if (may == DOMAIN_UNAVAILABLE) {
        reply_unavailable_page(call);
    }
    return may == DOMAIN_DONE;
}

bool recover_ask_factor(struct recovering *recovering) {
    struct call *call = recovering->call;
    enum domain_status wants = recovery_wants_factor(call->domain, call->arena, &recovering->recovery);
    if (wants == DOMAIN_DONE) {
        ask(recovering, 200, NULL);
    } else if (wants == DOMAIN_UNAVAILABLE) {
        reply_unavailable_page(call);
    }
    return wants != DOMAIN_NO;
}

void recover_check_factor(struct recovering *recovering) {
    struct call *call = recovering->call;
    struct str code = page_digits(call->arena, recover_field(recovering, "code"));
    switch (recovery_check_factor(call->domain, call->arena, &recovering->recovery, code)) {
    case RECOVERY_GOES_ON:
        break;
    case RECOVERY_LIMITED:
        refuse(recovering, "locked");
        ask(recovering, 429, "login.locked");
        return;
    case RECOVERY_UNAVAILABLE:
        reply_unavailable_page(call);
        return;
    }
    if (recovering->recovery.shown & RECOVERY_FACTOR) {
        recover_go_on(recovering, "factor");
    } else {
        refuse(recovering, "factor");
        ask(recovering, 200, "second_factor.wrong");
    }
}
