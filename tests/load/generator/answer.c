/*
 * The head, and bodies of a known length. chunks.c has the others.
 */
#include "answer.h"

#include "chunks.h"

static enum answer_state broken(struct answer *answer, const char *problem) {
    answer->problem = problem;
    return ANSWER_BROKEN;
}

void answer_reset(struct answer *answer, bool head_only) {
    *answer = (struct answer){.bytes = answer->bytes, .head_only = head_only};
}

/* --- the head --- */

static bool read_status_line(struct answer *answer, struct str line) {
    uint64_t status;
    bool later = str_starts(line, STR("HTTP/1.1 "));
    if ((!later && !str_starts(line, STR("HTTP/1.0 "))) || line.len < 12 || !str_to_u64(str_sub(line, 9, 3), &status)) {
        return false;
    }
    answer->status = (int)status;
    answer->keep_alive = later;
    return line.len == 12 || line.ptr[12] == ' ';
}

static bool read_length(struct answer *answer, struct str value) {
    uint64_t length;
    if (!str_to_u64(value, &length) || answer->framing == FRAMED_BY_LENGTH) {
        return false;
    }
    if (answer->framing == FRAMED_BY_CLOSE) {
        answer->framing = FRAMED_BY_LENGTH;
        answer->body_len = length < SIZE_MAX / 2 ? (size_t)length : SIZE_MAX / 2;
    }
    return true;
}

static void read_connection(struct answer *answer, struct str value) {
    while (!str_is_absent(value)) {
        struct str word = str_trim(str_cut(value, ',', &value));
        if (str_equal_fold(word, STR("close"))) {
            answer->keep_alive = false;
        } else if (str_equal_fold(word, STR("keep-alive"))) {
            answer->keep_alive = true;
        }
    }
}

/* The length of the name tells nearly all fields apart without comparing letters. */
static bool read_field(struct answer *answer, struct str line) {
    struct str value;
    struct str name = str_cut(line, ':', &value);
    if (str_is_absent(value)) {
        return false;
    }
    switch (name.len) {
    case 8:
        if (str_equal_fold(name, STR("location"))) {
            answer->location = str_trim(value);
        }
        return true;
    case 10:
        if (str_equal_fold(name, STR("connection"))) {
            read_connection(answer, value);
        }
        return true;
    case 14:
        return !str_equal_fold(name, STR("content-length")) || read_length(answer, str_trim(value));
    case 17:
        if (str_equal_fold(name, STR("transfer-encoding"))) {
            answer->framing = FRAMED_BY_CHUNKS;
            answer->body_len = 0;
            return str_equal_fold(str_trim(value), STR("chunked"));
        }
        return true;
    default:
        return true;
    }
}

/* Which answers have no body is RFC 9112 §6.3; a redirect without any length is taken for one without a body too. */
static void settle_framing(struct answer *answer) {
    bool bodiless = answer->head_only || answer->status == 204 || answer->status == 304;
    bool bare_redirect = answer->framing == FRAMED_BY_CLOSE && answer->status / 100 == 3 && answer->keep_alive;
    if (bodiless || bare_redirect) {
        answer->framing = FRAMED_BY_LENGTH;
        answer->body_len = 0;
    }
    answer->chunk_at = answer->head_len;
}

/* An interim answer (100, 103) is passed over: the true one follows. */
static void drop_interim(struct answer *answer) {
    size_t left = answer->filled - answer->line_at;
    memmove(answer->bytes, answer->bytes + answer->line_at, left);
    answer_reset(answer, answer->head_only);
    answer->filled = left;
}

static enum answer_state end_of_head(struct answer *answer) {
    if (answer->status / 100 == 1) {
        drop_interim(answer);
        return ANSWER_INCOMPLETE;
    }
    answer->head_len = answer->line_at;
    settle_framing(answer);
    if (answer->framing == FRAMED_BY_CLOSE && answer->keep_alive) {
        return broken(answer, "the answer has neither a length nor chunks, nor does it end with the connection");
    }
    return ANSWER_COMPLETE;
}

/* Reads lines until the head is complete. */
static enum answer_state advance_head(struct answer *answer) {
    while (answer->head_len == 0) {
        char *begin = answer->bytes + answer->line_at;
        char *newline = memchr(begin, '\n', answer->filled - answer->line_at);
        size_t head_bytes = newline ? (size_t)(newline - answer->bytes) : answer->filled;
        if (head_bytes > ANSWER_HEAD_MOST) {
            return broken(answer, "the answer's head is larger than 64 KiB");
        }
        if (!newline) {
            return ANSWER_INCOMPLETE;
        }
        struct str line = str_of(begin, (size_t)(newline - begin));
        line.len -= line.len > 0 && line.ptr[line.len - 1] == '\r';
        bool first = answer->line_at == 0;
        answer->line_at += (size_t)(newline - begin) + 1;
        if (first ? !read_status_line(answer, line) : line.len > 0 && !read_field(answer, line)) {
            return broken(answer, first ? "this is no HTTP answer" : "the answer's head is malformed");
        }
        if (line.len == 0 && end_of_head(answer) == ANSWER_BROKEN) {
            return ANSWER_BROKEN;
        }
    }
    return ANSWER_COMPLETE;
}

/* --- the body --- */

static enum answer_state advance_length(struct answer *answer) {
    size_t arrived = answer->filled - answer->head_len;
    if (answer->body_len > ANSWER_BODY_MOST) {
        return broken(answer, "the answer is larger than 256 KiB");
    }
    if (arrived > answer->body_len) {
        return broken(answer, "there are bytes behind the end of the answer");
    }
    return arrived == answer->body_len ? ANSWER_COMPLETE : ANSWER_INCOMPLETE;
}

static enum answer_state advance_until_close(struct answer *answer) {
    answer->body_len = answer->filled - answer->head_len;
    return answer->body_len > ANSWER_BODY_MOST ? broken(answer, "the answer is larger than 256 KiB")
                                               : ANSWER_INCOMPLETE;
}

enum answer_state answer_advance(struct answer *answer) {
    if (answer->head_len == 0) {
        enum answer_state state = advance_head(answer);
        if (state != ANSWER_COMPLETE) {
            return state;
        }
    }
    switch (answer->framing) {
    case FRAMED_BY_LENGTH:
        return advance_length(answer);
    case FRAMED_BY_CHUNKS:
        return chunks_advance(answer);
    case FRAMED_BY_CLOSE:
        break;
    }
    return advance_until_close(answer);
}

enum answer_state answer_closed(struct answer *answer) {
    if (answer->head_len > 0 && answer->framing == FRAMED_BY_CLOSE) {
        return ANSWER_COMPLETE;
    }
    return broken(answer, answer->filled > 0 ? "the connection ended in the middle of the answer"
                                             : "the connection ended before an answer came");
}

/* --- what is in it --- */

struct str answer_status_line(const struct answer *answer) {
    struct str rest;
    struct str line = str_cut(str_of(answer->bytes, answer->filled), '\n', &rest);
    return str_ends(line, STR("\r")) ? str_sub(line, 0, line.len - 1) : line;
}

struct str answer_body(const struct answer *answer) {
    if (answer->head_len == 0) {
        return STR("");
    }
    size_t arrived = answer->filled - answer->head_len;
    return str_of(answer->bytes + answer->head_len, arrived < answer->body_len ? arrived : answer->body_len);
}

struct str answer_next_field(const struct answer *answer, struct str name, size_t *position) {
    while (*position < answer->head_len) {
        struct str rest, value;
        struct str head = str_of(answer->bytes + *position, answer->head_len - *position);
        struct str line = str_cut(head, '\n', &rest);
        *position += line.len + 1;
        if (str_equal_fold(str_cut(line, ':', &value), name) && !str_is_absent(value)) {
            return str_trim(str_ends(value, STR("\r")) ? str_sub(value, 0, value.len - 1) : value);
        }
    }
    return STR_NONE;
}
