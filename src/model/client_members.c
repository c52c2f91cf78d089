/*
 * The members of client metadata, one reader each, in one table.
 */
#include "base/arena.h"
#include "base/check.h"
#include "client_reading.h"

#include <stdarg.h>
#include <stdio.h>

#define URIS_MOST    50
#define TEXT_MOST    200
#define SCOPE_MOST   2000
#define SECRET_LEAST 8
#define SECRET_MOST  512
#define SECONDS_MOST 31536000

void client_problem(struct reading *reading, const char *format, ...) {
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

const char *client_shown(struct reading *reading, struct str text) {
    char *copy = str_c(reading->arena, str_sub(text, 0, text.len < 100 ? text.len : 100));
    for (char *c = copy; *c; c++) {
        *c = (unsigned char)*c < 0x20 || *c == 0x7f ? '?' : *c;
    }
    return copy;
}

/* --- readers of one kind of value --- */

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
        client_problem(reading, "must be a string");
        return false;
    }
    if (text.len == 0 || text.len > most || has_control(text)) {
        client_problem(reading, "must be 1 to %zu bytes without control characters", most);
        return false;
    }
    *ret_text = text;
    return true;
}

static void read_flag(struct reading *reading, const struct json *value, bool *ret_flag) {
    if (!json_bool(value, ret_flag)) {
        client_problem(reading, "must be true or false");
    }
}

static void read_number(struct reading *reading, const struct json *value, int64_t least, int64_t most,
                        int64_t *ret_number) {
    int64_t number;
    if (!json_int(value, &number) || number < least || number > most) {
        client_problem(reading, "must be a whole number from %lld to %lld", (long long)least, (long long)most);
        return;
    }
    *ret_number = number;
}

bool client_uri_is_web(const struct uri *uri) {
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
    if (!wrong && !client_uri_is_web(&uri)) {
        wrong = "is not https";
    }
    if (wrong) {
        client_problem(reading, "%s %s", client_shown(reading, text), wrong);
        return false;
    }
    *ret_uri = text;
    return true;
}

static void read_uris(struct reading *reading, const struct json *value, const struct str **ret_uris,
                      size_t *ret_count) {
    size_t count = json_length(value);
    if (json_kind(value) != JSON_KIND_ARRAY || count == 0 || count > URIS_MOST) {
        client_problem(reading, "must be a list of 1 to %d URIs", URIS_MOST);
        return;
    }
    struct str *uris = arena_array_of(reading->arena, count, struct str);
    for (size_t i = 0; i < count; i++) {
        struct uri uri;
        if (!json_str(json_element(value, i), &uris[i])) {
            client_problem(reading, "must be a list of strings");
            return;
        }
        const char *wrong = uri_read(uris[i], &uri);
        if (wrong) {
            client_problem(reading, "%s %s", client_shown(reading, uris[i]), wrong);
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

static bool choose(struct reading *reading, const struct json *value, const struct choice *choices, size_t count,
                   int *ret_value) {
    struct str text = STR("");
    json_str(value, &text);
    for (size_t i = 0; i < count; i++) {
        if (str_equal(choices[i].name, text)) {
            *ret_value = choices[i].value;
            return true;
        }
    }
    client_problem(reading, "%s is not one we support", client_shown(reading, text));
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
static const struct choice signing_algs[] = {
    {STR_INIT("ES256"), 0}, {STR_INIT("RS256"), 0}, {STR_INIT("PS256"), 0}, {STR_INIT("EdDSA"), 0}};
static const struct choice assertion_algs[] = {{STR_INIT("ES256"), 0},
                                               {STR_INIT("RS256"), 0},
                                               {STR_INIT("PS256"), 0},
                                               {STR_INIT("EdDSA"), 0},
                                               {STR_INIT("HS256"), 1}};

struct str client_auth_name(enum client_auth method) {
    return auth_methods[method].name;
}

/* --- the members --- */

/* What a client_id may be: nothing that means something to a shell, a query or a header. */
static void read_client_id(struct reading *reading, const struct json *value) {
    struct str text;
    if (!read_text(reading, value, 100, &text)) {
        return;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              str_contains(STR("-._~"), c))) {
            client_problem(reading, "may hold letters, digits and - . _ ~ only");
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
            client_problem(reading, "must be at least %d characters", SECRET_LEAST);
        }
    }
}

#define TEXT_MEMBER(function, field)                                                                                   \
    static void function(struct reading *reading, const struct json *value) {                                          \
        read_text(reading, value, TEXT_MOST, &reading->client->field);                                                 \
    }
TEXT_MEMBER(read_client_name, client_name)
TEXT_MEMBER(read_client_name_en, client_name_en)
TEXT_MEMBER(read_agency, agency)

#define WEB_URI_MEMBER(function, field)                                                                                \
    static void function(struct reading *reading, const struct json *value) {                                          \
        read_web_uri(reading, value, &reading->client->field);                                                         \
    }
WEB_URI_MEMBER(read_client_uri, client_uri)
WEB_URI_MEMBER(read_logo_uri, logo_uri)
WEB_URI_MEMBER(read_policy_uri, policy_uri)
WEB_URI_MEMBER(read_tos_uri, tos_uri)
WEB_URI_MEMBER(read_jwks_uri, jwks_uri)
WEB_URI_MEMBER(read_backchannel_logout_uri, backchannel_logout_uri)

#define FLAG_MEMBER(function, field)                                                                                   \
    static void function(struct reading *reading, const struct json *value) {                                          \
        read_flag(reading, value, &reading->client->field);                                                            \
    }
FLAG_MEMBER(read_backchannel_session_required, backchannel_logout_session_required)
FLAG_MEMBER(read_require_auth_time, require_auth_time)
FLAG_MEMBER(read_require_pkce, require_pkce)
FLAG_MEMBER(read_enabled, enabled)

static void read_redirect_uris(struct reading *reading, const struct json *value) {
    read_uris(reading, value, &reading->client->redirect_uris, &reading->client->redirect_uri_count);
}

static void read_post_logout_redirect_uris(struct reading *reading, const struct json *value) {
    read_uris(reading, value, &reading->client->post_logout_redirect_uris,
              &reading->client->post_logout_redirect_uri_count);
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
        client_problem(reading, "must be a list");
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
    if (!code_only ||
        (json_length(value) == 1 && (!json_str(json_element(value, 0), &type) || !str_equal(type, STR("code"))))) {
        client_problem(reading, "must be [code]");
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

static void read_signing_alg(struct reading *reading, const struct json *value, struct str *alg) {
    int ignored;
    if (choose(reading, value, signing_algs, ARRAY_LEN(signing_algs), &ignored)) {
        json_str(value, alg);
    }
}

static void read_id_token_alg(struct reading *reading, const struct json *value) {
    read_signing_alg(reading, value, &reading->client->id_token_alg);
}

static void read_access_token_alg(struct reading *reading, const struct json *value) {
    read_signing_alg(reading, value, &reading->client->access_token_alg);
}

static void read_userinfo_alg(struct reading *reading, const struct json *value) {
    read_signing_alg(reading, value, &reading->client->userinfo_alg);
}

static void read_jwks(struct reading *reading, const struct json *value) {
    if (json_kind(json_member(value, "keys")) != JSON_KIND_ARRAY) {
        client_problem(reading, "must be a JWK set (RFC 7517 §5)");
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
                client_problem(reading, "holds a character that a scope cannot have (RFC 6749 §3.3)");
                return;
            }
        }
        if (word.len == 0) {
            client_problem(reading, "must be words with single spaces between them");
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
    {"tongxing_access_token_alg", read_access_token_alg},
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
    reading->member = client_shown(reading, name);
    client_problem(reading, "is not a member we know");
    return true;
}

void client_read_members(struct reading *reading, const struct json *metadata) {
    json_each(metadata, read_member, reading);
}
