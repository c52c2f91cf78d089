/* Signatures: the RFCs' own examples, and tokens made to be taken for something else (abuse cases JW-*). */
#include "base/encode.h"
#include "jose/jws.h"
#include "jose/keyring.h"
#include "test.h"

/* RFC 7515 A.2 (RS256), A.3 (ES256), RFC 8037 A.4 (Ed25519): JWK and token as published. */
#define RFC7515_PAYLOAD "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
static const struct {
    const char *name, *jwk, *token;
    enum jose_alg alg;
} published[] = {
    {"RFC 7515 A.2",
     "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-"
     "4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-"
     "yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-"
     "KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_"
     "h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ\","
     "\"e\":\"AQAB\"}",
     "eyJhbGciOiJSUzI1NiJ9." RFC7515_PAYLOAD
     ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
     "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--"
     "f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
     "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
     JOSE_RS256},
    {"RFC 7515 A.3",
     "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_FEzRu9m36HLN_"
     "tue659LNpXW6pCyStikYjKIWI5a0\"}",
     "eyJhbGciOiJFUzI1NiJ9." RFC7515_PAYLOAD
     ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
     JOSE_ES256},
};

static struct jose_key_set *set_of(const char *jwk) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct json *jwks;
    struct jose_key_set *set;
    assert_true(json_parse(arena, str_format(arena, "{\"keys\":[%s]}", jwk), JSON_LIMITS_DOCUMENT, &jwks));
    assert_true(jose_key_set_read(jwks, &set));
    return set;
}

static void published_tokens_verify_and_nothing_near_them_does(void **state) {
    for (size_t i = 0; i < ARRAY_LEN(published); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct jose_key_set *set = set_of(published[i].jwk);
        struct str token = str_from(published[i].token);
        struct jws jws;
        assert_row(jws_verify(arena, token, set, JOSE_ALG_BIT(published[i].alg), &jws) == JWS_VALID, published[i].name);
        assert_row(jws_verify(arena, token, set, JOSE_ALG_BIT(JOSE_EDDSA), &jws) == JWS_WRONG_ALG, published[i].name);
        char *changed = str_c(arena, token);
        changed[token.len - 40] = changed[token.len - 40] == 'A' ? 'B' : 'A';
        assert_row(jws_verify(arena, str_from(changed), set, JOSE_ALG_BIT(published[i].alg), &jws) == JWS_BAD_SIGNATURE,
                   published[i].name);
        for (size_t len = 0; len < token.len; len += 7) {
            assert_row(jws_verify(arena, str_sub(token, 0, len), set, JOSE_ALG_BIT(published[i].alg), &jws) !=
                           JWS_VALID,
                       published[i].name);
        }
        jose_key_set_free(set);
    }
}

/* RFC 7638 §3.1. */
static void the_thumbprint_of_the_rfc(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct json *jwk;
    struct jose_key *key;
    assert_true(
        json_parse(arena,
                   STR("{\"kty\":\"RSA\",\"n\":"
                       "\"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
                       "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
                       "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6"
                       "qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_"
                       "xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw\",\"e\":\"AQAB\"}"),
                   JSON_LIMITS_TOKEN, &jwk));
    assert_true(jose_key_read_public(jwk, JOSE_RS256, &key));
    assert_str(jose_key_kid(key), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    jose_key_free(key);
}

/* RFC 7515 A.1, the key as the secret. */
static void hs256_through_libjwt(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str secret;
    struct jws jws;
    assert_true(base64url_decode(
        arena, STR("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"), &secret));
    struct str token =
        STR("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." RFC7515_PAYLOAD ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    assert_int_equal(jws_verify_hs256(arena, token, secret, &jws), JWS_VALID);
    assert_int_equal(jws_verify_hs256(arena, token, str_sub(secret, 0, 31), &jws), JWS_BAD_SIGNATURE);
    assert_int_equal(jws_verify_hs256(arena, token, STR("0123456789012345678901234567890123456789"), &jws),
                     JWS_BAD_SIGNATURE);
    assert_int_equal(jws_verify_hs256(arena, str_from(published[1].token), secret, &jws), JWS_WRONG_ALG);
}

static void every_algorithm_signs_what_it_verifies(void **state) {
    static const enum jose_alg algs[] = {JOSE_ES256, JOSE_RS256, JOSE_PS256, JOSE_EDDSA};
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        struct arena *arena ARENA_AUTO = arena_new();
        struct jose_key *key = jose_key_generate(algs[i]);
        struct jose_signer *signer = jose_signer_new(key);
        struct buf token, jwk;
        struct jws jws;
        buf_init(&token, arena, 2048, JWS_BYTES_MOST);
        buf_init(&jwk, arena, 2048, 4096);
        struct json_out out = json_out(&jwk);
        jose_key_write_public(key, &out);
        struct jose_key_set *set = set_of(str_c(arena, buf_str(&jwk)));
        for (int again = 0; again < 20; again++) {
            token.len = 0;
            assert_true(jws_sign(signer, STR("JWT"), STR("{\"sub\":\"x\"}"), &token));
            assert_int_equal(jws_verify(arena, buf_str(&token), set, JOSE_ALG_BIT(algs[i]), &jws), JWS_VALID);
            assert_str(jws.kid, str_c(arena, jose_key_kid(key)));
        }
        jose_key_set_free(set);
        jose_signer_free(signer);
        jose_key_free(key);
    }
}

static void headers_that_are_refused(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\"}",
        "{\"alg\":null}",
        "{\"alg\":[\"ES256\"]}",
        "{}",
        "[]",
        "{\"alg\":\"ES256\",\"crit\":[\"x\"]}",
        "{\"alg\":\"ES256\",\"crit\":[]}",
        "{\"alg\":\"ES256\",\"b64\":false}",
        "{\"alg\":\"ES256\",\"alg\":\"ES256\"}",
        "{\"alg\":\"ES256\",\"\\u0061lg\":\"none\"}",
        "{\"alg\":\"ES256\",\"kid\":{}}",
        "{\"alg\":\"es256\"}",
        "{\"alg\":\"HS256\"}",
        "{\"alg\":\"ES256\",\"typ\":1}",
        "{\"alg\":\"ES256\"} ",
    };
    struct jose_key_set *set = set_of(published[1].jwk);
    struct str rest, signature;
    str_cut(str_from(published[1].token), '.', &rest);
    str_cut(rest, '.', &signature);
    for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
        struct jws jws;
        struct str token = str_format(arena, "%.*s." RFC7515_PAYLOAD ".%.*s",
                                      STR_ARG(base64url_encode(arena, str_from(headers[i]))), STR_ARG(signature));
        assert_row(jws_verify(arena, token, set, ~0u, &jws) != JWS_VALID, headers[i]);
    }
    jose_key_set_free(set);
}

/* JW-20. */
static void public_keys_that_are_refused(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const char *const bad[] = {
        "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"n\":123,\"e\":\"AQAB\"}",
        "{\"kty\":\"RSA\",\"e\":\"AQAB\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":\"x_"
        "FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a1\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVE\",\"y\":\"x_FEzRu9m36HLN_"
        "tue659LNpXW6pCyStikYjKIWI5a0\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"RS256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"d\":\"AA\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\",\"y\":"
        "\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
        "{\"kty\":\"oct\",\"k\":\"AAAA\"}",
        "{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"11qY\"}",
        "{}",
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        const struct json *jwk;
        struct jose_key *key;
        assert_row(json_parse(arena, str_from(bad[i]), JSON_LIMITS_TOKEN, &jwk), bad[i]);
        assert_row(!jose_key_read_public(jwk, JOSE_RS256, &key), bad[i]);
    }
}

RUN_TESTS(cmocka_unit_test(published_tokens_verify_and_nothing_near_them_does),
          cmocka_unit_test(the_thumbprint_of_the_rfc), cmocka_unit_test(hs256_through_libjwt),
          cmocka_unit_test(every_algorithm_signs_what_it_verifies), cmocka_unit_test(headers_that_are_refused),
          cmocka_unit_test(public_keys_that_are_refused))
