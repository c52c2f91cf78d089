/* SM2 against the examples of the standards (domain-china §8.2; GB/T 32918.4 annex, GB/T 32918.5). */
#include "base/encode.h"
#include "jose/sm2.h"
#include "jose/sm3.h"
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

static struct sm2_key *private_key(struct arena *arena) {
    struct sm2_key *key;
    CHECK(sm2_key_parse_private(arena, str_from(private_pem), &key));
    return key;
}

static struct sm2_key *public_key(struct arena *arena) {
    struct sm2_key *key;
    CHECK(sm2_key_parse_public(arena, str_from(public_pem), &key));
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

#define MESSAGE STR("message digest")
static const char signature_hex[] = "f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3"
                                    "b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa";

static void the_signature_of_the_standard_fits(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm2_key *key = public_key(arena);
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
}

/* The token of domain-china §8.2, made elsewhere. */
static void a_token_signed_elsewhere_fits(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm2_key *key = public_key(arena);
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
}

static void signatures_that_are_none(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm2_key *key = public_key(arena);
    char zeros[SM2_SIGNATURE_SIZE + 1] = {0}, ones[SM2_SIGNATURE_SIZE];
    struct str good = from_hex(arena, signature_hex);
    memset(ones, 0xff, sizeof(ones));
    assert_false(sm2_verify(key, MESSAGE, str_of(zeros, SM2_SIGNATURE_SIZE)));
    assert_false(sm2_verify(key, MESSAGE, str_of(ones, SM2_SIGNATURE_SIZE)));
    assert_false(sm2_verify(key, MESSAGE, str_sub(good, 0, 63)));
    assert_false(sm2_verify(key, MESSAGE, str_concat(arena, good, STR("\0"))));
    assert_false(sm2_verify(key, MESSAGE, STR("")));
    assert_false(sm2_verify(key, MESSAGE, STR_NONE));
}

static void what_is_signed_here_fits_here_and_only_its_key(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm2_key *key = private_key(arena), *public = public_key(arena), *other = sm2_key_generate(arena);
    for (int i = 0; i < 64; i++) { /* r or s with leading zeros among them */
        struct str text = str_format(arena, "text %d", i);
        struct str signature = sm2_sign(arena, key, text);
        assert_int_equal(signature.len, SM2_SIGNATURE_SIZE);
        assert_true(sm2_verify(public, text, signature));
        assert_false(sm2_verify(other, text, signature));
    }
}

#define C1                                                                                                             \
    "0404ebfc718e8d1798620432268e77feb6415e2ede0e073c0f4f640ecd2e149a73e858f9d81e5430a57b36daab8f950a3c64e6ee6a6309"   \
    "4d99283aff767e124df0"
#define C3 "59983c18f809e262923c53aec295d30383b54e39d609d160afcb1908d0bd8766"
#define C2 "21886ca989ca9c7d58087307ca93092d651efa"

/* GB/T 32918.5 annex C: "encryption standard". */
static void the_text_of_the_standard_opens(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm2_key *key = private_key(arena);
    struct str plain;
    assert_true(sm2_decrypt(arena, key, SM2_C1C3C2, from_hex(arena, C1 C3 C2), &plain));
    assert_str(plain, "encryption standard");
    assert_true(sm2_decrypt(arena, key, SM2_C1C2C3, from_hex(arena, C1 C2 C3), &plain));
    assert_str(plain, "encryption standard");
    plain = STR("as before");
    assert_false(sm2_decrypt(arena, key, SM2_C1C2C3, from_hex(arena, C1 C3 C2), &plain));
    assert_false(sm2_decrypt(arena, key, SM2_ASN1, from_hex(arena, C1 C3 C2), &plain));
    assert_str(plain, "as before");
}

static void every_layout_opens_again(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm2_key *key = private_key(arena), *public = public_key(arena);
    char *longest = arena_alloc(arena, SM2_PLAIN_MOST + 1);
    const struct str texts[] = {STR("a"), STR("{\"aac003\":\"测试甲\"}"), str_of(longest, SM2_PLAIN_MOST)};
    for (enum sm2_layout layout = SM2_ASN1; layout <= SM2_C1C2C3; layout++) {
        for (size_t i = 0; i < 32 * ARRAY_LEN(texts); i++) {
            struct str text = texts[i % ARRAY_LEN(texts)], sealed, plain;
            assert_true(sm2_encrypt(arena, public, layout, text, &sealed));
            assert_true(layout == SM2_ASN1 || (sealed.len == 97 + text.len && sealed.ptr[0] == 4));
            assert_true(sm2_decrypt(arena, key, layout, sealed, &plain));
            assert_true(str_equal(plain, text));
        }
        struct str sealed = STR("as before");
        assert_false(sm2_encrypt(arena, public, layout, STR(""), &sealed));
        assert_false(sm2_encrypt(arena, public, layout, str_of(longest, SM2_PLAIN_MOST + 1), &sealed));
        assert_str(sealed, "as before");
    }
}

static void a_text_changed_on_the_way_does_not_open(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm2_key *key = private_key(arena);
    struct str good = from_hex(arena, C1 C3 C2), plain = STR("as before");
    for (size_t i = 0; i < good.len; i++) {
        char *changed = arena_alloc(arena, good.len);
        memcpy(changed, good.ptr, good.len);
        changed[i] ^= 1;
        assert_false(sm2_decrypt(arena, key, SM2_C1C3C2, str_of(changed, good.len), &plain));
        assert_false(sm2_decrypt(arena, key, SM2_C1C3C2, str_sub(good, 0, i), &plain));
    }
    assert_false(sm2_decrypt(arena, key, SM2_C1C3C2, STR_NONE, &plain));
    assert_str(plain, "as before");
}

static void what_is_no_key_is_refused(void **state) {
    static const char *const rows[] = {
        "",
        "no key",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
        "00000000000000000000000000000000\n\nAAAA\n-----END EC PRIVATE KEY-----\n",
        /* of P-256 */
        "-----BEGIN PUBLIC "
        "KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAETjFteJNq3jIEvBKRhrqY8Wazt9ST\nk52qM3aRVQoc4vdGt63NyMLyse+"
        "uXBImDFy9S5q9YcGD5sNSK1K3BUJi/A==\n-----END PUBLIC KEY-----\n",
    };
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm2_key *key = NULL;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!sm2_key_parse_public(arena, str_from(rows[i]), &key), rows[i]);
        assert_row(!sm2_key_parse_private(arena, str_from(rows[i]), &key), rows[i]);
    }
    assert_false(sm2_key_parse_private(arena, str_from(public_pem), &key));
    assert_false(sm2_key_parse_public(arena, str_from(private_pem), &key));
    for (size_t len = 0; len + 30 < sizeof(public_pem); len += 13) {
        assert_false(sm2_key_parse_public(arena, str_of(public_pem, len), &key));
    }
    assert_null(key);
}

static void files_are_guarded(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    char path[] = "/tmp/tongxing-key-XXXXXX";
    struct sm2_key *key = NULL;
    struct fault fault;
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, private_pem, sizeof(private_pem) - 1) == (ssize_t)sizeof(private_pem) - 1);
    CHECK(fchmod(fd, 0640) == 0 && close(fd) == 0);
    assert_false(sm2_key_read_private(arena, str_from(path), &key, &fault));
    assert_non_null(strstr(fault.text, "can be read by others (mode 0640): make it 0600"));
    assert_false(sm2_key_read_public(arena, str_from(path), &key, &fault));
    assert_non_null(strstr(fault.text, "is not an SM2 public key or certificate in PEM"));
    CHECK(chmod(path, 0600) == 0);
    assert_true(sm2_key_read_private(arena, str_from(path), &key, &fault));
    unlink(path);
    assert_false(sm2_key_read_private(arena, str_from(path), &key, &fault));
    assert_non_null(strstr(fault.text, "No such file"));
    assert_false(sm2_key_read_public(arena, STR("/tmp"), &key, &fault));
}

RUN_TESTS(cmocka_unit_test(what_is_no_key_is_refused), cmocka_unit_test(files_are_guarded),
          cmocka_unit_test(the_signature_of_the_standard_fits), cmocka_unit_test(a_token_signed_elsewhere_fits),
          cmocka_unit_test(signatures_that_are_none), cmocka_unit_test(what_is_signed_here_fits_here_and_only_its_key),
          cmocka_unit_test(the_text_of_the_standard_opens), cmocka_unit_test(every_layout_opens_again),
          cmocka_unit_test(a_text_changed_on_the_way_does_not_open))
