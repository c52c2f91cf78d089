/*
 * utf8: strict UTF-8 (RFC 3629): no overlong forms, no surrogates, nothing above U+10FFFF.
 */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/str.h"

bool utf8_valid(struct str s);
/* The next code point of a valid or invalid string; false at the end or at a bad sequence (then s is not moved). */
bool utf8_next(struct str *s, uint32_t *ret_code_point);
/* Without white space of any script (Unicode White_Space), and what has no width, at both ends: an input method types a
 * space that is not ASCII's. What is not UTF-8 is left as it is. */
struct str utf8_trim(struct str s);
/* Writes 1 to 4 bytes, returns how many. */
size_t utf8_write(char *to, uint32_t code_point);
/* Code points; SIZE_MAX when it is not UTF-8. */
size_t utf8_count(struct str s);

#endif
