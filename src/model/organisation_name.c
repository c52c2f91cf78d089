/*
 * The comparison key of an organisation's name. Registers, licences and people write the same name with brackets of
 * either width, with and without spaces.
 */
#include "model/organisation.h"

#include "base/arena.h"
#include "base/utf8.h"
#include "nfkc.h"

#define BYTES_MOST 1024

static enum organisation_name_result read_points(struct arena *arena, struct str name, struct points *points) {
    size_t count = utf8_count(name);
    uint32_t c;
    if (count == SIZE_MAX || count > ORGANISATION_NAME_MOST || name.len > BYTES_MOST) {
        return ORGANISATION_NAME_BAD;
    }
    enum organisation_name_result result = ORGANISATION_NAME_OK;
    points->at = arena_array_of(arena, count + 1, uint32_t);
    while (utf8_next(&name, &c)) {
        if (point_is_forbidden(c)) {
            return ORGANISATION_NAME_BAD;
        }
        result = point_is_private_use(c) ? ORGANISATION_NAME_REVIEW : result;
        if (!point_is_invisible(c)) {
            points->at[points->count++] = c;
        }
    }
    return result;
}

/* Brackets that NFKC leaves as they are, but which licences use like round ones. */
static uint32_t fold(uint32_t c) {
    switch (c) {
    case '[':
    case 0x3014: /* 〔 */
    case 0x3010: /* 【 */
        return '(';
    case ']':
    case 0x3015:
    case 0x3011:
        return ')';
    default:
        return c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c;
    }
}

static bool is_letter(uint32_t c) {
    return (c >= 'A' && c <= 'Z') || c > 0xbf;
}

/* False when it holds what no name does, or no letter. '&' and '/' do stand in the names of foreign-owned firms. */
static bool fold_points(struct points *points) {
    size_t kept = 0;
    bool letter = false;
    for (size_t i = 0; i < points->count; i++) {
        uint32_t c = fold(points->at[i]);
        if (point_is_markup(c) && c != '&' && c != '/') {
            return false;
        }
        if (c != ' ') {
            points->at[kept++] = c;
            letter = letter || is_letter(c);
        }
    }
    points->count = kept;
    return letter;
}

enum organisation_name_result organisation_name_key(struct arena *arena, struct str name, struct str *ret_key) {
    struct points points = {0};
    enum organisation_name_result result = read_points(arena, utf8_trim(name), &points);
    if (result == ORGANISATION_NAME_BAD || points.count == 0 || !points_nfkc(arena, &points)) {
        return ORGANISATION_NAME_BAD;
    }
    if (!fold_points(&points) && result == ORGANISATION_NAME_OK) {
        return ORGANISATION_NAME_BAD;
    }
    *ret_key = points_text(arena, &points);
    return result;
}
