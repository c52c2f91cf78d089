/*
 * How much a sign-in has shown.
 */
#include "domain/signed_in.h"

#include "base/check.h"
#include "base/clock.h"

enum level_shown signed_in_shows(const struct signed_in *who, int level) {
    const struct account *account = who->account;
    const struct session *session = who->session;
    CHECK(str_equal(session->account_id, account->account_id));
    if (account->state != ACCOUNT_ACTIVE || account->level < level) {
        return LEVEL_NOT_PROVEN;
    }
    bool lasts = session->level_until == 0 || clock_wall() < session->level_until;
    return lasts && session->level >= level ? LEVEL_SHOWN : LEVEL_NOT_SHOWN;
}
