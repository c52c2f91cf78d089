/*
 * The metadata document, and the key set it points to.
 */
#include "discovery.h"

#include "../routes.h"
#include "base/check.h"
#include "base/json.h"
#include "client_auth.h"
#include "client_registration.h"
#include "domain/claims.h"
#include "domain/registry.h"
#include "domain/token.h"
#include "domain/verified_claims.h"
#include "grants.h"

#define DOCUMENT_MOST (16 * 1024)
#define CACHE_SECONDS "300" /* shorter than a key is published before it signs */

static void put_url(struct json_out *out, struct arena *arena, const char *name, struct str issuer, const char *path) {
    json_put_str(out, name, str_format(arena, "%.*s%s", STR_ARG(issuer), path));
}

static void put_list(struct json_out *out, const char *name, const char *const *values, size_t count) {
    json_open_array(out, name);
    for (size_t i = 0; i < count; i++) {
        json_put_str(out, NULL, str_from(values[i]));
    }
    json_close_array(out);
}
#define PUT_LIST(out, name, ...)                                                                                       \
    put_list((out), (name), (const char *const[]){__VA_ARGS__},                                                        \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void put_signing_algs(struct json_out *out, const char *name, const struct domain *domain) {
    json_open_array(out, name);
    for (int alg = 0; alg < DOMAIN_ALGS; alg++) {
        if (domain->keys->signers[alg]) {
            json_put_str(out, NULL, jose_alg_name((enum jose_alg)alg));
        }
    }
    json_close_array(out);
}

static void put_endpoints(struct json_out *out, struct arena *arena, struct str issuer) {
    json_put_str(out, "issuer", issuer);
    put_url(out, arena, "authorization_endpoint", issuer, "/authorize");
    put_url(out, arena, "token_endpoint", issuer, "/token");
    put_url(out, arena, "userinfo_endpoint", issuer, "/userinfo");
    put_url(out, arena, "jwks_uri", issuer, "/jwks");
    put_url(out, arena, "revocation_endpoint", issuer, "/revoke");
    put_url(out, arena, "introspection_endpoint", issuer, "/introspect");
    put_url(out, arena, "end_session_endpoint", issuer, "/logout");
}

static void put_client_auth(struct json_out *out) {
    static const struct {
        const char *methods, *algs;
        bool public_too; /* introspection is for clients with credentials */
    } endpoints[] = {
        {"token_endpoint_auth_methods_supported", "token_endpoint_auth_signing_alg_values_supported", true},
        {"revocation_endpoint_auth_methods_supported", "revocation_endpoint_auth_signing_alg_values_supported", true},
        {"introspection_endpoint_auth_methods_supported", "introspection_endpoint_auth_signing_alg_values_supported",
         false},
    };
    for (size_t e = 0; e < ARRAY_LEN(endpoints); e++) {
        json_open_array(out, endpoints[e].methods);
        for (size_t i = 0; i < client_auth_method_count; i++) {
            enum client_auth method = client_auth_methods[i]->method;
            if (method != CLIENT_AUTH_NONE || endpoints[e].public_too) {
                json_put_str(out, NULL, client_auth_name(method));
            }
        }
        json_close_array(out);
        PUT_LIST(out, endpoints[e].algs, "ES256", "RS256", "PS256", "EdDSA", "HS256");
    }
}

static void put_claims_supported(struct json_out *out) {
    static const char *const always[] = {"sub", "iss", "auth_time", "acr", "amr"};
    json_open_array(out, "claims_supported");
    for (size_t i = 0; i < ARRAY_LEN(always); i++) {
        json_put_str(out, NULL, str_from(always[i]));
    }
    for (int claim = 0; claim < CLAIMS; claim++) {
        json_put_str(out, NULL, claim_name((enum claim)claim));
    }
    json_close_array(out);
}

/* openid, whatever claims are opened by, and offline_access. */
static void put_scopes_supported(struct json_out *out) {
    struct str last = STR_NONE;
    json_open_array(out, "scopes_supported");
    json_put_str(out, NULL, STR("openid"));
    for (int claim = 0; claim < CLAIMS; claim++) {
        struct str scope = claim_scope((enum claim)claim);
        if (!str_equal(scope, last)) { /* claims of one scope stand together */
            json_put_str(out, NULL, scope);
        }
        last = scope;
    }
    json_put_str(out, NULL, STR("offline_access"));
    json_close_array(out);
}

/* --- OpenID Connect for Identity Assurance 1.0 §7 --- */

static struct str check_method_of(const struct proof *proof) {
    return proof->check_method;
}

static struct str what_of(const struct proof *proof) {
    return proof->what;
}

static struct str type_of(const struct proof *proof) {
    return evidence_type_name(proof->type);
}

/* The ways of proof that are told of and have this type, each word once. */
static void put_of_proofs(struct json_out *out, const char *name, unsigned types,
                          struct str (*word_of)(const struct proof *proof)) {
    struct str words[PROOF_METHODS];
    size_t count = 0;
    json_open_array(out, name);
    for (int method = 0; method < PROOF_METHODS; method++) {
        const struct proof *proof = proof_of((enum proof_method)method);
        if (!verified_claims_tell_of(proof) || !(types & 1u << proof->type)) {
            continue;
        }
        struct str word = word_of(proof);
        size_t seen = 0;
        while (seen < count && !str_equal(words[seen], word)) {
            seen++;
        }
        if (seen == count) {
            words[count++] = word;
            json_put_str(out, NULL, word);
        }
    }
    json_close_array(out);
}

static void put_verified_claims(struct json_out *out, const struct domain *domain) {
    const unsigned document = 1u << EVIDENCE_DOCUMENT, record = 1u << EVIDENCE_RECORD;
    json_put_bool(out, "verified_claims_supported", true);
    json_open_array(out, "trust_frameworks_supported");
    json_put_str(out, NULL, domain->settings->trust_framework);
    json_close_array(out);
    json_open_array(out, "claims_in_verified_claims_supported");
    for (int claim = 0; claim < CLAIMS; claim++) {
        if ((CLAIMS_VERIFIABLE | CLAIMS_OF_ORGANISATION) & CLAIM_BIT(claim)) {
            json_put_str(out, NULL, claim_name((enum claim)claim));
        }
    }
    json_close_array(out);
    put_of_proofs(out, "evidence_supported", document | record, type_of);
    PUT_LIST(out, "documents_supported", "idcard", "residence_permit");
    put_of_proofs(out, "documents_check_methods_supported", document, check_method_of);
    put_of_proofs(out, "electronic_records_supported", record, what_of);
}

struct str discovery_document(struct arena *arena, const struct domain *domain, bool registration) {
    struct buf document;
    buf_init(&document, arena, 4096, DOCUMENT_MOST);
    struct json_out out = json_out(&document);
    json_open_object(&out, NULL);
    put_endpoints(&out, arena, domain->settings->issuer);
    if (registration) {
        put_url(&out, arena, "registration_endpoint", domain->settings->issuer, CLIENT_REGISTRATION_PATH);
    }
    put_scopes_supported(&out);
    PUT_LIST(&out, "response_types_supported", "code");
    PUT_LIST(&out, "response_modes_supported", "query", "fragment");
    json_open_array(&out, "grant_types_supported");
    for (size_t i = 0; i < grant_handler_count; i++) {
        json_put_str(&out, NULL, grant_handlers[i].name);
    }
    json_close_array(&out);
    json_open_array(&out, "acr_values_supported");
    for (int level = 1; level <= LEVEL_MOST; level++) {
        json_put_str(&out, NULL, acr_of_level(level));
    }
    json_close_array(&out);
    PUT_LIST(&out, "subject_types_supported", "public", "pairwise");
    put_signing_algs(&out, "id_token_signing_alg_values_supported", domain);
    put_signing_algs(&out, "userinfo_signing_alg_values_supported", domain);
    put_client_auth(&out);
    put_claims_supported(&out);
    put_verified_claims(&out, domain);
    PUT_LIST(&out, "code_challenge_methods_supported", "S256");
    PUT_LIST(&out, "prompt_values_supported", "none", "login", "consent", "select_account");
    PUT_LIST(&out, "ui_locales_supported", "zh-CN", "en");
    PUT_LIST(&out, "claim_types_supported", "normal");
    json_put_bool(&out, "claims_parameter_supported", true);
    json_put_bool(&out, "request_parameter_supported", false);
    json_put_bool(&out, "request_uri_parameter_supported", false);
    json_put_bool(&out, "authorization_response_iss_parameter_supported", true);
    json_put_bool(&out, "backchannel_logout_supported", true);
    json_put_bool(&out, "backchannel_logout_session_supported", true);
    json_close_object(&out);
    CHECK(!document.failed);
    return buf_str(&document);
}

void endpoint_discovery(struct call *call) {
    bool registration = registry_settings(call->registry)->dynamic_registration;
    reply_json(call, 200, registration ? call->endpoint->discovery_with_registration : call->endpoint->discovery);
    call->reply->cache_control = STR("public, max-age=" CACHE_SECONDS);
}

void endpoint_jwks(struct call *call) {
    reply_json(call, 200, call->domain->keys->jwks);
    call->reply->content_type = STR("application/jwk-set+json");
    call->reply->cache_control = STR("public, max-age=" CACHE_SECONDS);
}
