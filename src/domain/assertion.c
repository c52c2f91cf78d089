/*
 * Client assertions: signature by the method the client is registered for, then the claims, then the mark that makes it
 * single use.
 */
#include "domain/assertion.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "domain/client_keys.h"
#include "jose/claims.h"
#include "jose/digest.h"
#include "status.h"

#define JTI_MOST 512
#define ASYMMETRIC                                                                                                     \
    (JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_RS256) | JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_EDDSA))

bool assertion_client_id(struct arena *arena, struct str assertion, struct str *ret_client_id) {
    struct jws jws;
    return jws_peek(arena, assertion, &jws) == JWS_VALID && json_get_str(jws.claims, "sub", ret_client_id);
}

/* While a secret is being replaced, the old one is as good as the new. */
static enum jws_result verify_with_secrets(struct domain *domain, struct arena *arena,
                                           const struct registered_client *client, struct str assertion,
                                           struct jws *ret_jws) {
    enum jws_result result = JWS_UNKNOWN_KEY;
    for (size_t i = 0; i < client->secret_count && result != JWS_VALID; i++) {
        struct str secret;
        if (registered_client_secret_open(client, domain->sealers, arena, i, &secret)) {
            result = jws_verify_hs256(arena, assertion, secret, ret_jws);
        }
    }
    return result;
}

static enum jws_result verify_signature(struct domain *domain, struct arena *arena,
                                        const struct registered_client *client, struct str assertion,
                                        struct jws *ret_jws) {
    if (client->client.auth == CLIENT_AUTH_SECRET_JWT) {
        return verify_with_secrets(domain, arena, client, assertion, ret_jws);
    }
    enum jose_alg registered = jose_alg_from_name(client->client.auth_alg);
    unsigned allowed = registered == JOSE_NONE ? ASYMMETRIC : JOSE_ALG_BIT(registered) & ASYMMETRIC;
    return client_keys_verify(domain, arena, client, assertion, allowed, ret_jws);
}

/* RFC 8725 §3.11: a JWT made for something else says so in its type. */
static bool is_assertion_type(struct str typ) {
    return str_is_absent(typ) || str_equal_fold(typ, STR("JWT")) ||
           str_equal_fold(typ, STR("client-authentication+jwt"));
}

/* RFC 7523bis wants the issuer; Core §9 the token endpoint's URL. One of them, exactly, and alone. */
static bool is_meant_for_us(const struct domain *domain, struct arena *arena, const struct jwt_claims *claims) {
    struct str issuer = domain->settings->issuer;
    return claims->aud_count == 1 && (str_equal(claims->aud[0], issuer) ||
                                      str_equal(claims->aud[0], str_format(arena, "%.*s/token", STR_ARG(issuer))));
}

static bool claims_fit(const struct domain *domain, struct arena *arena, const struct client *client,
                       const struct jws *jws, struct jwt_claims *ret_claims) {
    struct jwt_claims claims;
    int64_t now = clock_wall();
    int64_t skew = domain->settings->clock_skew_s;
    if (!is_assertion_type(jws->typ) || !jwt_claims_read(jws->claims, &claims) ||
        !str_equal(claims.iss, client->client_id) || !str_equal(claims.sub, client->client_id) ||
        !is_meant_for_us(domain, arena, &claims)) {
        return false;
    }
    bool in_time = claims.exp >= 0 && claims.exp <= now + ASSERTION_LIFE_MOST_S + skew &&
                   jwt_claims_time(&claims, now, skew) == JWT_TIME_OK;
    if (!in_time || str_is_empty(claims.jti) || claims.jti.len > JTI_MOST) {
        return false;
    }
    *ret_claims = claims;
    return true;
}

/* The mark lives until the assertion is out of time anyway. */
static enum domain_status use_once(struct domain *domain, struct arena *arena, const struct jwt_claims *claims) {
    const struct str parts[] = {claims->iss, claims->jti};
    struct sha256 digest = sha256_of_parts(parts, ARRAY_LEN(parts));
    int64_t ttl = claims->exp + domain->settings->clock_skew_s - clock_wall() + 1;
    return domain_of_kv(kv_put_new(domain->kv, arena, STR("ca"), base64url_encode(arena, sha256_str(&digest)), STR("1"),
                                   ttl > 0 ? ttl : 1));
}

enum domain_status assertion_verify(struct domain *domain, struct arena *arena, const struct registered_client *client,
                                    struct str assertion) {
    struct jws jws;
    struct jwt_claims claims;
    if (verify_signature(domain, arena, client, assertion, &jws) != JWS_VALID ||
        !claims_fit(domain, arena, &client->client, &jws, &claims)) {
        return DOMAIN_NO;
    }
    return use_once(domain, arena, &claims);
}
