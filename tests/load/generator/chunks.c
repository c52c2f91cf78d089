/*
 * A state for each kind of thing that comes next: a size line, data, the line end behind data, trailer lines.
 */
#include "chunks.h"

#include "digit.h"

#define LINE_MOST 1024 /* of sizes and trailers */

static enum answer_state broken(struct answer *answer, const char *problem) {
    answer->problem = problem;
    return ANSWER_BROKEN;
}

/* The next line without its end; absent when it has not arrived. */
static struct str take_line(struct answer *answer) {
    char *begin = answer->bytes + answer->chunk_at;
    char *newline = memchr(begin, '\n', answer->filled - answer->chunk_at);
    if (!newline) {
        return STR_NONE;
    }
    size_t len = (size_t)(newline - begin);
    answer->chunk_at += len + 1;
    return str_of(begin, len > 0 && begin[len - 1] == '\r' ? len - 1 : len);
}

/* Hexadecimal digits, perhaps with an extension behind a semicolon. */
static bool read_size(struct str line, size_t *ret_size) {
    struct str extension;
    struct str digits = str_trim(str_cut(line, ';', &extension));
    size_t size = 0;
    for (size_t i = 0; i < digits.len; i++) {
        int value = digit_value(digits.ptr[i]);
        if (value < 0 || size > ANSWER_BODY_MOST) {
            return false;
        }
        size = size * 16 + (size_t)value;
    }
    *ret_size = size;
    return digits.len > 0;
}

static enum answer_state advance_size(struct answer *answer) {
    struct str line = take_line(answer);
    if (str_is_absent(line)) {
        bool endless = answer->filled - answer->chunk_at > LINE_MOST;
        return endless ? broken(answer, "a chunk has no size") : ANSWER_INCOMPLETE;
    }
    if (!read_size(line, &answer->chunk_left)) {
        return broken(answer, "a chunk has no size, or one above 256 KiB");
    }
    answer->chunk_state = answer->chunk_left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
    return ANSWER_COMPLETE;
}

static enum answer_state advance_data(struct answer *answer) {
    size_t arrived = answer->filled - answer->chunk_at;
    size_t taken = arrived < answer->chunk_left ? arrived : answer->chunk_left;
    if (answer->body_len + taken > ANSWER_BODY_MOST) {
        return broken(answer, "the answer is larger than 256 KiB");
    }
    memmove(answer->bytes + answer->head_len + answer->body_len, answer->bytes + answer->chunk_at, taken);
    answer->body_len += taken;
    answer->chunk_at += taken;
    answer->chunk_left -= taken;
    if (answer->chunk_left > 0) {
        return ANSWER_INCOMPLETE;
    }
    answer->chunk_state = CHUNK_END;
    return ANSWER_COMPLETE;
}

static enum answer_state advance_end(struct answer *answer) {
    struct str line = take_line(answer);
    if (str_is_absent(line)) {
        bool endless = answer->filled - answer->chunk_at > 2;
        return endless ? broken(answer, "a chunk is longer than it said") : ANSWER_INCOMPLETE;
    }
    answer->chunk_state = CHUNK_SIZE;
    return line.len == 0 ? ANSWER_COMPLETE : broken(answer, "a chunk is longer than it said");
}

/* Complete once the empty line is there; then nothing may follow it. */
static enum answer_state advance_trailer(struct answer *answer) {
    for (;;) {
        struct str line = take_line(answer);
        if (str_is_absent(line)) {
            bool endless = answer->filled - answer->chunk_at > LINE_MOST;
            return endless ? broken(answer, "a trailer has no end") : ANSWER_INCOMPLETE;
        }
        if (line.len == 0) {
            return answer->chunk_at == answer->filled ? ANSWER_COMPLETE
                                                      : broken(answer, "there are bytes behind the end of the answer");
        }
    }
}

/* Closes the gap that joined chunks have left, so that the buffer need not hold more than the body and one line. */
static void close_gap(struct answer *answer) {
    size_t end = answer->head_len + answer->body_len, left = answer->filled - answer->chunk_at;
    memmove(answer->bytes + end, answer->bytes + answer->chunk_at, left);
    answer->chunk_at = end;
    answer->filled = end + left;
}

enum answer_state chunks_advance(struct answer *answer) {
    enum answer_state state = ANSWER_COMPLETE;
    while (state == ANSWER_COMPLETE) {
        switch (answer->chunk_state) {
        case CHUNK_SIZE:
            state = advance_size(answer);
            break;
        case CHUNK_DATA:
            state = advance_data(answer);
            break;
        case CHUNK_END:
            state = advance_end(answer);
            break;
        case CHUNK_TRAILER:
            state = advance_trailer(answer);
            if (state == ANSWER_COMPLETE) {
                return state;
            }
            break;
        }
    }
    close_gap(answer);
    return state;
}
