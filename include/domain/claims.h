/*
 * claims: which claims about a person a client gets (OpenID Connect Core §5.1, §5.4, §5.5).
 */
#ifndef DOMAIN_CLAIMS_H
#define DOMAIN_CLAIMS_H

#include "domain/domain.h"
#include "model/account.h"
#include "model/authorization.h"
#include "model/claims.h"
#include "model/client.h"
#include "model/mandate.h"

/* Whom the claims are about and who is told: some are made for one sector (OpenID Connect Core §8.1). */
struct claims_about {
    const struct domain *domain;
    struct arena *arena;
    const struct client *client;
    const struct account *account;
    const struct acting *acting; /* whom they act for, where the client may know; NULL for nobody */
};

/* What a client system is told without asking when somebody acts for an organisation; none for NULL. */
claim_set claims_of_acting(const struct acting *acting);

/* The claims that scope values ask for; never one of CLAIMS_APART. */
claim_set claims_of_scope(struct str scope);

/* The scope values of an authorization, and those of the claims it asks for one by one: what a person consents to. */
struct str claims_consent_scope(struct arena *arena, const struct authorization *authorization);

/* What is known of `wanted`, as members of the open object. Returns what was written. */
claim_set claims_write(struct json_out *out, claim_set wanted, const struct claims_about *about);

/* Their names, space separated, in the order of claims.def. */
struct str claims_names(struct arena *arena, claim_set set);

/*
 * The `claims` request parameter (§5.5). Unknown claims are ignored, and so are those that the client is not registered
 * for (its scope, its tongxing_claims); what is not an object, or asks in a wrong form, is malformed. A language tag
 * (name#zh-Hans-CN) asks for the claim itself.
 */
struct claims_request {
    claim_set id_token, userinfo;
    bool auth_time; /* id_token.auth_time was asked for */
    int acr_level;  /* least level of the values of id_token.acr that we know; 0 for none */
    bool acr_essential, acr_valued;
    struct str id_token_verified, userinfo_verified; /* packed; absent where not asked */
};
bool claims_request_read(const struct domain *domain, struct arena *arena, struct str text, const struct client *client,
                         struct claims_request *ret_request);

#endif
