/*
 * The width of characters is libunistring's to know; this is the only place that asks it.
 */
#include "text.h"

#include "base/utf8.h"

#include <uniwidth.h>

#define ENCODING "UTF-8"
#define GROWTH   6 /* the longest escape of one byte */

/* C0, DEL and C1 move terminals; U+2028 and U+2029 break lines; the others turn or hide what follows (Trojan Source).
 */
static bool is_dangerous(uint32_t c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c >= 0xfff9 && c <= 0xfffb) || (c >= 0xe0000 && c <= 0xe007f);
}

bool text_is_plain(struct str text) {
    uint32_t c;
    while (text.len > 0) {
        if (!utf8_next(&text, &c) || is_dangerous(c)) {
            return false;
        }
    }
    return true;
}

struct str text_shown(struct arena *arena, struct str text) {
    if (text_is_plain(text)) {
        return text;
    }
    struct buf buf;
    buf_init(&buf, arena, text.len * 2, text.len * GROWTH + 1);
    while (text.len > 0) {
        struct str before = text;
        uint32_t c;
        if (!utf8_next(&text, &c)) {
            buf_printf(&buf, "\\x%02x", (unsigned char)text.ptr[0]);
            text = str_sub(text, 1, text.len - 1);
        } else if (is_dangerous(c)) {
            buf_printf(&buf, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
        } else {
            buf_put(&buf, str_sub(before, 0, before.len - text.len));
        }
    }
    return buf_str(&buf);
}

static void put_escape(struct buf *buf, uint32_t c) {
    if (c >= 0x10000) {
        c -= 0x10000;
        buf_printf(buf, "\\u%04x\\u%04x", (unsigned)(0xd800 + (c >> 10)), (unsigned)(0xdc00 + (c & 0x3ff)));
    } else {
        buf_printf(buf, "\\u%04x", (unsigned)c);
    }
}

/* Outside of strings JSON is ASCII, and the writer of the document has escaped C0 in them. */
void text_put_json(struct buf *buf, struct str json) {
    while (json.len > 0) {
        struct str before = json;
        uint32_t c;
        if (!utf8_next(&json, &c)) {
            put_escape(buf, 0xfffd);
            json = str_sub(json, 1, json.len - 1);
        } else if (is_dangerous(c)) {
            put_escape(buf, c);
        } else {
            buf_put(buf, str_sub(before, 0, before.len - json.len));
        }
    }
}

static size_t width_of(uint32_t c) {
    int width = uc_width(c, ENCODING);
    return width > 0 ? (size_t)width : 0;
}

size_t text_width(struct str text) {
    size_t width = 0;
    uint32_t c;
    while (utf8_next(&text, &c)) {
        width += width_of(c);
    }
    return width;
}

struct str text_cut(struct arena *arena, struct str text, size_t width) {
    if (text_width(text) <= width) {
        return text;
    }
    size_t used = 1; /* the ellipsis */
    struct str rest = text;
    for (;;) {
        struct str before = rest;
        uint32_t c;
        if (!utf8_next(&rest, &c) || used + width_of(c) > width) {
            return str_concat(arena, str_sub(text, 0, (size_t)(before.ptr - text.ptr)), STR("…"));
        }
        used += width_of(c);
    }
}
