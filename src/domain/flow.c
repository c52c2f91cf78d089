/*
 * Sealed flow state: a kind byte, the packed fields, sealed under the "flow" purpose and bound to the browser's cookie.
 */
#include "domain/flow.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "model/pack.h"
#include "status.h"

#define HOLD_S         60 /* longer than any question may take */
#define FLOW_ID_RANDOM 16
#define PACKED_MOST    (20 * 1024)

struct str browser_seal(const struct domain *domain, struct arena *arena, enum browser_state kind,
                        const struct buf *packed, struct str browser) {
    struct buf whole;
    CHECK(!packed->failed); /* the parameters were limited when they came in */
    buf_init(&whole, arena, packed->len + 8, PACKED_MOST + 8);
    pack_number(&whole, kind);
    buf_put(&whole, buf_str(packed));
    return base64url_encode(arena, seal(domain->sealers->flow, arena, buf_str(&whole), browser));
}

bool browser_open(const struct domain *domain, struct arena *arena, enum browser_state kind, struct str sealed,
                  struct str browser, struct unpack *ret_unpack) {
    struct str bytes, plain;
    if (str_is_empty(browser) || sealed.len > 2 * PACKED_MOST || !base64url_decode(arena, sealed, &bytes) ||
        !seal_open(domain->sealers->flow, arena, bytes, browser, &plain)) {
        return false;
    }
    *ret_unpack = (struct unpack){.left = plain};
    return unpack_number(ret_unpack) == kind;
}

static bool is_fresh(const struct domain *domain, int64_t started_at) {
    int64_t age = clock_wall() - started_at;
    return age >= -domain->settings->clock_skew_s && age <= domain->settings->flow_s;
}

struct flow flow_new(struct arena *arena, const struct authorization *authorization) {
    return (struct flow){.flow_id = random_text(arena, FLOW_ID_RANDOM), .authorization = *authorization};
}

struct str flow_seal(const struct domain *domain, struct arena *arena, const struct flow *flow, struct str browser) {
    struct buf packed;
    buf_init(&packed, arena, 512, PACKED_MOST);
    pack_str(&packed, flow->flow_id);
    pack_str(&packed, flow->account_id);
    pack_str(&packed, flow->mandate_id);
    pack_str(&packed, flow->carried);
    authorization_pack(&flow->authorization, &packed);
    return browser_seal(domain, arena, BROWSER_FLOW, &packed, browser);
}

bool flow_open(const struct domain *domain, struct arena *arena, struct str sealed, struct str browser,
               struct flow *ret_flow) {
    struct unpack unpack;
    struct flow flow = {0};
    if (!browser_open(domain, arena, BROWSER_FLOW, sealed, browser, &unpack)) {
        return false;
    }
    flow.flow_id = unpack_str(&unpack);
    flow.account_id = unpack_str(&unpack);
    flow.mandate_id = unpack_str(&unpack);
    flow.carried = unpack_str(&unpack);
    authorization_unpack(&unpack, &flow.authorization);
    if (!unpack_done(&unpack) || !is_fresh(domain, flow.authorization.started_at)) {
        return false;
    }
    *ret_flow = flow;
    return true;
}

struct str logout_seal(const struct domain *domain, struct arena *arena, const struct logout *logout,
                       struct str browser) {
    struct buf packed;
    buf_init(&packed, arena, 512, PACKED_MOST);
    pack_str(&packed, logout->session_id);
    pack_str(&packed, logout->client_id);
    pack_str(&packed, logout->post_logout_redirect_uri);
    pack_str(&packed, logout->state);
    pack_signed(&packed, logout->started_at);
    return browser_seal(domain, arena, BROWSER_LOGOUT, &packed, browser);
}

bool logout_open(const struct domain *domain, struct arena *arena, struct str sealed, struct str browser,
                 struct logout *ret_logout) {
    struct unpack unpack;
    struct logout logout = {0};
    if (!browser_open(domain, arena, BROWSER_LOGOUT, sealed, browser, &unpack)) {
        return false;
    }
    logout.session_id = unpack_str(&unpack);
    logout.client_id = unpack_str(&unpack);
    logout.post_logout_redirect_uri = unpack_str(&unpack);
    logout.state = unpack_str(&unpack);
    logout.started_at = unpack_signed(&unpack);
    if (!unpack_done(&unpack) || !is_fresh(domain, logout.started_at)) {
        return false;
    }
    *ret_logout = logout;
    return true;
}

enum domain_status flow_is_open(struct domain *domain, struct arena *arena, struct str flow_id) {
    struct str mark;
    switch (kv_get(domain->kv, arena, STR("fl"), flow_id, &mark)) {
    case KV_MISSING:
        return DOMAIN_DONE;
    case KV_DONE:
    case KV_CONFLICT:
        return DOMAIN_NO;
    case KV_DOWN:
        break;
    }
    return DOMAIN_UNAVAILABLE;
}

enum domain_status flow_complete(struct domain *domain, struct arena *arena, struct str flow_id) {
    return domain_of_kv(kv_put_new(domain->kv, arena, STR("fl"), flow_id, STR("1"),
                                   domain->settings->flow_s + 2 * domain->settings->clock_skew_s));
}

enum domain_status flow_hold(struct domain *domain, struct arena *arena, struct str flow_id) {
    return domain_of_kv(kv_put_new(domain->kv, arena, STR("fh"), flow_id, STR("1"), HOLD_S));
}

void flow_give_back(struct domain *domain, struct arena *arena, struct str flow_id) {
    kv_delete(domain->kv, arena, STR("fh"), flow_id);
}
