/* RSA keys from PEM files: what is loaded and what is refused, and operations against what openssl(1) made. */
#include "base/encode.h"
#include "jose/foreign_key.h"
#include "test.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* openssl req -x509 -newkey rsa:2048 -set_serial 68759529225 */
static const char certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                  "MIIC8jCCAdqgAwIBAgIFEAJjJwkwDQYJKoZIhvcNAQELBQAwDzENMAsGA1UEAwwE\n"
                                  "dGVzdDAgFw0yNjExMjUxMzU4MTRaGA8yMTI2MTEwMTEzNTgxNFowDzENMAsGA1UE\n"
                                  "AwwEdGVzdDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBANqcU35n7Zk3\n"
                                  "sgKwfBNqdZQqJwV4H+nrmAYTyqCB52+WMPp2LcA7XZKRioSbkHubEFLwO/2bul8j\n"
                                  "Lwhdin8xttV0UemVTnjjAN3+ioIMETyt57JRoOLikW0u7dFH6YGVVijhdxHo82TA\n"
                                  "fxwHKFMmW3b9KxwbBsNKas92ikAg2fl2u/QGzhZ4FvQP61FvhX/NfeTOGzQQ3JRr\n"
                                  "7jPmnxSX5g0pF7ThDLMOZTCzPOwzVH/MBs/QJtjIRfkeZRDRHh5nPUkJOJu+0kIR\n"
                                  "yP6ubTt6g22tMS0+NFAMSx6TaWTv4AbSjN9TiQdI4owjUxCY9gXEC9RKOMFk8qVp\n"
                                  "9yucu9yVd8MCAwEAAaNTMFEwHQYDVR0OBBYEFA6Tvk8xfyOOmQUwHNU1sPr01G/2\n"
                                  "MB8GA1UdIwQYMBaAFA6Tvk8xfyOOmQUwHNU1sPr01G/2MA8GA1UdEwEB/wQFMAMB\n"
                                  "Af8wDQYJKoZIhvcNAQELBQADggEBADnTYriMprJdSNrWLZiDeYfDj9zWtqG8s2S4\n"
                                  "EI691fnHLlmyJxh76fQ93uLl795uF1npNZ/3rJArP5dub0iSwjULlLtU9Rr9E6ZL\n"
                                  "rgwku2CAxvegR0oI3CJyuNnBj8vZ+I3obgidDUikYlVnmoPMh6azV2W+iEnUAs5L\n"
                                  "o4yhJqiUWgfTOQnf2B2DibmPzzkLXI9+r0Rbeve3euhClNQJ7YfX/wLukUdV5MOG\n"
                                  "Etf2AvsfOTZsLTVWRBIdhekQeNnxjPueNWwtB6Ja6Ez2GiVPIqVc1hjk5ps9uhha\n"
                                  "e7bFIEqM1cbpSV+MTB+HrQ5NncJs8UkoAsT3LDjlPQiWvLpRX4s=\n"
                                  "-----END CERTIFICATE-----\n";

/* printf 'the text' | openssl dgst -sha256 -sign, with the key of the certificate. */
static const char signature_text[] =
    "fsRNLHn19cruIdc8UJy6hfNd/DVkZbR8vh3PleqAFBouYcy7Ua/5g0A6/HSczZspZbnAd+b3aWIi9DAAry2s269o0J"
    "6lbckqypqJt9WaHLFR8Jryt284mN5y+oA/NV1G0NXSSSUoRHeJWTbDE1aHvPxBjfRrrSGECxEymkvaMYEB+aV1PA34"
    "iVrJNjq1LYZ4GB6HLFmxhH/bTfvko1eOfV0djdTkoHj7UilxfmooI5knaNu8KniTterQZluwjpq1048lDcwkQ44EFk"
    "FTS2PovyL6Crb8RZ7H7EjnxYGP1DiBXp+POk8Lf8frl+IE9PawTpHTNVk3Qhb2ADvVKF3Qxg==";

static const char sm2_public[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAECfnfMR5UIaFQ3X0WHkvFxnIXn60Y\n"
                                 "M/wHa7CP81bzUCDM6kkM4md1pS3G6nGMwapgCu0F+/NeCEpmMvYHLamtEw==\n"
                                 "-----END PUBLIC KEY-----\n";

static void a_signature_of_openssl_fits(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key;
    struct str signature;
    assert_true(foreign_key_parse_public(str_from(certificate), FOREIGN_RSA, &key));
    assert_true(base64_decode(arena, str_from(signature_text), &signature));
    assert_true(foreign_rsa_verify(key, STR("the text"), signature));
    assert_false(foreign_rsa_verify(key, STR("the text "), signature));
    assert_false(foreign_rsa_verify(key, STR("the texT"), signature));
    assert_false(foreign_rsa_verify(key, STR(""), signature));
    assert_false(foreign_rsa_verify(key, STR("the text"), str_sub(signature, 0, signature.len - 1)));
    assert_false(foreign_rsa_verify(key, STR("the text"), STR("")));
    for (size_t i = 0; i < signature.len; i += 17) {
        char *changed = arena_alloc(arena, signature.len);
        memcpy(changed, signature.ptr, signature.len);
        changed[i] ^= 1;
        assert_false(foreign_rsa_verify(key, STR("the text"), str_of(changed, signature.len)));
    }
    foreign_key_free(key);
}

static void a_certificate_has_its_serial_number_in_decimal(void **state) {
    struct foreign_key *key, *bare = foreign_key_generate(FOREIGN_RSA);
    assert_true(foreign_key_parse_public(str_from(certificate), FOREIGN_RSA, &key));
    assert_str(foreign_key_serial(key), "68759529225");
    assert_true(str_is_absent(foreign_key_serial(bare)));
    assert_true(foreign_key_pair(key, key));
    assert_false(foreign_key_pair(bare, key));
    foreign_key_free(key);
    foreign_key_free(bare);
}

static void what_is_signed_and_sealed_here_opens_here(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key = foreign_key_generate(FOREIGN_RSA), *other = foreign_key_generate(FOREIGN_RSA);
    struct str signature = foreign_rsa_sign(key, arena, STR("the text"));
    struct str sealed, again, plain;
    assert_true(foreign_rsa_verify(key, STR("the text"), signature));
    assert_false(foreign_rsa_verify(other, STR("the text"), signature));
    assert_true(foreign_rsa_encrypt(key, arena, STR("6226388000000095"), &sealed));
    assert_true(foreign_rsa_encrypt(key, arena, STR("6226388000000095"), &again));
    assert_int_equal(sealed.len, 256);
    assert_false(str_equal(sealed, again));
    assert_true(foreign_rsa_decrypt(key, arena, sealed, &plain));
    assert_str(plain, "6226388000000095");
    assert_false(foreign_rsa_decrypt(key, arena, str_sub(sealed, 0, 255), &plain));
    assert_true(!foreign_rsa_decrypt(other, arena, sealed, &plain) || !str_equal(plain, STR("6226388000000095")));
    foreign_key_free(key);
    foreign_key_free(other);
}

static void a_plain_text_has_the_ceiling_of_its_key(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct foreign_key *key = foreign_key_generate(FOREIGN_RSA);
    char *text = arena_alloc(arena, 300);
    struct str sealed = STR("as before");
    assert_true(foreign_rsa_encrypt(key, arena, str_of(text, 245), &sealed));
    sealed = STR("as before");
    assert_false(foreign_rsa_encrypt(key, arena, str_of(text, 246), &sealed));
    assert_str(sealed, "as before");
    foreign_key_free(key);
}

static void what_is_no_key_is_refused(void **state) {
    static const char *const rows[] = {
        "",
        "no key",
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
        "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,"
        "00000000000000000000000000000000\n\nAAAA\n-----END RSA PRIVATE KEY-----\n",
        sm2_public, /* of the other kind */
    };
    struct foreign_key *key = NULL;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_row(!foreign_key_parse_public(str_from(rows[i]), FOREIGN_RSA, &key), rows[i]);
        assert_row(!foreign_key_parse_private(str_from(rows[i]), FOREIGN_RSA, &key), rows[i]);
    }
    assert_false(foreign_key_parse_private(str_from(certificate), FOREIGN_RSA, &key));
    assert_false(foreign_key_parse_public(str_from(certificate), FOREIGN_SM2, &key));
    for (size_t len = 0; len + 40 < sizeof(certificate); len += 31) {
        assert_false(foreign_key_parse_public(str_of(certificate, len), FOREIGN_RSA, &key));
    }
    assert_null(key);
}

static struct str written(struct arena *arena, const char *folder, const char *text, mode_t mode) {
    struct str path = str_format(arena, "%s/key.pem", folder);
    FILE *file = fopen(str_c(arena, path), "w");
    CHECK(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(str_c(arena, path), mode) == 0);
    return path;
}

static void files_are_guarded(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    char folder[] = "/tmp/tongxing-key-XXXXXX";
    struct foreign_key *key = NULL;
    struct fault fault;
    CHECK(mkdtemp(folder));
    struct str path = written(arena, folder, certificate, 0644);
    assert_true(foreign_key_read_public(path, FOREIGN_RSA, &key, &fault));
    foreign_key_free(key);
    assert_false(foreign_key_read_private(path, FOREIGN_RSA, &key, &fault));
    assert_non_null(strstr(fault.text, "can be read by others (mode 0644): make it 0600"));
    CHECK(chmod(str_c(arena, path), 0600) == 0);
    assert_false(foreign_key_read_private(path, FOREIGN_RSA, &key, &fault));
    assert_non_null(strstr(fault.text, "does not hold an RSA key of 2048 to 4096 bits in PEM, private"));
    assert_false(foreign_key_read_public(path, FOREIGN_SM2, &key, &fault));
    assert_non_null(strstr(fault.text, "does not hold an SM2 key in PEM"));
    assert_false(foreign_key_read_public(str_from(folder), FOREIGN_RSA, &key, &fault));
    assert_non_null(strstr(fault.text, "cannot be read"));
    unlink(str_c(arena, path));
    assert_false(foreign_key_read_public(path, FOREIGN_RSA, &key, &fault));
    assert_non_null(strstr(fault.text, "No such file"));
    rmdir(folder);
}

RUN_TESTS(cmocka_unit_test(a_signature_of_openssl_fits),
          cmocka_unit_test(a_certificate_has_its_serial_number_in_decimal),
          cmocka_unit_test(what_is_signed_and_sealed_here_opens_here),
          cmocka_unit_test(a_plain_text_has_the_ceiling_of_its_key), cmocka_unit_test(what_is_no_key_is_refused),
          cmocka_unit_test(files_are_guarded))
