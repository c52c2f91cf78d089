/*
 * str: a pointer and a length. Never assumes a terminating NUL, may contain one.
 *
 * A str does not own its bytes. They belong to an arena, a buffer or the program text, and whoever hands a str
 * out says which. An absent value is {NULL, 0} (str_is_absent) and differs from an empty one, so that "parameter
 * missing" and "parameter empty" can be told apart.
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct arena;

struct str {
    const char *ptr;
    size_t len;
};

#define STR(literal) ((struct str){"" literal "", sizeof(literal) - 1})
/* The same as a constant initialiser for static tables. */
#define STR_INIT(literal)                                                                                              \
    { "" literal "", sizeof(literal) - 1 }
#define STR_NONE ((struct str){NULL, 0})
/* For printf's %.*s. Never with text from outside in a log line: log.h has typed fields for that. */
#define STR_ARG(s) (int)(s).len, (s).ptr

static inline struct str str_of(const void *ptr, size_t len) {
    return (struct str){ptr, len};
}
static inline struct str str_from(const char *text) {
    return text ? (struct str){text, strlen(text)} : STR_NONE;
}
static inline bool str_is_absent(struct str s) {
    return s.ptr == NULL;
}
static inline struct str str_or(struct str s, struct str instead) {
    return str_is_absent(s) ? instead : s;
}
static inline bool str_is_empty(struct str s) {
    return s.len == 0;
}

bool str_equal(struct str a, struct str b);
bool str_equal_fold(struct str a, struct str b); /* ASCII letters only */
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_contains(struct str s, char c);
size_t str_count(struct str s, char c);
/* Takes as long for a match as for a mismatch. The lengths are not secret. */
bool str_equal_secret(struct str a, struct str b);
/* Order of bytes, shorter first where one is a prefix of the other: for qsort and bsearch. */
int str_compare(struct str a, struct str b);

/* The part before the first `separator`; `rest` is what follows it (absent when there is none). */
struct str str_cut(struct str s, char separator, struct str *rest);
struct str str_trim(struct str s); /* spaces and tabs at both ends */
struct str str_sub(struct str s, size_t from, size_t len);
bool str_drop_prefix(struct str *s, struct str prefix);

/*
 * One word of a list separated by single spaces (RFC 6749 §3.3). Call until it returns false; `list` advances.
 * Runs of spaces yield empty words, so that a strict caller can refuse them.
 */
bool str_next_word(struct str *list, struct str *ret_word);
bool str_has_word(struct str list, struct str word);

/* Copies that live as long as the arena. str_c adds a NUL for C interfaces. */
struct str str_dup(struct arena *arena, struct str s);
char *str_c(struct arena *arena, struct str s);
struct str str_lower(struct arena *arena, struct str s);
/* One after the other: str_concat(arena, STR("ac_"), text). */
struct str str_join(struct arena *arena, const struct str *parts, size_t count);
#define str_concat(arena, ...)                                                                                         \
    str_join((arena), (const struct str[]){__VA_ARGS__}, sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str))
struct str str_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Decimal digits only (i64: a minus sign may precede them): no plus sign, no space, no overflow. */
bool str_to_u64(struct str s, uint64_t *ret_value);
bool str_to_i64(struct str s, int64_t *ret_value);

#endif
