/* What is remembered of tokens that verified. */
#include "jose/verified.h"
#include "test.h"

static void what_was_added_is_found_by_the_same_bytes_alone(void **state) {
    struct verified *verified = verified_new();
    struct sha256 token = sha256_of(STR("header.payload.signature"));
    struct str content;
    assert_false(verified_find(verified, &token, &content));
    verified_add(verified, &token, STR("content"));
    assert_true(verified_find(verified, &token, &content));
    assert_str(content, "content");
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        struct sha256 other = token;
        other.bytes[i] ^= 1;
        assert_false(verified_find(verified, &other, &content));
    }
    verified_free(verified);
}

static void nothing_too_large_or_empty_is_remembered(void **state) {
    struct verified *verified = verified_new();
    static const char large[VERIFIED_BYTES_MOST + 1] = "x";
    struct sha256 token = sha256_of(STR("token")), fits = sha256_of(STR("fits")), zero = {{0}};
    struct str content;
    verified_add(verified, &token, str_of(large, sizeof(large)));
    verified_add(verified, &token, STR(""));
    assert_false(verified_find(verified, &token, &content));
    verified_add(verified, &fits, str_of(large, VERIFIED_BYTES_MOST));
    assert_true(verified_find(verified, &fits, &content));
    assert_int_equal(content.len, VERIFIED_BYTES_MOST);
    assert_false(verified_find(verified, &zero, &content)); /* an empty entry is no token */
    verified_free(verified);
}

static void it_stays_at_its_size(void **state) {
    struct verified *verified = verified_new();
    struct sha256 first = sha256_of(STR("first"));
    struct str content;
    verified_add(verified, &first, STR("first"));
    for (uint64_t i = 0; i < 100000; i++) {
        struct sha256 other = sha256_of(str_of(&i, sizeof(i)));
        verified_add(verified, &other, str_of(&i, sizeof(i)));
        assert_true(verified_find(verified, &other, &content));
        assert_memory_equal(content.ptr, &i, sizeof(i));
    }
    assert_false(verified_find(verified, &first, &content));
    verified_free(verified);
}

RUN_TESTS(cmocka_unit_test(what_was_added_is_found_by_the_same_bytes_alone),
          cmocka_unit_test(nothing_too_large_or_empty_is_remembered), cmocka_unit_test(it_stays_at_its_size))
