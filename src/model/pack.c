/*
 * The binary form of what is stored for a short time. Strings are written as length + 1, so that 0 says "absent".
 */
#include "model/pack.h"

void pack_number(struct buf *buf, uint64_t number) {
    while (number >= 0x80) {
        buf_putc(buf, (char)(number | 0x80));
        number >>= 7;
    }
    buf_putc(buf, (char)number);
}

/* Zigzag: small negative numbers stay small. */
void pack_signed(struct buf *buf, int64_t number) {
    pack_number(buf, ((uint64_t)number << 1) ^ (uint64_t)(number >> 63));
}

void pack_str(struct buf *buf, struct str text) {
    pack_number(buf, str_is_absent(text) ? 0 : text.len + 1);
    buf_put(buf, text);
}

uint64_t unpack_number(struct unpack *unpack) {
    uint64_t number = 0;
    for (unsigned shift = 0; shift < 64 && unpack->left.len > 0; shift += 7) {
        unsigned char byte = (unsigned char)unpack->left.ptr[0];
        unpack->left = str_sub(unpack->left, 1, unpack->left.len - 1);
        number |= (uint64_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) {
            return number;
        }
    }
    unpack->failed = true;
    return 0;
}

int64_t unpack_signed(struct unpack *unpack) {
    uint64_t number = unpack_number(unpack);
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

struct str unpack_str(struct unpack *unpack) {
    uint64_t coded = unpack_number(unpack);
    if (coded == 0) {
        return STR_NONE;
    }
    uint64_t len = coded - 1;
    if (unpack->failed || len > unpack->left.len) {
        unpack->failed = true;
        return STR_NONE;
    }
    struct str text = str_sub(unpack->left, 0, (size_t)len);
    unpack->left = str_sub(unpack->left, (size_t)len, unpack->left.len - (size_t)len);
    return len == 0 ? STR("") : text;
}

bool unpack_done(const struct unpack *unpack) {
    return !unpack->failed && unpack->left.len == 0;
}
