/*
 * grant: codes, refresh tokens and what keeps them good.
 */
#ifndef DOMAIN_GRANT_H
#define DOMAIN_GRANT_H

#include "domain/domain.h"
#include "model/client.h"
#include "model/grant.h"

/* Stores a code for the token endpoint; ret_code is "ac_" and 32 random bytes. `code->grant` is filled but for its id.
 * Waits. */
enum domain_status code_issue(struct domain *domain, struct arena *arena, struct code *code, struct str *ret_code);

/*
 * Redeems a code once. Checks, in this order: that it exists, is the client's, is not expired, was issued for this
 * redirect_uri, that the PKCE verifier fits (an absent verifier where a challenge was stored, or one where none was,
 * does not), that its session still lives. Creates the grant; tells of a disclosure (scope and claims asked for) when
 * it is the client's first of that session. A replay by the same client revokes what the first use issued, and is told
 * of. DOMAIN_NO is invalid_grant. Waits.
 */
struct code_presented {
    struct str code, redirect_uri, code_verifier;
    struct str client_address; /* from where, for the trail */
};
enum domain_status code_redeem(struct domain *domain, struct arena *arena, const struct client *client,
                               const struct code_presented *presented, bool refreshable, struct code *ret_code);

/* The token of the grant's present generation. */
struct str refresh_token_of(const struct domain *domain, struct arena *arena, const struct grant *grant);

/*
 * Rotates: the presented token is the present one, or the one before within the grace (then the present one is named
 * again, nothing rotates). An older one is re-use: the whole family ends, and it is told of. DOMAIN_NO is
 * invalid_grant. Waits.
 */
struct refresh_presented {
    struct str token;
    struct str client_address; /* from where, for the trail */
};
enum domain_status refresh_redeem(struct domain *domain, struct arena *arena, const struct client *client,
                                  const struct refresh_presented *presented, struct grant *ret_grant);
/* The grant a refresh token belongs to, without rotating: for revocation and introspection. Waits. */
enum domain_status refresh_peek(struct domain *domain, struct arena *arena, struct str token, struct grant *ret_grant);

/* A grant that exists and whose session, if it depends on one, lives: from the answered KV_GET of "gr" and its id, so
 * that the caller may ask for other things in the same round trip. Waits. */
struct kv_op;
enum domain_status grant_live(struct domain *domain, struct arena *arena, const struct kv_op *answered,
                              struct grant *ret_grant);
/* Ends every grant a person has given until now that outlives its session (offline_access): with suspension. Waits. */
enum domain_status grants_cut(struct domain *domain, struct arena *arena, struct str account_id);
/* Ends it and every token of it. Waits. */
enum domain_status grant_revoke(struct domain *domain, struct arena *arena, struct str grant_id);

#endif
