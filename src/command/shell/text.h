/*
 * text: what others have entered, made fit for a terminal: nothing in it can move the cursor, change colours or turn
 * the direction of reading, and it is measured in columns, of which a Chinese character takes two (Unicode Standard
 * Annex 11).
 */
#ifndef COMMAND_SHELL_TEXT_H
#define COMMAND_SHELL_TEXT_H

#include "base/buf.h"

/* UTF-8 without control characters, line separators and marks that turn the direction. */
bool text_is_plain(struct str text);
/* The same with those written as \x1b, \u202e, and bytes that are not UTF-8 as \xff. In the arena, or the text itself.
 */
struct str text_shown(struct arena *arena, struct str text);
/* A JSON document whose strings a terminal can be shown: the same value, with \u escapes. */
void text_put_json(struct buf *buf, struct str json);

/* Of text that is plain. */
size_t text_width(struct str text);
/* Its beginning and "…" where it is wider. */
struct str text_cut(struct arena *arena, struct str text, size_t width);

#endif
