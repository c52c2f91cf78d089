/*
 * UTF-8 by the table of RFC 3629 §4.
 */
#include "base/utf8.h"

static bool continuation(struct str s, size_t at, unsigned least, unsigned most) {
    return at < s.len && (unsigned char)s.ptr[at] >= least && (unsigned char)s.ptr[at] <= most;
}

/* Bytes of the sequence that starts s, 0 when there is no valid one. */
static size_t sequence(struct str s) {
    if (s.len == 0) {
        return 0;
    }
    unsigned first = (unsigned char)s.ptr[0];
    if (first < 0x80) {
        return 1;
    }
    if (first >= 0xc2 && first <= 0xdf) {
        return continuation(s, 1, 0x80, 0xbf) ? 2 : 0;
    }
    if (first >= 0xe0 && first <= 0xef) {
        unsigned least = first == 0xe0 ? 0xa0 : 0x80, most = first == 0xed ? 0x9f : 0xbf;
        return continuation(s, 1, least, most) && continuation(s, 2, 0x80, 0xbf) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        unsigned least = first == 0xf0 ? 0x90 : 0x80, most = first == 0xf4 ? 0x8f : 0xbf;
        return continuation(s, 1, least, most) && continuation(s, 2, 0x80, 0xbf) && continuation(s, 3, 0x80, 0xbf) ? 4
                                                                                                                   : 0;
    }
    return 0;
}

bool utf8_next(struct str *s, uint32_t *ret_code_point) {
    static const unsigned char first_bits[5] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t len = sequence(*s);
    if (len == 0) {
        return false;
    }
    uint32_t c = (unsigned char)s->ptr[0] & first_bits[len];
    for (size_t i = 1; i < len; i++) {
        c = c << 6 | ((unsigned char)s->ptr[i] & 0x3f);
    }
    *s = str_sub(*s, len, s->len - len);
    *ret_code_point = c;
    return true;
}

bool utf8_valid(struct str s) {
    return utf8_count(s) != SIZE_MAX;
}

size_t utf8_count(struct str s) {
    size_t count = 0;
    while (s.len > 0) {
        size_t len = sequence(s);
        if (len == 0) {
            return SIZE_MAX;
        }
        s = str_sub(s, len, s.len - len);
        count++;
    }
    return count;
}

static bool is_blank(uint32_t c) {
    return c == ' ' || (c >= 0x09 && c <= 0x0d) || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200b) || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x2060 ||
           c == 0x3000 || c == 0xfeff;
}

struct str utf8_trim(struct str s) {
    size_t from = 0, end = 0;
    struct str rest = s;
    uint32_t c;
    while (utf8_next(&rest, &c)) {
        size_t at = s.len - rest.len;
        if (!is_blank(c)) {
            end = at;
        } else if (end == 0) {
            from = at;
        }
    }
    return rest.len > 0 ? s : str_sub(s, from, end > from ? end - from : 0);
}

size_t utf8_write(char *to, uint32_t c) {
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char marks[5] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len - 1; i > 0; i--) {
        to[i] = (char)(0x80 | (c & 0x3f));
        c >>= 6;
    }
    to[0] = (char)(marks[len] | c);
    return len;
}
