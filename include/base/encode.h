/*
 * encode: the text forms of bytes (RFC 4648, RFC 3986). Decoders are strict: a foreign character, wrong padding or
 * non-zero trailing bits refuse the whole, so that one value has one spelling.
 */
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/str.h"

struct str base64url_encode(struct arena *arena, struct str bytes);                 /* no padding */
bool base64url_decode(struct arena *arena, struct str text, struct str *ret_bytes); /* refuses padding */
struct str base64_encode(struct arena *arena, struct str bytes);                    /* padded */
bool base64_decode(struct arena *arena, struct str text, struct str *ret_bytes);    /* padding required */
struct str base32_encode(struct arena *arena, struct str bytes);                    /* upper case, no padding */
struct str hex_encode(struct arena *arena, struct str bytes);                       /* lower case */

/* Writes base64url_length(n) characters. */
static inline size_t base64url_length(size_t bytes) {
    return (bytes * 4 + 2) / 3;
}
void base64url_write(char *to, const void *bytes, size_t len);

/*
 * application/x-www-form-urlencoded and URL components. Refuses a malformed %XX, a NUL, and what is not UTF-8.
 * plus_is_space: true for forms and queries, false for paths. Where there is nothing to decode the result is the text
 * itself, which must live as long as the arena.
 */
bool percent_decode(struct arena *arena, struct str text, bool plus_is_space, struct str *ret_text);
struct str percent_encode(struct arena *arena, struct str text);

#endif
