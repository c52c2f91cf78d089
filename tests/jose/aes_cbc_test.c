/* AES-128-CBC: NIST SP 800-38A F.2.1, padding, and what does not open. */
#include "base/encode.h"
#include "jose/aes_cbc.h"
#include "test.h"

static const unsigned char key_bytes[] = {0x2b, 0x7e, 0x15, 0x16, 0x28, 0xae, 0xd2, 0xa6,
                                          0xab, 0xf7, 0x15, 0x88, 0x09, 0xcf, 0x4f, 0x3c};
static const unsigned char iv_bytes[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
static const unsigned char plain_bytes[] = {0x6b, 0xc1, 0xbe, 0xe2, 0x2e, 0x40, 0x9f, 0x96, 0xe9, 0x3d, 0x7e,
                                            0x11, 0x73, 0x93, 0x17, 0x2a, 0xae, 0x2d, 0x8a, 0x57, 0x1e, 0x03,
                                            0xac, 0x9c, 0x9e, 0xb7, 0x6f, 0xac, 0x45, 0xaf, 0x8e, 0x51};

#define KEY   str_of(key_bytes, sizeof(key_bytes))
#define IV    str_of(iv_bytes, sizeof(iv_bytes))
#define PLAIN str_of(plain_bytes, sizeof(plain_bytes))

/* The third block is the padding's, as OpenSSL's command line has it. */
static void the_vector_of_nist(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str cipher = aes128_cbc_encrypt(arena, KEY, IV, PLAIN);
    assert_int_equal(cipher.len, 48);
    assert_str(hex_encode(arena, str_sub(cipher, 0, 32)),
               "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
    struct str again;
    assert_true(aes128_cbc_decrypt(arena, KEY, IV, cipher, &again));
    assert_true(str_equal(again, PLAIN));
}

static void every_length_comes_back(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t len = 0; len <= sizeof(plain_bytes); len++) {
        struct str plain = str_sub(PLAIN, 0, len), again;
        struct str sealed = aes128_cbc_seal(arena, KEY, plain);
        assert_int_equal(sealed.len, AES_BLOCK_SIZE + (len / AES_BLOCK_SIZE + 1) * AES_BLOCK_SIZE);
        assert_true(aes128_cbc_open(arena, KEY, sealed, &again) && str_equal(again, plain));
        assert_false(str_equal(aes128_cbc_seal(arena, KEY, plain), sealed));
    }
}

static void what_is_cut_does_not_open(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str sealed = aes128_cbc_seal(arena, KEY, PLAIN), plain;
    for (size_t len = 0; len < sealed.len; len++) {
        if (aes128_cbc_open(arena, KEY, str_sub(sealed, 0, len), &plain)) {
            assert_int_equal(len % AES_BLOCK_SIZE, 0); /* garbled padding that happens to be one */
        }
    }
    assert_false(aes128_cbc_decrypt(arena, KEY, IV, STR(""), &plain));
    assert_false(aes128_cbc_decrypt(arena, KEY, IV, str_sub(sealed, 0, 17), &plain));
    assert_false(aes128_cbc_decrypt(arena, KEY, IV, str_sub(aes128_cbc_encrypt(arena, KEY, IV, PLAIN), 0, 32), &plain));
}

RUN_TESTS(cmocka_unit_test(the_vector_of_nist), cmocka_unit_test(every_length_comes_back),
          cmocka_unit_test(what_is_cut_does_not_open))
