/* SM2 and SM3 against the examples of the standards (domain-china §8.2; GB/T 32918.4 annex, GB/T 32918.5). */
#include "base/encode.h"
#include "jose/sm2.h"
#include "test.h"

/* The key of the standards' examples; never for anything else. */
static const char private_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                  "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgOUUgj3shRLE/NuOK\n"
                                  "xtOflYiTk2koYLUaQvuB7033xbihRANCAAQJ+d8xHlQhoVDdfRYeS8XGchefrRgz\n"
                                  "/AdrsI/zVvNQIMzqSQziZ3WlLcbqcYzBqmAK7QX7814ISmYy9gctqa0T\n"
                                  "-----END PRIVATE KEY-----\n";
static const char public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
                                 "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"
                                 "-----END PUBLIC KEY-----\n";

static struct foreign_key *private_key(void) {
    struct foreign_key *key;
    CHECK(foreign_key_parse_private(str_from(private_pem), FOREIGN_SM2, &key));
    return key;
}

static struct foreign_key *public_key(void) {
    struct foreign_key *key;
    CHECK(foreign_key_parse_public(str_from(public_pem), FOREIGN_SM2, &key));
    return key;
}

static struct str from_hex(struct arena *arena, const char *text) {
    size_t len = strlen(text) / 2;
    char *bytes = arena_alloc(arena, len);
    for (size_t i = 0; i < len; i++) {
        unsigned byte;
        CHECK(sscanf(text + i * 2, "%2x", &byte) == 1);
        bytes[i] = (char)byte;
    }
    return str_of(bytes, len);
}

static void sm3_of_the_standard(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm3 digest = sm3_of(STR("abc"));
    assert_str(hex_encode(arena, sm3_str(&digest)), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    digest = hmac_sm3(secret_copy(arena, STR("key")), STR("The quick brown fox jumps over the lazy dog"));
    assert_str(hex_encode(arena, sm3_str(&digest)), "bd4a34077888162b210645b8ebf74b9af357303789357a27c7fc457244ebd398");
}

#define MESSAGE STR("message digest")
static const char signature_hex[] = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
                                    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

static void the_signature_of_the_standard_fits(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key = public_key();
    struct str signature = from_hex(arena, signature_hex);
    assert_true(sm2_verify(key, MESSAGE, signature));
    assert_false(sm2_verify(key, STR("message digesT"), signature));
    assert_false(sm2_verify(key, STR(""), signature));
    for (size_t i = 0; i < SM2_SIGNATURE_SIZE; i += 7) {
        char *changed = arena_alloc(arena, SM2_SIGNATURE_SIZE);
        memcpy(changed, signature.ptr, SM2_SIGNATURE_SIZE);
        changed[i] ^= 1;
        assert_false(sm2_verify(key, MESSAGE, str_of(changed, SM2_SIGNATURE_SIZE)));
    }
    foreign_key_free(key);
}

/* The token of domain-china §8.2, made elsewhere. */
static void a_token_signed_elsewhere_fits(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key = public_key();
    struct str signature;
    assert_true(base64url_decode(
        arena, STR("HW3ZP6jPQdGG18X_IEShwLdj1mMkpWxdO0aA9zURg3B-xjhOZ5HCBXmigoHaEYazIef1HBXUGCEESBof-ss4Xg"),
        &signature));
    assert_true(
        sm2_verify(key,
                   STR("eyJhbGciOiJTR0RfU00zX1NNMiIsInR5cCI6IkpXVCIsImtpZCI6InRlc3Qtc20yIn0."
                       "eyJpc3MiOiJodHRwczovL2lkLmV4YW1wbGUuZ292LmNuIiwic3ViIjoidGVzdCIsImF1ZCI6InJwIiwiaWF0Ijox"
                       "NzAwMDAwMDAwLCJleHAiOjE3MDAwMDAzMDB9"),
                   signature));
    foreign_key_free(key);
}

static void signatures_that_are_none(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key = public_key();
    char zeros[SM2_SIGNATURE_SIZE + 1] = {0}, ones[SM2_SIGNATURE_SIZE];
    struct str good = from_hex(arena, signature_hex);
    memset(ones, 0xff, sizeof(ones));
    assert_false(sm2_verify(key, MESSAGE, str_of(zeros, SM2_SIGNATURE_SIZE)));
    assert_false(sm2_verify(key, MESSAGE, str_of(ones, SM2_SIGNATURE_SIZE)));
    assert_false(sm2_verify(key, MESSAGE, str_sub(good, 0, 63)));
    assert_false(sm2_verify(key, MESSAGE, str_concat(arena, good, STR("\0"))));
    assert_false(sm2_verify(key, MESSAGE, STR("")));
    assert_false(sm2_verify(key, MESSAGE, STR_NONE));
    foreign_key_free(key);
}

static void what_is_signed_here_fits_here_and_only_its_key(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key = private_key(), *public = public_key(), *other = foreign_key_generate(FOREIGN_SM2);
    for (int i = 0; i < 64; i++) { /* r or s with leading zeros among them */
        struct str text = str_format(arena, "text %d", i);
        struct str signature = sm2_sign(key, arena, text);
        assert_int_equal(signature.len, SM2_SIGNATURE_SIZE);
        assert_true(sm2_verify(public, text, signature));
        assert_false(sm2_verify(other, text, signature));
    }
    assert_true(foreign_key_pair(key, public));
    assert_false(foreign_key_pair(other, public));
    foreign_key_free(key);
    foreign_key_free(public);
    foreign_key_free(other);
}

#define C1                                                                                                             \
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee6a6309"   \
    "4d99283aff767e124df0"
#define C3 "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
#define C2 "21886ca989ca9c7d58087307ca93092d651efa"

/* GB/T 32918.5 annex C: "encryption standard". */
static void the_text_of_the_standard_opens(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key = private_key();
    struct str plain;
    assert_true(sm2_decrypt(key, arena, SM2_C1C3C2, from_hex(arena, C1 C3 C2), &plain));
    assert_str(plain, "encryption standard");
    assert_true(sm2_decrypt(key, arena, SM2_C1C2C3, from_hex(arena, C1 C2 C3), &plain));
    assert_str(plain, "encryption standard");
    plain = STR("as before");
    assert_false(sm2_decrypt(key, arena, SM2_C1C2C3, from_hex(arena, C1 C3 C2), &plain));
    assert_false(sm2_decrypt(key, arena, SM2_ASN1, from_hex(arena, C1 C3 C2), &plain));
    assert_str(plain, "as before");
    foreign_key_free(key);
}

static void every_layout_opens_again(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key = private_key(), *public = public_key();
    char *longest = arena_alloc(arena, SM2_PLAIN_MOST + 1);
    const struct str texts[] = {STR("a"), STR("{\"aac003\":\"测试甲\"}"), str_of(longest, SM2_PLAIN_MOST)};
    for (enum sm2_layout layout = SM2_ASN1; layout <= SM2_C1C2C3; layout++) {
        for (size_t i = 0; i < 32 * ARRAY_LEN(texts); i++) {
            struct str text = texts[i % ARRAY_LEN(texts)], sealed, plain;
            assert_true(sm2_encrypt(public, arena, layout, text, &sealed));
            assert_true(layout == SM2_ASN1 || (sealed.len == 97 + text.len && sealed.ptr[0] == 4));
            assert_true(sm2_decrypt(key, arena, layout, sealed, &plain));
            assert_true(str_equal(plain, text));
        }
        struct str sealed = STR("as before");
        assert_false(sm2_encrypt(public, arena, layout, STR(""), &sealed));
        assert_false(sm2_encrypt(public, arena, layout, str_of(longest, SM2_PLAIN_MOST + 1), &sealed));
        assert_str(sealed, "as before");
    }
    foreign_key_free(key);
    foreign_key_free(public);
}

static void a_text_changed_on_the_way_does_not_open(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key = private_key();
    struct str good = from_hex(arena, C1 C3 C2), plain = STR("as before");
    for (size_t i = 0; i < good.len; i++) {
        char *changed = arena_alloc(arena, good.len);
        memcpy(changed, good.ptr, good.len);
        changed[i] ^= 1;
        assert_false(sm2_decrypt(key, arena, SM2_C1C3C2, str_of(changed, good.len), &plain));
        assert_false(sm2_decrypt(key, arena, SM2_C1C3C2, str_sub(good, 0, i), &plain));
    }
    assert_false(sm2_decrypt(key, arena, SM2_C1C3C2, STR_NONE, &plain));
    assert_str(plain, "as before");
    foreign_key_free(key);
}

RUN_TESTS(cmocka_unit_test(sm3_of_the_standard), cmocka_unit_test(the_signature_of_the_standard_fits),
          cmocka_unit_test(a_token_signed_elsewhere_fits), cmocka_unit_test(signatures_that_are_none),
          cmocka_unit_test(what_is_signed_here_fits_here_and_only_its_key),
          cmocka_unit_test(the_text_of_the_standard_opens), cmocka_unit_test(every_layout_opens_again),
          cmocka_unit_test(a_text_changed_on_the_way_does_not_open))
