/*
 * otp: time-based one-time passwords (RFC 6238 over HMAC-SHA-1, six digits, steps of 30 seconds), as every
 * authenticator app computes them.
 */
#ifndef JOSE_OTP_H
#define JOSE_OTP_H

#include "base/str.h"

#define OTP_SECRET_SIZE 20 /* RFC 4226 §4 R6 */
#define OTP_STEP_S      30
#define OTP_DIGITS      6

/* The password of a step (RFC 4226 §5.3), OTP_DIGITS characters. */
void otp_code(struct str secret, int64_t step, char ret_code[OTP_DIGITS]);

/* The step around `now` whose password this is, at most `skew` steps before or after; compares in constant time. */
bool otp_find(struct str secret, struct str code, int64_t now, int skew, int64_t *ret_step);

#endif
