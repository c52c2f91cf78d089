/*
 * Closing an account, for good. What finds or opens it is deleted in one transaction; what must be kept (evidence, the
 * trail, to whom data was given) stays under an id that leads to nobody (docs/decisions/closing-an-account.md).
 */
#include "base/clock.h"
#include "change.h"
#include "domain/grant.h"
#include "domain/session.h"
#include "own_inside.h"
#include "status.h"
#include "store/admins.h"
#include "store/consents.h"
#include "store/links.h"

static enum own_close_result unless(enum sql_status found, enum own_close_result reason) {
    return found == SQL_MISSING ? OWN_CLOSE_DONE : found == SQL_DOWN ? OWN_CLOSE_UNAVAILABLE : reason;
}

enum own_close_result own_may_close(struct domain *domain, struct arena *arena, struct str account_id) {
    struct admin_row admin;
    enum own_close_result may =
        unless(admins_of_account(domain->sql, arena, account_id, &admin), OWN_CLOSE_ADMINISTRATOR);
    return may == OWN_CLOSE_DONE ? unless(accounts_acts(domain->sql, arena, account_id), OWN_CLOSE_MANDATES) : may;
}

static enum own_close_result write(struct domain *domain, struct arena *arena, const struct own *own,
                                   const struct account_row *row) {
    const struct profile nobody = {0};
    int64_t now = clock_wall();
    const struct account_row closed = {
        .account_id = own->account_id,
        .profile_sealed = account_seal_profile(domain, arena, own->account_id, &nobody),
        .updated_at = now > row->updated_at ? now : row->updated_at + 1,
    };
    struct change change = {0};
    change_add(&change, accounts_lock_not_acting(own->account_id));
    change_add(&change, accounts_close(&closed, row->updated_at));
    change_add(&change, identifiers_delete_all(own->account_id));
    change_add(&change, credentials_delete_all(own->account_id));
    change_add(&change, links_delete_all(own->account_id));
    change_add(&change, consents_delete_all(own->account_id));
    const struct event event = own_event(own, EVENT_ACCOUNT_CLOSE);
    struct admin_answer answer = change_write(domain, arena, &change, &event);
    return answer.result == ADMIN_DONE          ? OWN_CLOSE_DONE
           : answer.result == ADMIN_UNAVAILABLE ? OWN_CLOSE_UNAVAILABLE
                                                : OWN_CLOSE_NO;
}

enum own_close_result own_close(struct domain *domain, struct arena *arena, const struct own *own) {
    struct account_row row;
    enum own_close_result may = own_may_close(domain, arena, own->account_id);
    if (may != OWN_CLOSE_DONE) {
        return may;
    }
    enum domain_status found = domain_of_sql(accounts_get(domain->sql, arena, own->account_id, &row));
    if (found != DOMAIN_DONE || row.state != ACCOUNT_ACTIVE) {
        return found == DOMAIN_UNAVAILABLE ? OWN_CLOSE_UNAVAILABLE : OWN_CLOSE_NO;
    }
    /* Sessions and tokens end first: were it the other way round, a store that fails in between would leave those of a
     * person who is gone. And again afterwards, for who signed in meanwhile. */
    if (grants_cut(domain, arena, own->account_id) != DOMAIN_DONE ||
        session_end_others(domain, arena, own->account_id, own->session_id) != DOMAIN_DONE) {
        return OWN_CLOSE_UNAVAILABLE;
    }
    enum own_close_result closed = write(domain, arena, own, &row);
    if (closed == OWN_CLOSE_DONE) {
        session_end_all(domain, arena, own->account_id);
    }
    return closed;
}
