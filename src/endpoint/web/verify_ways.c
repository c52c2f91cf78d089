/*
 * Which ways help. The level of a sign-in is the lower of what is proven and of what its methods show: a way helps when
 * it raises one of them that is still too low.
 */
#include "verify_ways.h"

#include "domain/second_factor.h"

static bool raises(int before, int after, int level) {
    return before < level && after > before;
}

static bool helps(const struct domain *domain, const struct upstream *upstream, const struct account *account,
                  const struct session *session, int level) {
    const struct upstream_traits *traits = upstream_traits(upstream);
    if (!(traits->services & (UPSTREAM_PERSON | UPSTREAM_PRESENCE)) || traits->level == 0) {
        return false;
    }
    bool presence = traits->services & UPSTREAM_PRESENCE;
    bool known = !str_is_empty(account->profile.id_number);
    if (presence && !known && (traits->asks & ASK_ID_NUMBER)) {
        return false; /* whose face should it be? name and number are proven first */
    }
    if (presence && proof_is_of_child(domain, account->profile.id_number)) {
        return false;
    }
    int shown = presence ? amr_level(session->amr | traits->amr) : 0;
    return raises(account->level, traits->level, level) || raises(amr_level(session->amr), shown, level);
}

enum domain_status verify_ways_find(struct domain *domain, struct arena *arena, const struct account *account,
                                    const struct session *session, int level, struct verify_ways *ret_ways) {
    struct verify_ways ways = {0};
    const struct upstreams *upstreams = &domain->upstreams;
    for (size_t i = 0; i < upstreams->count && ways.count < VERIFY_WAYS_MOST; i++) {
        if (helps(domain, upstreams->items[i], account, session, level)) {
            ways.items[ways.count++] = upstreams->items[i];
        }
    }
    if (raises(amr_level(session->amr), amr_level(session->amr | AMR_OTP | AMR_BOUND), level)) {
        bool bound;
        enum domain_status has = second_factor_find(domain, arena, account->account_id, &bound);
        if (has == DOMAIN_UNAVAILABLE) {
            return has;
        }
        ways.otp = has == DOMAIN_DONE && (bound || (session->amr & AMR_FACE)); /* which binds it */
    }
    *ret_ways = ways;
    return DOMAIN_DONE;
}

bool verify_ways_have(const struct verify_ways *ways, const struct upstream *upstream) {
    for (size_t i = 0; i < ways->count; i++) {
        if (ways->items[i] == upstream) {
            return true;
        }
    }
    return false;
}
