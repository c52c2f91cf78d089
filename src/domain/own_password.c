/*
 * A new password. Whoever knew the old one may have signed in with it, and may have let client systems in: all of that
 * ends with it.
 */
#include "base/clock.h"
#include "change.h"
#include "domain/grant.h"
#include "domain/session.h"
#include "own_inside.h"
#include "status.h"

enum domain_status own_has_password(struct domain *domain, struct arena *arena, struct str account_id) {
    struct str hash;
    return domain_of_sql(accounts_password(domain->sql, arena, account_id, &hash));
}

enum own_password_result own_set_password(struct domain *domain, struct arena *arena, const struct own *own,
                                          struct str password, enum password_problem *ret_problem) {
    struct str hash;
    *ret_problem = password_check(domain, password);
    if (*ret_problem != PASSWORD_FINE) {
        return OWN_PASSWORD_BAD;
    }
    if (password_hash(domain, arena, password, &hash) != DOMAIN_DONE) {
        return OWN_PASSWORD_UNAVAILABLE;
    }
    struct change change = {0};
    change_add(&change, accounts_lock_active(own->account_id));
    change_add(&change, credentials_put(own->account_id, STR("password"), hash, clock_wall()));
    const struct event event = own_event(own, EVENT_PASSWORD_CHANGE);
    struct admin_answer answer = change_write(domain, arena, &change, &event);
    if (answer.result != ADMIN_DONE) {
        return answer.result == ADMIN_UNAVAILABLE ? OWN_PASSWORD_UNAVAILABLE : OWN_PASSWORD_NO;
    }
    bool ended = grants_cut(domain, arena, own->account_id) == DOMAIN_DONE &&
                 session_end_others(domain, arena, own->account_id, own->session_id) == DOMAIN_DONE;
    return ended ? OWN_PASSWORD_DONE : OWN_PASSWORD_NOT_ENDED;
}
