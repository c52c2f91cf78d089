/*
 * Verification with the keys of a JWKS document. ID tokens go through libjwt, which takes PEM: the JWK's point becomes
 * a public key and that its PEM. libjwt 1.10 knows no type but JWT, so for logout tokens, whose type is logout+jwt, EVP
 * checks the signature.
 */
#include "base/encode.h"
#include "portal.h"

#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define P256_SIZE  32
#define TOKEN_MOST 16384

/* --- the key --- */

static EVP_PKEY *pkey_of_point(struct str x, struct str y) {
    unsigned char point[1 + 2 * P256_SIZE] = {0x04};
    memcpy(point + 1, x.ptr, P256_SIZE);
    memcpy(point + 1 + P256_SIZE, y.ptr, P256_SIZE);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"P-256"}, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *pkey = NULL;
    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1) {
        EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params);
    }
    EVP_PKEY_CTX_free(ctx);
    return pkey;
}

static bool is_key(const struct json *jwk, struct str kid) {
    struct str text;
    return json_get_str(jwk, "kid", &text) && str_equal(text, kid) && json_get_str(jwk, "kty", &text) &&
           str_equal(text, STR("EC")) && json_get_str(jwk, "crv", &text) && str_equal(text, STR("P-256"));
}

static bool coordinate(struct arena *arena, const struct json *jwk, const char *name, struct str *ret_bytes) {
    struct str text;
    return json_get_str(jwk, name, &text) && base64url_decode(arena, text, ret_bytes) && ret_bytes->len == P256_SIZE;
}

static EVP_PKEY *pkey_of_kid(struct arena *arena, struct str jwks, struct str kid) {
    const struct json *document;
    if (!json_parse(arena, jwks, JSON_LIMITS_DOCUMENT, &document)) {
        return NULL;
    }
    const struct json *keys = json_member(document, "keys");
    for (size_t i = 0; i < json_length(keys); i++) {
        const struct json *jwk = json_element(keys, i);
        struct str x, y;
        if (is_key(jwk, kid) && coordinate(arena, jwk, "x", &x) && coordinate(arena, jwk, "y", &y)) {
            return pkey_of_point(x, y);
        }
    }
    return NULL;
}

static EVP_PKEY *pkey_of_token(struct arena *arena, struct str token, struct str jwks, struct str typ) {
    struct str rest, text, alg, kid, found;
    const struct json *header;
    bool fine = token.len <= TOKEN_MOST && base64url_decode(arena, str_cut(token, '.', &rest), &text) &&
                json_parse(arena, text, JSON_LIMITS_TOKEN, &header) && json_get_str(header, "alg", &alg) &&
                str_equal(alg, STR("ES256")) && json_get_str(header, "typ", &found) && str_equal_fold(found, typ) &&
                json_get_str(header, "kid", &kid);
    return fine ? pkey_of_kid(arena, jwks, kid) : NULL;
}

/* --- ID tokens --- */

static bool pem_of_pkey(struct arena *arena, EVP_PKEY *pkey, struct str *ret_pem) {
    BIO *bio = BIO_new(BIO_s_mem());
    char *text;
    bool fine = bio && PEM_write_bio_PUBKEY(bio, pkey) == 1;
    if (fine) {
        long len = BIO_get_mem_data(bio, &text);
        *ret_pem = str_dup(arena, str_of(text, (size_t)len));
    }
    BIO_free(bio);
    return fine;
}

static bool decode(struct arena *arena, struct str token, struct str pem, const struct json **ret_claims) {
    jwt_t *jwt = NULL;
    if (jwt_decode(&jwt, str_c(arena, token), (const unsigned char *)pem.ptr, (int)pem.len) != 0) {
        return false;
    }
    char *grants = jwt_get_alg(jwt) == JWT_ALG_ES256 ? jwt_get_grants_json(jwt, NULL) : NULL;
    bool fine = grants && json_parse(arena, str_dup(arena, str_from(grants)), JSON_LIMITS_TOKEN, ret_claims);
    free(grants);
    jwt_free(jwt);
    return fine;
}

bool id_token_verify(struct arena *arena, struct str token, struct str jwks, const struct json **ret_claims) {
    EVP_PKEY *pkey = pkey_of_token(arena, token, jwks, STR("JWT"));
    struct str pem;
    bool fine = pkey && pem_of_pkey(arena, pkey, &pem) && decode(arena, token, pem, ret_claims);
    EVP_PKEY_free(pkey);
    return fine;
}

/* --- logout tokens --- */

static bool signature_fits(EVP_PKEY *pkey, struct str input, struct str raw) {
    unsigned char der[2 * P256_SIZE + 16], *end = der;
    ECDSA_SIG *signature = ECDSA_SIG_new();
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool fine = signature && ctx && raw.len == 2 * P256_SIZE &&
                ECDSA_SIG_set0(signature, BN_bin2bn((const unsigned char *)raw.ptr, P256_SIZE, NULL),
                               BN_bin2bn((const unsigned char *)raw.ptr + P256_SIZE, P256_SIZE, NULL)) == 1;
    int len = fine ? i2d_ECDSA_SIG(signature, &end) : 0;
    fine = len > 0 && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, pkey) == 1 &&
           EVP_DigestVerify(ctx, der, (size_t)len, (const unsigned char *)input.ptr, input.len) == 1;
    EVP_MD_CTX_free(ctx);
    ECDSA_SIG_free(signature);
    return fine;
}

bool logout_token_verify(struct arena *arena, struct str token, struct str jwks, const struct json **ret_claims) {
    EVP_PKEY *pkey = pkey_of_token(arena, token, jwks, STR("logout+jwt"));
    struct str rest, signature_text, payload, signature;
    struct str header_part = str_cut(token, '.', &rest);
    struct str payload_part = str_cut(rest, '.', &signature_text);
    bool fine = pkey && !str_is_absent(signature_text) && base64url_decode(arena, payload_part, &payload) &&
                base64url_decode(arena, signature_text, &signature) &&
                signature_fits(pkey, str_sub(token, 0, header_part.len + 1 + payload_part.len), signature) &&
                json_parse(arena, payload, JSON_LIMITS_TOKEN, ret_claims);
    EVP_PKEY_free(pkey);
    return fine;
}
