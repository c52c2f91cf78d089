/*
 * One-time passwords: the vectors of RFC 4226 appendix D and RFC 6238 appendix B.
 */
#include "jose/otp.h"
#include "test.h"

#define SECRET STR("12345678901234567890")

static void the_vectors_of_the_rfcs(void **state) {
    static const struct {
        int64_t step;
        const char *code;
    } vectors[] = {
        {0, "755224"},
        {1, "287082"},
        {2, "359152"},
        {3, "969429"},
        {4, "338314"},
        {5, "254676"},
        {6, "287922"},
        {7, "162583"},
        {8, "399871"},
        {9, "520489"},
        {59 / 30, "287082"},
        {1111111109 / 30, "081804"},
        {1111111111 / 30, "050471"},
        {1234567890 / 30, "005924"},
        {2000000000 / 30, "279037"},
        {20000000000 / 30, "353130"},
    };
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        char code[OTP_DIGITS];
        otp_code(SECRET, vectors[i].step, code);
        assert_memory_equal(code, vectors[i].code, OTP_DIGITS);
    }
}

static void only_steps_nearby_count(void **state) {
    int64_t step;
    assert_true(otp_find(SECRET, STR("081804"), 1111111109, 1, &step));
    assert_int_equal(step, 1111111109 / 30);
    assert_true(otp_find(SECRET, STR("081804"), 1111111109 + 30, 1, &step));
    assert_true(otp_find(SECRET, STR("081804"), 1111111109 - 30, 1, &step));
    assert_false(otp_find(SECRET, STR("081804"), 1111111109 + 60, 1, &step));
    assert_false(otp_find(SECRET, STR("081804"), 1111111109 - 90, 1, &step));
    assert_false(otp_find(SECRET, STR("081805"), 1111111109, 1, &step));
    assert_false(otp_find(SECRET, STR("81804"), 1111111109, 1, &step));
    assert_false(otp_find(SECRET, STR(""), 1111111109, 1, &step));
    assert_false(otp_find(SECRET, STR("0818040"), 1111111109, 1, &step));
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_vectors_of_the_rfcs),
                                       cmocka_unit_test(only_steps_nearby_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
