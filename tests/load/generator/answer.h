/*
 * answer: one HTTP/1.1 answer (RFC 9112) while it arrives, in a fixed buffer that the caller fills.
 *
 * Nothing is read twice: lines of the head are looked at as they get complete, chunks are joined in place. What
 * ret_ texts point at is valid until answer_reset.
 */
#ifndef LOAD_ANSWER_H
#define LOAD_ANSWER_H

#include "base/str.h"

#define ANSWER_BODY_MOST (256 * 1024)
#define ANSWER_HEAD_MOST (64 * 1024)
#define ANSWER_BYTES     (ANSWER_BODY_MOST + ANSWER_HEAD_MOST + 4096)

enum answer_state {
    ANSWER_INCOMPLETE,
    ANSWER_COMPLETE,
    ANSWER_BROKEN, /* `problem` says why */
};

struct answer {
    char *bytes; /* ANSWER_BYTES of them, the caller's */
    size_t filled;
    bool head_only; /* it answers HEAD */

    size_t line_at;  /* the head up to here has been read */
    size_t head_len; /* 0 until the head is complete */
    int status;
    bool keep_alive;
    enum { FRAMED_BY_CLOSE, FRAMED_BY_LENGTH, FRAMED_BY_CHUNKS } framing;
    size_t body_len; /* of the whole body, or of the chunks joined so far */
    size_t chunk_at; /* what is behind has not been joined yet */
    size_t chunk_left;
    enum { CHUNK_SIZE, CHUNK_DATA, CHUNK_END, CHUNK_TRAILER } chunk_state;
    struct str location; /* absent without the field */
    const char *problem;
};

/* Ready for the next one; the buffer stays. */
void answer_reset(struct answer *answer, bool head_only);
/* To be called when `filled` has grown. */
enum answer_state answer_advance(struct answer *answer);
/* The server has closed the connection: complete, if that is how this answer ends. */
enum answer_state answer_closed(struct answer *answer);

struct str answer_status_line(const struct answer *answer); /* as far as it has come */
struct str answer_body(const struct answer *answer);
/* The values of all fields of this name, one after the other; the name is given in small letters. */
struct str answer_next_field(const struct answer *answer, struct str name, size_t *position);

#endif
