/*
 * Standard output carries the answer and nothing else; standard error what went wrong, in the same form.
 */
#include "base/check.h"
#include "base/clock.h"
#include "call.h"
#include "table.h"
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MESSAGE_MOST (64 * 1024)
#define OUTPUT_MOST  (64 * 1024 * 1024)

/* --- errors --- */

static const char *const status_names[] = {
    [EXIT_DONE] = "done",           [EXIT_COULD_NOT] = "could_not", [EXIT_USAGE] = "usage",
    [EXIT_NOT_FOUND] = "not_found", [EXIT_CONFLICT] = "conflict",   [EXIT_UNAVAILABLE] = "unavailable",
};

static void put_problems(struct json_out *out, const struct client_problems *problems) {
    json_open_array(out, "errors");
    for (size_t i = 0; problems && i < problems->count; i++) {
        json_open_object(out, NULL);
        json_put_str(out, "field", problems->items[i].member);
        json_put_str(out, "detail", str_from(problems->items[i].text));
        json_close_object(out);
    }
    json_close_array(out);
}

static void say(struct call *call, enum exit_status status, struct str detail, const struct client_problems *problems) {
    call->status = status;
    struct buf buf, shown;
    buf_init(&buf, call->arena, 512, MESSAGE_MOST);
    buf_init(&shown, call->arena, 512, 4 * MESSAGE_MOST);
    if (call->json) {
        struct json_out out = json_out(&buf);
        json_open_object(&out, NULL);
        json_put_str(&out, "error", str_from(status_names[status]));
        json_put_str(&out, "detail", detail);
        if (problems) {
            put_problems(&out, problems);
        }
        json_close_object(&out);
        text_put_json(&shown, buf_str(&buf));
        buf_putc(&shown, '\n');
    } else {
        buf_puts(&shown, "tongxing: ");
        buf_put(&shown, text_shown(call->arena, detail));
        buf_putc(&shown, '\n');
        for (size_t i = 0; problems && i < problems->count; i++) {
            struct str text =
                str_concat(call->arena, problems->items[i].member, STR(": "), str_from(problems->items[i].text));
            buf_puts(&shown, "  ");
            buf_put(&shown, text_shown(call->arena, text));
            buf_putc(&shown, '\n');
        }
    }
    fwrite(shown.ptr, 1, shown.len, stderr);
}

int call_failed(struct call *call, enum exit_status status, const char *format, ...) {
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    CHECK(len >= 0);
    say(call, status, str_from(text), NULL);
    return status;
}

int call_failed_fault(struct call *call, enum exit_status status, const struct fault *fault) {
    say(call, status, str_from(fault->text), NULL);
    return status;
}

int call_refused(struct call *call, const struct admin_answer *answer, struct str what) {
    const char *reason = answer->reason;
    switch (answer->result) {
    case ADMIN_DONE:
        break;
    case ADMIN_FORBIDDEN:
        return call_failed(call, EXIT_COULD_NOT, "%s", reason ? reason : "this is not allowed here");
    case ADMIN_MISSING:
        return call_failed(call, EXIT_NOT_FOUND, "there is no %.*s", STR_ARG(what));
    case ADMIN_STALE:
        return call_failed(call, EXIT_CONFLICT, "%.*s was changed in the meantime: look at it again", STR_ARG(what));
    case ADMIN_INVALID:
        say(call, EXIT_COULD_NOT, str_concat(call->arena, what, STR(" cannot be taken as it is")), answer->problems);
        return EXIT_COULD_NOT;
    case ADMIN_CONFLICT:
        return call_failed(call, EXIT_CONFLICT, "%s", reason ? reason : "it is not in a state for this");
    case ADMIN_UNAVAILABLE:
        return call_failed(call, EXIT_UNAVAILABLE, "a store does not answer; nothing was changed");
    }
    CHECK(!"an answer that is no refusal");
    return EXIT_COULD_NOT;
}

void call_remark(const struct call *call, const char *format, ...) {
    if (call->json) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

/* --- answers --- */

int call_print(struct call *call) {
    struct str text = buf_str(&call->out);
    struct buf shown;
    if (call->json) {
        buf_init(&shown, call->arena, text.len + 64, OUTPUT_MOST);
        text_put_json(&shown, text);
        buf_putc(&shown, '\n');
        text = buf_str(&shown);
    }
    if (call->out.failed || (call->json && shown.failed)) {
        return call_failed(call, EXIT_COULD_NOT, "the answer is longer than %d bytes", OUTPUT_MOST);
    }
    if (fwrite(text.ptr, 1, text.len, stdout) != text.len || fflush(stdout) != 0) {
        return call_failed(call, EXIT_COULD_NOT, "standard output does not take it: %s", strerror(errno));
    }
    return EXIT_DONE;
}

size_t call_width(void) {
    struct winsize size;
    bool known = isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : SIZE_MAX;
}

int call_print_table(struct call *call, const struct table *table) {
    table_write(table, call_width(), &call->out);
    return call_print(call);
}

struct str call_time(struct call *call, int64_t seconds) {
    return seconds == 0 ? STR_NONE : clock_rfc3339(call->arena, seconds);
}

void call_put_time(struct call *call, const char *name, int64_t seconds) {
    call_put_text(call, name, call_time(call, seconds));
}

void call_put_text(struct call *call, const char *name, struct str text) {
    if (!str_is_absent(text)) {
        json_put_str(&call->document, name, text);
    }
}

void call_open_items(struct call *call) {
    json_open_object(&call->document, NULL);
    json_open_array(&call->document, "items");
}

int call_close_items(struct call *call, struct str next_after) {
    json_close_array(&call->document);
    call_put_text(call, "next_after", next_after);
    json_close_object(&call->document);
    return call_print(call);
}
