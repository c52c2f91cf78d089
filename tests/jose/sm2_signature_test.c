/*
 * SM2 signatures: the example of GB/T 32918.5 and a JWS by the same key, in both forms; and what is no signature.
 */
#include "base/encode.h"
#include "jose/sm2_signature.h"
#include "test.h"

#include <stdlib.h>

/* The published example key, worth nothing. */
#define PUBLIC_PEM                                                                                                     \
    "-----BEGIN PUBLIC KEY-----\n"                                                                                     \
    "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"                                               \
    "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"                                                   \
    "-----END PUBLIC KEY-----\n"
#define PRIVATE_PEM                                                                                                    \
    "-----BEGIN PRIVATE KEY-----\n"                                                                                    \
    "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgOUUgj3shRLE/NuOK\n"                                               \
    "xtOflYiTk2koYLUaQvuB7033xbihRANCAAQJ+d8xHlQhoVDdfRYeS8XGchefrRgz\n"                                               \
    "/AdrsI/zVvNQIMzqSQziZ3WlLcbqcYzBqmAK7QX7814ISmYy9gctqa0T\n"                                                       \
    "-----END PRIVATE KEY-----\n"

struct keys {
    struct arena *arena;
    struct sm2_key *public, *private;
};

static int open_keys(void **state) {
    struct keys *keys = check_calloc(1, sizeof(*keys));
    keys->arena = arena_new();
    *state = keys;
    return sm2_key_parse_public(keys->arena, STR(PUBLIC_PEM), &keys->public) &&
                   sm2_key_parse_private(keys->arena, STR(PRIVATE_PEM), &keys->private)
               ? 0
               : -1;
}

static int close_keys(void **state) {
    struct keys *keys = *state;
    arena_free(keys->arena);
    free(keys);
    return 0;
}

static struct str of_hex(struct arena *arena, const char *hex) {
    size_t len = strlen(hex) / 2;
    unsigned char *bytes = arena_alloc(arena, len + 1);
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        assert_int_equal(sscanf(hex + 2 * i, "%2x", &byte), 1);
        bytes[i] = (unsigned char)byte;
    }
    return str_of(bytes, len);
}

#define R "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
#define S "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa"
#define N "fffffffeffffffffffffffffffffffff7203df6b21c6052b53bbf40939d54123"
#define Z "0000000000000000000000000000000000000000000000000000000000000000"

static void the_published_example_fits_and_nothing_near_it(void **state) {
    struct keys *keys = *state;
    static const struct {
        const char *name, *message;
        enum sm2_form form;
        const char *signature;
        bool fits;
    } rows[] = {
        {"raw", "message digest", SM2_RAW, R S, true},
        {"der", "message digest", SM2_DER, "3046022100" R "022100" S, true},
        {"another message", "message digesT", SM2_RAW, R S, false},
        {"raw as der", "message digest", SM2_DER, R S, false},
        {"der as raw", "message digest", SM2_RAW, "3046022100" R "022100" S, false},
        {"a byte less", "message digest", SM2_RAW, R "b1b6aa", false},
        {"a byte more", "message digest", SM2_RAW, R S "00", false},
        {"r and s exchanged", "message digest", SM2_RAW, S R, false},
        {"r is 0", "message digest", SM2_RAW, Z S, false},
        {"s is 0", "message digest", SM2_RAW, R Z, false},
        {"r is n", "message digest", SM2_RAW, N S, false},
        {"empty", "message digest", SM2_DER, "", false},
        {"negative r", "message digest", SM2_DER, "30450220" R "022100" S, false},
        {"padded r", "message digest", SM2_DER, "304702220000" R "022100" S, false},
        {"long length", "message digest", SM2_DER, "308146022100" R "022100" S, false},
        {"something behind", "message digest", SM2_DER, "3046022100" R "022100" S "00", false},
        {"something inside", "message digest", SM2_DER, "3049022100" R "022100" S "020101", false},
        {"cut", "message digest", SM2_DER, "3046022100" R "022100b1", false},
        {"no sequence", "message digest", SM2_DER, "022100" R, false},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct str signature = of_hex(keys->arena, rows[i].signature);
        bool fits = sm2_verify_as(keys->public, str_from(rows[i].message), rows[i].form, signature);
        assert_row(fits == rows[i].fits, rows[i].name);
    }
}

/* Made by OpenSSL's command line with -sigopt distid:1234567812345678. */
static void what_the_command_line_signs_fits(void **state) {
    struct keys *keys = *state;
    struct str der =
        of_hex(keys->arena, "3045022100847447ca07943ed89cb7f2e07a3dc71a00e3f32e87ac5731a8ec19e3bce1ac7402206"
                            "53bf869c937774fb941ac1293554e4d9993c091e724d874128e39e00bbdf569");
    assert_true(sm2_verify_as(keys->public, STR("message digest"), SM2_DER, der));
}

#define JWS_INPUT                                                                                                      \
    "eyJhbGciOiJTR0RfU00zX1NNMiIsInR5cCI6IkpXVCIsImtpZCI6InRlc3Qtc20yIn0."                                             \
    "eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuZ292LmNuIiwic3ViIjoidGVzdCIsImF1ZCI6InJwIiwiaWF0IjoxNzAwMDAwMDAwLCJleHAiOjE3" \
    "MDAwMDAzMDB9"
#define JWS_SIGNATURE "HW3ZP6jPQdGG18X_IEShwLdj1mMkpWxdO0aA9zURg3B-xjhOZ5HCBXmigoHaEYazIef1HBXUGCEESBof-ss4Xg"

static void a_jws_by_it_fits(void **state) {
    struct keys *keys = *state;
    struct str signature;
    assert_true(base64url_decode(keys->arena, STR(JWS_SIGNATURE), &signature));
    assert_true(sm2_verify_as(keys->public, STR(JWS_INPUT), SM2_RAW, signature));
}

/* Often enough that r and s are short in some. */
static void what_we_sign_fits_in_its_own_form_only(void **state) {
    struct keys *keys = *state;
    for (int i = 0; i < 300; i++) {
        struct str raw, der, message = str_format(keys->arena, "message %d", i);
        raw = sm2_sign_as(keys->private, keys->arena, message, SM2_RAW);
        der = sm2_sign_as(keys->private, keys->arena, message, SM2_DER);
        assert_int_equal(raw.len, SM2_SIGNATURE_SIZE);
        assert_true(sm2_verify_as(keys->public, message, SM2_RAW, raw));
        assert_true(sm2_verify_as(keys->public, message, SM2_DER, der));
        assert_false(sm2_verify_as(keys->public, message, SM2_DER, raw));
        assert_false(sm2_verify_as(keys->public, message, SM2_RAW, der));
    }
}

#define WITH_KEYS(test) cmocka_unit_test_setup_teardown(test, open_keys, close_keys)

RUN_TESTS(WITH_KEYS(the_published_example_fits_and_nothing_near_it), WITH_KEYS(what_the_command_line_signs_fits),
          WITH_KEYS(a_jws_by_it_fits), WITH_KEYS(what_we_sign_fits_in_its_own_form_only))
