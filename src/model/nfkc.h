/*
 * nfkc: text as Unicode code points, and NFKC (Unicode Standard Annex 15), for the comparison keys of names.
 */
#ifndef MODEL_NFKC_H
#define MODEL_NFKC_H

#include "base/str.h"

struct arena;

struct points {
    uint32_t *at;
    size_t count;
};

/* False when libunistring cannot. The new points are the arena's. */
bool points_nfkc(struct arena *arena, struct points *points);
struct str points_text(struct arena *arena, const struct points *points);

/* Controls, noncharacters, and what turns the direction of writing: no name holds them. */
bool point_is_forbidden(uint32_t c);
/* Without width, and between the characters of a name without meaning. */
bool point_is_invisible(uint32_t c);
bool point_is_private_use(uint32_t c);
/* Arrows, signs, dingbats, pictures, and what looks like nothing or stands for what is not known: no name holds them.
 */
bool point_is_symbol(uint32_t c);
/* Marks that stand in no name: brackets of markup, quotes, separators of queries. */
bool point_is_markup(uint32_t c);

#endif
