/*
 * The table of what pages say to the results of one-time codes.
 */
#include "code_answer.h"

const struct code_answer *code_answer(enum phone_code_result result) {
    static const struct code_answer answers[] = {
        [PHONE_CODE_DONE] = {200, NULL, true},
        [PHONE_CODE_TOO_SOON] = {200, "register.code_too_soon", true},
        [PHONE_CODE_LIMITED] = {429, "register.code_limited", false},
        [PHONE_CODE_REFUSED] = {200, "register.code_refused", false},
        [PHONE_CODE_CANNOT_SEND] = {503, "register.code_cannot_send", false},
        [PHONE_CODE_WRONG] = {200, "register.code_wrong", true},
        [PHONE_CODE_GONE] = {200, "register.code_gone", false},
    };
    return result == PHONE_CODE_UNAVAILABLE ? NULL : &answers[result];
}
