/*
 * Reading what a provider tells: pure functions over bytes, so that a fuzzer can drive them.
 */
#include "base/byte.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/random.h"
#include "jose/claims.h"
#include "jose/digest.h"
#include "model/uri.h"
#include "upstream/adapter.h"
#include "upstream/openid.h"

#define CODE_MOST    2048
#define TOKEN_MOST   (8 * 1024)
#define SUBJECT_MOST 255
#define SECRET_BYTES 32
#define SECRET_CHARS 43 /* of base64url */

/* --- metadata --- */

static bool is_http(struct str scheme) {
    return str_equal(scheme, STR("http"));
}

/* A provider on https that names an address on http would have secrets sent in the clear. */
static bool read_address(struct arena *arena, const struct json *object, const char *name, struct str issuer,
                         struct str *ret_address) {
    struct str address;
    struct uri of_issuer, uri;
    if (!json_get_str(object, name, &address) || uri_read(address, &uri) != NULL ||
        uri_read(issuer, &of_issuer) != NULL) {
        return false;
    }
    *ret_address = str_dup(arena, address);
    return upstream_is_private(address) && (!is_http(uri.scheme) || is_http(of_issuer.scheme));
}

static bool offers_code(const struct json *object) {
    const struct json *types = json_member(object, "response_types_supported");
    struct str type;
    for (size_t i = 0; i < json_length(types); i++) {
        if (json_str(json_element(types, i), &type) && str_equal(type, STR("code"))) {
            return true;
        }
    }
    return types == NULL;
}

bool openid_metadata_read(struct arena *arena, struct str body, struct str issuer, struct openid_metadata *ret) {
    const struct json *object;
    struct openid_metadata metadata = {0};
    struct str named;
    if (!json_parse(arena, body, JSON_LIMITS_DOCUMENT, &object) || !json_get_str(object, "issuer", &named) ||
        !str_equal(named, issuer) || !offers_code(object) ||
        !read_address(arena, object, "authorization_endpoint", issuer, &metadata.authorization) ||
        !read_address(arena, object, "token_endpoint", issuer, &metadata.token) ||
        !read_address(arena, object, "jwks_uri", issuer, &metadata.jwks)) {
        return false;
    }
    if (json_member(object, "userinfo_endpoint") &&
        !read_address(arena, object, "userinfo_endpoint", issuer, &metadata.userinfo)) {
        return false;
    }
    const char *says_iss = "authorization_response_iss_parameter_supported";
    if (json_member(object, says_iss) && !json_get_bool(object, says_iss, &metadata.says_iss)) {
        return false;
    }
    *ret = metadata;
    return true;
}

bool openid_is_elsewhere(struct str issuer, struct str address) {
    struct uri a, b;
    return uri_read(issuer, &a) != NULL || uri_read(address, &b) != NULL || !str_equal(a.scheme, b.scheme) ||
           !str_equal(a.host, b.host) || !str_equal(a.port, b.port);
}

/* --- what begin keeps --- */

struct openid_kept openid_kept_new(struct arena *arena) {
    return (struct openid_kept){.nonce = random_text(arena, SECRET_BYTES),
                                .verifier = random_text(arena, SECRET_BYTES),
                                .begun_at = clock_wall()};
}

struct str openid_kept_write(struct arena *arena, const struct openid_kept *kept) {
    return str_format(arena, "1.%.*s.%.*s.%lld", STR_ARG(kept->nonce), STR_ARG(kept->verifier),
                      (long long)kept->begun_at);
}

static bool is_secret(struct str text) {
    return text.len == SECRET_CHARS && bytes_all(text, BYTE_BASE64URL);
}

bool openid_kept_read(struct str text, struct openid_kept *ret_kept) {
    struct openid_kept kept;
    struct str rest;
    struct str version = str_cut(text, '.', &rest);
    kept.nonce = str_cut(rest, '.', &rest);
    kept.verifier = str_cut(rest, '.', &rest);
    if (!str_equal(version, STR("1")) || !is_secret(kept.nonce) || !is_secret(kept.verifier) ||
        !str_to_i64(rest, &kept.begun_at) || kept.begun_at < 0) {
        return false;
    }
    *ret_kept = kept;
    return true;
}

/* --- what the browser brings back --- */

/* RFC 6749 appendix A.11: a code is visible ASCII and blanks. What cannot be one is not sent. */
static bool is_printable(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e) {
            return false;
        }
    }
    return text.len > 0;
}

static bool came(const struct upstream_returned *returned, const char *name) {
    for (size_t i = 0; i < returned->param_count; i++) {
        if (str_equal(returned->params[i].name, str_from(name))) {
            return true;
        }
    }
    return false;
}

/* RFC 6749 §4.1.2.1 and Core §3.1.2.6: a person's no, the provider's "not now", or our own mistake. */
static enum verify_result result_of_error(struct str error) {
    static const struct {
        struct str error;
        enum verify_result result;
    } results[] = {
        {STR_INIT("access_denied"), VERIFY_MISMATCH},
        {STR_INIT("login_required"), VERIFY_MISMATCH},
        {STR_INIT("interaction_required"), VERIFY_MISMATCH},
        {STR_INIT("account_selection_required"), VERIFY_MISMATCH},
        {STR_INIT("consent_required"), VERIFY_MISMATCH},
        {STR_INIT("server_error"), VERIFY_RATE_LIMITED},
        {STR_INIT("temporarily_unavailable"), VERIFY_RATE_LIMITED},
    };
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        if (str_equal(results[i].error, error)) {
            return results[i].result;
        }
    }
    return str_is_empty(error) ? VERIFY_INVALID_INPUT : VERIFY_UNSUPPORTED;
}

/*
 * All of this may be of anybody's making: what is wrong with it is no error of the provider's. The issuer is looked at
 * before anything is believed (RFC 9207 §2.4).
 */
enum verify_result openid_return_read(const struct upstream_returned *returned, struct str issuer, bool says_iss,
                                      struct str *ret_code) {
    if (returned->param_count == 0) {
        return VERIFY_PENDING;
    }
    struct str state = str_or(upstream_param(returned, "state"), STR(""));
    if (!str_equal_secret(state, returned->begun.transaction) ||
        ((says_iss || came(returned, "iss")) && !str_equal(upstream_param(returned, "iss"), issuer))) {
        return VERIFY_INVALID_INPUT;
    }
    if (came(returned, "error")) {
        return came(returned, "code") ? VERIFY_INVALID_INPUT : result_of_error(upstream_param(returned, "error"));
    }
    struct str code = upstream_param(returned, "code");
    if (code.len > CODE_MOST || !is_printable(code)) {
        return VERIFY_INVALID_INPUT;
    }
    *ret_code = code;
    return VERIFY_MATCH;
}

/* --- the token endpoint's answer --- */

static bool is_token(struct str token) {
    return token.len > 0 && token.len <= TOKEN_MOST && bytes_all(token, BYTE_TOKEN68);
}

/* RFC 6749 §5.2. Only a code that was not taken says something about this sign-in; all else is between us and them, or
 * another word of theirs for such a code, which is why the guard counts no answer to one as a failure. */
static enum verify_result read_refusal(int status, const struct json *object) {
    struct str error;
    bool spent = status == 400 && json_get_str(object, "error", &error) && str_equal(error, STR("invalid_grant"));
    return spent ? VERIFY_MISMATCH : VERIFY_UPSTREAM_ERROR;
}

enum verify_result openid_tokens_read(struct arena *arena, int status, struct str body,
                                      struct openid_tokens *ret_tokens) {
    const struct json *object;
    struct openid_tokens tokens;
    struct str type;
    struct json_limits limits = {.bytes = 64 * 1024, .depth = 8};
    if (!json_parse(arena, body, limits, &object) || json_kind(object) != JSON_KIND_OBJECT) {
        return VERIFY_UPSTREAM_ERROR;
    }
    if (status != 200) {
        return read_refusal(status, object);
    }
    if (json_member(object, "error") || !json_get_str(object, "token_type", &type) ||
        !str_equal_fold(type, STR("Bearer")) || !json_get_str(object, "access_token", &tokens.access_token) ||
        !is_token(tokens.access_token) || !json_get_str(object, "id_token", &tokens.id_token)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    *ret_tokens = tokens;
    return VERIFY_MATCH;
}

/* --- the ID token --- */

/* The left half of the hash that belongs to the algorithm (Core §3.1.3.6); for Ed25519 that is SHA-512. */
static bool at_hash_fits(const struct jws *id_token, struct str access_token) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str told;
    if (!json_member(id_token->claims, "at_hash")) {
        return true;
    }
    struct sha256 short_hash = sha256_of(access_token);
    struct sha512 long_hash = sha512_of(access_token);
    struct str half = id_token->alg == JOSE_EDDSA ? str_of(long_hash.bytes, SHA512_SIZE / 2)
                                                  : str_of(short_hash.bytes, SHA256_SIZE / 2);
    return json_get_str(id_token->claims, "at_hash", &told) && str_equal(told, base64url_encode(arena, half));
}

/* One that is meant for others too says who asked for it. */
static bool is_for_us(const struct json *claims, const struct jwt_claims *read, struct str client_id) {
    struct str azp;
    if (!jwt_claims_has_audience(read, client_id) || (read->aud_count > 1 && !json_member(claims, "azp"))) {
        return false;
    }
    return !json_member(claims, "azp") || (json_get_str(claims, "azp", &azp) && str_equal(azp, client_id));
}

static bool is_in_time(const struct jwt_claims *read, const struct openid_expected *expected) {
    return read->exp >= 0 && read->iat >= 0 && read->iat + expected->skew_s >= expected->begun_at &&
           jwt_claims_time(read, expected->now, expected->skew_s) == JWT_TIME_OK;
}

/* Core §2: at most 255 ASCII characters, compared as they are. */
static bool is_subject(struct str subject) {
    return subject.len <= SUBJECT_MOST && is_printable(subject);
}

bool openid_id_token_fits(const struct jws *id_token, struct str access_token, const struct openid_expected *expected,
                          struct str *ret_subject) {
    struct jwt_claims read;
    struct str nonce;
    bool of_type = str_is_absent(id_token->typ) || str_equal_fold(id_token->typ, STR("JWT"));
    if (!of_type || !jwt_claims_read(id_token->claims, &read) || !str_equal(read.iss, expected->issuer) ||
        !is_for_us(id_token->claims, &read, expected->client_id) || !is_in_time(&read, expected) ||
        !json_get_str(id_token->claims, "nonce", &nonce) || !str_equal_secret(nonce, expected->nonce) ||
        !at_hash_fits(id_token, access_token) || !is_subject(read.sub)) {
        return false;
    }
    *ret_subject = read.sub;
    return true;
}

bool openid_userinfo_read(struct arena *arena, struct str body, struct str subject, const struct json **ret_claims) {
    const struct json *claims;
    struct str sub;
    struct json_limits limits = {.bytes = 64 * 1024, .depth = 16};
    if (!json_parse(arena, body, limits, &claims) || !json_get_str(claims, "sub", &sub) || !str_equal(sub, subject)) {
        return false;
    }
    *ret_claims = claims;
    return true;
}
