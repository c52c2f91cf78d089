/*
 * Verification by libjwt, which takes PEM: the JWK's point becomes a public key and that its PEM.
 */
#include "base/encode.h"
#include "portal.h"

#include <jwt.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <stdlib.h>

#define P256_SIZE 32

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

static bool pem_of_point(struct arena *arena, struct str x, struct str y, struct str *ret_pem) {
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
    bool fine = ctx && EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) == 1 &&
                pem_of_pkey(arena, pkey, ret_pem);
    EVP_PKEY_free(pkey);
    EVP_PKEY_CTX_free(ctx);
    return fine;
}

static bool is_key(const struct json *jwk, struct str kid) {
    struct str text;
    return json_get_str(jwk, "kid", &text) && str_equal(text, kid) && json_get_str(jwk, "kty", &text) && str_equal(text, STR("EC")) &&
           json_get_str(jwk, "crv", &text) && str_equal(text, STR("P-256"));
}

static bool pem_of_kid(struct arena *arena, struct str jwks, struct str kid, struct str *ret_pem) {
    const struct json *document, *keys;
    if (!json_parse(arena, jwks, JSON_LIMITS_DOCUMENT, &document)) {
        return false;
    }
    keys = json_member(document, "keys");
    for (size_t i = 0; i < json_length(keys); i++) {
        const struct json *jwk = json_element(keys, i);
        struct str text, x, y;
        if (is_key(jwk, kid)) {
            return json_get_str(jwk, "x", &text) && base64url_decode(arena, text, &x) && x.len == P256_SIZE &&
                   json_get_str(jwk, "y", &text) && base64url_decode(arena, text, &y) && y.len == P256_SIZE &&
                   pem_of_point(arena, x, y, ret_pem);
        }
    }
    return false;
}

bool jwt_verify_with(struct arena *arena, struct str token, struct str jwks, const struct json **ret_claims) {
    struct str rest, header_text, kid, pem;
    const struct json *header;
    if (token.len > 16384 || !base64url_decode(arena, str_cut(token, '.', &rest), &header_text) ||
        !json_parse(arena, header_text, JSON_LIMITS_TOKEN, &header) || !json_get_str(header, "kid", &kid) ||
        !pem_of_kid(arena, jwks, kid, &pem)) {
        return false;
    }
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
