/*
 * openid_calls: what the openid adapter keeps between calls, and the calls it makes to the provider.
 */
#ifndef UPSTREAM_OPENID_CALLS_H
#define UPSTREAM_OPENID_CALLS_H

#include "upstream/adapter.h"
#include "upstream/openid.h"
#include "upstream/published.h"

enum openid_auth { OPENID_AUTH_BASIC, OPENID_AUTH_KEY };

/* One configured provider; one per loop. */
struct openid_state {
    struct arena *arena; /* of the strings here */
    struct str upstream, issuer, client_id, scope, claims;
    enum openid_auth auth;
    struct jose_key *key; /* of private_key_jwt */
    struct jose_signer *signer;
    bool audience_is_endpoint; /* of its assertions */
    bool userinfo;
    unsigned algs; /* JOSE_ALG_BITs of ID tokens */
    int64_t skew_s;
    struct openid_map map;
    struct published *metadata;
    struct published *keys; /* of the address the metadata named last; NULL before */
};

/* Opens what is fetched when it is needed; state->issuer is there. */
void openid_calls_open(struct openid_state *state);
void openid_calls_close(struct openid_state *state);

/* Each answers VERIFY_MATCH when it got what it asked for. `until` is monotonic ms. They wait. */
enum verify_result openid_ask_metadata(struct upstream_call *call, struct openid_state *state, int64_t until,
                                       struct openid_metadata *ret_metadata);
enum verify_result openid_ask_tokens(struct upstream_call *call, struct openid_state *state,
                                     const struct openid_metadata *metadata, const struct upstream_returned *returned,
                                     struct str code, struct str verifier, int64_t until,
                                     struct openid_tokens *ret_tokens);
enum verify_result openid_check_signature(struct upstream_call *call, struct openid_state *state,
                                          const struct openid_metadata *metadata, struct str id_token, int64_t until,
                                          struct jws *ret_jws);
enum verify_result openid_ask_userinfo(struct upstream_call *call, struct openid_state *state,
                                       const struct openid_metadata *metadata, struct str access_token,
                                       struct str subject, int64_t until, const struct json **ret_claims);

#endif
