/*
 * Setting up one-time passwords, and giving them up.
 */
#include "change.h"
#include "domain/second_factor.h"
#include "own_inside.h"
#include "status.h"
#include "store/admins.h"

static enum own_factor_result result_of(enum second_factor_result result) {
    switch (result) {
    case SECOND_FACTOR_DONE:
        return OWN_FACTOR_DONE;
    case SECOND_FACTOR_WRONG:
        return OWN_FACTOR_WRONG;
    case SECOND_FACTOR_LOCKED:
        return OWN_FACTOR_LOCKED;
    case SECOND_FACTOR_NONE:
        return OWN_FACTOR_NO;
    case SECOND_FACTOR_UNAVAILABLE:
        break;
    }
    return OWN_FACTOR_UNAVAILABLE;
}

static enum own_factor_result write(struct domain *domain, struct arena *arena, const struct own *own,
                                    struct sql_statement statement, enum event_kind kind) {
    struct change change = {0};
    change_add(&change, accounts_lock_active(own->account_id));
    change_add(&change, statement);
    const struct event event = own_event(own, kind);
    struct admin_answer answer = change_write(domain, arena, &change, &event);
    return answer.result == ADMIN_DONE          ? OWN_FACTOR_DONE
           : answer.result == ADMIN_UNAVAILABLE ? OWN_FACTOR_UNAVAILABLE
                                                : OWN_FACTOR_NO;
}

enum own_factor_result own_enrol_factor(struct domain *domain, struct arena *arena, const struct own *own,
                                        struct str secret, bool bound, struct str code) {
    enum domain_status has = second_factor_exists(domain, arena, own->account_id);
    if (has != DOMAIN_NO) {
        return has == DOMAIN_DONE ? OWN_FACTOR_NO : OWN_FACTOR_UNAVAILABLE;
    }
    enum own_factor_result checked = result_of(second_factor_check(domain, arena, own->account_id, secret, code));
    return checked == OWN_FACTOR_DONE
               ? write(domain, arena, own, second_factor_insert(domain, arena, own->account_id, secret, bound),
                       EVENT_SECOND_FACTOR_ENROL)
               : checked;
}

enum own_factor_result own_remove_factor(struct domain *domain, struct arena *arena, const struct own *own,
                                         struct str code) {
    struct admin_row admin;
    switch (admins_of_account(domain->sql, arena, own->account_id, &admin)) {
    case SQL_MISSING:
        break;
    case SQL_DONE:
    case SQL_CONFLICT:
        return OWN_FACTOR_ADMINISTRATOR;
    case SQL_DOWN:
        return OWN_FACTOR_UNAVAILABLE;
    }
    bool bound;
    enum own_factor_result checked = result_of(second_factor_verify(domain, arena, own->account_id, code, &bound));
    return checked == OWN_FACTOR_DONE
               ? write(domain, arena, own, second_factor_delete(own->account_id), EVENT_SECOND_FACTOR_REMOVE)
               : checked;
}
