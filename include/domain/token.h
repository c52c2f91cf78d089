/*
 * token: the JWTs the server signs, and reading back its own.
 */
#ifndef DOMAIN_TOKEN_H
#define DOMAIN_TOKEN_H

#include "base/json.h"
#include "domain/domain.h"
#include "domain/registry.h"
#include "jose/claims.h"
#include "model/grant.h"

struct person_facts;

/* The acr value of a level, and back (0 for one we do not know). */
struct str acr_of_level(int level);
int level_of_acr(struct str acr);
/* The member "amr": the names (RFC 8176) of the bits of enum amr. */
void amr_write(struct json_out *out, unsigned amr);

/*
 * Whom a grant acts for: the claim cn_org as member `name`; and the facts cn_org_id and cn_role of tokens as members of
 * the open object, nothing where it acts for nobody. The organisation is named as `client` knows it.
 */
void acting_write(struct json_out *out, const char *name, const struct acting *acting, const struct domain *domain,
                  struct arena *arena, const struct client *client);
void acting_write_facts(struct json_out *out, const struct domain *domain, struct arena *arena,
                        const struct grant *grant, const struct client *client);

/* RFC 9068, typ at+jwt, signed with the client's algorithm for them, or the server's default. `grant` NULL for
 * client_credentials. False: signing failed. */
struct access_token {
    const struct client *client;
    const struct grant *grant;
    struct str scope;
    int64_t lifetime; /* seconds; from access_token_lifetime */
};
int64_t access_token_lifetime(const struct domain *domain, const struct client *client);
bool access_token_write(struct domain *domain, struct arena *arena, const struct access_token *token,
                        struct str *ret_jwt);

/* OpenID Connect Core §2, §3.1.3.6. */
struct id_token {
    const struct client *client;
    const struct grant *grant;
    const struct person_facts *facts;
    struct str access_token; /* for at_hash; absent without */
    struct str nonce;        /* absent without, and always on refresh */
    bool auth_time_wanted;
    bool acting_wanted; /* whom the grant acts for, if anybody */
};
/* `ret_told`: the claims about the person that are in it. */
bool id_token_write(struct domain *domain, struct arena *arena, const struct id_token *token, struct str *ret_jwt,
                    claim_set *ret_told);

/* Back-Channel Logout §2.4. `sub` absent to name the session alone. */
bool logout_token_write(struct domain *domain, struct arena *arena, const struct client *client, struct str sub,
                        struct str sid, struct str *ret_jwt);

/* A userinfo response as a JWT (OpenID Connect Core §5.3.2): signed claims with iss and aud. `claims` is the JSON
 * object's text. */
bool userinfo_sign(struct domain *domain, struct arena *arena, const struct client *client, struct str claims,
                   struct str *ret_jwt);

/* An access token of ours, presented to us: signature, type, issuer, audience, time; that its grant and session live,
 * and that its client system still works. */
struct access_token_read {
    struct str client_id, sub, scope, jti;
    int64_t exp, iat;
    bool for_admin_api; /* made for the admin API, and good for nothing else */
    bool has_grant;
    struct grant grant;
};
/* Waits. */
enum domain_status access_token_read(struct domain *domain, struct arena *arena, struct str jwt,
                                     struct access_token_read *ret_token);
/* Ends one access token before its time. Waits. */
enum domain_status access_token_revoke(struct domain *domain, struct arena *arena,
                                       const struct access_token_read *token);

/* An ID token of ours as a hint: signature and issuer are checked, expiry is not (OpenID Connect RP-Initiated Logout
 * §4). */
struct id_token_hint {
    struct str client_id; /* its audience */
    struct str sub;
    struct str session_id; /* absent when it names none */
};
bool id_token_hint_read(struct domain *domain, struct arena *arena, struct str jwt, struct id_token_hint *ret_hint);

#endif
