/*
 * The portal's calls to the server, and what it checks of the answers (OpenID Connect Core §3.1.3.7, Back-Channel
 * Logout §2.6).
 */
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/random.h"
#include "jose/digest.h"
#include "loop/fetch.h"
#include "portal.h"

#define TIMEOUT_MS         5000
#define ANSWER_MOST        (128 * 1024)
#define SKEW_S             15
#define LOGOUT_TOKEN_AGE_S 300

static bool get(struct portal *portal, struct arena *arena, struct str url, struct str bearer, struct str *ret_body) {
    const struct fetch_field field = {STR("Authorization"), str_format(arena, "Bearer %.*s", STR_ARG(bearer))};
    const struct fetch_request request = {.method = STR("GET"),
                                          .url = url,
                                          .fields = &field,
                                          .field_count = str_is_absent(bearer) ? 0 : 1,
                                          .timeout_ms = TIMEOUT_MS,
                                          .answer_ceiling = ANSWER_MOST};
    struct fetch_answer answer = {0};
    enum fetch_result result = fetch(portal->fetcher, arena, &request, &answer);
    if (result != FETCH_DONE || answer.status != 200) {
        log_warn("portal.get_failed", log_text("result", fetch_result_name(result)), log_int("status", answer.status));
        return false;
    }
    *ret_body = answer.body;
    return true;
}

bool portal_discover(struct portal *portal) {
    struct provider *provider = &portal->provider;
    if (provider->known) {
        return true;
    }
    struct str body, issuer;
    const struct json *document;
    struct str url =
        str_format(portal->arena, "%.*s/.well-known/openid-configuration", STR_ARG(portal->settings.issuer));
    provider->known = get(portal, portal->arena, url, STR_NONE, &body) &&
                      json_parse(portal->arena, body, JSON_LIMITS_DOCUMENT, &document) &&
                      json_get_str(document, "issuer", &issuer) && str_equal(issuer, portal->settings.issuer) &&
                      json_get_str(document, "authorization_endpoint", &provider->authorization_endpoint) &&
                      json_get_str(document, "token_endpoint", &provider->token_endpoint) &&
                      json_get_str(document, "userinfo_endpoint", &provider->userinfo_endpoint) &&
                      json_get_str(document, "jwks_uri", &provider->jwks_uri) &&
                      json_get_str(document, "end_session_endpoint", &provider->end_session_endpoint);
    return provider->known;
}

static void put(struct buf *buf, const char *name, struct str value) {
    buf_putc(buf, '&');
    buf_put(buf, str_from(name));
    buf_putc(buf, '=');
    buf_put_urlencoded(buf, value);
}

static struct str callback_of(const struct portal *portal, struct arena *arena) {
    return str_format(arena, "%.*s/callback", STR_ARG(portal->settings.origin));
}

struct str portal_authorization_url(struct portal *portal, struct arena *arena, const struct portal_session *session) {
    struct sha256 challenge = sha256_of(session->code_verifier);
    struct buf url;
    buf_init(&url, arena, 1024, 8192);
    buf_put(&url, portal->provider.authorization_endpoint);
    buf_puts(&url, "?response_type=code&code_challenge_method=S256");
    put(&url, "client_id", portal->settings.client_id);
    put(&url, "redirect_uri", callback_of(portal, arena));
    put(&url, "scope", portal->settings.scope);
    put(&url, "state", session->state);
    put(&url, "nonce", session->nonce);
    put(&url, "code_challenge", base64url_encode(arena, sha256_str(&challenge)));
    return buf_str(&url);
}

/* --- the code --- */

static bool exchange(struct portal *portal, struct portal_session *session, struct str code,
                     const struct json **ret_tokens) {
    struct arena *arena = session->arena;
    const struct portal_settings *settings = &portal->settings;
    struct buf body;
    buf_init(&body, arena, 1024, 8192);
    buf_puts(&body, "grant_type=authorization_code");
    put(&body, "code", code);
    put(&body, "redirect_uri", callback_of(portal, arena));
    put(&body, "code_verifier", session->code_verifier);
    struct str pair = str_format(arena, "%.*s:%.*s", STR_ARG(percent_encode(arena, settings->client_id)),
                                 STR_ARG(percent_encode(arena, settings->client_secret)));
    const struct fetch_field fields[] = {
        {STR("Content-Type"), STR("application/x-www-form-urlencoded")},
        {STR("Authorization"), str_format(arena, "Basic %.*s", STR_ARG(base64_encode(arena, pair)))},
    };
    const struct fetch_request request = {.method = STR("POST"),
                                          .url = portal->provider.token_endpoint,
                                          .fields = fields,
                                          .field_count = 2,
                                          .body = buf_str(&body),
                                          .timeout_ms = TIMEOUT_MS,
                                          .answer_ceiling = ANSWER_MOST};
    struct fetch_answer answer = {0};
    enum fetch_result result = fetch(portal->fetcher, arena, &request, &answer);
    log_info("portal.token", log_text("result", fetch_result_name(result)), log_int("status", answer.status));
    return result == FETCH_DONE && answer.status == 200 &&
           json_parse(arena, answer.body, JSON_LIMITS_DOCUMENT, ret_tokens);
}

static bool is_audience(const struct json *claims, struct str client_id) {
    struct str aud;
    return json_get_str(claims, "aud", &aud) && str_equal(aud, client_id);
}

/* Issuer, audience and time: of ID tokens and logout tokens alike. */
static bool common_claims_fit(const struct portal *portal, const struct json *claims) {
    struct str issuer;
    int64_t exp, iat, now = clock_wall();
    return json_get_str(claims, "iss", &issuer) && str_equal(issuer, portal->settings.issuer) &&
           is_audience(claims, portal->settings.client_id) && json_get_int(claims, "exp", &exp) && exp + SKEW_S > now &&
           json_get_int(claims, "iat", &iat) && iat <= now + SKEW_S;
}

static bool read_id_token(struct portal *portal, struct portal_session *session, struct str token) {
    const struct json *claims;
    struct str jwks, nonce;
    if (!get(portal, session->arena, portal->provider.jwks_uri, STR_NONE, &jwks) ||
        !id_token_verify(session->arena, token, jwks, &claims) || !common_claims_fit(portal, claims) ||
        !json_get_str(claims, "nonce", &nonce) || !str_equal(nonce, session->nonce) ||
        !json_get_str(claims, "sub", &session->sub) || str_is_empty(session->sub)) {
        return false;
    }
    json_get_str(claims, "sid", &session->sid);
    json_get_str(claims, "acr", &session->acr);
    session->id_token = token;
    session->id_token_claims = claims;
    return true;
}

/* OpenID Connect Core §5.3.2: its sub must be the ID token's. */
static bool read_userinfo(struct portal *portal, struct portal_session *session, struct str access_token) {
    struct str body, sub;
    if (!get(portal, session->arena, portal->provider.userinfo_endpoint, access_token, &body) ||
        !json_parse(session->arena, body, JSON_LIMITS_DOCUMENT, &session->userinfo) ||
        !json_get_str(session->userinfo, "sub", &sub) || !str_equal(sub, session->sub)) {
        return false;
    }
    session->name = session->sub;
    json_get_str(session->userinfo, "name", &session->name);
    return true;
}

bool portal_redeem(struct portal *portal, struct portal_session *session, struct str code) {
    const struct json *tokens;
    struct str id_token, access_token;
    if (!exchange(portal, session, code, &tokens) || !json_get_str(tokens, "id_token", &id_token) ||
        !json_get_str(tokens, "access_token", &access_token) || !read_id_token(portal, session, id_token) ||
        !read_userinfo(portal, session, access_token)) {
        return false;
    }
    session->signed_in = true;
    session->state = session->nonce = session->code_verifier = STR_NONE;
    return true;
}

bool portal_logout_token_read(struct portal *portal, struct arena *arena, struct str token, struct str *ret_sid,
                              struct str *ret_sub) {
    const struct json *claims;
    struct str jwks;
    int64_t iat;
    if (!portal_discover(portal) || !get(portal, arena, portal->provider.jwks_uri, STR_NONE, &jwks) ||
        !logout_token_verify(arena, token, jwks, &claims) || !common_claims_fit(portal, claims) ||
        !json_member(json_member(claims, "events"), "http://schemas.openid.net/event/backchannel-logout") ||
        json_member(claims, "nonce") || !json_get_int(claims, "iat", &iat) || clock_wall() - iat > LOGOUT_TOKEN_AGE_S) {
        return false;
    }
    bool sid = json_get_str(claims, "sid", ret_sid);
    return json_get_str(claims, "sub", ret_sub) || sid;
}
