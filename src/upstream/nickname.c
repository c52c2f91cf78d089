/*
 * Names that people gave themselves elsewhere, made fit for a page of ours.
 */
#include "base/arena.h"
#include "base/utf8.h"
#include "upstream/adapter.h"

#define NICKNAME_MOST 64

/* Controls, and what turns the writing of the text around it (U+202E and its like) or cannot be seen. */
static bool is_shown(uint32_t c) {
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);
    bool turning = (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f);
    return !control && !turning && c != 0xfeff && c != 0x061c;
}

struct str upstream_nickname(struct arena *arena, struct str text) {
    char *name = arena_alloc(arena, NICKNAME_MOST + 4);
    size_t len = 0;
    uint32_t c;
    while (utf8_next(&text, &c)) {
        char bytes[4];
        size_t more = is_shown(c) ? utf8_write(bytes, c) : 0;
        if (len + more > NICKNAME_MOST) {
            break;
        }
        memcpy(name + len, bytes, more);
        len += more;
    }
    struct str shown = str_trim(str_of(name, len));
    return shown.len > 0 ? shown : STR_NONE;
}
