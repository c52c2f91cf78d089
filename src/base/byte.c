/*
 * The table, made by the compiler from the definitions.
 */
#include "base/byte.h"

#define ALNUM(c)      (((c) >= 'a' && (c) <= 'z') || ((c) >= 'A' && (c) <= 'Z') || ((c) >= '0' && (c) <= '9'))
#define CONTROL(c)    ((c) < 0x20 || (c) == 0x7f)
#define VISIBLE(c)    ((c) > 0x20 && (c) < 0x7f)
#define UNRESERVED(c) (ALNUM(c) || (c) == '-' || (c) == '.' || (c) == '_' || (c) == '~')
#define TOKEN_SIGN(c)                                                                                                  \
    ((c) == '!' || (c) == '#' || (c) == '$' || (c) == '%' || (c) == '&' || (c) == '\'' || (c) == '*' || (c) == '+' ||  \
     (c) == '-' || (c) == '.' || (c) == '^' || (c) == '_' || (c) == '`' || (c) == '|' || (c) == '~')

#define KINDS(c)                                                                                                       \
    ((ALNUM(c) || TOKEN_SIGN(c) ? BYTE_TOKEN : 0) | (!CONTROL(c) || (c) == '\t' ? BYTE_FIELD : 0) |                    \
     (VISIBLE(c) && (c) != '#' ? BYTE_TARGET : 0) |                                                                    \
     (UNRESERVED(c) || (c) == ':' || (c) == '[' || (c) == ']' ? BYTE_HOST : 0) |                                       \
     (UNRESERVED(c) ? BYTE_UNRESERVED : 0) | (ALNUM(c) || (c) == '-' || (c) == '_' ? BYTE_BASE64URL : 0) |             \
     (UNRESERVED(c) || (c) == '+' || (c) == '/' || (c) == '=' ? BYTE_TOKEN68 : 0) |                                    \
     (VISIBLE(c) && (c) != '"' && (c) != '\\' ? BYTE_SCOPE : 0) |                                                      \
     ((c) >= 0x20 && (c) < 0x7f && (c) != '"' && (c) != '\\' ? BYTE_JSON_PLAIN : 0) |                                  \
     ((c) > 0 && (c) < 0x80 && (c) != '%' && (c) != '+' ? BYTE_FORM_PLAIN : 0) |                                       \
     ((c) > 0 && (c) < 0x80 && (c) != '%' ? BYTE_PATH_PLAIN : 0))

#define FOUR(c)    KINDS(c), KINDS((c) + 1), KINDS((c) + 2), KINDS((c) + 3)
#define SIXTEEN(c) FOUR(c), FOUR((c) + 4), FOUR((c) + 8), FOUR((c) + 12)
#define ALL(c)     SIXTEEN(c), SIXTEEN((c) + 16), SIXTEEN((c) + 32), SIXTEEN((c) + 48)

const uint16_t byte_kinds[256] = {ALL(0), ALL(64), ALL(128), ALL(192)};
