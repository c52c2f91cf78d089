/*
 * chunks: bodies in chunked transfer coding (RFC 9112 §7.1).
 */
#ifndef LOAD_CHUNKS_H
#define LOAD_CHUNKS_H

#include "answer.h"

/* Joins the chunks that have arrived, in place: the body grows at its end, what is not joined yet stands behind it. */
enum answer_state chunks_advance(struct answer *answer);

#endif
