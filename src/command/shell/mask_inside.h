/*
 * mask_inside: what the files of the mask share: the values that are looked for, and the words that stay.
 */
#ifndef COMMAND_SHELL_MASK_INSIDE_H
#define COMMAND_SHELL_MASK_INSIDE_H

#include "mask.h"

struct mask_pattern {
    struct str bytes, shown;
    struct mask_pattern *next;
};
struct mask_word {
    struct str text;
    struct mask_word *next;
};

struct mask {
    struct arena *arena;
    struct mask_pattern *first;
    struct mask_word *asked; /* letters and digits, in upper case: parts of them are looked for */
    struct mask_word *names; /* of members whose values stay, without '_' and '-', in lower case */
    struct mask_word *words; /* values that stay where they stand under such a name */
};

bool mask_has_word(const struct mask_word *first, struct str text);
/* Is it what stands for a value already? */
bool mask_is_masked(const struct mask *mask, struct str value);
/* A name without '_' and '-', in lower case. */
struct str mask_plain_name(struct arena *arena, struct str name);
/* What looks like somebody's number, date of birth, phone or card, or is a part of what was asked, as ****. */
struct str mask_shapes(const struct mask *mask, struct str text);

/* The body of an answer without what stands under unknown names. */
struct str mask_unknown(const struct mask *mask, struct str text);

/* Texts that other texts stand in: where a value behind a name starts, and where it ends. */
size_t mask_skip(struct str text, size_t at, const char *bytes);
size_t mask_value_end(struct str text, size_t start, size_t *ret_inner);

#endif
