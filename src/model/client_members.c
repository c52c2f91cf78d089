/*
 * The members of client metadata that RFC 7591 and OpenID Connect Dynamic Registration know, one reader each, in one
 * table.
 */
#include "base/arena.h"
#include "base/check.h"
#include "client_reading.h"

#define TEXT_MOST     200
#define CONTACTS_MOST 10
#define SCOPE_MOST    2000
#define SECRET_LEAST  8
#define SECRET_MOST   512
#define SECONDS_MOST  31536000

static const struct client_choice auth_methods[] = {
    {STR_INIT("client_secret_basic"), CLIENT_AUTH_SECRET_BASIC},
    {STR_INIT("client_secret_post"), CLIENT_AUTH_SECRET_POST},
    {STR_INIT("client_secret_jwt"), CLIENT_AUTH_SECRET_JWT},
    {STR_INIT("private_key_jwt"), CLIENT_AUTH_PRIVATE_KEY_JWT},
    {STR_INIT("none"), CLIENT_AUTH_NONE},
};
static const struct client_choice grant_types[] = {
    {STR_INIT("authorization_code"), GRANT_AUTHORIZATION_CODE},
    {STR_INIT("refresh_token"), GRANT_REFRESH_TOKEN},
    {STR_INIT("client_credentials"), GRANT_CLIENT_CREDENTIALS},
};
static const struct client_choice signing_algs[] = {
    {STR_INIT("ES256"), 0}, {STR_INIT("RS256"), 0}, {STR_INIT("PS256"), 0}, {STR_INIT("EdDSA"), 0}};
static const struct client_choice assertion_algs[] = {{STR_INIT("ES256"), 0},
                                                      {STR_INIT("RS256"), 0},
                                                      {STR_INIT("PS256"), 0},
                                                      {STR_INIT("EdDSA"), 0},
                                                      {STR_INIT("HS256"), 1}};

struct str client_auth_name(enum client_auth method) {
    return auth_methods[method].name;
}

static bool choice_of_name(const struct client_choice *choices, size_t count, struct str name, int *ret_value) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(choices[i].name, name)) {
            *ret_value = choices[i].value;
            return true;
        }
    }
    return false;
}

bool client_auth_of_name(struct str name, enum client_auth *ret_method) {
    int value;
    bool known = choice_of_name(auth_methods, ARRAY_LEN(auth_methods), name, &value);
    if (known) {
        *ret_method = (enum client_auth)value;
    }
    return known;
}

bool client_grant_of_name(struct str name, enum client_grant *ret_grant) {
    int value;
    bool known = choice_of_name(grant_types, ARRAY_LEN(grant_types), name, &value);
    if (known) {
        *ret_grant = (enum client_grant)value;
    }
    return known;
}

/* --- the members --- */

static void read_client_id(struct reading *reading, const struct json *value) {
    struct str text;
    if (reading->secret_elsewhere) {
        client_problem(reading, "is not part of the metadata");
        return;
    }
    if (!client_read_text(reading, value, CLIENT_ID_MOST, &text)) {
        return;
    }
    const char *wrong = client_id_problem(text);
    if (wrong) {
        client_problem(reading, "%s", wrong);
    }
    reading->client->client_id = text;
}

static void read_client_secret(struct reading *reading, const struct json *value) {
    struct str text;
    if (reading->secret_elsewhere) {
        client_problem(reading, "is made by the server");
    } else if (client_read_text(reading, value, SECRET_MOST, &text)) {
        reading->client->client_secret = text;
        if (text.len < SECRET_LEAST) {
            client_problem(reading, "must be at least %d characters", SECRET_LEAST);
        }
    }
}

#define TEXT_MEMBER(function, field)                                                                                   \
    static void function(struct reading *reading, const struct json *value) {                                          \
        client_read_text(reading, value, TEXT_MOST, &reading->client->field);                                          \
    }
TEXT_MEMBER(read_client_name, client_name)
TEXT_MEMBER(read_client_name_en, client_name_en)
TEXT_MEMBER(read_software_id, software_id)
TEXT_MEMBER(read_software_version, software_version)

#define WEB_URI_MEMBER(function, field)                                                                                \
    static void function(struct reading *reading, const struct json *value) {                                          \
        client_read_web_uri(reading, value, &reading->client->field);                                                  \
    }
WEB_URI_MEMBER(read_client_uri, client_uri)
WEB_URI_MEMBER(read_logo_uri, logo_uri)
WEB_URI_MEMBER(read_policy_uri, policy_uri)
WEB_URI_MEMBER(read_tos_uri, tos_uri)
WEB_URI_MEMBER(read_initiate_login_uri, initiate_login_uri)
WEB_URI_MEMBER(read_jwks_uri, jwks_uri)
WEB_URI_MEMBER(read_backchannel_logout_uri, backchannel_logout_uri)

#define FLAG_MEMBER(function, field)                                                                                   \
    static void function(struct reading *reading, const struct json *value) {                                          \
        client_read_flag(reading, value, &reading->client->field);                                                     \
    }
FLAG_MEMBER(read_backchannel_session_required, backchannel_logout_session_required)
FLAG_MEMBER(read_require_auth_time, require_auth_time)

/* Where somebody can be reached: e-mail addresses, as a rule (RFC 7591 §2). */
static void read_contacts(struct reading *reading, const struct json *value) {
    size_t count = json_length(value);
    if (json_kind(value) != JSON_KIND_ARRAY || count == 0 || count > CONTACTS_MOST) {
        client_problem(reading, "must be a list of 1 to %d strings", CONTACTS_MOST);
        return;
    }
    struct str *contacts = arena_array_of(reading->arena, count, struct str);
    for (size_t i = 0; i < count; i++) {
        if (!client_read_text(reading, json_element(value, i), TEXT_MOST, &contacts[i])) {
            return;
        }
    }
    reading->client->contacts = contacts;
    reading->client->contact_count = count;
}

static void read_redirect_uris(struct reading *reading, const struct json *value) {
    client_read_uris(reading, value, &reading->client->redirect_uris, &reading->client->redirect_uri_count);
}

static void read_post_logout_redirect_uris(struct reading *reading, const struct json *value) {
    client_read_uris(reading, value, &reading->client->post_logout_redirect_uris,
                     &reading->client->post_logout_redirect_uri_count);
}

static void read_application_type(struct reading *reading, const struct json *value) {
    static const struct client_choice types[] = {{STR_INIT("web"), false}, {STR_INIT("native"), true}};
    int native;
    if (client_choose(reading, value, types, ARRAY_LEN(types), &native)) {
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
        if (client_choose(reading, json_element(value, i), grant_types, ARRAY_LEN(grant_types), &grant)) {
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
    if (client_choose(reading, value, auth_methods, ARRAY_LEN(auth_methods), &method)) {
        reading->client->auth = (enum client_auth)method;
    }
}

static void read_auth_alg(struct reading *reading, const struct json *value) {
    int ignored;
    if (client_choose(reading, value, assertion_algs, ARRAY_LEN(assertion_algs), &ignored)) {
        json_str(value, &reading->client->auth_alg);
    }
}

void client_read_signing_alg(struct reading *reading, const struct json *value, struct str *alg) {
    int ignored;
    if (client_choose(reading, value, signing_algs, ARRAY_LEN(signing_algs), &ignored)) {
        json_str(value, alg);
    }
}

static void read_id_token_alg(struct reading *reading, const struct json *value) {
    client_read_signing_alg(reading, value, &reading->client->id_token_alg);
}

static void read_userinfo_alg(struct reading *reading, const struct json *value) {
    client_read_signing_alg(reading, value, &reading->client->userinfo_alg);
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
    static const struct client_choice types[] = {{STR_INIT("public"), false}, {STR_INIT("pairwise"), true}};
    int pairwise;
    if (client_choose(reading, value, types, ARRAY_LEN(types), &pairwise)) {
        reading->client->pairwise = pairwise;
    }
}

static void read_sector_uri(struct reading *reading, const struct json *value) {
    client_read_web_uri(reading, value, &reading->client->sector_uri);
}

static void read_scope(struct reading *reading, const struct json *value) {
    struct str scope, left, word;
    if (!client_read_text(reading, value, SCOPE_MOST, &scope)) {
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
    if (str_has_word(scope, STR("admin"))) {
        client_problem(reading, "admin is for the administration console only");
    }
    reading->client->scope = scope;
}

static void read_default_max_age(struct reading *reading, const struct json *value) {
    client_read_number(reading, value, 0, SECONDS_MOST, &reading->client->default_max_age);
}

static const struct client_member members[] = {
    {"client_id", read_client_id},
    {"client_secret", read_client_secret},
    {"client_name", read_client_name},
    {"client_name#en", read_client_name_en},
    {"client_uri", read_client_uri},
    {"logo_uri", read_logo_uri},
    {"policy_uri", read_policy_uri},
    {"tos_uri", read_tos_uri},
    {"initiate_login_uri", read_initiate_login_uri},
    {"contacts", read_contacts},
    {"software_id", read_software_id},
    {"software_version", read_software_version},
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
};

static const struct client_member *find(const struct client_member *table, size_t count, struct str name) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(str_from(table[i].name), name)) {
            return &table[i];
        }
    }
    return NULL;
}

const struct client_member *client_member_find(struct str name) {
    const struct client_member *member = find(members, ARRAY_LEN(members), name);
    return member ? member : find(client_own_members, client_own_member_count, name);
}

bool client_member_is_own(const struct client_member *member) {
    return str_starts(str_from(member->name), STR("tongxing_"));
}

static bool read_member(void *ctx, struct str name, const struct json *value) {
    struct reading *reading = ctx;
    const struct client_member *member = client_member_find(name);
    if (member) {
        reading->member = member->name;
        member->read(reading, value);
        return true;
    }
    reading->member = client_shown(reading, name);
    client_problem(reading, "is not a member we know");
    return true;
}

void client_read_members(struct reading *reading, const struct json *metadata) {
    json_each(metadata, read_member, reading);
}
