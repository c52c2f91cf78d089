/*
 * Reading client metadata: the rules that concern several members, and the questions that are asked about a client.
 */
#include "model/client.h"

#include "base/arena.h"
#include "base/check.h"
#include "client_reading.h"

#include <stddef.h>

#define SECRET_LEAST_HMAC 32 /* RFC 7518 §3.2: as long as the hash */

static void problem_of(struct reading *reading, const char *member, const char *text) {
    reading->member = member;
    client_problem(reading, "%s", text);
}

static void check_credentials(struct reading *reading) {
    const struct client *client = reading->client;
    bool has_secret = !str_is_absent(client->client_secret);
    bool has_keys = !str_is_absent(client->jwks) || !str_is_absent(client->jwks_uri);
    if (client_auth_has_secret(client->auth) && !has_secret && !reading->secret_elsewhere) {
        problem_of(reading, "client_secret", "is needed for this token_endpoint_auth_method");
    }
    if (!client_auth_has_secret(client->auth) && has_secret) {
        problem_of(reading, "client_secret", "is of no use for this token_endpoint_auth_method");
    }
    if (client->auth == CLIENT_AUTH_SECRET_JWT && has_secret && client->client_secret.len < SECRET_LEAST_HMAC) {
        problem_of(reading, "client_secret", "must be at least 32 bytes for client_secret_jwt (RFC 7518 §3.2)");
    }
    if (client->auth == CLIENT_AUTH_PRIVATE_KEY_JWT && !has_keys) {
        problem_of(reading, "jwks", "or jwks_uri is needed for private_key_jwt");
    }
    if (!str_is_absent(client->jwks) && !str_is_absent(client->jwks_uri)) {
        problem_of(reading, "jwks_uri", "cannot be given together with jwks");
    }
    bool hmac = str_equal(client->auth_alg, STR("HS256"));
    if (!str_is_absent(client->auth_alg) &&
        ((client->auth == CLIENT_AUTH_SECRET_JWT) != hmac ||
         (client->auth != CLIENT_AUTH_SECRET_JWT && client->auth != CLIENT_AUTH_PRIVATE_KEY_JWT))) {
        problem_of(reading, "token_endpoint_auth_signing_alg", "does not fit token_endpoint_auth_method");
    }
}

/* RFC 8252 §7: what a native app may be called back on; a web portal is called back over https, or on this machine for
 * trials. */
static const char *redirect_uri_problem(const struct client *client, const struct uri *uri) {
    if (client_uri_is_web(uri)) {
        return NULL;
    }
    if (str_equal(uri->scheme, STR("http"))) {
        return "is http to another machine";
    }
    if (!client->native) {
        return "is not https; private-use schemes are for application_type native";
    }
    return str_contains(uri->scheme, '.') && str_is_absent(uri->host)
               ? NULL
               : "needs a scheme of a reversed domain name (RFC 8252 §7.1)";
}

static void check_redirect_uris(struct reading *reading) {
    const struct client *client = reading->client;
    bool needed = client->grants & GRANT_AUTHORIZATION_CODE;
    if (needed && client->redirect_uri_count == 0) {
        problem_of(reading, "redirect_uris", "is needed for grant_types authorization_code");
    }
    for (size_t i = 0; i < client->redirect_uri_count; i++) {
        struct uri uri = {0};
        CHECK(!uri_read(client->redirect_uris[i], &uri));
        const char *wrong = redirect_uri_problem(client, &uri);
        if (wrong) {
            reading->member = "redirect_uris";
            client_problem(reading, "%s %s", client_shown(reading, client->redirect_uris[i]), wrong);
        }
    }
}

static void check_grants(struct reading *reading) {
    struct client *client = reading->client;
    if (!reading->has_grants) {
        client->grants = GRANT_AUTHORIZATION_CODE;
    }
    if (client->grants == 0) {
        problem_of(reading, "grant_types", "must name at least one grant");
    }
    if ((client->grants & GRANT_REFRESH_TOKEN) && !(client->grants & GRANT_AUTHORIZATION_CODE)) {
        problem_of(reading, "grant_types", "has refresh_token without authorization_code");
    }
    if ((client->grants & GRANT_CLIENT_CREDENTIALS) && client->auth == CLIENT_AUTH_NONE) {
        problem_of(reading, "grant_types", "has client_credentials for a client without credentials");
    }
    if (client->auth == CLIENT_AUTH_NONE) {
        client->require_pkce = true;
    }
}

/* What nobody has approved reaches no machine but the one the person sits at. */
static void check_sandbox(struct reading *reading) {
    const struct client *client = reading->client;
    for (size_t i = 0; client->sandbox && i < client->redirect_uri_count; i++) {
        struct uri uri = {0};
        CHECK(!uri_read(client->redirect_uris[i], &uri));
        if (!uri_is_loopback(&uri)) {
            problem_of(reading, "redirect_uris", "must lead to localhost, 127.0.0.1 or [::1] in the sandbox");
            return;
        }
    }
}

/* Personal Information Protection Law, article 13 (3): no consent where a statutory duty is performed, and only there.
 */
static void check_consent(struct reading *reading) {
    const struct client *client = reading->client;
    bool statutory = client->consent == CONSENT_STATUTORY;
    if (statutory && client->sandbox) {
        problem_of(reading, "tongxing_consent", "must be ask in the sandbox");
    }
    if (statutory && str_is_absent(client->legal_basis) && reading->secret_elsewhere) {
        problem_of(reading, "tongxing_legal_basis", "is needed where consent is not asked for");
    }
    if (statutory && (client->claims & CLAIMS_APART) && str_is_absent(client->legal_basis) &&
        !reading->secret_elsewhere) {
        problem_of(reading, "tongxing_legal_basis", "is needed for cn_id_number where consent is not asked for");
    }
    if (statutory && str_equal(client->legal_basis, STR("consent"))) {
        problem_of(reading, "tongxing_legal_basis", "is consent, which tongxing_consent says is not asked for");
    }
}

static void check_acting(struct reading *reading) {
    const struct client *client = reading->client;
    if (client->acting != CLIENT_ACTING_NONE && !str_has_word(client->scope, STR("cn_org"))) {
        problem_of(reading, "tongxing_acting", "needs the scope cn_org");
    }
}

/* OpenID Connect Core §8.1: the host that pairwise subjects are made for. */
static void find_sector(struct reading *reading) {
    struct client *client = reading->client;
    struct uri uri = {0};
    if (!str_is_absent(client->sector_uri)) {
        CHECK(!uri_read(client->sector_uri, &uri));
        client->sector = uri.host;
        return;
    }
    for (size_t i = 0; i < client->redirect_uri_count; i++) {
        CHECK(!uri_read(client->redirect_uris[i], &uri));
        struct str host = str_is_absent(uri.host) || uri_is_loopback(&uri) ? client->client_id : uri.host;
        if (i > 0 && client->pairwise && !str_equal(host, client->sector)) {
            problem_of(reading, "sector_identifier_uri",
                       "is needed: pairwise subjects with redirect_uris on several hosts");
            return;
        }
        client->sector = host;
    }
}

static bool read_whole(struct reading *reading, const struct json *metadata, struct client *ret_client) {
    struct client *client = reading->client;
    if (json_kind(metadata) != JSON_KIND_OBJECT) {
        problem_of(reading, "client_id", "is missing: a client is an object");
        return false;
    }
    client_read_members(reading, metadata);
    if (str_is_absent(client->client_id) && !json_member(metadata, "client_id")) {
        problem_of(reading, "client_id", "is missing");
    }
    client->secret_any_way = !reading->has_auth;
    check_grants(reading);
    check_credentials(reading);
    check_redirect_uris(reading);
    check_sandbox(reading);
    check_acting(reading);
    check_consent(reading);
    find_sector(reading);
    if (reading->problems->count > 0) {
        return false;
    }
    *ret_client = *client;
    return true;
}

static struct client unsaid(void) {
    return (struct client){
        .auth = CLIENT_AUTH_SECRET_BASIC,
        .id_token_alg = STR("ES256"),
        .scope = STR("openid"),
        .claims = ~CLAIMS_APART,
        .default_max_age = -1,
        .require_pkce = true,
        .level = 1,
        .enabled = true,
    };
}

bool client_read(struct arena *arena, const struct json *metadata, struct client *ret_client,
                 struct client_problems *ret_problems) {
    struct client client = unsaid();
    struct reading reading = {.arena = arena, .client = &client, .problems = ret_problems};
    ret_problems->count = 0;
    return read_whole(&reading, metadata, ret_client);
}

bool client_read_registered(struct arena *arena, struct str client_id, const struct json *metadata,
                            struct client *ret_client, struct client_problems *ret_problems) {
    struct client client = unsaid();
    struct reading reading = {.arena = arena, .client = &client, .problems = ret_problems, .secret_elsewhere = true};
    ret_problems->count = 0;
    client.client_id = client_id;
    const char *wrong = client_id_problem(client_id);
    if (wrong) {
        problem_of(&reading, "client_id", wrong);
    }
    return read_whole(&reading, metadata, ret_client);
}

static struct str *strs_copy(struct arena *arena, const struct str *strs, size_t count) {
    struct str *copies = arena_array_of(arena, count + 1, struct str);
    for (size_t i = 0; i < count; i++) {
        copies[i] = str_dup(arena, strs[i]);
    }
    return copies;
}

/* Every text of a client, wherever it is in the struct. */
static const size_t texts[] = {
    offsetof(struct client, client_id),
    offsetof(struct client, client_secret),
    offsetof(struct client, client_name),
    offsetof(struct client, client_name_en),
    offsetof(struct client, client_uri),
    offsetof(struct client, logo_uri),
    offsetof(struct client, policy_uri),
    offsetof(struct client, tos_uri),
    offsetof(struct client, initiate_login_uri),
    offsetof(struct client, software_id),
    offsetof(struct client, software_version),
    offsetof(struct client, auth_alg),
    offsetof(struct client, jwks),
    offsetof(struct client, jwks_uri),
    offsetof(struct client, id_token_alg),
    offsetof(struct client, userinfo_alg),
    offsetof(struct client, access_token_alg),
    offsetof(struct client, sector),
    offsetof(struct client, sector_uri),
    offsetof(struct client, scope),
    offsetof(struct client, backchannel_logout_uri),
    offsetof(struct client, agency),
    offsetof(struct client, legal_basis),
    offsetof(struct client, audience),
};

struct client client_copy(struct arena *arena, const struct client *client) {
    struct client copy = *client;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct str *text = (struct str *)(void *)((char *)&copy + texts[i]);
        *text = str_is_absent(*text) ? STR_NONE : str_dup(arena, *text);
    }
    copy.redirect_uris = strs_copy(arena, client->redirect_uris, client->redirect_uri_count);
    copy.post_logout_redirect_uris =
        strs_copy(arena, client->post_logout_redirect_uris, client->post_logout_redirect_uri_count);
    copy.contacts = strs_copy(arena, client->contacts, client->contact_count);
    copy.allowed_origins = strs_copy(arena, client->allowed_origins, client->allowed_origin_count);
    return copy;
}

/* --- questions --- */

const char *client_id_problem(struct str client_id) {
    if (client_id.len == 0 || client_id.len > CLIENT_ID_MOST) {
        return "must be 1 to 100 characters";
    }
    for (size_t i = 0; i < client_id.len; i++) {
        char c = client_id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              str_contains(STR("-._~"), c))) {
            return "may hold letters, digits and - . _ ~ only";
        }
    }
    return NULL;
}

bool client_auth_has_secret(enum client_auth method) {
    return method == CLIENT_AUTH_SECRET_BASIC || method == CLIENT_AUTH_SECRET_POST || method == CLIENT_AUTH_SECRET_JWT;
}

static const struct str states[] = {
    [CLIENT_DRAFT] = STR_INIT("draft"),       [CLIENT_SUBMITTED] = STR_INIT("submitted"),
    [CLIENT_APPROVED] = STR_INIT("approved"), [CLIENT_SUSPENDED] = STR_INIT("suspended"),
    [CLIENT_RETIRED] = STR_INIT("retired"),
};

struct str client_state_name(enum client_state state) {
    return states[state];
}

bool client_state_of_name(struct str name, enum client_state *ret_state) {
    for (size_t i = CLIENT_DRAFT; i < ARRAY_LEN(states); i++) {
        if (str_equal(states[i], name)) {
            *ret_state = (enum client_state)i;
            return true;
        }
    }
    return false;
}

static bool has_uri(const struct str *uris, size_t count, struct str uri) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(uris[i], uri)) {
            return true;
        }
    }
    return false;
}

bool client_has_post_logout_redirect_uri(const struct client *client, struct str uri) {
    return has_uri(client->post_logout_redirect_uris, client->post_logout_redirect_uri_count, uri);
}

/* RFC 8252 §7.3: all but the port is the same, and the host is a loopback literal. */
static bool differs_in_loopback_port(struct str registered_text, struct str text) {
    struct uri registered, uri;
    return !uri_read(registered_text, &registered) && !uri_read(text, &uri) && uri_is_loopback_literal(&registered) &&
           str_equal(registered.scheme, STR("http")) && str_equal(uri.scheme, registered.scheme) &&
           str_equal(uri.host, registered.host) && str_equal(uri.path, registered.path) &&
           str_is_absent(uri.query) == str_is_absent(registered.query) && str_equal(uri.query, registered.query);
}

bool client_has_redirect_uri(const struct client *client, struct str uri) {
    if (has_uri(client->redirect_uris, client->redirect_uri_count, uri)) {
        return true;
    }
    for (size_t i = 0; client->native && i < client->redirect_uri_count; i++) {
        if (differs_in_loopback_port(client->redirect_uris[i], uri)) {
            return true;
        }
    }
    return false;
}

bool client_allows_grant(const struct client *client, enum client_grant grant) {
    return (client->grants & (unsigned)grant) != 0;
}

/* RFC 9700 §4.11: a redirect back to ourselves would make this server a step in somebody's chain of redirects. */
bool client_leads_to_issuer(const struct client *client, struct str issuer) {
    for (size_t i = 0; i < client->redirect_uri_count; i++) {
        struct str rest = client->redirect_uris[i];
        if (str_drop_prefix(&rest, issuer) && (rest.len == 0 || rest.ptr[0] == '/' || rest.ptr[0] == '?')) {
            return true;
        }
    }
    return false;
}
