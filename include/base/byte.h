/*
 * byte: which bytes the grammars of the specifications allow, looked up in one table.
 */
#ifndef BASE_BYTE_H
#define BASE_BYTE_H

#include "base/str.h"

enum byte_kind {
    BYTE_TOKEN = 1 << 0,      /* RFC 9110 §5.6.2 */
    BYTE_HOST = 1 << 1,       /* host and port, without user information */
    BYTE_UNRESERVED = 1 << 2, /* RFC 3986 §2.3; also a PKCE verifier (RFC 7636 §4.1) */
    BYTE_BASE64URL = 1 << 3,  /* RFC 4648 §5, without padding */
    BYTE_TOKEN68 = 1 << 4,    /* RFC 9110 §11.2 */
    BYTE_SCOPE = 1 << 5,      /* RFC 6749 §3.3 */
    BYTE_JSON_PLAIN = 1 << 6, /* ASCII that needs no escape in a JSON string */
};

extern const uint16_t byte_kinds[256];

static inline bool byte_is(unsigned char c, enum byte_kind kind) {
    return byte_kinds[c] & kind;
}

/*
 * The two grammars that whole heads are held against have a simple form, in which the compiler looks at sixteen
 * bytes at a time. The names say what bytes_all would; true also for the empty text.
 */
static inline bool bytes_all_field(struct str text) {
    unsigned char bad = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bad |= (unsigned char)((c < 0x20) & (c != '\t')) | (unsigned char)(c == 0x7f);
    }
    return !bad;
}
static inline bool bytes_all_target(struct str text) {
    unsigned char bad = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bad |= (unsigned char)(c <= 0x20) | (unsigned char)(c >= 0x7f) | (unsigned char)(c == '#');
    }
    return !bad;
}
/* ASCII without NUL and '%', and without '+' unless `plus_too`: what means itself in a path, and in a form or query. */
bool bytes_all_plain(struct str text, bool plus_too);

/* True also for the empty text. */
static inline bool bytes_all(struct str text, enum byte_kind kind) {
    unsigned bits = kind;
    for (size_t i = 0; i < text.len; i++) {
        bits &= byte_kinds[(unsigned char)text.ptr[i]];
    }
    return bits != 0;
}

#endif
