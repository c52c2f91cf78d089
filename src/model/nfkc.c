/*
 * The only home of libunistring.
 */
#include "nfkc.h"

#include "base/arena.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <uninorm.h>

bool points_nfkc(struct arena *arena, struct points *points) {
    size_t count = 0;
    uint32_t *normal = u32_normalize(UNINORM_NFKC, points->at, points->count, NULL, &count);
    if (!normal) {
        return false;
    }
    points->at = arena_array_of(arena, count + 1, uint32_t);
    memcpy(points->at, normal, count * sizeof(uint32_t));
    points->count = count;
    free(normal);
    return true;
}

struct str points_text(struct arena *arena, const struct points *points) {
    char *text = arena_alloc(arena, points->count * 4 + 1);
    size_t len = 0;
    for (size_t i = 0; i < points->count; i++) {
        len += utf8_write(text + len, points->at[i]);
    }
    return str_of(text, len);
}

bool point_is_forbidden(uint32_t c) {
    bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
    bool noncharacter = (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
    bool bidi =
        c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    bool tag = c >= 0xe0000 && c <= 0xe007f;
    return control || noncharacter || bidi || tag;
}

bool point_is_invisible(uint32_t c) {
    return (c >= 0x200b && c <= 0x200d) || c == 0xfeff || c == 0x2060 || c == 0x00ad || (c >= 0xfe00 && c <= 0xfe0f) ||
           (c >= 0xe0100 && c <= 0xe01ef);
}

bool point_is_private_use(uint32_t c) {
    return (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xf0000 && c <= 0xffffd) || (c >= 0x100000 && c <= 0x10fffd);
}

bool point_is_symbol(uint32_t c) {
    bool filler = c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0;
    return (c >= 0x2190 && c <= 0x2bff) || (c >= 0x1f000 && c <= 0x1faff) || c == 0xfffc || c == 0xfffd || filler;
}

bool point_is_markup(uint32_t c) {
    static const char refused[] = "<>&\"\\{}[]|^%$#;=/?*@";
    return c > 0 && c < 0x80 && strchr(refused, (int)c);
}
