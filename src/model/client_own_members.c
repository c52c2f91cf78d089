/*
 * The members of client metadata that are ours: level of proof, consent, what the client may get, limits.
 */
#include "base/arena.h"
#include "base/check.h"
#include "client_reading.h"

#define TEXT_MOST    200
#define SECONDS_MOST 31536000
#define RATE_MOST    100000
#define ORIGINS_MOST 50

static void read_level(struct reading *reading, const struct json *value) {
    int64_t level = reading->client->level;
    client_read_number(reading, value, 1, 4, &level);
    reading->client->level = (int)level;
}

static void read_consent(struct reading *reading, const struct json *value) {
    static const struct client_choice kinds[] = {{STR_INIT("ask"), CONSENT_ASK},
                                                 {STR_INIT("statutory"), CONSENT_STATUTORY}};
    int kind;
    if (client_choose(reading, value, kinds, ARRAY_LEN(kinds), &kind)) {
        reading->client->consent = (enum client_consent)kind;
    }
}

static void read_acting(struct reading *reading, const struct json *value) {
    static const struct client_choice kinds[] = {{STR_INIT("none"), CLIENT_ACTING_NONE},
                                                 {STR_INIT("optional"), CLIENT_ACTING_OPTIONAL},
                                                 {STR_INIT("required"), CLIENT_ACTING_REQUIRED}};
    int kind;
    if (client_choose(reading, value, kinds, ARRAY_LEN(kinds), &kind)) {
        reading->client->acting = (enum client_acting)kind;
    }
}

static void read_access_seconds(struct reading *reading, const struct json *value) {
    client_read_number(reading, value, 1, SECONDS_MOST, &reading->client->access_token_ttl);
}

static void read_refresh_seconds(struct reading *reading, const struct json *value) {
    client_read_number(reading, value, 1, SECONDS_MOST, &reading->client->refresh_token_ttl);
}

static void read_access_token_alg(struct reading *reading, const struct json *value) {
    client_read_signing_alg(reading, value, &reading->client->access_token_alg);
}

static void read_agency(struct reading *reading, const struct json *value) {
    client_read_text(reading, value, TEXT_MOST, &reading->client->agency);
}

static void read_require_pkce(struct reading *reading, const struct json *value) {
    client_read_flag(reading, value, &reading->client->require_pkce);
}

static void read_enabled(struct reading *reading, const struct json *value) {
    client_read_flag(reading, value, &reading->client->enabled);
}

static void read_sandbox(struct reading *reading, const struct json *value) {
    client_read_flag(reading, value, &reading->client->sandbox);
}

static void read_second_factor(struct reading *reading, const struct json *value) {
    client_read_flag(reading, value, &reading->client->second_factor);
}

static void read_rate_limit(struct reading *reading, const struct json *value) {
    client_read_number(reading, value, 1, RATE_MOST, &reading->client->rate_limit);
}

/* Personal Information Protection Law, article 13: what entitles the client system to what it is told. */
static void read_legal_basis(struct reading *reading, const struct json *value) {
    static const struct client_choice bases[] = {
        {STR_INIT("consent"), 0},   {STR_INIT("contract"), 0},        {STR_INIT("statutory_duty"), 0},
        {STR_INIT("emergency"), 0}, {STR_INIT("public_interest"), 0}, {STR_INIT("disclosed_information"), 0},
        {STR_INIT("law"), 0}};
    int ignored;
    if (client_choose(reading, value, bases, ARRAY_LEN(bases), &ignored)) {
        json_str(value, &reading->client->legal_basis);
    }
}

static void read_claims(struct reading *reading, const struct json *value) {
    claim_set allowed = 0;
    if (json_kind(value) != JSON_KIND_ARRAY) {
        client_problem(reading, "must be a list of claims");
        return;
    }
    for (size_t i = 0; i < json_length(value); i++) {
        struct str name = STR("");
        enum claim claim;
        json_str(json_element(value, i), &name);
        if (!claim_from_name(name, &claim)) {
            client_problem(reading, "%s is not a claim we know", client_shown(reading, name));
            return;
        }
        allowed |= (claim_set)1 << claim;
    }
    reading->client->claims = allowed;
}

/* RFC 6454 §6.2: scheme, host and port, and nothing else. */
static void read_allowed_origins(struct reading *reading, const struct json *value) {
    struct client *client = reading->client;
    client_read_uris(reading, value, &client->allowed_origins, &client->allowed_origin_count);
    for (size_t i = 0; i < client->allowed_origin_count; i++) {
        struct uri uri;
        if (uri_read(client->allowed_origins[i], &uri) || !client_uri_is_web(&uri) || uri.path.len > 0 ||
            !str_is_absent(uri.query)) {
            client_problem(reading, "%s is not an origin: https://host, without path",
                           client_shown(reading, client->allowed_origins[i]));
        }
    }
}

const struct client_member client_own_members[] = {
    {"tongxing_require_pkce", read_require_pkce},
    {"tongxing_level", read_level},
    {"tongxing_consent", read_consent},
    {"tongxing_agency", read_agency},
    {"tongxing_enabled", read_enabled},
    {"tongxing_acting", read_acting},
    {"tongxing_access_token_alg", read_access_token_alg},
    {"tongxing_access_token_seconds", read_access_seconds},
    {"tongxing_refresh_token_seconds", read_refresh_seconds},
    {"tongxing_allowed_origins", read_allowed_origins},
    {"tongxing_claims", read_claims},
    {"tongxing_legal_basis", read_legal_basis},
    {"tongxing_rate_limit", read_rate_limit},
    {"tongxing_sandbox", read_sandbox},
    {"tongxing_second_factor", read_second_factor},
};
const size_t client_own_member_count = ARRAY_LEN(client_own_members);
