/* Keys and certificates that openssl made, and a signature of openssl's. */
#include "base/encode.h"
#include "jose/rsa.h"
#include "rsa_pem.h"
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int free_arena(void **state) {
    arena_free(*state);
    return 0;
}

/* domain-china §4.1; openssl dgst -sha256 -sign. */
static const char text[] =
    "app_id=2021000000000000&auth_token=authusrB0000000000000000000000000000X00&charset=utf-8&format=JSON&method="
    "alipay.user.info.share&sign_type=RSA2&timestamp=2026-01-05 10:03:04&version=1.0";
static const char signature[] =
    "hLuxuMAaZ3HsjyM6vzhnkYGUMxj4bzgeMgPsBPbGM3UKAiVJR1llLJ6u6g/"
    "FzkYvAzA6APAM5rkJsYU04c6hNXk8FzRYoJ2a6ydoT1a5lKd4Z2BGALAi"
    "Fa4YFWNXX9NkqD7LDobBiXKSHBe+BXX3+"
    "1x6mbZMknK1KMVVkgjfafwx6N0XCcyqqny9khQ5YSCpH3l9fmzAW3Bzu4aCeDN9yc6SUw1byVzjb4Rns2vc"
    "ve4/s9IOZgY3E7KmQXWoEsQXC87n8cpyhwq6+U8QqFUC0hTv9dD4f7PpMghKmEhKuAGcKyKY+Nu5XcmJaPLZ8NS9cOVRpFXP5hM2jDtDitVKGQ==";

static struct rsa_key *private_key(struct arena *arena) {
    struct rsa_key *key = NULL;
    assert_true(rsa_key_parse_private(arena, str_from(TEST_RSA_PRIVATE), &key));
    return key;
}

static struct rsa_key *public_key(struct arena *arena) {
    struct rsa_key *key = NULL;
    assert_true(rsa_key_parse_public(arena, str_from(TEST_RSA_PUBLIC), &key));
    return key;
}

static void a_signature_is_the_one_that_openssl_makes(void **state) {
    struct str made = rsa_sign(*state, private_key(*state), str_from(text));
    assert_str(base64_encode(*state, made), signature);
    assert_true(rsa_verify(public_key(*state), str_from(text), made));
    assert_true(rsa_verify(private_key(*state), str_from(text), made));
}

static void any_other_signature_is_refused(void **state) {
    struct str good, empty = STR("");
    struct rsa_key *key = public_key(*state), *another = rsa_key_generate(*state);
    assert_true(base64_decode(*state, str_from(signature), &good));
    for (size_t i = 0; i < good.len; i += 17) {
        char *bad = str_c(*state, good);
        bad[i] = (char)(bad[i] ^ 1);
        assert_false(rsa_verify(key, str_from(text), str_of(bad, good.len)));
    }
    assert_false(rsa_verify(key, str_sub(str_from(text), 0, sizeof(text) - 2), good));
    assert_false(rsa_verify(key, empty, good));
    assert_false(rsa_verify(key, str_from(text), empty));
    assert_false(rsa_verify(key, str_from(text), STR_NONE));
    assert_false(rsa_verify(key, str_from(text), str_sub(good, 0, good.len - 1)));
    assert_false(rsa_verify(another, str_from(text), good));
    assert_false(rsa_verify(key, str_from(text), rsa_sign(*state, another, str_from(text))));
}

static void a_public_key_cannot_sign(void **state) {
    assert_true(str_is_absent(rsa_sign(*state, public_key(*state), str_from(text))));
}

static void pairs(void **state) {
    struct rsa_key *another = rsa_key_generate(*state);
    assert_true(rsa_key_is_pair(private_key(*state), public_key(*state)));
    assert_false(rsa_key_is_pair(another, public_key(*state)));
}

static void what_is_no_key_is_refused(void **state) {
    static const char *const rows[] = {
        "",
        "MIIEvQIBADANBg",
        "-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        TEST_CERTIFICATE,
        /* of 1024 bits */
        "-----BEGIN PUBLIC KEY-----\n"
        "MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDIk666ffKu9KE1+75e04bEq4dn\nFH4nwW0MIqjXKfY7JUyweAvAaI7P6zMGPvKRh/"
        "0MOXyFkfNd8c2y3/SL91I45+o3\nbjVMR14ay3fOsZROVBty/9np5MmeSWuCwLDKVi9Z8O04GsiMm1BMHL9I5+xvzCVu\nw3/"
        "tIUMivcXTrT6FCwIDAQAB\n"
        "-----END PUBLIC KEY-----\n",
        /* on P-256 */
        "-----BEGIN PUBLIC KEY-----\n"
        "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExhLtudEslAoiZa+XMM80ZqXC2na9\nfLSOvWRlefg9TJ9FEbpk4mtDYoB+"
        "TwJcnRB9MBGq8D4OpzBLTHlDDdqtqQ==\n"
        "-----END PUBLIC KEY-----\n",
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rsa_key *key;
        assert_row(!rsa_key_parse_private(*state, str_from(rows[i]), &key), rows[i]);
        assert_row(!rsa_key_parse_public(*state, str_from(rows[i]), &key), rows[i]);
    }
    struct rsa_key *key;
    assert_false(rsa_key_parse_private(*state, str_from(TEST_RSA_PUBLIC), &key));
    assert_false(rsa_key_parse_public(*state, str_from(TEST_RSA_PRIVATE), &key));
}

/* md5sum over issuer and serial number as openssl x509 -nameopt RFC2253 shows them. */
static void a_certificate_is_named_by_its_issuer_and_serial_number(void **state) {
    struct rsa_certificate *all;
    struct str pem = str_concat(*state, str_from(TEST_CERTIFICATE), str_from(TEST_CERTIFICATE_EC),
                                str_from(TEST_CERTIFICATE_SHA512));
    assert_int_equal(rsa_certificates_parse(*state, pem, &all), 3);
    assert_str(all[0].serial_name, "5fa011c8e55c43076ca3cdab908d9566");
    assert_str(all[1].serial_name, "79fab4d4a091787761d5f2915a07d5b8");
    assert_str(all[2].serial_name, "cdae1af45c531d475a24c7ac23661b9f");
    assert_true(all[0].signed_with_rsa);
    assert_false(all[1].signed_with_rsa);
    assert_false(all[2].signed_with_rsa);
    assert_true(rsa_key_is_pair(private_key(*state), all[0].key));
    assert_null(all[1].key);
    assert_non_null(all[2].key);
}

static void a_file_of_certificates_is_read_whole_or_not_at_all(void **state) {
    struct rsa_certificate *all;
    struct str good = str_from(TEST_CERTIFICATE);
    assert_int_equal(rsa_certificates_parse(*state, STR(""), &all), 0);
    assert_int_equal(rsa_certificates_parse(*state, STR("no certificate"), &all), 0);
    assert_int_equal(rsa_certificates_parse(*state, str_from(TEST_RSA_PUBLIC), &all), 0);
    assert_int_equal(rsa_certificates_parse(*state, str_concat(*state, good, str_sub(good, 0, good.len / 2)), &all), 0);
    assert_int_equal(rsa_certificates_parse(*state, str_sub(good, 0, good.len - 30), &all), 0);
    struct str many = STR("");
    for (int i = 0; i <= RSA_CERTIFICATES_MOST; i++) {
        many = str_concat(*state, many, good);
    }
    assert_int_equal(rsa_certificates_parse(*state, many, &all), 0);
}

static struct str write_file(struct arena *arena, const char *pem, mode_t mode) {
    char *path = str_c(arena, STR("/tmp/tongxing-rsa-XXXXXX"));
    int fd = mkstemp(path);
    assert_true(fd >= 0 && write(fd, pem, strlen(pem)) == (ssize_t)strlen(pem) && fchmod(fd, mode) == 0);
    close(fd);
    return str_from(path);
}

static void files(void **state) {
    struct rsa_key *key;
    struct fault fault;
    struct str own = write_file(*state, TEST_RSA_PRIVATE, 0600), open = write_file(*state, TEST_RSA_PRIVATE, 0644);
    assert_true(rsa_key_read_private(*state, own, &key, &fault));
    assert_false(rsa_key_read_private(*state, open, &key, &fault));
    assert_non_null(strstr(fault.text, "make it 0600"));
    assert_false(rsa_key_read_public(*state, own, &key, &fault));
    assert_non_null(strstr(fault.text, "is not an RSA public key"));
    assert_null(strstr(fault.text, "BEGIN PRIVATE"));
    assert_false(rsa_key_read_public(*state, STR("/nowhere/at/all"), &key, &fault));
    assert_false(rsa_key_read_public(*state, STR("/tmp"), &key, &fault));
    unlink(own.ptr);
    unlink(open.ptr);
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

RUN_TESTS(WITH_ARENA(a_signature_is_the_one_that_openssl_makes), WITH_ARENA(any_other_signature_is_refused),
          WITH_ARENA(a_public_key_cannot_sign), WITH_ARENA(pairs), WITH_ARENA(what_is_no_key_is_refused),
          WITH_ARENA(a_certificate_is_named_by_its_issuer_and_serial_number),
          WITH_ARENA(a_file_of_certificates_is_read_whole_or_not_at_all), WITH_ARENA(files))
