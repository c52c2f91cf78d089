/* Certificates that openssl made: their names, their keys, and files that are not all certificates. */
#include "jose/certificate.h"
#include "rsa_pem.h"
#include "test.h"

static int make_arena(void **state) {
    *state = arena_new();
    return 0;
}

static int free_arena(void **state) {
    arena_free(*state);
    return 0;
}

/* md5sum over issuer and serial number as openssl x509 -nameopt RFC2253 shows them. */
static void a_certificate_is_named_by_its_issuer_and_serial_number(void **state) {
    struct certificate *all;
    struct str pem = str_concat(*state, str_from(TEST_CERTIFICATE), str_from(TEST_CERTIFICATE_EC),
                                str_from(TEST_CERTIFICATE_SHA512));
    assert_int_equal(certificates_parse(*state, pem, &all), 3);
    assert_str(all[0].serial_name, "5fa011c8e55c43076ca3cdab908d9566");
    assert_str(all[1].serial_name, "79fab4d4a091787761d5f2915a07d5b8");
    assert_str(all[2].serial_name, "cdae1af45c531d475a24c7ac23661b9f");
    assert_true(all[0].signed_with_rsa);
    assert_false(all[1].signed_with_rsa);
    assert_false(all[2].signed_with_rsa);
    struct foreign_key *key;
    assert_true(foreign_key_parse_private(str_from(TEST_RSA_PRIVATE), FOREIGN_RSA, &key));
    assert_true(foreign_key_pair(key, all[0].key));
    foreign_key_free(key);
    assert_null(all[1].key);
    assert_non_null(all[2].key);
}

static void a_file_of_certificates_is_read_whole_or_not_at_all(void **state) {
    struct certificate *all;
    struct str good = str_from(TEST_CERTIFICATE);
    assert_int_equal(certificates_parse(*state, STR(""), &all), 0);
    assert_int_equal(certificates_parse(*state, STR("no certificate"), &all), 0);
    assert_int_equal(certificates_parse(*state, str_from(TEST_RSA_PUBLIC), &all), 0);
    assert_int_equal(certificates_parse(*state, str_concat(*state, good, str_sub(good, 0, good.len / 2)), &all), 0);
    assert_int_equal(certificates_parse(*state, str_sub(good, 0, good.len - 30), &all), 0);
    struct str many = STR("");
    for (int i = 0; i <= CERTIFICATES_MOST; i++) {
        many = str_concat(*state, many, good);
    }
    assert_int_equal(certificates_parse(*state, many, &all), 0);
}

static void a_file_that_cannot_be_read_is_named(void **state) {
    struct certificate *all;
    size_t count;
    struct fault fault;
    assert_false(certificates_read(*state, STR("/nowhere/at.pem"), &all, &count, &fault));
    assert_non_null(strstr(fault.text, "/nowhere/at.pem cannot be read"));
    assert_false(certificates_read(*state, STR("meson.build"), &all, &count, &fault));
    assert_non_null(strstr(fault.text, "meson.build does not hold certificates"));
}

#define WITH_ARENA(test) cmocka_unit_test_setup_teardown(test, make_arena, free_arena)

RUN_TESTS(WITH_ARENA(a_certificate_is_named_by_its_issuer_and_serial_number),
          WITH_ARENA(a_file_of_certificates_is_read_whole_or_not_at_all),
          WITH_ARENA(a_file_that_cannot_be_read_is_named))
