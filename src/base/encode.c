/*
 * base64, base64url, hex and percent encodings, strict in both directions.
 */
#include "base/encode.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/byte.h"
#include "base/utf8.h"

static const char url_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char plain_alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static size_t write_base64(char *to, const unsigned char *bytes, size_t len, const char *alphabet) {
    char *start = to;
    for (; len >= 3; bytes += 3, len -= 3) {
        *to++ = alphabet[bytes[0] >> 2];
        *to++ = alphabet[(bytes[0] & 3) << 4 | bytes[1] >> 4];
        *to++ = alphabet[(bytes[1] & 15) << 2 | bytes[2] >> 6];
        *to++ = alphabet[bytes[2] & 63];
    }
    if (len > 0) {
        unsigned second = len > 1 ? bytes[1] : 0;
        *to++ = alphabet[bytes[0] >> 2];
        *to++ = alphabet[(bytes[0] & 3) << 4 | second >> 4];
        if (len > 1) {
            *to++ = alphabet[(second & 15) << 2];
        }
    }
    return (size_t)(to - start);
}

void base64url_write(char *to, const void *bytes, size_t len) {
    write_base64(to, bytes, len, url_alphabet);
}

struct str base64url_encode(struct arena *arena, struct str bytes) {
    char *text = arena_alloc(arena, base64url_length(bytes.len) + 1);
    return str_of(text, write_base64(text, (const unsigned char *)bytes.ptr, bytes.len, url_alphabet));
}

struct str base64_encode(struct arena *arena, struct str bytes) {
    char *text = arena_alloc(arena, bytes.len / 3 * 4 + 5);
    size_t len = write_base64(text, (const unsigned char *)bytes.ptr, bytes.len, plain_alphabet);
    while (len % 4 != 0) {
        text[len++] = '=';
    }
    return str_of(text, len);
}

struct str base32_encode(struct arena *arena, struct str bytes) {
    char *text = arena_alloc(arena, bytes.len * 8 / 5 + 2);
    size_t len = 0;
    unsigned bits = 0, value = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        value = (value << 8 | (unsigned char)bytes.ptr[i]) & 0xffff;
        for (bits += 8; bits >= 5; bits -= 5) {
            text[len++] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value >> (bits - 5) & 31];
        }
    }
    if (bits > 0) {
        text[len++] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value << (5 - bits) & 31];
    }
    return str_of(text, len);
}

static int value_of(char c, bool url) {
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    if (c == (url ? '-' : '+')) {
        return 62;
    }
    return c == (url ? '_' : '/') ? 63 : -1;
}

static bool decode_base64(struct arena *arena, struct str text, bool url, struct str *ret_bytes) {
    if (text.len % 4 == 1) {
        return false;
    }
    char *bytes = arena_alloc(arena, text.len / 4 * 3 + 3);
    size_t len = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.ptr[i], url);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held >= 8) {
            held -= 8;
            bytes[len++] = (char)(bits >> held);
        }
    }
    if ((bits & ((1u << held) - 1)) != 0) {
        return false; /* trailing bits: another spelling of the same bytes */
    }
    *ret_bytes = str_of(bytes, len);
    return true;
}

bool base64url_decode(struct arena *arena, struct str text, struct str *ret_bytes) {
    return decode_base64(arena, text, true, ret_bytes);
}

bool base64_decode(struct arena *arena, struct str text, struct str *ret_bytes) {
    if (text.len % 4 != 0) {
        return false;
    }
    for (int padding = 0; padding < 2 && str_ends(text, STR("=")); padding++) {
        text.len--;
    }
    return decode_base64(arena, text, false, ret_bytes);
}

struct str hex_encode(struct arena *arena, struct str bytes) {
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, bytes.len * 2 + 1);
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.ptr[i];
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    return str_of(text, bytes.len * 2);
}

static int hex_value(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Nothing in it stands for anything else, and it is UTF-8: most names and values are. */
static bool is_plain(struct str text, bool plus_is_space) {
    return bytes_all_plain(text, !plus_is_space);
}

bool percent_decode(struct arena *arena, struct str text, bool plus_is_space, struct str *ret_text) {
    if (is_plain(text, plus_is_space)) {
        *ret_text = text;
        return true;
    }
    char *decoded = arena_alloc(arena, text.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            bool whole = text.len - i > 2;
            int high = whole ? hex_value(text.ptr[i + 1]) : -1;
            int low = whole ? hex_value(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        if (c == '\0') {
            return false;
        }
        decoded[len++] = c;
    }
    if (!utf8_valid(str_of(decoded, len))) {
        return false;
    }
    *ret_text = str_of(decoded, len);
    return true;
}

struct str percent_encode(struct arena *arena, struct str text) {
    struct buf buf;
    buf_init(&buf, arena, text.len + 16, text.len * 3 + 16);
    buf_put_urlencoded(&buf, text);
    return buf_str(&buf);
}
