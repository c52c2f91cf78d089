/*
 * Comparing, cutting and copying strings that carry their length.
 */
#include "base/str.h"

#include "base/arena.h"
#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>

bool str_equal(struct str a, struct str b) {
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool str_equal_fold(struct str a, struct str b) {
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        if (lower(a.ptr[i]) != lower(b.ptr[i])) {
            return false;
        }
    }
    return true;
}

bool str_starts(struct str s, struct str prefix) {
    return s.len >= prefix.len && memcmp(s.ptr, prefix.ptr, prefix.len) == 0;
}

bool str_ends(struct str s, struct str suffix) {
    return s.len >= suffix.len && memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0;
}

size_t str_count(struct str s, char c) {
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++) {
        count += s.ptr[i] == c;
    }
    return count;
}

bool str_contains(struct str s, char c) {
    return s.len > 0 && memchr(s.ptr, c, s.len) != NULL;
}

bool str_equal_secret(struct str a, struct str b) {
    if (a.len != b.len) {
        return false;
    }
    volatile unsigned char differ = 0;
    for (size_t i = 0; i < a.len; i++) {
        differ |= (unsigned char)a.ptr[i] ^ (unsigned char)b.ptr[i];
    }
    return differ == 0;
}

int str_compare(struct str a, struct str b) {
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common > 0 ? memcmp(a.ptr, b.ptr, common) : 0;
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

struct str str_cut(struct str s, char separator, struct str *rest) {
    const char *at = s.len > 0 ? memchr(s.ptr, separator, s.len) : NULL;
    if (!at) {
        *rest = STR_NONE;
        return s;
    }
    size_t len = (size_t)(at - s.ptr);
    *rest = str_of(at + 1, s.len - len - 1);
    return str_of(s.ptr, len);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

struct str str_trim(struct str s) {
    while (s.len > 0 && is_blank(s.ptr[0])) {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && is_blank(s.ptr[s.len - 1])) {
        s.len--;
    }
    return s;
}

struct str str_sub(struct str s, size_t from, size_t len) {
    CHECK(from <= s.len && len <= s.len - from);
    return str_of(s.ptr + from, len);
}

bool str_drop_prefix(struct str *s, struct str prefix) {
    if (!str_starts(*s, prefix)) {
        return false;
    }
    *s = str_sub(*s, prefix.len, s->len - prefix.len);
    return true;
}

bool str_next_word(struct str *list, struct str *ret_word) {
    if (str_is_absent(*list) || list->len == 0) {
        return false;
    }
    *ret_word = str_cut(*list, ' ', list);
    return true;
}

bool str_has_word(struct str list, struct str word) {
    struct str each;
    while (str_next_word(&list, &each)) {
        if (each.len > 0 && str_equal(each, word)) {
            return true;
        }
    }
    return false;
}

struct str str_dup(struct arena *arena, struct str s) {
    return str_is_absent(s) ? s : str_of(str_c(arena, s), s.len);
}

char *str_c(struct arena *arena, struct str s) {
    char *copy = arena_alloc(arena, s.len + 1);
    if (s.len > 0) {
        memcpy(copy, s.ptr, s.len);
    }
    return copy;
}

struct str str_lower(struct arena *arena, struct str s) {
    char *copy = str_c(arena, s);
    for (size_t i = 0; i < s.len; i++) {
        copy[i] = lower(copy[i]);
    }
    return str_of(copy, s.len);
}

struct str str_join(struct arena *arena, const struct str *parts, size_t count) {
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        CHECK(!__builtin_add_overflow(len, parts[i].len, &len));
    }
    char *joined = arena_alloc(arena, len + 1), *to = joined;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len > 0) {
            memcpy(to, parts[i].ptr, parts[i].len);
            to += parts[i].len;
        }
    }
    return str_of(joined, len);
}

struct str str_format(struct arena *arena, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    CHECK(len >= 0);
    char *text = arena_alloc(arena, (size_t)len + 1);
    vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return str_of(text, (size_t)len);
}

bool str_to_u64(struct str s, uint64_t *ret_value) {
    uint64_t value = 0;
    if (s.len == 0) {
        return false;
    }
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (uint64_t)(s.ptr[i] - '0'), &value)) {
            return false;
        }
    }
    *ret_value = value;
    return true;
}

bool str_to_i64(struct str s, int64_t *ret_value) {
    bool negative = str_drop_prefix(&s, STR("-"));
    uint64_t magnitude;
    if (!str_to_u64(s, &magnitude) || magnitude > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *ret_value = (int64_t)(negative ? 0 - magnitude : magnitude);
    return true;
}
