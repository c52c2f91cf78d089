/*
 * One-time passwords of accounts. Their secrets are sealed in the table of credentials; a used step is marked in the kv
 * store for as long as it could be used again.
 */
#include "domain/second_factor.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "domain/attempts.h"
#include "jose/otp.h"
#include "status.h"
#include "store/accounts.h"

#define KIND       STR("totp")
#define SKEW_STEPS 1
#define TRIES_MOST 5
#define TRIES_S    900

/* What is sealed is the secret, and behind that of one that is bound a mark. */
#define BOUND_MARK STR("b")

struct factor {
    struct str secret;
    bool bound;
    struct str stored;
};

static enum domain_status load(struct domain *domain, struct arena *arena, struct str account_id,
                               struct factor *ret_factor) {
    struct str stored, sealed, plain;
    enum domain_status found = domain_of_sql(credentials_get(domain->sql, arena, account_id, KIND, &stored));
    if (found != DOMAIN_DONE) {
        return found;
    }
    if (!base64url_decode(arena, stored, &sealed) ||
        !seal_open(domain->sealers->personal, arena, sealed, account_id, &plain) || plain.len < OTP_SECRET_SIZE) {
        return DOMAIN_UNAVAILABLE; /* damaged, or sealed with another key: never as if there were none */
    }
    *ret_factor = (struct factor){
        .secret = str_sub(plain, 0, OTP_SECRET_SIZE),
        .bound = str_equal(str_sub(plain, OTP_SECRET_SIZE, plain.len - OTP_SECRET_SIZE), BOUND_MARK),
        .stored = stored,
    };
    return DOMAIN_DONE;
}

enum domain_status second_factor_find(struct domain *domain, struct arena *arena, struct str account_id,
                                      bool *ret_bound) {
    struct factor factor = {0};
    enum domain_status found = load(domain, arena, account_id, &factor);
    *ret_bound = factor.bound;
    return found;
}

enum domain_status second_factor_exists(struct domain *domain, struct arena *arena, struct str account_id) {
    bool bound;
    return second_factor_find(domain, arena, account_id, &bound);
}

/* RFC 6238 §5.2: a password that was accepted is not accepted again. */
static enum second_factor_result use_once(struct domain *domain, struct arena *arena, struct str account_id,
                                          int64_t step) {
    struct str id = str_format(arena, "%.*s-%lld", STR_ARG(account_id), (long long)step);
    switch (kv_put_new(domain->kv, arena, STR("tp"), id, STR("1"), (2 * SKEW_STEPS + 2) * OTP_STEP_S)) {
    case KV_DONE:
        return SECOND_FACTOR_DONE;
    case KV_MISSING:
    case KV_CONFLICT:
        return SECOND_FACTOR_WRONG;
    case KV_DOWN:
        break;
    }
    return SECOND_FACTOR_UNAVAILABLE;
}

enum second_factor_result second_factor_check(struct domain *domain, struct arena *arena, struct str account_id,
                                              struct str secret, struct str code) {
    int64_t tries, step;
    const struct attempt_limit limit = {"second-factor", account_id, TRIES_MOST, TRIES_S};
    switch (attempts_count(domain, arena, &limit, 1, &tries)) {
    case ATTEMPTS_ALLOWED:
        break;
    case ATTEMPTS_EXCEEDED:
        return SECOND_FACTOR_LOCKED;
    case ATTEMPTS_UNAVAILABLE:
        return SECOND_FACTOR_UNAVAILABLE;
    }
    if (!otp_find(secret, code, clock_wall(), SKEW_STEPS, &step)) {
        return SECOND_FACTOR_WRONG;
    }
    enum second_factor_result used = use_once(domain, arena, account_id, step);
    if (used == SECOND_FACTOR_DONE) {
        attempts_clear(domain, arena, &limit);
    }
    return used;
}

enum second_factor_result second_factor_verify(struct domain *domain, struct arena *arena, struct str account_id,
                                               struct str code, bool *ret_bound) {
    struct factor factor = {0};
    *ret_bound = false;
    switch (load(domain, arena, account_id, &factor)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        return SECOND_FACTOR_NONE;
    case DOMAIN_UNAVAILABLE:
        return SECOND_FACTOR_UNAVAILABLE;
    }
    *ret_bound = factor.bound;
    return second_factor_check(domain, arena, account_id, factor.secret, code);
}

/* --- secrets --- */

struct str second_factor_secret(struct arena *arena) {
    char bytes[OTP_SECRET_SIZE];
    random_bytes(bytes, sizeof(bytes));
    return str_dup(arena, str_of(bytes, sizeof(bytes)));
}

struct str second_factor_text(struct arena *arena, struct str secret) {
    return base32_encode(arena, secret);
}

static struct str as_stored(struct domain *domain, struct arena *arena, struct str account_id,
                            const struct factor *factor) {
    struct str plain = factor->bound ? str_concat(arena, factor->secret, BOUND_MARK) : factor->secret;
    return base64url_encode(arena, seal(domain->sealers->personal, arena, plain, account_id));
}

struct sql_statement second_factor_insert(struct domain *domain, struct arena *arena, struct str account_id,
                                          struct str secret, bool bound) {
    const struct factor factor = {.secret = secret, .bound = bound};
    return credentials_insert(account_id, KIND, as_stored(domain, arena, account_id, &factor), clock_wall());
}

enum domain_status second_factor_bind(struct domain *domain, struct arena *arena, struct str account_id) {
    struct factor factor;
    enum domain_status found = load(domain, arena, account_id, &factor);
    if (found != DOMAIN_DONE || factor.bound) {
        return found;
    }
    factor.bound = true;
    const struct sql_statement replace =
        credentials_replace(account_id, KIND, factor.stored, as_stored(domain, arena, account_id, &factor));
    return domain_of_sql(sql_write(domain->sql, &replace, 1));
}

enum sql_status second_factor_unbind(struct domain *domain, struct arena *arena, struct str account_id,
                                     struct sql_statement *ret_statement) {
    struct factor factor = {0};
    enum domain_status found = load(domain, arena, account_id, &factor);
    if (found != DOMAIN_DONE || !factor.bound) {
        return found == DOMAIN_UNAVAILABLE ? SQL_DOWN : SQL_MISSING;
    }
    factor.bound = false;
    *ret_statement =
        credentials_replace(account_id, KIND, factor.stored, as_stored(domain, arena, account_id, &factor));
    return SQL_DONE;
}

struct sql_statement second_factor_delete(struct str account_id) {
    return credentials_delete(account_id, KIND);
}

enum sql_status second_factor_move(struct domain *domain, struct arena *arena, struct str from_account_id,
                                   struct str to_account_id, struct sql_statement *ret_statement) {
    struct factor factor, other;
    enum domain_status has = load(domain, arena, to_account_id, &other);
    enum domain_status found = has == DOMAIN_NO ? load(domain, arena, from_account_id, &factor) : has;
    if (has == DOMAIN_UNAVAILABLE || found == DOMAIN_UNAVAILABLE) {
        return SQL_DOWN;
    }
    if (has == DOMAIN_DONE || found == DOMAIN_NO) {
        return SQL_MISSING;
    }
    *ret_statement = second_factor_insert(domain, arena, to_account_id, factor.secret, false);
    return SQL_DONE;
}

struct sql_statement second_factor_new(struct domain *domain, struct arena *arena, struct str account_id,
                                       struct str *ret_secret) {
    const struct factor factor = {.secret = second_factor_secret(arena)};
    *ret_secret = second_factor_text(arena, factor.secret);
    return credentials_put(account_id, KIND, as_stored(domain, arena, account_id, &factor), clock_wall());
}

struct str second_factor_uri(const struct domain *domain, struct arena *arena, struct str label, struct str secret) {
    struct str host = domain->settings->issuer;
    str_drop_prefix(&host, STR("https://"));
    str_drop_prefix(&host, STR("http://"));
    struct str issuer = percent_encode(arena, host);
    return str_concat(arena, STR("otpauth://totp/"), issuer, STR(":"), percent_encode(arena, label), STR("?secret="),
                      secret, STR("&issuer="), issuer, STR("&algorithm=SHA1&digits=6&period=30"));
}
