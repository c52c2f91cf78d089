/*
 * The comparison key of a person's name: what differs only by how it was typed becomes equal, what is another name
 * stays different.
 */
#include "model/identity.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/utf8.h"
#include "nfkc.h"

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

static bool is_han(uint32_t c) {
    return (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) || (c >= 0xf900 && c <= 0xfaff) ||
           (c >= 0x20000 && c <= 0x3347f) || c == 0x3007;
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
        if (point_is_forbidden(c)) {
            return PERSON_NAME_BAD;
        }
        for (size_t i = 0; i < ARRAY_LEN(private_use); i++) {
            c = private_use[i].from == c ? private_use[i].to : c;
        }
        if (point_is_private_use(c)) {
            result = PERSON_NAME_REVIEW;
        }
        if (!point_is_invisible(c)) {
            points->at[points->count++] = c;
        }
    }
    return points->count > PERSON_NAME_MOST ? PERSON_NAME_BAD : result;
}

/* Step 5: every separator is U+00B7, once, without spaces around it. A run of full stops and spaces is one between Han
 * characters, a run with a dot anywhere. */
static void fold_dots(struct points *points) {
    size_t kept = 0, end;
    for (size_t i = 0; i < points->count; i = end) {
        bool dot = false, stop = false;
        for (end = i; end < points->count; end++) {
            uint32_t c = points->at[end];
            dot |= is_dot(c);
            stop |= is_stop(c);
            if (!is_dot(c) && !is_stop(c) && c != ' ') {
                break;
            }
        }
        bool between_han = i > 0 && end < points->count && is_han(points->at[i - 1]) && is_han(points->at[end]);
        if (dot || (stop && between_han)) {
            points->at[kept++] = MIDDLE_DOT;
        } else {
            end = end > i ? end : i + 1;
            for (size_t copied = i; copied < end; copied++) {
                points->at[kept++] = points->at[copied];
            }
        }
    }
    points->count = kept;
}

/* Step 6: Han names have no spaces; others one between words. */
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
            points->at[kept++] = c;
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
        bool latin = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (latin || (c > 0x7f && !is_dot(c) && !is_stop(c))) {
            return true;
        }
    }
    return false;
}

static bool has_what_no_name_has(const struct points *points) {
    for (size_t i = 0; i < points->count; i++) {
        if (point_is_markup(points->at[i]) || point_is_symbol(points->at[i])) {
            return true;
        }
    }
    return false;
}

static enum person_name_result fold_name(struct arena *arena, struct str name, struct points *points) {
    enum person_name_result result = read_points(arena, utf8_trim(name), points);
    if (result == PERSON_NAME_BAD || points->count == 0 || !points_nfkc(arena, points)) {
        return PERSON_NAME_BAD;
    }
    fold_dots(points);
    fold_spaces(points);
    bool bad = has_what_no_name_has(points) || (result == PERSON_NAME_OK && !has_letter(points));
    return bad ? PERSON_NAME_BAD : result;
}

enum person_name_result person_name_read(struct arena *arena, struct str name, struct str *ret_name) {
    struct points points = {0};
    enum person_name_result result = fold_name(arena, name, &points);
    if (result != PERSON_NAME_BAD) {
        *ret_name = points_text(arena, &points);
    }
    return result;
}

enum person_name_result person_name_key(struct arena *arena, struct str name, struct str *ret_key) {
    struct points points = {0};
    enum person_name_result result = fold_name(arena, name, &points);
    for (size_t i = 0; i < points.count; i++) {
        uint32_t c = points.at[i];
        points.at[i] = c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
    }
    if (result != PERSON_NAME_BAD) {
        *ret_key = points_text(arena, &points);
    }
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
