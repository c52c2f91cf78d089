/*
 * Keys: making, reading and writing them as JWK, with RFC 7638 thumbprints.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "internal.h"
#include "jose/digest.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <stdlib.h>

#define RSA_BITS       3072
#define RSA_BITS_LEAST 2048
#define RSA_BITS_MOST  4096
#define P256_SIZE      32
#define ED25519_SIZE   32
#define NUMBER_MOST    600 /* bytes of the largest RSA member */

static const struct {
    enum jose_alg alg;
    struct str name;
} alg_names[] = {
    {JOSE_ES256, STR_INIT("ES256")}, {JOSE_RS256, STR_INIT("RS256")}, {JOSE_PS256, STR_INIT("PS256")},
    {JOSE_EDDSA, STR_INIT("EdDSA")}, {JOSE_HS256, STR_INIT("HS256")},
};

struct str jose_alg_name(enum jose_alg alg) {
    for (size_t i = 0; i < ARRAY_LEN(alg_names); i++) {
        if (alg_names[i].alg == alg) {
            return alg_names[i].name;
        }
    }
    return STR("");
}

enum jose_alg jose_alg_from_name(struct str name) {
    for (size_t i = 0; i < ARRAY_LEN(alg_names); i++) {
        if (str_equal(alg_names[i].name, name)) {
            return alg_names[i].alg;
        }
    }
    return JOSE_NONE;
}

/* --- life --- */

struct jose_key *jose_key_hold(struct jose_key *key) {
    atomic_fetch_add(&key->holds, 1);
    return key;
}

void jose_key_free(struct jose_key *key) {
    if (key && atomic_fetch_sub(&key->holds, 1) == 1) {
        EVP_PKEY_free(key->pkey);
        free(key);
    }
}

struct str jose_key_kid(const struct jose_key *key) {
    return str_of(key->kid, key->kid_len);
}

enum jose_alg jose_key_alg(const struct jose_key *key) {
    return key->alg;
}

/* --- numbers --- */

/* A JWK's integer member: base64url of its big-endian bytes without leading zeros, or of a fixed length. */
static void put_number(struct json_out *out, const char *name, const EVP_PKEY *pkey, const char *parameter,
                       size_t fixed) {
    struct arena *arena ARENA_AUTO = arena_new();
    BIGNUM *number = NULL;
    CHECK(EVP_PKEY_get_bn_param(pkey, parameter, &number));
    unsigned char *bytes = arena_alloc(arena, NUMBER_MOST);
    size_t len = fixed ? fixed : (size_t)BN_num_bytes(number);
    CHECK(len <= NUMBER_MOST && BN_bn2binpad(number, bytes, (int)len) == (int)len);
    BN_clear_free(number);
    json_put_str(out, name, base64url_encode(arena, str_of(bytes, len)));
    secret_wipe(bytes, NUMBER_MOST);
}

static bool get_bytes(struct arena *arena, const struct json *jwk, const char *name, struct str *ret_bytes) {
    struct str text;
    return json_get_str(jwk, name, &text) && text.len <= NUMBER_MOST * 2 && base64url_decode(arena, text, ret_bytes) &&
           ret_bytes->len > 0;
}

static void put_raw(struct json_out *out, const char *name, const EVP_PKEY *pkey,
                    int (*get)(const EVP_PKEY *pkey, unsigned char *bytes, size_t *len)) {
    struct arena *arena ARENA_AUTO = arena_new();
    unsigned char bytes[ED25519_SIZE];
    size_t len = sizeof(bytes);
    CHECK(get(pkey, bytes, &len) == 1);
    json_put_str(out, name, base64url_encode(arena, str_of(bytes, len)));
    secret_wipe(bytes, sizeof(bytes));
}

/* --- one key type each --- */

/* The members that make the key, in the order of RFC 7638 §3.2: the thumbprint's input. */
static void put_thumbprint_members(const struct jose_key *key, struct json_out *out) {
    switch (key->alg) {
    case JOSE_ES256:
        json_put_str(out, "crv", STR("P-256"));
        json_put_str(out, "kty", STR("EC"));
        put_number(out, "x", key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, P256_SIZE);
        put_number(out, "y", key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, P256_SIZE);
        break;
    case JOSE_RS256:
    case JOSE_PS256:
        put_number(out, "e", key->pkey, OSSL_PKEY_PARAM_RSA_E, 0);
        json_put_str(out, "kty", STR("RSA"));
        put_number(out, "n", key->pkey, OSSL_PKEY_PARAM_RSA_N, 0);
        break;
    case JOSE_EDDSA:
        json_put_str(out, "crv", STR("Ed25519"));
        json_put_str(out, "kty", STR("OKP"));
        put_raw(out, "x", key->pkey, EVP_PKEY_get_raw_public_key);
        break;
    case JOSE_HS256:
    case JOSE_NONE:
        CHECK(false);
    }
}

/* The thumbprint alone would give the RS256 and PS256 form of one RSA key the same kid: keys are made for one algorithm
 * only, so it cannot. */
static void set_thumbprint(struct jose_key *key) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct buf buf;
    buf_init(&buf, arena, 1024, 4096);
    struct json_out out = json_out(&buf);
    json_open_object(&out, NULL);
    put_thumbprint_members(key, &out);
    json_close_object(&out);
    struct sha256 digest = sha256_of(buf_str(&buf));
    struct str kid = base64url_encode(arena, sha256_str(&digest));
    memcpy(key->kid, kid.ptr, kid.len);
    key->kid_len = kid.len;
}

struct jose_key *jose_key_of(EVP_PKEY *pkey, enum jose_alg alg) {
    struct jose_key *key = check_calloc(1, sizeof(*key));
    atomic_init(&key->holds, 1);
    key->alg = alg;
    key->pkey = pkey;
    set_thumbprint(key);
    return key;
}

struct jose_key *jose_key_generate(enum jose_alg alg) {
    EVP_PKEY *pkey = alg == JOSE_ES256                        ? EVP_EC_gen("P-256")
                     : alg == JOSE_EDDSA                      ? EVP_PKEY_Q_keygen(NULL, NULL, "ED25519")
                     : alg == JOSE_RS256 || alg == JOSE_PS256 ? EVP_RSA_gen(RSA_BITS)
                                                              : NULL;
    return pkey ? jose_key_of(pkey, alg) : NULL;
}

void jose_key_write_public(const struct jose_key *key, struct json_out *out) {
    json_open_object(out, NULL);
    put_thumbprint_members(key, out);
    json_put_str(out, "alg", jose_alg_name(key->alg));
    json_put_str(out, "use", STR("sig"));
    json_put_str(out, "kid", jose_key_kid(key));
    json_close_object(out);
}

void jose_key_write_private(const struct jose_key *key, struct json_out *out) {
    static const struct {
        const char *name, *parameter;
    } rsa[] = {
        {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
        {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
        {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
    };
    json_open_object(out, NULL);
    put_thumbprint_members(key, out);
    json_put_str(out, "alg", jose_alg_name(key->alg));
    if (key->alg == JOSE_ES256) {
        put_number(out, "d", key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, P256_SIZE);
    } else if (key->alg == JOSE_EDDSA) {
        put_raw(out, "d", key->pkey, EVP_PKEY_get_raw_private_key);
    } else {
        for (size_t i = 0; i < ARRAY_LEN(rsa); i++) {
            put_number(out, rsa[i].name, key->pkey, rsa[i].parameter, 0);
        }
    }
    json_close_object(out);
}

/* --- reading --- */

/* Builds a key from parameters; what OpenSSL's own checks refuse (a point off the curve, …) does not become one. */
static EVP_PKEY *build(const char *type, OSSL_PARAM_BLD *builder, bool private_too) {
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    EVP_PKEY *pkey = NULL;
    int selection = private_too ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    bool made =
        params && ctx && EVP_PKEY_fromdata_init(ctx) == 1 && EVP_PKEY_fromdata(ctx, &pkey, selection, params) == 1;
    EVP_PKEY_CTX_free(ctx);
    OSSL_PARAM_free(params);
    if (!made) {
        return NULL;
    }
    EVP_PKEY_CTX *check = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
    bool sound = check && EVP_PKEY_public_check(check) == 1;
    EVP_PKEY_CTX_free(check);
    if (!sound) {
        EVP_PKEY_free(pkey);
        pkey = NULL;
    }
    return pkey;
}

/* Numbers must outlive the builder's use of them. */
struct numbers {
    BIGNUM *at[8];
    size_t count;
};

static bool push_number(OSSL_PARAM_BLD *builder, struct numbers *numbers, const char *parameter, struct str bytes) {
    BIGNUM *number = BN_bin2bn((const unsigned char *)bytes.ptr, (int)bytes.len, BN_secure_new());
    if (!number) {
        return false;
    }
    numbers->at[numbers->count++] = number;
    return OSSL_PARAM_BLD_push_BN(builder, parameter, number) == 1;
}

static void numbers_free(struct numbers *numbers) {
    for (size_t i = 0; i < numbers->count; i++) {
        BN_clear_free(numbers->at[i]);
    }
}

static EVP_PKEY *read_ec(struct arena *arena, const struct json *jwk, bool private_too) {
    struct str crv, x, y, d = STR_NONE;
    if (!json_get_str(jwk, "crv", &crv) || !str_equal(crv, STR("P-256")) || !get_bytes(arena, jwk, "x", &x) ||
        !get_bytes(arena, jwk, "y", &y) || x.len != P256_SIZE || y.len != P256_SIZE ||
        (private_too && (!get_bytes(arena, jwk, "d", &d) || d.len != P256_SIZE))) {
        return NULL;
    }
    unsigned char point[1 + 2 * P256_SIZE] = {0x04};
    memcpy(point + 1, x.ptr, P256_SIZE);
    memcpy(point + 1 + P256_SIZE, y.ptr, P256_SIZE);
    struct numbers numbers = {0};
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    bool pushed = builder && OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
                  OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)) == 1 &&
                  (!private_too || push_number(builder, &numbers, OSSL_PKEY_PARAM_PRIV_KEY, d));
    EVP_PKEY *pkey = pushed ? build("EC", builder, private_too) : NULL;
    OSSL_PARAM_BLD_free(builder);
    numbers_free(&numbers);
    return pkey;
}

/* JW-20: sizes that OpenSSL would accept but nobody should: tiny, or so large that one check costs seconds. */
static bool is_sound_rsa(struct str n, struct str e) {
    size_t bits = n.len * 8;
    for (unsigned char top = n.len ? (unsigned char)n.ptr[0] : 0; bits > 0 && !(top & 0x80);
         top = (unsigned char)(top << 1)) {
        if (top == 0) {
            return false; /* a leading zero byte */
        }
        bits--;
    }
    bool odd = n.len > 0 && (n.ptr[n.len - 1] & 1) && (e.ptr[e.len - 1] & 1);
    bool small = e.len <= 4 && e.ptr[0] != 0 && !(e.len == 1 && (unsigned char)e.ptr[0] < 3);
    return odd && small && bits >= RSA_BITS_LEAST && bits <= RSA_BITS_MOST;
}

static EVP_PKEY *read_rsa(struct arena *arena, const struct json *jwk, bool private_too) {
    static const struct {
        const char *name, *parameter;
    } parts[] = {
        {"n", OSSL_PKEY_PARAM_RSA_N},          {"e", OSSL_PKEY_PARAM_RSA_E},
        {"d", OSSL_PKEY_PARAM_RSA_D},          {"p", OSSL_PKEY_PARAM_RSA_FACTOR1},
        {"q", OSSL_PKEY_PARAM_RSA_FACTOR2},    {"dp", OSSL_PKEY_PARAM_RSA_EXPONENT1},
        {"dq", OSSL_PKEY_PARAM_RSA_EXPONENT2}, {"qi", OSSL_PKEY_PARAM_RSA_COEFFICIENT1},
    };
    struct str bytes[ARRAY_LEN(parts)];
    size_t count = private_too ? ARRAY_LEN(parts) : 2;
    for (size_t i = 0; i < count; i++) {
        if (!get_bytes(arena, jwk, parts[i].name, &bytes[i])) {
            return NULL;
        }
    }
    if (!is_sound_rsa(bytes[0], bytes[1])) {
        return NULL;
    }
    struct numbers numbers = {0};
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    bool pushed = builder != NULL;
    for (size_t i = 0; pushed && i < count; i++) {
        pushed = push_number(builder, &numbers, parts[i].parameter, bytes[i]);
    }
    EVP_PKEY *pkey = pushed ? build("RSA", builder, private_too) : NULL;
    OSSL_PARAM_BLD_free(builder);
    numbers_free(&numbers);
    return pkey;
}

static EVP_PKEY *read_okp(struct arena *arena, const struct json *jwk, bool private_too) {
    struct str crv, x, d;
    if (!json_get_str(jwk, "crv", &crv) || !str_equal(crv, STR("Ed25519")) || !get_bytes(arena, jwk, "x", &x) ||
        x.len != ED25519_SIZE) {
        return NULL;
    }
    if (!private_too) {
        return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)x.ptr, x.len);
    }
    if (!get_bytes(arena, jwk, "d", &d) || d.len != ED25519_SIZE) {
        return NULL;
    }
    return EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, (const unsigned char *)d.ptr, d.len);
}

/* The algorithm a key is for: its own `alg`, or what its type has, or for RSA what the caller says. */
static enum jose_alg alg_of(const struct json *jwk, enum jose_alg wanted) {
    struct str kty = STR(""), name;
    json_get_str(jwk, "kty", &kty);
    bool named = json_member(jwk, "alg") != NULL;
    enum jose_alg alg = named && json_get_str(jwk, "alg", &name) ? jose_alg_from_name(name) : JOSE_NONE;
    if (str_equal(kty, STR("EC"))) {
        return !named || alg == JOSE_ES256 ? JOSE_ES256 : JOSE_NONE;
    }
    if (str_equal(kty, STR("OKP"))) {
        return !named || alg == JOSE_EDDSA ? JOSE_EDDSA : JOSE_NONE;
    }
    if (str_equal(kty, STR("RSA"))) {
        enum jose_alg rsa = named ? alg : wanted == JOSE_PS256 ? JOSE_PS256 : JOSE_RS256;
        return rsa == JOSE_RS256 || rsa == JOSE_PS256 ? rsa : JOSE_NONE;
    }
    return JOSE_NONE;
}

static EVP_PKEY *read_pkey(struct arena *arena, const struct json *jwk, enum jose_alg alg, bool private_too) {
    switch (alg) {
    case JOSE_ES256:
        return read_ec(arena, jwk, private_too);
    case JOSE_RS256:
    case JOSE_PS256:
        return read_rsa(arena, jwk, private_too);
    case JOSE_EDDSA:
        return read_okp(arena, jwk, private_too);
    case JOSE_HS256:
    case JOSE_NONE:
        break;
    }
    return NULL;
}

static bool has_private_member(const struct json *jwk) {
    static const char *const names[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (json_member(jwk, names[i])) {
            return true;
        }
    }
    return false;
}

bool jose_key_set_kid(struct jose_key *key, struct str kid) {
    if (kid.len == 0 || kid.len > sizeof(key->kid)) {
        return false;
    }
    memcpy(key->kid, kid.ptr, kid.len);
    key->kid_len = kid.len;
    return true;
}

/* The owner's kid where there is one; it is an index into the owner's set and nothing else. */
static bool take_kid(struct jose_key *key, const struct json *jwk) {
    struct str kid;
    return !json_member(jwk, "kid") || (json_get_str(jwk, "kid", &kid) && jose_key_set_kid(key, kid));
}

static bool read_key(const struct json *jwk, enum jose_alg wanted, bool private_too, struct jose_key **ret_key) {
    struct arena *arena ARENA_AUTO = arena_new();
    enum jose_alg alg = alg_of(jwk, wanted);
    EVP_PKEY *pkey = read_pkey(arena, jwk, alg, private_too);
    if (!pkey) {
        return false;
    }
    struct jose_key *key = jose_key_of(pkey, alg);
    if (!take_kid(key, jwk)) {
        jose_key_free(key);
        return false;
    }
    *ret_key = key;
    return true;
}

bool jose_key_read_public(const struct json *jwk, enum jose_alg alg, struct jose_key **ret_key) {
    return !has_private_member(jwk) && read_key(jwk, alg, false, ret_key);
}

bool jose_key_read_private(const struct json *jwk, struct jose_key **ret_key) {
    return read_key(jwk, JOSE_NONE, true, ret_key);
}
