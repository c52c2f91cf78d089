/*
 * The key from its JWK, and JWS compact serialization (RFC 7515 §7.1) over it.
 */
#include "assertion.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#define COORDINATE    32 /* bytes of a coordinate, and of each half of a signature */
#define DER_SIGNATURE 80
#define CLAIMS_MOST   4096

static void release_key(void *handle) {
    EVP_PKEY_free(handle);
}

static void release_context(void *handle) {
    EVP_MD_CTX_free(handle);
}

/* The parameters of a P-256 key, to be freed. */
static OSSL_PARAM *key_parameters(struct str point, BIGNUM *secret) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    CHECK(builder);
    OSSL_PARAM *parameters = NULL;
    if (OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point.ptr, point.len) &&
        OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, secret)) {
        parameters = OSSL_PARAM_BLD_to_param(builder);
    }
    OSSL_PARAM_BLD_free(builder);
    return parameters;
}

static EVP_PKEY *key_from(OSSL_PARAM *parameters) {
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    CHECK(context);
    EVP_PKEY *key = NULL;
    if (EVP_PKEY_fromdata_init(context) <= 0 || EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, parameters) <= 0) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *read_key(struct arena *arena, const struct assertion_plan *plan) {
    struct str x, y, d;
    if (!base64url_decode(arena, plan->x, &x) || x.len != COORDINATE || !base64url_decode(arena, plan->y, &y) ||
        y.len != COORDINATE || !base64url_decode(arena, plan->d, &d) || d.len != COORDINATE) {
        return NULL;
    }
    char point[1 + 2 * COORDINATE] = {4}; /* uncompressed (SEC 1 §2.3.3) */
    memcpy(point + 1, x.ptr, COORDINATE);
    memcpy(point + 1 + COORDINATE, y.ptr, COORDINATE);
    BIGNUM *secret = BN_bin2bn((const unsigned char *)d.ptr, COORDINATE, NULL);
    CHECK(secret);
    OSSL_PARAM *parameters = key_parameters(str_of(point, sizeof(point)), secret);
    EVP_PKEY *key = parameters ? key_from(parameters) : NULL;
    OSSL_PARAM_free(parameters);
    BN_clear_free(secret);
    if (key) {
        arena_defer(arena, release_key, key);
    }
    return key;
}

static void put_header(struct buf *text, const struct assertion_plan *plan) {
    struct json_out out = json_out(text);
    json_open_object(&out, NULL);
    json_put_str(&out, "alg", STR("ES256"));
    json_put_str(&out, "typ", STR("JWT"));
    json_put_str(&out, "kid", plan->kid);
    json_close_object(&out);
}

static void put_claims(struct buf *text, const struct assertion_plan *plan, struct str id, int64_t now) {
    struct json_out out = json_out(text);
    json_open_object(&out, NULL);
    json_put_str(&out, "iss", plan->client_id);
    json_put_str(&out, "sub", plan->client_id);
    json_put_str(&out, "aud", plan->audience);
    json_put_str(&out, "jti", id);
    json_put_int(&out, "iat", now);
    json_put_int(&out, "exp", now + (int64_t)plan->lifetime);
    json_close_object(&out);
}

/* The two halves one after the other (RFC 7518 §3.4), not OpenSSL's DER. */
static void put_signature(struct buf *jws, const unsigned char *der, size_t len) {
    unsigned char halves[2 * COORDINATE];
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
    CHECK(signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), halves, COORDINATE) == COORDINATE &&
          BN_bn2binpad(ECDSA_SIG_get0_s(signature), halves + COORDINATE, COORDINATE) == COORDINATE);
    ECDSA_SIG_free(signature);
    buf_put_base64url(jws, str_of(halves, sizeof(halves)));
}

static struct str sign(struct arena *arena, const struct assertion_plan *plan, struct str header, EVP_PKEY *key,
                       EVP_MD_CTX *context) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct buf claims, jws;
    buf_init(&claims, scratch, 512, CLAIMS_MOST);
    put_claims(&claims, plan, random_text(scratch, 16), clock_wall());
    buf_init(&jws, scratch, 1024, 3 * CLAIMS_MOST);
    buf_put_base64url(&jws, header);
    buf_putc(&jws, '.');
    buf_put_base64url(&jws, buf_str(&claims));
    unsigned char der[DER_SIGNATURE];
    size_t len = sizeof(der);
    CHECK(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) > 0 &&
          EVP_DigestSign(context, der, &len, (const unsigned char *)jws.ptr, jws.len) > 0);
    buf_putc(&jws, '.');
    put_signature(&jws, der, len);
    CHECK(!claims.failed && !jws.failed);
    return str_dup(arena, buf_str(&jws));
}

bool assertions_sign(struct arena *arena, const struct assertion_plan *plan, struct str **ret_assertions) {
    EVP_PKEY *key = read_key(arena, plan);
    if (!key) {
        return false;
    }
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    CHECK(context);
    arena_defer(arena, release_context, context);
    struct buf header;
    buf_init(&header, arena, 256, CLAIMS_MOST);
    put_header(&header, plan);
    struct str *assertions = arena_array_of(arena, plan->count, struct str);
    for (size_t i = 0; i < plan->count; i++) {
        assertions[i] = sign(arena, plan, buf_str(&header), key, context);
    }
    *ret_assertions = assertions;
    return true;
}
