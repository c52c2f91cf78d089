/*
 * Password sign-in. Every path through it counts first, hashes once and answers alike, so that neither text nor time
 * tells whether an account exists.
 */
#include "domain/login.h"

#include "base/check.h"
#include "domain/attempts.h"
#include "domain/password.h"
#include "loop/fiber.h"
#include "model/trail.h"
#include "status.h"

#define DELAY_FIRST_MS 100
#define DELAY_MOST_MS  3000
/* One account guessed at from many addresses locks for all of them only after this many times the limit, so that
 * locking a person out takes effort. */
#define SPREAD_FACTOR 20

static int64_t delay_after(int64_t failures) {
    int64_t delay = DELAY_FIRST_MS;
    for (int64_t i = 1; i < failures && delay < DELAY_MOST_MS; i++) {
        delay *= 2;
    }
    return delay < DELAY_MOST_MS ? delay : DELAY_MOST_MS;
}

/* The account and its password hash, where there are any. */
static enum domain_status find_person(struct domain *domain, struct arena *arena, enum identifier_kind kind,
                                      struct str value, struct str *ret_account_id, struct str *ret_hash) {
    enum domain_status found = account_find(domain, arena, kind, value, ret_account_id);
    if (found != DOMAIN_DONE) {
        return found;
    }
    return domain_of_sql(accounts_password(domain->sql, arena, *ret_account_id, ret_hash));
}

static enum login_result check_person(struct domain *domain, struct arena *arena, enum identifier_kind kind,
                                      struct str value, struct str password, struct account *ret_account) {
    struct str account_id = STR_NONE, hash = STR_NONE;
    enum domain_status found = find_person(domain, arena, kind, value, &account_id, &hash);
    if (found == DOMAIN_UNAVAILABLE) {
        return LOGIN_UNAVAILABLE;
    }
    /* A text that cannot be anybody's password costs a hash too. */
    bool possible = password_check(domain, password) == PASSWORD_FINE && found == DOMAIN_DONE;
    enum domain_status verified = password_verify(domain, arena, password, possible ? hash : STR_NONE);
    if (verified == DOMAIN_UNAVAILABLE) {
        return LOGIN_UNAVAILABLE;
    }
    struct account account;
    *ret_account = (struct account){.account_id = account_id};
    if (verified != DOMAIN_DONE) {
        return LOGIN_WRONG;
    }
    enum domain_status loaded = account_load(domain, arena, account_id, &account);
    if (loaded == DOMAIN_UNAVAILABLE) {
        return LOGIN_UNAVAILABLE;
    }
    if (loaded != DOMAIN_DONE || account.state != ACCOUNT_ACTIVE) {
        return LOGIN_WRONG;
    }
    *ret_account = account;
    return LOGIN_DONE;
}

enum login_result login_with_password(struct domain *domain, struct arena *arena, struct str username,
                                      struct str password, struct str client_address, struct account *ret_account) {
    const struct domain_settings *settings = domain->settings;
    if (!trail_takes_sign_ins(domain->trail)) {
        return LOGIN_UNAVAILABLE; /* nobody may sign in without a trace */
    }
    enum identifier_kind kind;
    struct str value = account_identifier_fold(arena, username, &kind);
    struct str era = attempts_era(domain, arena, value), network = attempts_whose(arena, client_address);
    const struct attempt_limit limits[] = {
        {"login-here", str_format(arena, "%d %.*s %.*s%.*s", kind, STR_ARG(network), STR_ARG(value), STR_ARG(era)),
         settings->login_attempts_per_account, settings->login_lock_s},
        {"login-account", str_concat(arena, value, era), settings->login_attempts_per_account * SPREAD_FACTOR,
         settings->login_lock_s},
        {"login-address", client_address, settings->login_attempts_per_address, settings->login_lock_s},
    };
    int64_t tries;
    switch (attempts_count(domain, arena, limits, ARRAY_LEN(limits), &tries)) {
    case ATTEMPTS_ALLOWED:
        break;
    case ATTEMPTS_EXCEEDED:
        return LOGIN_LOCKED;
    case ATTEMPTS_UNAVAILABLE:
        return LOGIN_UNAVAILABLE;
    }
    enum login_result result = check_person(domain, arena, kind, value, password, ret_account);
    if (result == LOGIN_DONE) {
        attempts_clear(domain, arena, &limits[0]);
        attempts_give_back(domain, arena, limits + 1, ARRAY_LEN(limits) - 1);
    } else if (result == LOGIN_UNAVAILABLE) {
        attempts_give_back(domain, arena, limits, ARRAY_LEN(limits));
    } else if (fiber_sleep(delay_after(tries)) == WAIT_CANCELLED) {
        return LOGIN_UNAVAILABLE;
    }
    return result;
}
