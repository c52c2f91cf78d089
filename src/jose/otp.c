/*
 * One-time passwords.
 */
#include "jose/otp.h"

#include "base/check.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#define SHA1_SIZE 20

void otp_code(struct str secret, int64_t step, char ret_code[OTP_DIGITS]) {
    unsigned char counter[8], mac[SHA1_SIZE];
    unsigned len = 0;
    for (int i = 0; i < 8; i++) {
        counter[i] = (unsigned char)((uint64_t)step >> (8 * (7 - i)));
    }
    CHECK(HMAC(EVP_sha1(), secret.ptr, (int)secret.len, counter, sizeof(counter), mac, &len) && len == SHA1_SIZE);
    const unsigned char *at = mac + (mac[SHA1_SIZE - 1] & 15);
    unsigned number = ((unsigned)(at[0] & 0x7f) << 24 | (unsigned)at[1] << 16 | (unsigned)at[2] << 8 | at[3]) % 1000000;
    for (int i = OTP_DIGITS - 1; i >= 0; i--) {
        ret_code[i] = (char)('0' + number % 10);
        number /= 10;
    }
}

bool otp_find(struct str secret, struct str code, int64_t now, int skew, int64_t *ret_step) {
    bool found = false;
    for (int64_t step = now / OTP_STEP_S - skew; code.len == OTP_DIGITS && step <= now / OTP_STEP_S + skew; step++) {
        char expected[OTP_DIGITS];
        otp_code(secret, step, expected);
        if (str_equal_secret(str_of(expected, OTP_DIGITS), code)) {
            *ret_step = step;
            found = true;
        }
    }
    return found;
}
