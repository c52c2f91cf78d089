/*
 * Patterns for LIKE.
 */
#include "sql_like.h"

#include "base/buf.h"

struct str sql_like(struct arena *arena, struct str text) {
    struct buf pattern;
    buf_init(&pattern, arena, 64, 2 * text.len + 8);
    buf_putc(&pattern, '%');
    for (size_t i = 0; i < text.len; i++) {
        if (str_contains(STR("%_\\"), text.ptr[i])) {
            buf_putc(&pattern, '\\');
        }
        buf_putc(&pattern, text.ptr[i]);
    }
    buf_putc(&pattern, '%');
    return buf_str(&pattern);
}
