/*
 * Taking a compact JWS apart and verifying it. Nothing in a token chooses how it is verified: its alg must be one
 * allowed for the use at hand, and the key's own.
 */
#include "jose/jws.h"

#include "base/arena.h"
#include "base/encode.h"
#include "internal.h"
#include "jose/digest.h"

#include <jwt.h>
#include <stdlib.h>

#define KID_MOST       256
#define TRIES_MOST     8
#define HMAC_KEY_LEAST 32

struct parts {
    struct str input;     /* header.payload, what is signed */
    struct str signature; /* decoded */
};

/* The members of RFC 7515 §4 that count; jku, x5u, x5c and jwk are ignored, never followed. crit and b64 would change
 * the meaning: refused. */
static bool read_header(const struct json *header, struct jws *jws) {
    struct str alg;
    if (json_kind(header) != JSON_KIND_OBJECT || !json_get_str(header, "alg", &alg) || json_member(header, "crit") ||
        json_member(header, "b64")) {
        return false;
    }
    if ((json_member(header, "typ") && !json_get_str(header, "typ", &jws->typ)) ||
        (json_member(header, "kid") && !json_get_str(header, "kid", &jws->kid)) || jws->kid.len > KID_MOST) {
        return false;
    }
    jws->alg = jose_alg_from_name(alg);
    return true;
}

static bool take_apart(struct arena *arena, struct str token, struct jws *jws, struct parts *parts) {
    if (token.len > JWS_BYTES_MOST) {
        return false;
    }
    struct str rest, signature_text, header_text, payload;
    struct str header_part = str_cut(token, '.', &rest);
    struct str payload_part = str_cut(rest, '.', &signature_text);
    const struct json *header;
    if (str_is_absent(rest) || str_is_absent(signature_text) || str_contains(signature_text, '.') ||
        !base64url_decode(arena, header_part, &header_text) || !base64url_decode(arena, payload_part, &payload) ||
        !base64url_decode(arena, signature_text, &parts->signature)) {
        return false;
    }
    if (!json_parse(arena, header_text, JSON_LIMITS_TOKEN, &header) || !read_header(header, jws) ||
        !json_parse(arena, payload, JSON_LIMITS_TOKEN, &jws->claims) || json_kind(jws->claims) != JSON_KIND_OBJECT) {
        return false;
    }
    jws->payload = payload;
    parts->input = str_sub(token, 0, header_part.len + 1 + payload_part.len);
    return true;
}

enum jws_result jws_peek(struct arena *arena, struct str token, struct jws *ret_jws) {
    struct jws jws = {0};
    struct parts parts;
    if (!take_apart(arena, token, &jws, &parts)) {
        return JWS_MALFORMED;
    }
    *ret_jws = jws;
    return JWS_VALID;
}

/* RFC 7515 §4.1.9: "application/" may be left out of a typ, and mostly is. */
static void shorten_typ(struct jws *jws) {
    struct str prefix = STR("application/");
    if (jws->typ.len > prefix.len && str_equal_fold(str_sub(jws->typ, 0, prefix.len), prefix)) {
        jws->typ = str_sub(jws->typ, prefix.len, jws->typ.len - prefix.len);
    }
}

static enum jws_result check_signature(const struct jws *jws, const struct parts *parts,
                                       const struct jose_key_set *keys) {
    enum jws_result result = JWS_UNKNOWN_KEY;
    int tries = 0;
    for (size_t i = 0; i < keys->count && tries < TRIES_MOST; i++) {
        const struct jose_key *key = keys->keys[i];
        if (key->alg != jws->alg || (!str_is_absent(jws->kid) && !str_equal(jws->kid, jose_key_kid(key)))) {
            continue;
        }
        tries++;
        if (jose_key_verify(key, parts->input, parts->signature)) {
            return JWS_VALID;
        }
        result = JWS_BAD_SIGNATURE;
    }
    return result;
}

enum jws_result jws_verify(struct arena *arena, struct str token, const struct jose_key_set *keys, unsigned allowed,
                           struct jws *ret_jws) {
    struct jws jws = {0};
    struct parts parts;
    if (!take_apart(arena, token, &jws, &parts)) {
        return JWS_MALFORMED;
    }
    if (jws.alg == JOSE_NONE || jws.alg == JOSE_HS256 || !(allowed & JOSE_ALG_BIT(jws.alg))) {
        return JWS_WRONG_ALG;
    }
    enum jws_result result = check_signature(&jws, &parts, keys);
    if (result == JWS_VALID) {
        shorten_typ(&jws);
        *ret_jws = jws;
    }
    return result;
}

/* libjwt takes the token apart again by itself; what it is given has passed our stricter reading before. */
enum jws_result jws_verify_hs256(struct arena *arena, struct str token, struct str secret, struct jws *ret_jws) {
    struct jws jws = {0};
    struct parts parts;
    if (!take_apart(arena, token, &jws, &parts)) {
        return JWS_MALFORMED;
    }
    if (jws.alg != JOSE_HS256) {
        return JWS_WRONG_ALG;
    }
    if (secret.len < HMAC_KEY_LEAST || parts.signature.len != SHA256_SIZE) {
        return JWS_BAD_SIGNATURE;
    }
    jwt_t *decoded = NULL;
    int failed = jwt_decode(&decoded, str_c(arena, token), (const unsigned char *)secret.ptr, (int)secret.len);
    bool valid = failed == 0 && jwt_get_alg(decoded) == JWT_ALG_HS256;
    jwt_free(decoded);
    if (!valid) {
        return JWS_BAD_SIGNATURE;
    }
    shorten_typ(&jws);
    *ret_jws = jws;
    return JWS_VALID;
}
