/*
 * The table, made by the compiler from the definitions; and looking for special bytes eight at a time, since names and
 * values of a form are short.
 */
#include "base/byte.h"

#define ALNUM(c)      (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z') || ((c) >= '0' && (c) <= '9'))
#define VISIBLE(c)    ((c) > 0x20 && (c) < 0x7f)
#define UNRESERVED(c) (ALNUM(c) || (c) == '-' || (c) == '.' || (c) == '_' || (c) == '~')
#define TOKEN_SIGN(c)                                                                                                  \
    ((c) == '!' || (c) == '#' || (c) == '$' || (c) == '%' || (c) == '&' || (c) == '\'' || (c) == '*' || (c) == '+' ||  \
     (c) == '-' || (c) == '.' || (c) == '^' || (c) == '_' || (c) == '`' || (c) == '|' || (c) == '~')

#define KINDS(c)                                                                                                       \
    ((ALNUM(c) || TOKEN_SIGN(c) ? BYTE_TOKEN : 0) |                                                                    \
     (UNRESERVED(c) || (c) == ':' || (c) == '[' || (c) == ']' ? BYTE_HOST : 0) |                                       \
     (UNRESERVED(c) ? BYTE_UNRESERVED : 0) | (ALNUM(c) || (c) == '-' || (c) == '_' ? BYTE_BASE64URL : 0) |             \
     (UNRESERVED(c) || (c) == '+' || (c) == '/' || (c) == '=' ? BYTE_TOKEN68 : 0) |                                    \
     (VISIBLE(c) && (c) != '"' && (c) != '\\' ? BYTE_SCOPE : 0) |                                                      \
     ((c) >= 0x20 && (c) < 0x7f && (c) != '"' && (c) != '\\' ? BYTE_JSON_PLAIN : 0))

#define FOUR(c)    KINDS(c), KINDS((c) + 1), KINDS((c) + 2), KINDS((c) + 3)
#define SIXTEEN(c) FOUR(c), FOUR((c) + 4), FOUR((c) + 8), FOUR((c) + 12)
#define ALL(c)     SIXTEEN(c), SIXTEEN((c) + 16), SIXTEEN((c) + 32), SIXTEEN((c) + 48)

const uint16_t byte_kinds[256] = {ALL(0), ALL(64), ALL(128), ALL(192)};

#define EACH_BYTE(c) ((uint64_t)(c)*0x0101010101010101)
#define HIGH_BITS    EACH_BYTE(0x80)

/* Not 0 when any byte of the word is 0. */
static uint64_t zeros(uint64_t word) {
    return (word - EACH_BYTE(1)) & ~word & HIGH_BITS;
}

static bool word_is_plain(const char *at, unsigned char plus) {
    uint64_t word;
    memcpy(&word, at, sizeof(word));
    uint64_t special = (word & HIGH_BITS) | zeros(word) | zeros(word ^ EACH_BYTE('%')) | zeros(word ^ EACH_BYTE(plus));
    return special == 0;
}

bool bytes_all_plain(struct str text, bool plus_too) {
    const unsigned char plus = plus_too ? '%' : '+';
    size_t at = 0;
    for (; at + sizeof(uint64_t) <= text.len; at += sizeof(uint64_t)) {
        if (!word_is_plain(text.ptr + at, plus)) {
            return false;
        }
    }
    for (; at < text.len; at++) {
        unsigned char c = (unsigned char)text.ptr[at];
        if (c == 0 || c >= 0x80 || c == '%' || c == plus) {
            return false;
        }
    }
    return true;
}
