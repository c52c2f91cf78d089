/*
 * The code of a service counter: two administrators saw the person's document, so that it is enough for every level.
 */
#include "base/clock.h"
#include "domain/counter_code.h"
#include "recovery_inside.h"

#define TRIES_A_DAY 5

static enum domain_status use(struct domain *domain, struct arena *arena, const struct recovery *recovery,
                              struct str code) {
    struct account account;
    enum domain_status loaded = recovery_load(domain, arena, recovery, &account);
    return loaded == DOMAIN_DONE ? counter_code_use(domain, arena, account.account_id, code) : loaded;
}

enum recovery_result recovery_check_counter_code(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                                 struct str typed, struct str client_address) {
    int64_t begun = clock_monotonic_ms();
    struct str code;
    enum domain_status used = DOMAIN_NO;
    if (counter_code_read(arena, typed, &code)) { /* mistyped: nothing was tried */
        enum recovery_result counted =
            recovery_count(domain, arena, "recover-counter", recovery->username, TRIES_A_DAY, client_address);
        if (counted != RECOVERY_GOES_ON) {
            return counted;
        }
        used = use(domain, arena, recovery, code);
    }
    if (used == DOMAIN_UNAVAILABLE) {
        return RECOVERY_UNAVAILABLE;
    }
    recovery->shown |= used == DOMAIN_DONE ? RECOVERY_COUNTER : 0;
    return recovery_answer_at(begun) ? RECOVERY_GOES_ON : RECOVERY_UNAVAILABLE;
}
