/*
 * Error lines for people. Only the first few are written: the others are counted.
 */
#include "tally.h"

#include "base/buf.h"

#define BODY_SHOWN 200
#define LINE_MOST  4096

/* In one line: what would break it becomes a space. No character is cut in two. */
static void put_in_one_line(struct buf *line, struct str text, size_t most) {
    size_t len = text.len < most ? text.len : most;
    while (len > 0 && len < text.len && ((unsigned char)text.ptr[len] & 0xc0) == 0x80) {
        len--;
    }
    for (size_t i = 0; i < len; i++) {
        buf_putc(line, (unsigned char)text.ptr[i] < 0x20 || text.ptr[i] == 0x7f ? ' ' : text.ptr[i]);
    }
}

static void put_answer(struct buf *line, const struct answer *answer) {
    buf_puts(line, "; it was: ");
    put_in_one_line(line, answer_status_line(answer), BODY_SHOWN);
    struct str body = answer_body(answer);
    if (body.len > 0) {
        buf_puts(line, " | ");
        put_in_one_line(line, body, BODY_SHOWN);
        buf_put(line, body.len > BODY_SHOWN ? STR("…") : STR(""));
    }
}

void tally_wrong(struct tally *tally, struct arena *arena, struct str label, const char *problem,
                 const struct answer *answer) {
    tally->wrong++;
    if (tally->error_count == ERRORS_KEPT) {
        return;
    }
    struct buf line;
    buf_init(&line, arena, LINE_MOST, LINE_MOST);
    put_in_one_line(&line, label, LINE_MOST / 4);
    buf_puts(&line, ": ");
    put_in_one_line(&line, str_from(problem), LINE_MOST / 4);
    if (answer && answer->filled > 0) {
        put_answer(&line, answer);
    }
    tally->errors[tally->error_count++] = buf_str(&line);
}
