/*
 * Reading client metadata: one table of members, then the rules that concern several of them.
 */
#include "model/client.h"

#include "base/arena.h"
#include "base/check.h"
#include "model/uri.h"

#include <stdarg.h>
#include <stdio.h>

#define URIS_MOST 50
#define TEXT_MOST 200
#define SCOPE_MOST 2000
#define SECRET_LEAST 8
#define SECRET_LEAST_HMAC 32 /* RFC 7518 §3.2: as long as the hash */
#define SECRET_MOST 512
#define SECONDS_MOST 31536000

struct reading {
    struct arena *arena;
    struct client *client;
    struct client_problems *problems;
    const char *member; /* being read */
    bool has_auth, has_grants;
    struct str sector_uri;
};

static void problem(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void problem(struct reading *reading, const char *format, ...) {
    struct client_problems *problems = reading->problems;
    if (problems->count == CLIENT_PROBLEMS_MOST) {
        return;
    }
    struct client_problem *item = &problems->items[problems->count++];
    item->member = str_from(reading->member);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(item->text, sizeof(item->text), format, arguments);
    va_end(arguments);
}

static void problem_of(struct reading *reading, const char *member, const char *text) {
    reading->member = member;
    problem(reading, "%s", text);
}

/* For a message: enough of a value to find it, nothing that moves a terminal's cursor. */
static const char *shown(struct reading *reading, struct str text) {
    char *copy = str_c(reading->arena, str_sub(text, 0, text.len < 100 ? text.len : 100));
    for (char *c = copy; *c; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
    }
    return copy;
}

/* --- readers of one kind of value ------------------------------------------------------------------------------------------------- */

static bool has_control(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

static bool read_text(struct reading *reading, const struct json *value, size_t most, struct str *ret_text) {
    struct str text;
    if (!json_str(value, &text)) {
        problem(reading, "must be a string");
        return false;
    }
    if (text.len == 0 || text.len > most || has_control(text)) {
        problem(reading, "must be 1 to %zu bytes without control characters", most);
        return false;
    }
    *ret_text = text;
    return true;
}

static void read_flag(struct reading *reading, const struct json *value, bool *ret_flag) {
    if (!json_bool(value, ret_flag)) {
        problem(reading, "must be true or false");
    }
}

static void read_number(struct reading *reading, const struct json *value, int64_t least, int64_t most, int64_t *ret_number) {
    int64_t number;
    if (!json_int(value, &number) || number < least || number > most) {
        problem(reading, "must be a whole number from %lld to %lld", (long long)least, (long long)most);
        return;
    }
    *ret_number = number;
}

static bool is_web(const struct uri *uri) {
    return str_equal(uri->scheme, STR("https")) || (str_equal(uri->scheme, STR("http")) && uri_is_loopback(uri));
}

/* A page or an address the server or the browser goes to: https, or http on this very machine for trials. */
static bool read_web_uri(struct reading *reading, const struct json *value, struct str *ret_uri) {
    struct str text;
    struct uri uri;
    if (!read_text(reading, value, URI_MOST, &text)) {
        return false;
    }
    const char *wrong = uri_read(text, &uri);
    if (!wrong && !is_web(&uri)) {
        wrong = "is not https";
    }
    if (wrong) {
        problem(reading, "%s %s", shown(reading, text), wrong);
        return false;
    }
    *ret_uri = text;
    return true;
}

static void read_uris(struct reading *reading, const struct json *value, const struct str **ret_uris, size_t *ret_count) {
    size_t count = json_length(value);
    if (json_kind(value) != JSON_KIND_ARRAY || count == 0 || count > URIS_MOST) {
        problem(reading, "must be a list of 1 to %d URIs", URIS_MOST);
        return;
    }
    struct str *uris = arena_array_of(reading->arena, count, struct str);
    for (size_t i = 0; i < count; i++) {
        struct uri uri;
        if (!json_str(json_element(value, i), &uris[i])) {
            problem(reading, "must be a list of strings");
            return;
        }
        const char *wrong = uri_read(uris[i], &uri);
        if (wrong) {
            problem(reading, "%s %s", shown(reading, uris[i]), wrong);
            return;
        }
    }
    *ret_uris = uris;
    *ret_count = count;
}

struct choice {
    struct str name;
    int value;
};

static bool choose(struct reading *reading, const struct json *value, const struct choice *choices, size_t count, int *ret_value) {
    struct str text = STR("");
    json_str(value, &text);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(choices[i].name, text)) {
            *ret_value = choices[i].value;
            return true;
        }
    }
    problem(reading, "%s is not one we support", shown(reading, text));
    return false;
}

static const struct choice auth_methods[] = {
    {STR_INIT("client_secret_basic"), CLIENT_AUTH_SECRET_BASIC},
    {STR_INIT("client_secret_post"), CLIENT_AUTH_SECRET_POST},
    {STR_INIT("client_secret_jwt"), CLIENT_AUTH_SECRET_JWT},
    {STR_INIT("private_key_jwt"), CLIENT_AUTH_PRIVATE_KEY_JWT},
    {STR_INIT("none"), CLIENT_AUTH_NONE},
};
static const struct choice grant_types[] = {
    {STR_INIT("authorization_code"), GRANT_AUTHORIZATION_CODE},
    {STR_INIT("refresh_token"), GRANT_REFRESH_TOKEN},
    {STR_INIT("client_credentials"), GRANT_CLIENT_CREDENTIALS},
};
static const struct choice signing_algs[] = {{STR_INIT("ES256"), 0}, {STR_INIT("RS256"), 0}, {STR_INIT("PS256"), 0}, {STR_INIT("EdDSA"), 0}};
static const struct choice assertion_algs[] = {
    {STR_INIT("ES256"), 0}, {STR_INIT("RS256"), 0}, {STR_INIT("PS256"), 0}, {STR_INIT("EdDSA"), 0}, {STR_INIT("HS256"), 1}};

struct str client_auth_name(enum client_auth method) {
    return auth_methods[method].name;
}

/* --- the members -------------------------------------------------------------------------------------------------------------------- */

/* What a client_id may be: nothing that means something to a shell, a query or a header. */
static void read_client_id(struct reading *reading, const struct json *value) {
    struct str text;
    if (!read_text(reading, value, 100, &text)) {
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || str_contains(STR("-._~"), c))) {
            problem(reading, "may hold letters, digits and - . _ ~ only");
            return;
        }
    }
    reading->client->client_id = text;
}

static void read_client_secret(struct reading *reading, const struct json *value) {
    struct str text;
    if (read_text(reading, value, SECRET_MOST, &text)) {
        reading->client->client_secret = text;
        if (text.len < SECRET_LEAST) {
            problem(reading, "must be at least %d characters", SECRET_LEAST);
        }
    }
}

#define TEXT_MEMBER(function, field)                                                                                           \
    static void function(struct reading *reading, const struct json *value) {                                                  \
        read_text(reading, value, TEXT_MOST, &reading->client->field);                                                         \
    }
TEXT_MEMBER(read_client_name, client_name)
TEXT_MEMBER(read_client_name_en, client_name_en)
TEXT_MEMBER(read_agency, agency)

#define WEB_URI_MEMBER(function, field)                                                                                        \
    static void function(struct reading *reading, const struct json *value) {                                                  \
        read_web_uri(reading, value, &reading->client->field);                                                                 \
    }
WEB_URI_MEMBER(read_client_uri, client_uri)
WEB_URI_MEMBER(read_logo_uri, logo_uri)
WEB_URI_MEMBER(read_policy_uri, policy_uri)
WEB_URI_MEMBER(read_tos_uri, tos_uri)
WEB_URI_MEMBER(read_jwks_uri, jwks_uri)
WEB_URI_MEMBER(read_backchannel_logout_uri, backchannel_logout_uri)

#define FLAG_MEMBER(function, field)                                                                                           \
    static void function(struct reading *reading, const struct json *value) {                                                  \
        read_flag(reading, value, &reading->client->field);                                                                    \
    }
FLAG_MEMBER(read_backchannel_session_required, backchannel_logout_session_required)
FLAG_MEMBER(read_require_auth_time, require_auth_time)
FLAG_MEMBER(read_require_pkce, require_pkce)
FLAG_MEMBER(read_enabled, enabled)

static void read_redirect_uris(struct reading *reading, const struct json *value) {
    read_uris(reading, value, &reading->client->redirect_uris, &reading->client->redirect_uri_count);
}

static void read_post_logout_redirect_uris(struct reading *reading, const struct json *value) {
    read_uris(reading, value, &reading->client->post_logout_redirect_uris, &reading->client->post_logout_redirect_uri_count);
}

static void read_application_type(struct reading *reading, const struct json *value) {
    static const struct choice types[] = {{STR_INIT("web"), false}, {STR_INIT("native"), true}};
    int native;
    if (choose(reading, value, types, ARRAY_LEN(types), &native)) {
        reading->client->native = native;
    }
}

static void read_grant_types(struct reading *reading, const struct json *value) {
    reading->has_grants = true;
    if (json_kind(value) != JSON_KIND_ARRAY) {
        problem(reading, "must be a list");
    }
    for (size_t i = 0; i < json_length(value); i++) {
        int grant;
        if (choose(reading, json_element(value, i), grant_types, ARRAY_LEN(grant_types), &grant)) {
            reading->client->grants |= (unsigned)grant;
        }
    }
}

static void read_response_types(struct reading *reading, const struct json *value) {
    struct str type;
    bool code_only = json_kind(value) == JSON_KIND_ARRAY && json_length(value) <= 1;
    if (!code_only || (json_length(value) == 1 && (!json_str(json_element(value, 0), &type) || !str_equal(type, STR("code"))))) {
        problem(reading, "must be [code]");
    }
}

static void read_auth_method(struct reading *reading, const struct json *value) {
    int method;
    reading->has_auth = true;
    if (choose(reading, value, auth_methods, ARRAY_LEN(auth_methods), &method)) {
        reading->client->auth = (enum client_auth)method;
    }
}

static void read_auth_alg(struct reading *reading, const struct json *value) {
    int ignored;
    if (choose(reading, value, assertion_algs, ARRAY_LEN(assertion_algs), &ignored)) {
        json_str(value, &reading->client->auth_alg);
    }
}

static void read_id_token_alg(struct reading *reading, const struct json *value) {
    int ignored;
    if (choose(reading, value, signing_algs, ARRAY_LEN(signing_algs), &ignored)) {
        json_str(value, &reading->client->id_token_alg);
    }
}

static void read_userinfo_alg(struct reading *reading, const struct json *value) {
    int ignored;
    if (choose(reading, value, signing_algs, ARRAY_LEN(signing_algs), &ignored)) {
        json_str(value, &reading->client->userinfo_alg);
    }
}

static void read_jwks(struct reading *reading, const struct json *value) {
    if (json_kind(json_member(value, "keys")) != JSON_KIND_ARRAY) {
        problem(reading, "must be a JWK set (RFC 7517 §5)");
        return;
    }
    struct buf buf;
    buf_init(&buf, reading->arena, 1024, JSON_LIMITS_DOCUMENT.bytes);
    json_write_value(&buf, value);
    reading->client->jwks = buf_str(&buf);
}

static void read_subject_type(struct reading *reading, const struct json *value) {
    static const struct choice types[] = {{STR_INIT("public"), false}, {STR_INIT("pairwise"), true}};
    int pairwise;
    if (choose(reading, value, types, ARRAY_LEN(types), &pairwise)) {
        reading->client->pairwise = pairwise;
    }
}

static void read_sector_uri(struct reading *reading, const struct json *value) {
    read_web_uri(reading, value, &reading->sector_uri);
}

static void read_scope(struct reading *reading, const struct json *value) {
    struct str scope, left, word;
    if (!read_text(reading, value, SCOPE_MOST, &scope)) {
        return;
    }
    left = scope;
    while (str_next_word(&left, &word)) {
        for (size_t i = 0; i < word.len; i++) {
            if (word.ptr[i] < 0x21 || word.ptr[i] > 0x7e || word.ptr[i] == '"' || word.ptr[i] == '\\') {
                problem(reading, "holds a character that a scope cannot have (RFC 6749 §3.3)");
                return;
            }
        }
        if (word.len == 0) {
            problem(reading, "must be words with single spaces between them");
            return;
        }
    }
    reading->client->scope = scope;
}

static void read_default_max_age(struct reading *reading, const struct json *value) {
    read_number(reading, value, 0, SECONDS_MOST, &reading->client->default_max_age);
}

static void read_level(struct reading *reading, const struct json *value) {
    int64_t level = reading->client->level;
    read_number(reading, value, 1, 4, &level);
    reading->client->level = (int)level;
}

static void read_consent(struct reading *reading, const struct json *value) {
    static const struct choice kinds[] = {{STR_INIT("ask"), CONSENT_ASK}, {STR_INIT("statutory"), CONSENT_STATUTORY}};
    int kind;
    if (choose(reading, value, kinds, ARRAY_LEN(kinds), &kind)) {
        reading->client->consent = (enum client_consent)kind;
    }
}

static void read_access_seconds(struct reading *reading, const struct json *value) {
    read_number(reading, value, 1, SECONDS_MOST, &reading->client->access_token_ttl);
}

static void read_refresh_seconds(struct reading *reading, const struct json *value) {
    read_number(reading, value, 1, SECONDS_MOST, &reading->client->refresh_token_ttl);
}

static const struct {
    const char *name;
    void (*read)(struct reading *reading, const struct json *value);
} members[] = {
    {"client_id", read_client_id},
    {"client_secret", read_client_secret},
    {"client_name", read_client_name},
    {"client_name#en", read_client_name_en},
    {"client_uri", read_client_uri},
    {"logo_uri", read_logo_uri},
    {"policy_uri", read_policy_uri},
    {"tos_uri", read_tos_uri},
    {"redirect_uris", read_redirect_uris},
    {"post_logout_redirect_uris", read_post_logout_redirect_uris},
    {"application_type", read_application_type},
    {"grant_types", read_grant_types},
    {"response_types", read_response_types},
    {"token_endpoint_auth_method", read_auth_method},
    {"token_endpoint_auth_signing_alg", read_auth_alg},
    {"jwks", read_jwks},
    {"jwks_uri", read_jwks_uri},
    {"id_token_signed_response_alg", read_id_token_alg},
    {"userinfo_signed_response_alg", read_userinfo_alg},
    {"subject_type", read_subject_type},
    {"sector_identifier_uri", read_sector_uri},
    {"scope", read_scope},
    {"backchannel_logout_uri", read_backchannel_logout_uri},
    {"backchannel_logout_session_required", read_backchannel_session_required},
    {"default_max_age", read_default_max_age},
    {"require_auth_time", read_require_auth_time},
    {"tongxing_require_pkce", read_require_pkce},
    {"tongxing_level", read_level},
    {"tongxing_consent", read_consent},
    {"tongxing_agency", read_agency},
    {"tongxing_enabled", read_enabled},
    {"tongxing_access_token_seconds", read_access_seconds},
    {"tongxing_refresh_token_seconds", read_refresh_seconds},
};

static bool read_member(void *ctx, struct str name, const struct json *value) {
    struct reading *reading = ctx;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (str_equal(str_from(members[i].name), name)) {
            reading->member = members[i].name;
            members[i].read(reading, value);
            return true;
        }
    }
    reading->member = shown(reading, name);
    problem(reading, "is not a member we know");
    return true;
}

/* --- rules about several members -------------------------------------------------------------------------------------------------------- */

static bool has_secret_method(const struct client *client) {
    return client->auth == CLIENT_AUTH_SECRET_BASIC || client->auth == CLIENT_AUTH_SECRET_POST || client->auth == CLIENT_AUTH_SECRET_JWT;
}

static void check_credentials(struct reading *reading) {
    const struct client *client = reading->client;
    bool has_secret = !str_is_absent(client->client_secret);
    bool has_keys = !str_is_absent(client->jwks) || !str_is_absent(client->jwks_uri);
    if (has_secret_method(client) && !has_secret) {
        problem_of(reading, "client_secret", "is needed for this token_endpoint_auth_method");
    }
    if (!has_secret_method(client) && has_secret) {
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
    if (!str_is_absent(client->auth_alg) && ((client->auth == CLIENT_AUTH_SECRET_JWT) != hmac ||
                                             (client->auth != CLIENT_AUTH_SECRET_JWT && client->auth != CLIENT_AUTH_PRIVATE_KEY_JWT))) {
        problem_of(reading, "token_endpoint_auth_signing_alg", "does not fit token_endpoint_auth_method");
    }
}

/* RFC 8252 §7: what a native app may be called back on; a web portal is called back over https, or on this machine for trials. */
static const char *redirect_uri_problem(const struct client *client, const struct uri *uri) {
    if (is_web(uri)) {
        return NULL;
    }
    if (str_equal(uri->scheme, STR("http"))) {
        return "is http to another machine";
    }
    if (!client->native) {
        return "is not https; private-use schemes are for application_type native";
    }
    return str_contains(uri->scheme, '.') && str_is_absent(uri->host) ? NULL
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
            problem(reading, "%s %s", shown(reading, client->redirect_uris[i]), wrong);
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

/* OpenID Connect Core §8.1: the host that pairwise subjects are made for. */
static void find_sector(struct reading *reading) {
    struct client *client = reading->client;
    struct uri uri = {0};
    if (!str_is_absent(reading->sector_uri)) {
        CHECK(!uri_read(reading->sector_uri, &uri));
        client->sector = uri.host;
        return;
    }
    for (size_t i = 0; i < client->redirect_uri_count; i++) {
        CHECK(!uri_read(client->redirect_uris[i], &uri));
        struct str host = str_is_absent(uri.host) || uri_is_loopback(&uri) ? client->client_id : uri.host;
        if (i > 0 && client->pairwise && !str_equal(host, client->sector)) {
            problem_of(reading, "sector_identifier_uri", "is needed: pairwise subjects with redirect_uris on several hosts");
            return;
        }
        client->sector = host;
    }
}

bool client_read(struct arena *arena, const struct json *metadata, struct client *ret_client, struct client_problems *ret_problems) {
    struct client client = {
        .auth = CLIENT_AUTH_SECRET_BASIC,
        .id_token_alg = STR("ES256"),
        .scope = STR("openid"),
        .default_max_age = -1,
        .require_pkce = true,
        .level = 1,
        .enabled = true,
    };
    struct reading reading = {.arena = arena, .client = &client, .problems = ret_problems, .member = "client_id"};
    ret_problems->count = 0;
    if (json_kind(metadata) != JSON_KIND_OBJECT) {
        problem(&reading, "is missing: a client is an object");
        return false;
    }
    json_each(metadata, read_member, &reading);
    if (str_is_absent(client.client_id) && !json_member(metadata, "client_id")) {
        problem_of(&reading, "client_id", "is missing");
    }
    check_grants(&reading);
    check_credentials(&reading);
    check_redirect_uris(&reading);
    find_sector(&reading);
    if (ret_problems->count > 0) {
        return false;
    }
    *ret_client = client;
    return true;
}

/* --- questions -------------------------------------------------------------------------------------------------------------------------- */

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
           str_equal(registered.scheme, STR("http")) && str_equal(uri.scheme, registered.scheme) && str_equal(uri.host, registered.host) &&
           str_equal(uri.path, registered.path) && str_is_absent(uri.query) == str_is_absent(registered.query) &&
           str_equal(uri.query, registered.query);
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
