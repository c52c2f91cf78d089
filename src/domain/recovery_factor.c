/*
 * What an account of level 4 takes besides a face: its one-time password, where that is bound to the person; whoever
 * has the password alone could have set it up. Whoever was seen is known to have an account, so that nothing is hidden
 * from them any more.
 */
#include "domain/second_factor.h"
#include "recovery_inside.h"

static enum domain_status has_bound_factor(struct domain *domain, struct arena *arena, struct str account_id) {
    bool bound;
    enum domain_status found = second_factor_find(domain, arena, account_id, &bound);
    return found == DOMAIN_DONE && !bound ? DOMAIN_NO : found;
}

enum domain_status recovery_may_be_seen(struct domain *domain, struct arena *arena, const struct account *account) {
    return account->level < LEVEL_MOST ? DOMAIN_DONE : has_bound_factor(domain, arena, account->account_id);
}

enum domain_status recovery_wants_factor(struct domain *domain, struct arena *arena, const struct recovery *recovery) {
    struct account account;
    if (!(recovery->shown & RECOVERY_PRESENCE) || (recovery->shown & RECOVERY_FACTOR)) {
        return DOMAIN_NO;
    }
    enum domain_status loaded = recovery_load(domain, arena, recovery, &account);
    if (loaded != DOMAIN_DONE || account.level < LEVEL_MOST) {
        return loaded == DOMAIN_DONE ? DOMAIN_NO : loaded;
    }
    return has_bound_factor(domain, arena, account.account_id);
}

enum recovery_result recovery_check_factor(struct domain *domain, struct arena *arena, struct recovery *recovery,
                                           struct str code) {
    bool bound;
    switch (second_factor_verify(domain, arena, recovery->account_id, code, &bound)) {
    case SECOND_FACTOR_DONE:
        recovery->shown |= bound ? RECOVERY_FACTOR : 0;
        return RECOVERY_GOES_ON;
    case SECOND_FACTOR_WRONG:
    case SECOND_FACTOR_NONE:
        return RECOVERY_GOES_ON;
    case SECOND_FACTOR_LOCKED:
        return RECOVERY_LIMITED;
    case SECOND_FACTOR_UNAVAILABLE:
        break;
    }
    return RECOVERY_UNAVAILABLE;
}
