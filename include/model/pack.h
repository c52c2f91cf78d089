/*
 * pack: the binary form in which sessions, codes, grants and flow state are stored: a version byte, then fields in a
 * fixed order, numbers as LEB128 and strings with their length. Small, and read without a parser. A reader that meets
 * anything else fails as a whole.
 */
#ifndef MODEL_PACK_H
#define MODEL_PACK_H

#include "base/buf.h"

void pack_number(struct buf *buf, uint64_t number);
void pack_signed(struct buf *buf, int64_t number);
/* An absent string stays absent. */
void pack_str(struct buf *buf, struct str text);

struct unpack {
    struct str left;
    bool failed; /* stays set; look once at the end */
};

uint64_t unpack_number(struct unpack *unpack);
int64_t unpack_signed(struct unpack *unpack);
/* Points into the packed bytes. */
struct str unpack_str(struct unpack *unpack);
/* True when nothing failed and nothing is left. */
bool unpack_done(const struct unpack *unpack);

#endif
