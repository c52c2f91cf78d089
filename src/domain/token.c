/*
 * Writing the server's JWTs straight into a buffer, and reading back the ones presented to it.
 */
#include "domain/token.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "domain/grant.h"
#include "domain/session.h"
#include "domain/verified_claims.h"
#include "jose/digest.h"
#include "jose/verified.h"
#include "model/pack.h"
#include "store/kv.h"

#define PAYLOAD_MOST (11 * 1024) /* in base64url it is still below JWS_BYTES_MOST */
#define JTI_RANDOM   16
#define LEVELS       4

static const struct str acr_values[LEVELS + 1] = {STR_INIT(""), STR_INIT("urn:tongxing:loa:1"),
                                                  STR_INIT("urn:tongxing:loa:2"), STR_INIT("urn:tongxing:loa:3"),
                                                  STR_INIT("urn:tongxing:loa:4")};

/* RFC 8176 names of the bits of enum amr. */
static const struct {
    enum amr bit;
    struct str name;
} amr_names[] = {
    {AMR_PWD, STR_INIT("pwd")}, {AMR_OTP, STR_INIT("otp")},   {AMR_FACE, STR_INIT("face")},
    {AMR_MFA, STR_INIT("mfa")}, {AMR_SMS, STR_INIT("sms")},   {AMR_ALI, STR_INIT("ali")},
    {AMR_WX, STR_INIT("wx")},   {AMR_CTID, STR_INIT("ctid")}, {AMR_NCID, STR_INIT("ncid")},
    {AMR_FED, STR_INIT("fed")},
};

struct str acr_of_level(int level) {
    return acr_values[level < 0 || level > LEVELS ? 0 : level];
}

int level_of_acr(struct str acr) {
    for (int level = 1; level <= LEVELS; level++) {
        if (str_equal(acr, acr_values[level])) {
            return level;
        }
    }
    return 0;
}

void amr_write(struct json_out *out, unsigned amr) {
    json_open_array(out, "amr");
    for (size_t i = 0; i < ARRAY_LEN(amr_names); i++) {
        if (amr & amr_names[i].bit) {
            json_put_str(out, NULL, amr_names[i].name);
        }
    }
    json_close_array(out);
}

/* --- signing --- */

struct payload {
    struct buf buf;
    struct json_out out;
};

static void payload_open(struct payload *payload, const struct domain *domain, struct arena *arena, int64_t now) {
    buf_init(&payload->buf, arena, 1024, PAYLOAD_MOST);
    payload->out = json_out(&payload->buf);
    json_open_object(&payload->out, NULL);
    json_put_str(&payload->out, "iss", domain->settings->issuer);
    json_put_int(&payload->out, "iat", now);
}

static bool payload_sign(struct payload *payload, struct domain *domain, struct arena *arena, enum jose_alg alg,
                         struct str typ, struct str *ret_jwt) {
    json_close_object(&payload->out);
    struct jose_signer *signer = domain->keys->signers[alg];
    if (payload->buf.failed || !signer) {
        return false;
    }
    struct buf jwt;
    buf_init(&jwt, arena, payload->buf.len * 4 / 3 + 700, JWS_BYTES_MOST);
    if (!jws_sign(signer, typ, buf_str(&payload->buf), &jwt)) {
        return false;
    }
    *ret_jwt = buf_str(&jwt);
    return true;
}

static enum jose_alg default_alg(const struct domain *domain) {
    static const enum jose_alg order[] = {JOSE_ES256, JOSE_EDDSA, JOSE_PS256, JOSE_RS256};
    for (size_t i = 0; i < ARRAY_LEN(order); i++) {
        if (domain->keys->signers[order[i]]) {
            return order[i];
        }
    }
    return JOSE_ES256;
}

int64_t access_token_lifetime(const struct domain *domain, const struct client *client) {
    int64_t most = domain->settings->access_token_s;
    return client->access_token_ttl > 0 && client->access_token_ttl < most ? client->access_token_ttl : most;
}

bool access_token_write(struct domain *domain, struct arena *arena, const struct access_token *token,
                        struct str *ret_jwt) {
    const struct client *client = token->client;
    const struct grant *grant = token->grant;
    int64_t now = clock_wall();
    struct payload payload;
    payload_open(&payload, domain, arena, now);
    struct json_out *out = &payload.out;
    json_put_int(out, "exp", now + token->lifetime);
    json_put_str(out, "aud", str_or(client->audience, domain->settings->issuer));
    json_put_str(out, "client_id", client->client_id);
    json_put_str(out, "jti", random_text(arena, JTI_RANDOM));
    if (grant) {
        json_put_str(out, "sub", subject_for(domain, arena, grant->account_id, client));
        json_put_int(out, "auth_time", grant->auth_time);
        json_put_str(out, "acr", acr_of_level(grant->level));
        json_put_str(out, "gid", grant->grant_id);
        acting_write_facts(out, domain, arena, grant, client);
    } else {
        /* No account can have this subject: theirs are base64url, without a colon (RFC 9700 §4.15). */
        json_put_str(out, "sub", str_concat(arena, STR("client:"), client->client_id));
    }
    if (!str_is_empty(token->scope)) {
        json_put_str(out, "scope", token->scope);
    }
    enum jose_alg alg =
        str_is_absent(client->access_token_alg) ? default_alg(domain) : jose_alg_from_name(client->access_token_alg);
    return payload_sign(&payload, domain, arena, alg, STR("at+jwt"), ret_jwt);
}

/* Left half of the hash that the signing algorithm uses. Ed25519 signs with SHA-512, but at_hash with SHA-256 is what
 * deployed clients compute only for the *256 algorithms: so for EdDSA at_hash, optional in this flow, is left out. */
static void put_at_hash(struct json_out *out, struct arena *arena, enum jose_alg alg, struct str access_token) {
    if (alg == JOSE_EDDSA || str_is_absent(access_token)) {
        return;
    }
    struct sha256 digest = sha256_of(access_token);
    json_put_str(out, "at_hash", base64url_encode(arena, str_of(digest.bytes, SHA256_SIZE / 2)));
}

/* Those asked for in the ID token, as they are allowed now. */
static claim_set put_person(struct payload *payload, struct domain *domain, struct arena *arena,
                            const struct id_token *token) {
    const struct grant *grant = token->grant;
    const struct acting *acting = token->acting_wanted ? grant->acting : NULL;
    claim_set wanted = (grant->id_token_claims & token->client->claims & ~CLAIMS_APART) | claims_of_acting(acting);
    if (!wanted && str_is_absent(grant->id_token_verified)) {
        return 0;
    }
    const struct claims_about about = {
        .domain = domain, .arena = arena, .client = token->client, .account = &token->facts->account, .acting = acting};
    return claims_write(&payload->out, wanted, &about) |
           verified_claims_write(&payload->out, grant->id_token_verified, &about, token->facts->rows,
                                 token->facts->row_count);
}

bool id_token_write(struct domain *domain, struct arena *arena, const struct id_token *token, struct str *ret_jwt,
                    claim_set *ret_told) {
    const struct client *client = token->client;
    const struct grant *grant = token->grant;
    enum jose_alg alg = jose_alg_from_name(client->id_token_alg);
    int64_t now = clock_wall();
    struct payload payload;
    payload_open(&payload, domain, arena, now);
    struct json_out *out = &payload.out;
    json_put_int(out, "exp", now + domain->settings->id_token_s);
    json_put_str(out, "aud", client->client_id);
    json_put_str(out, "sub", subject_for(domain, arena, grant->account_id, client));
    if (token->auth_time_wanted) {
        json_put_int(out, "auth_time", grant->auth_time);
    }
    json_put_str(out, "acr", acr_of_level(grant->level));
    amr_write(out, grant->amr);
    json_put_str(out, "sid", session_sid(domain, arena, grant->session_id, client->client_id));
    if (!str_is_absent(token->nonce)) {
        json_put_str(out, "nonce", token->nonce);
    }
    put_at_hash(out, arena, alg, token->access_token);
    *ret_told = put_person(&payload, domain, arena, token);
    return payload_sign(&payload, domain, arena, alg, STR("JWT"), ret_jwt);
}

bool logout_token_write(struct domain *domain, struct arena *arena, const struct client *client, struct str sub,
                        struct str sid, struct str *ret_jwt) {
    int64_t now = clock_wall();
    struct payload payload;
    payload_open(&payload, domain, arena, now);
    struct json_out *out = &payload.out;
    json_put_int(out, "exp", now + 120);
    json_put_str(out, "aud", client->client_id);
    json_put_str(out, "jti", random_text(arena, JTI_RANDOM));
    json_put_raw(out, "events", STR("{\"http://schemas.openid.net/event/backchannel-logout\":{}}"));
    if (!str_is_absent(sub)) {
        json_put_str(out, "sub", sub);
    }
    json_put_str(out, "sid", sid);
    return payload_sign(&payload, domain, arena, jose_alg_from_name(client->id_token_alg), STR("logout+jwt"), ret_jwt);
}

bool userinfo_sign(struct domain *domain, struct arena *arena, const struct client *client, struct str claims,
                   struct str *ret_jwt) {
    struct payload payload;
    payload_open(&payload, domain, arena, clock_wall());
    json_put_str(&payload.out, "aud", client->client_id);
    CHECK(claims.len > 2); /* there is always a sub */
    buf_putc(&payload.buf, ',');
    buf_put(&payload.buf, str_sub(claims, 1, claims.len - 2));
    return payload_sign(&payload, domain, arena, jose_alg_from_name(client->userinfo_alg), STR("JWT"), ret_jwt);
}

/* --- reading back --- */

#define OWN_ALGS                                                                                                       \
    (JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_RS256) | JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_EDDSA))

static bool own_jwt(struct domain *domain, struct arena *arena, struct str jwt, struct str typ, struct jws *ret_jws,
                    struct jwt_claims *ret_claims) {
    return jws_verify(arena, jwt, keyring_published(domain->keys->keyring), OWN_ALGS, ret_jws) == JWS_VALID &&
           str_equal_fold(ret_jws->typ, typ) && jwt_claims_read(ret_jws->claims, ret_claims) &&
           str_equal(ret_claims->iss, domain->settings->issuer);
}

/* The grant, its session, and that this one token was not revoked. */
static enum domain_status token_live(struct domain *domain, struct arena *arena, struct access_token_read *token) {
    struct kv_op ops[] = {
        {.verb = KV_GET, .ns = STR("rj"), .id = token->jti},
        {.verb = KV_GET, .ns = STR("gr"), .id = token->grant.grant_id},
    };
    if (kv_run(domain->kv, arena, ops, token->has_grant ? 2 : 1) == KV_DOWN) {
        return DOMAIN_UNAVAILABLE;
    }
    if (ops[0].status == KV_DONE) {
        return DOMAIN_NO;
    }
    return token->has_grant ? grant_live(domain, arena, &ops[1], &token->grant) : DOMAIN_DONE;
}

/* Who it was made for: us, or us as the admin API (domain/registry.h). */
static bool audience_read(const struct domain *domain, struct arena *arena, const struct jwt_claims *claims,
                          struct access_token_read *token) {
    struct str issuer = domain->settings->issuer;
    token->for_admin_api = !jwt_claims_has_audience(claims, issuer) &&
                           jwt_claims_has_audience(claims, str_concat(arena, issuer, STR(ADMIN_API_PATH)));
    return token->for_admin_api || jwt_claims_has_audience(claims, issuer);
}

/* What of it stays true as long as the bytes are the same. */
static bool content_read(struct domain *domain, struct arena *arena, struct str jwt, struct access_token_read *token) {
    struct jws jws;
    struct jwt_claims claims;
    if (!own_jwt(domain, arena, jwt, STR("at+jwt"), &jws, &claims) || !audience_read(domain, arena, &claims, token) ||
        claims.exp < 0 || claims.iat < 0 || str_is_absent(claims.jti) ||
        !json_get_str(jws.claims, "client_id", &token->client_id)) {
        return false;
    }
    token->sub = claims.sub;
    token->jti = claims.jti;
    token->exp = claims.exp;
    token->iat = claims.iat;
    token->scope = STR("");
    json_get_str(jws.claims, "scope", &token->scope);
    token->has_grant = json_get_str(jws.claims, "gid", &token->grant.grant_id);
    return true;
}

static void content_remember(struct verified *verified, struct arena *arena, const struct sha256 *digest,
                             const struct access_token_read *token) {
    struct buf buf;
    buf_init(&buf, arena, VERIFIED_BYTES_MOST, VERIFIED_BYTES_MOST);
    pack_str(&buf, token->client_id);
    pack_str(&buf, token->sub);
    pack_str(&buf, token->jti);
    pack_str(&buf, token->scope);
    pack_str(&buf, token->grant.grant_id);
    pack_signed(&buf, token->exp);
    pack_signed(&buf, token->iat);
    pack_signed(&buf, token->for_admin_api);
    if (!buf.failed) {
        verified_add(verified, digest, buf_str(&buf));
    }
}

static bool content_recall(const struct verified *verified, struct arena *arena, const struct sha256 *digest,
                           struct access_token_read *token) {
    struct str content;
    if (!verified_find(verified, digest, &content)) {
        return false;
    }
    struct unpack unpack = {.left = str_dup(arena, content)};
    token->client_id = unpack_str(&unpack);
    token->sub = unpack_str(&unpack);
    token->jti = unpack_str(&unpack);
    token->scope = unpack_str(&unpack);
    token->grant.grant_id = unpack_str(&unpack);
    token->has_grant = !str_is_absent(token->grant.grant_id);
    token->exp = unpack_signed(&unpack);
    token->iat = unpack_signed(&unpack);
    token->for_admin_api = unpack_signed(&unpack) != 0;
    CHECK(unpack_done(&unpack));
    return true;
}

enum domain_status access_token_read(struct domain *domain, struct arena *arena, struct str jwt,
                                     struct access_token_read *ret_token) {
    struct access_token_read token = {0};
    struct verified *verified = domain->keys->verified;
    struct sha256 digest = sha256_of(jwt);
    if (!content_recall(verified, arena, &digest, &token)) {
        if (!content_read(domain, arena, jwt, &token)) {
            return DOMAIN_NO;
        }
        content_remember(verified, arena, &digest, &token);
    }
    const struct registered_client *client = registry_find(domain->registry, token.client_id);
    if (!client || token.iat < client->client.not_before) {
        return DOMAIN_NO; /* suspended, or cut off since */
    }
    const struct jwt_claims times = {.exp = token.exp, .nbf = -1, .iat = token.iat};
    if (jwt_claims_time(&times, clock_wall(), 0) != JWT_TIME_OK) {
        return DOMAIN_NO;
    }
    enum domain_status live = token_live(domain, arena, &token);
    if (live == DOMAIN_DONE) {
        *ret_token = token;
    }
    return live;
}

enum domain_status access_token_revoke(struct domain *domain, struct arena *arena,
                                       const struct access_token_read *token) {
    int64_t left = token->exp - clock_wall();
    if (left <= 0) {
        return DOMAIN_DONE;
    }
    return kv_put(domain->kv, arena, STR("rj"), token->jti, STR("1"), left) == KV_DONE ? DOMAIN_DONE
                                                                                       : DOMAIN_UNAVAILABLE;
}

bool id_token_hint_read(struct domain *domain, struct arena *arena, struct str jwt, struct id_token_hint *ret_hint) {
    struct jws jws;
    struct jwt_claims claims;
    if (!own_jwt(domain, arena, jwt, STR("JWT"), &jws, &claims) || claims.aud_count != 1 || str_is_absent(claims.sub)) {
        return false;
    }
    struct id_token_hint hint = {.client_id = claims.aud[0], .sub = claims.sub};
    struct str sid;
    if (json_get_str(jws.claims, "sid", &sid)) {
        session_id_from_sid(domain, arena, sid, hint.client_id, &hint.session_id);
    }
    *ret_hint = hint;
    return true;
}
