/*
 * buf: a growing byte buffer that cannot be made without a ceiling.
 *
 * Its bytes come from an arena. A write that would pass the ceiling writes nothing and sets `failed`, which stays
 * set: append as much as you like, look once at the end. Growing abandons the old bytes to the arena, so a good
 * first guess of the size saves memory.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    struct arena *arena;
    char *ptr;
    size_t len;
    size_t size;    /* allocated */
    size_t ceiling; /* most bytes it will ever hold */
    bool failed;
};

void buf_init(struct buf *buf, struct arena *arena, size_t first_size, size_t ceiling);
static inline struct str buf_str(const struct buf *buf) {
    return str_of(buf->ptr ? buf->ptr : "", buf->len);
}

/* Room for `len` more bytes at the end, to be filled by the caller and made part with buf_added; NULL past the ceiling.
 */
char *buf_reserve(struct buf *buf, size_t len);
void buf_added(struct buf *buf, size_t len);

/* Where there is room, the usual case, these are a copy and an addition. */
void buf_put_slowly(struct buf *buf, struct str s);
static inline void buf_put(struct buf *buf, struct str s) {
    if (s.len <= buf->size - buf->len && s.len > 0 && !buf->failed) {
        memcpy(buf->ptr + buf->len, s.ptr, s.len);
        buf->len += s.len;
    } else {
        buf_put_slowly(buf, s);
    }
}
static inline void buf_putc(struct buf *buf, char c) {
    if (buf->len < buf->size && !buf->failed) {
        buf->ptr[buf->len++] = c;
    } else {
        buf_put_slowly(buf, str_of(&c, 1));
    }
}
void buf_put_u64(struct buf *buf, uint64_t value);
void buf_put_i64(struct buf *buf, int64_t value);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
#define buf_puts(buf, literal) buf_put((buf), STR(literal))

/* Escapes: the bytes of s so that they mean themselves in the named context. */
void buf_put_html(struct buf *buf, struct str s);       /* text and quoted attribute values */
void buf_put_json(struct buf *buf, struct str s);       /* inside quotes; s is UTF-8, bad bytes become U+FFFD */
void buf_put_urlencoded(struct buf *buf, struct str s); /* RFC 3986 unreserved stay, all else %XX */
void buf_put_base64url(struct buf *buf, struct str s);  /* RFC 4648 §5, no padding */

#endif
