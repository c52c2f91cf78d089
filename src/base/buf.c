/*
 * Appending to a buffer with a ceiling, and the escapes.
 */
#include "base/buf.h"

#include "base/arena.h"
#include "base/byte.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>

void buf_init(struct buf *buf, struct arena *arena, size_t first_size, size_t ceiling) {
    *buf = (struct buf){.arena = arena, .ceiling = ceiling};
    size_t size = first_size < ceiling ? first_size : ceiling;
    if (size > 0) {
        buf->ptr = arena_alloc(arena, size);
        buf->size = size;
    }
}

static void grow(struct buf *buf, size_t needed) {
    size_t size = buf->size < 64 ? 64 : buf->size * 2;
    size = size < needed ? needed : size;
    size = size > buf->ceiling ? buf->ceiling : size;
    char *bigger = arena_alloc(buf->arena, size);
    if (buf->len > 0) {
        memcpy(bigger, buf->ptr, buf->len);
    }
    buf->ptr = bigger;
    buf->size = size;
}

char *buf_reserve(struct buf *buf, size_t len) {
    if (buf->failed || len > buf->ceiling - buf->len) {
        buf->failed = true;
        return NULL;
    }
    if (len > buf->size - buf->len) {
        grow(buf, buf->len + len);
    }
    return buf->ptr + buf->len;
}

void buf_added(struct buf *buf, size_t len) {
    CHECK(len <= buf->size - buf->len);
    buf->len += len;
}

void buf_put_slowly(struct buf *buf, struct str s) {
    char *to = s.len > 0 ? buf_reserve(buf, s.len) : NULL;
    if (to) {
        memcpy(to, s.ptr, s.len);
        buf->len += s.len;
    }
}

void buf_put_u64(struct buf *buf, uint64_t value) {
    char digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    buf_put(buf, str_of(digits + at, sizeof(digits) - at));
}

void buf_put_i64(struct buf *buf, int64_t value) {
    if (value < 0) {
        buf_putc(buf, '-');
    }
    buf_put_u64(buf, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void buf_printf(struct buf *buf, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    char *text = arena_alloc(buf->arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    buf_put(buf, str_of(text, (size_t)len));
}

void buf_put_html(struct buf *buf, struct str s) {
    for (size_t i = 0; i < s.len; i++) {
        switch (s.ptr[i]) {
        case '&':
            buf_puts(buf, "&amp;");
            break;
        case '<':
            buf_puts(buf, "&lt;");
            break;
        case '>':
            buf_puts(buf, "&gt;");
            break;
        case '"':
            buf_puts(buf, "&quot;");
            break;
        case '\'':
            buf_puts(buf, "&#39;");
            break;
        default:
            buf_putc(buf, s.ptr[i]);
        }
    }
}

static bool json_plain(unsigned char c) {
    return byte_is(c, BYTE_JSON_PLAIN);
}

static void put_json_code_point(struct buf *buf, uint32_t c) {
    if (c == '"' || c == '\\') {
        buf_putc(buf, '\\');
        buf_putc(buf, (char)c);
    } else if (c < 0x20 || c == 0x7f || c == 0x2028 || c == 0x2029) {
        static const char hex[] = "0123456789abcdef";
        const char escape[] = {'\\', 'u', hex[c >> 12 & 15], hex[c >> 8 & 15], hex[c >> 4 & 15], hex[c & 15]};
        buf_put(buf, str_of(escape, sizeof(escape)));
    } else {
        char utf8[4];
        buf_put(buf, str_of(utf8, utf8_write(utf8, c)));
    }
}

void buf_put_json(struct buf *buf, struct str s) {
    while (s.len > 0) {
        size_t plain = 0;
        while (plain < s.len && json_plain((unsigned char)s.ptr[plain])) {
            plain++;
        }
        buf_put(buf, str_sub(s, 0, plain));
        s = str_sub(s, plain, s.len - plain);
        uint32_t c;
        if (s.len > 0 && utf8_next(&s, &c)) {
            put_json_code_point(buf, c);
        } else if (s.len > 0) {
            put_json_code_point(buf, 0xfffd);
            s = str_sub(s, 1, s.len - 1);
        }
    }
}

/* Runs of what stays are copied in one piece. */
void buf_put_urlencoded(struct buf *buf, struct str s) {
    static const char hex[] = "0123456789ABCDEF";
    size_t from = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (byte_is(c, BYTE_UNRESERVED)) {
            continue;
        }
        const char escape[] = {'%', hex[c >> 4], hex[c & 15]};
        buf_put(buf, str_sub(s, from, i - from));
        buf_put(buf, str_of(escape, sizeof(escape)));
        from = i + 1;
    }
    buf_put(buf, str_sub(s, from, s.len - from));
}

void buf_put_base64url(struct buf *buf, struct str s) {
    size_t len = base64url_length(s.len);
    char *to = buf_reserve(buf, len);
    if (to) {
        base64url_write(to, s.ptr, s.len);
        buf->len += len;
    }
}
