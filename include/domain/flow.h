/*
 * flow: an authorization or a logout in progress, travelling sealed through the browser's pages.
 *
 * The sealed text is bound to a cookie of the browser, expires, and can be completed once. It is the page's CSRF token
 * at the same time: nobody else can make one that opens in this browser.
 */
#ifndef DOMAIN_FLOW_H
#define DOMAIN_FLOW_H

#include "domain/domain.h"
#include "model/authorization.h"

struct flow {
    struct str flow_id;    /* 16 random bytes as base64url: what is marked when it is completed */
    struct str account_id; /* of who signed in during it; absent before */
    struct authorization authorization;
    struct str mandate_id; /* with which the person acts; empty: for themselves; absent: not chosen yet */
    struct str carried;    /* what a sign-in service said, to be linked (domain/carried.h); absent for none */
    bool consented;        /* in this very request: does not travel */
};

/* A fresh one of this authorization, not yet signed in. */
struct flow flow_new(struct arena *arena, const struct authorization *authorization);
struct str flow_seal(const struct domain *domain, struct arena *arena, const struct flow *flow, struct str browser);
/* False when it was tampered with, belongs to another browser, or is too old. */
bool flow_open(const struct domain *domain, struct arena *arena, struct str sealed, struct str browser,
               struct flow *ret_flow);

/* A logout waiting for the person's answer (OpenID Connect RP-Initiated Logout §2). */
struct logout {
    struct str session_id;
    struct str client_id, post_logout_redirect_uri, state; /* absent when not given */
    int64_t started_at;
};
struct str logout_seal(const struct domain *domain, struct arena *arena, const struct logout *logout,
                       struct str browser);
bool logout_open(const struct domain *domain, struct arena *arena, struct str sealed, struct str browser,
                 struct logout *ret_logout);

/* Other state of the same kind. What one kind sealed does not open as another. */
enum browser_state { BROWSER_FLOW = 1, BROWSER_LOGOUT = 2, BROWSER_DETOUR = 3, BROWSER_FORM = 4 };
struct buf;
struct unpack;
struct str browser_seal(const struct domain *domain, struct arena *arena, enum browser_state kind,
                        const struct buf *packed, struct str browser);
/* ret_unpack is what follows: the packed fields. */
bool browser_open(const struct domain *domain, struct arena *arena, enum browser_state kind, struct str sealed,
                  struct str browser, struct unpack *ret_unpack);

/* DOMAIN_NO when it was completed before. Wait. */
enum domain_status flow_is_open(struct domain *domain, struct arena *arena, struct str flow_id);
enum domain_status flow_complete(struct domain *domain, struct arena *arena, struct str flow_id);
/* One request at a time, where what it asks must count once: DOMAIN_NO while another holds it. It is given back, or
 * left until it is of no use to anybody. Wait. */
enum domain_status flow_hold(struct domain *domain, struct arena *arena, struct str flow_id);
void flow_give_back(struct domain *domain, struct arena *arena, struct str flow_id);

#endif
