/*
 * The comparison key of a person's name: what differs only by how it was typed becomes equal, what is another name
 * stays different.
 *
 * The only home of libunistring, for NFKC (Unicode Standard Annex 15).
 */
#include "model/identity.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <uninorm.h>

#define MIDDLE_DOT 0x00b7
#define BYTES_MOST 1024

/* GB 18030 codes that old systems decode to the private use area, and where Unicode has them now (GB 18030-2022). */
static const struct {
    uint32_t from, to;
} private_use[] = {
    {0xe78d, 0xfe10},  {0xe78e, 0xfe12},  {0xe78f, 0xfe11}, {0xe790, 0xfe13}, {0xe791, 0xfe14},  {0xe792, 0xfe15},
    {0xe793, 0xfe16},  {0xe794, 0xfe17},  {0xe795, 0xfe18}, {0xe796, 0xfe19}, {0xe816, 0x20087}, {0xe817, 0x20089},
    {0xe818, 0x200cc}, {0xe81e, 0x9fb4},  {0xe826, 0x9fb5}, {0xe82b, 0x9fb6}, {0xe82c, 0x9fb7},  {0xe831, 0x215d7},
    {0xe832, 0x9fb8},  {0xe83b, 0x2298f}, {0xe843, 0x9fb9}, {0xe854, 0x9fba}, {0xe855, 0x241fe}, {0xe864, 0x9fbb},
};

static bool is_in(uint32_t c, const uint32_t *list, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (list[i] == c) {
            return true;
        }
    }
    return false;
}

static bool is_private_use(uint32_t c) {
    return (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xf0000 && c <= 0xffffd) || (c >= 0x100000 && c <= 0x10fffd);
}

/* Controls, noncharacters, and what turns the direction of writing: no name holds them. */
static bool is_forbidden(uint32_t c) {
    bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x2028 || c == 0x2029;
    bool noncharacter = (c & 0xfffe) == 0xfffe || (c >= 0xfdd0 && c <= 0xfdef);
    bool bidi =
        c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
    bool tag = c >= 0xe0000 && c <= 0xe007f;
    return control || noncharacter || bidi || tag;
}

static bool is_invisible(uint32_t c) {
    return (c >= 0x200b && c <= 0x200d) || c == 0xfeff || c == 0x2060 || c == 0x00ad || (c >= 0xfe00 && c <= 0xfe0f) ||
           (c >= 0xe0100 && c <= 0xe01ef);
}

static bool is_han(uint32_t c) {
    return (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0x20000 && c <= 0x323af) || c == 0x3007;
}

static bool is_dot(uint32_t c) {
    static const uint32_t dots[] = {MIDDLE_DOT, 0x0387, 0x2022, 0x2027, 0x2219, 0x22c5, 0x30fb,
                                    0xff65,     0x2e31, 0x2e33, 0xa78f, 0x16eb, 0x25cf, 0x2981};
    return is_in(c, dots, ARRAY_LEN(dots));
}

/* Full stops separate the parts of a name only between Han characters: "J. R." keeps its own. */
static bool is_stop(uint32_t c) {
    return c == '.' || c == 0x3002 || c == 0xff0e || c == 0xfe52 || c == 0x2024 || c == 0xff61;
}

struct points {
    uint32_t *at;
    size_t count;
};

/* Steps 1 to 3: refuse, strip, and give private-use characters their place. */
static enum person_name_result read_points(struct arena *arena, struct str name, struct points *points) {
    size_t count = utf8_count(name);
    if (count == SIZE_MAX || name.len > BYTES_MOST) {
        return PERSON_NAME_BAD;
    }
    enum person_name_result result = PERSON_NAME_OK;
    points->at = arena_array_of(arena, count + 1, uint32_t);
    uint32_t c;
    while (utf8_next(&name, &c)) {
        if (is_forbidden(c)) {
            return PERSON_NAME_BAD;
        }
        for (size_t i = 0; i < ARRAY_LEN(private_use); i++) {
            c = private_use[i].from == c ? private_use[i].to : c;
        }
        if (is_private_use(c)) {
            result = PERSON_NAME_REVIEW;
        }
        if (!is_invisible(c)) {
            points->at[points->count++] = c;
        }
    }
    return points->count > PERSON_NAME_MOST ? PERSON_NAME_BAD : result;
}

/* Step 4. */
static bool normalise(struct arena *arena, struct points *points) {
    size_t count = 0;
    uint32_t *normal = u32_normalize(UNINORM_NFKC, points->at, points->count, NULL, &count);
    if (!normal) {
        return false;
    }
    points->at = arena_array_of(arena, count + 1, uint32_t);
    memcpy(points->at, normal, count * sizeof(uint32_t));
    points->count = count;
    free(normal);
    return true;
}

/* Step 5: every separator is U+00B7, once, without spaces around it. */
static void fold_dots(struct points *points) {
    size_t kept = 0;
    for (size_t i = 0; i < points->count; i++) {
        uint32_t c = points->at[i];
        bool between_han = i > 0 && i + 1 < points->count && is_han(points->at[i - 1]) && is_han(points->at[i + 1]);
        if (!is_dot(c) && !(is_stop(c) && between_han)) {
            points->at[kept++] = c;
            continue;
        }
        while (kept > 0 && (points->at[kept - 1] == ' ' || points->at[kept - 1] == MIDDLE_DOT)) {
            kept--;
        }
        points->at[kept++] = MIDDLE_DOT;
        while (i + 1 < points->count && points->at[i + 1] == ' ') {
            i++;
        }
    }
    points->count = kept;
}

/* Step 6: Han names have no spaces; others one between words; ASCII in upper case. */
static void fold_spaces(struct points *points) {
    bool han = true;
    for (size_t i = 0; i < points->count; i++) {
        han = han && (is_han(points->at[i]) || points->at[i] == ' ' || points->at[i] == MIDDLE_DOT);
    }
    size_t kept = 0;
    for (size_t i = 0; i < points->count; i++) {
        uint32_t c = points->at[i];
        bool dropped = c == ' ' && (han || kept == 0 || points->at[kept - 1] == ' ');
        if (!dropped) {
            points->at[kept++] = c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
        }
    }
    while (kept > 0 && points->at[kept - 1] == ' ') {
        kept--;
    }
    points->count = kept;
}

/* A separator, a mark or a digit alone is nobody's name. */
static bool has_letter(const struct points *points) {
    for (size_t i = 0; i < points->count; i++) {
        uint32_t c = points->at[i];
        if ((c >= 'A' && c <= 'Z') || (c > 0x7f && !is_dot(c) && !is_stop(c))) {
            return true;
        }
    }
    return false;
}

static bool has_markup(const struct points *points) {
    static const uint32_t refused[] = {'<', '>', '&', '"', '\\', '{', '}', '[', ']', '|',
                                       '^', '%', '$', '#', ';',  '=', '/', '?', '*', '@'};
    for (size_t i = 0; i < points->count; i++) {
        if (is_in(points->at[i], refused, ARRAY_LEN(refused))) {
            return true;
        }
    }
    return false;
}

static struct str write_points(struct arena *arena, const struct points *points) {
    char *text = arena_alloc(arena, points->count * 4 + 1);
    size_t len = 0;
    for (size_t i = 0; i < points->count; i++) {
        len += utf8_write(text + len, points->at[i]);
    }
    return str_of(text, len);
}

enum person_name_result person_name_key(struct arena *arena, struct str name, struct str *ret_key) {
    struct points points = {0};
    enum person_name_result result = read_points(arena, str_trim(name), &points);
    if (result == PERSON_NAME_BAD || points.count == 0 || !normalise(arena, &points)) {
        return PERSON_NAME_BAD;
    }
    fold_dots(&points);
    fold_spaces(&points);
    if (has_markup(&points) || (result == PERSON_NAME_OK && !has_letter(&points))) {
        return PERSON_NAME_BAD;
    }
    *ret_key = write_points(arena, &points);
    return result;
}

struct str person_name_mask(struct arena *arena, struct str name) {
    uint32_t c;
    struct str rest = name;
    if (str_is_empty(name) || !utf8_next(&rest, &c)) {
        return STR_NONE;
    }
    return str_concat(arena, str_sub(name, 0, name.len - rest.len), STR("**"));
}
