/*
 * Mainland mobile numbers: what people type, to +86 and 11 digits (E.164).
 */
#include "model/identity.h"

#include "base/arena.h"
#include "base/utf8.h"

#define DIGITS     11
#define TYPED_MOST 24

/* Digits only, full width folded; blanks and hyphens between them are how people write numbers. */
static bool fold(struct str text, char to[TYPED_MOST], size_t *ret_len, bool *ret_plus) {
    size_t len = 0;
    bool first = true, plus = false;
    while (text.len > 0) {
        uint32_t c;
        if (!utf8_next(&text, &c) || len == TYPED_MOST) {
            return false;
        }
        if (c >= 0xff01 && c <= 0xff5e) {
            c -= 0xff01 - 0x21;
        }
        if (c >= '0' && c <= '9') {
            to[len++] = (char)c;
        } else if (c == '+' && first) {
            plus = true;
        } else if (!(c == ' ' || c == 0xa0 || c == 0x3000 || c == '-') || len == 0) {
            return false;
        }
        first = false;
    }
    *ret_len = len;
    *ret_plus = plus;
    return true;
}

bool phone_read(struct arena *arena, struct str text, struct str *ret_phone) {
    char typed[TYPED_MOST];
    size_t len;
    bool plus;
    if (!fold(utf8_trim(text), typed, &len, &plus)) {
        return false;
    }
    struct str digits = str_of(typed, len);
    if (plus && (digits.len != DIGITS + 2 || !str_starts(digits, STR("86")))) {
        return false; /* another country's */
    }
    if (digits.len == DIGITS + 4) {
        str_drop_prefix(&digits, STR("0086"));
    } else if (digits.len == DIGITS + 2) {
        str_drop_prefix(&digits, STR("86"));
    } else if (digits.len == DIGITS + 1) {
        str_drop_prefix(&digits, STR("0"));
    }
    if (digits.len != DIGITS || digits.ptr[0] != '1' || digits.ptr[1] < '3') {
        return false;
    }
    *ret_phone = str_format(arena, "+86%.*s", STR_ARG(digits));
    return true;
}

struct str phone_mask(struct arena *arena, struct str phone) {
    str_drop_prefix(&phone, STR("+86"));
    if (phone.len != DIGITS) {
        return STR("***********");
    }
    return str_format(arena, "%.3s****%.4s", phone.ptr, phone.ptr + DIGITS - 4);
}
