/*
 * Unified social credit codes: alphabet, check character, and the check of the organisation code inside.
 */
#include "model/credit_code.h"

#include "base/utf8.h"

#include <string.h>

static const char alphabet[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/* One typed character in the standard's alphabet: half width, upper case. 0 for none. */
static char fold(uint32_t c) {
    if (c >= 0xff01 && c <= 0xff5e) {
        c -= 0xff01 - 0x21;
    }
    if (c >= 'a' && c <= 'z') {
        c -= 'a' - 'A';
    }
    return c > 0 && c < 0x80 && strchr(alphabet, (int)c) ? (char)c : 0;
}

static bool read_characters(struct str text, char code[CREDIT_CODE_LENGTH + 1]) {
    size_t count = 0;
    uint32_t c;
    text = utf8_trim(text);
    while (text.len > 0) {
        char folded = utf8_next(&text, &c) ? fold(c) : 0;
        bool digit_wanted = count >= 2 && count < 8; /* the region */
        if (folded == 0 || count == CREDIT_CODE_LENGTH || (digit_wanted && (folded < '0' || folded > '9'))) {
            return false;
        }
        code[count++] = folded;
    }
    code[count] = '\0';
    return count == CREDIT_CODE_LENGTH;
}

static char check_of(const char *code) {
    int sum = 0, weight = 1;
    for (size_t i = 0; i + 1 < CREDIT_CODE_LENGTH; i++) {
        sum += weight * (int)(strchr(alphabet, code[i]) - alphabet);
        weight = weight * 3 % 31;
    }
    return alphabet[(31 - sum % 31) % 31];
}

/* GB 11714: letters count from A = 10 there, with no letter left out. */
static char inner_check_of(const char *body) {
    static const int weights[8] = {3, 7, 9, 10, 5, 8, 4, 2};
    int sum = 0;
    for (size_t i = 0; i < 8; i++) {
        sum += weights[i] * (body[i] <= '9' ? body[i] - '0' : body[i] - 'A' + 10);
    }
    int check = 11 - sum % 11;
    return check == 11 ? '0' : check == 10 ? 'X' : (char)('0' + check);
}

enum credit_code_result credit_code_read(struct str text, char ret_code[CREDIT_CODE_LENGTH + 1]) {
    char code[CREDIT_CODE_LENGTH + 1];
    if (!read_characters(text, code)) {
        return CREDIT_CODE_BAD_FORMAT;
    }
    if (check_of(code) != code[CREDIT_CODE_LENGTH - 1]) {
        return CREDIT_CODE_BAD_CHECK;
    }
    memcpy(ret_code, code, sizeof(code));
    return inner_check_of(code + 8) == code[16] ? CREDIT_CODE_OK : CREDIT_CODE_UNUSUAL;
}
