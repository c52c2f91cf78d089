/*
 * claims: which claims about a person a client gets (OpenID Connect Core §5.1, §5.4, §5.5).
 */
#ifndef DOMAIN_CLAIMS_H
#define DOMAIN_CLAIMS_H

#include "model/account.h"
#include "model/authorization.h"
#include "model/claims.h"

/* The claims that scope values ask for. */
claim_set claims_of_scope(struct str scope);

/* What is known of `wanted` about the account, as members of the open object. */
void claims_write(struct json_out *out, claim_set wanted, const struct account *account);

/*
 * The `claims` request parameter (§5.5). Unknown claims are ignored; what is not an object, or asks in a wrong form, is
 * malformed. `client_scope` limits it: a claim is only asked for where the client is registered for its scope.
 */
struct claims_request {
    claim_set id_token, userinfo;
    bool auth_time; /* id_token.auth_time was asked for */
    int acr_level;  /* least level of the values of id_token.acr; 0 when not asked */
    bool acr_essential;
};
bool claims_request_read(struct arena *arena, struct str text, struct str client_scope,
                         struct claims_request *ret_request);

#endif
