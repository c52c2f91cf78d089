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

/* As JSON where that is wanted, on standard error like the other form. */
struct saying {
    struct buf buf;
    struct json_out out;
};

static void begin_saying(struct call *call, enum exit_status status, struct str detail, struct saying *saying) {
    call->status = status;
    buf_init(&saying->buf, call->arena, 512, MESSAGE_MOST);
    saying->out = json_out(&saying->buf);
    json_open_object(&saying->out, NULL);
    json_put_str(&saying->out, "error", str_from(status_names[status]));
    json_put_str(&saying->out, "detail", detail);
}

static void end_saying(struct call *call, struct saying *saying) {
    struct buf shown;
    json_close_object(&saying->out);
    buf_init(&shown, call->arena, 512, 4 * MESSAGE_MOST);
    text_put_json(&shown, buf_str(&saying->buf));
    buf_putc(&shown, '\n');
    fwrite(shown.ptr, 1, shown.len, stderr);
}

static void say_json(struct call *call, enum exit_status status, struct str detail,
                     const struct client_problems *problems) {
    struct saying saying;
    begin_saying(call, status, detail, &saying);
    if (problems) {
        json_open_array(&saying.out, "errors");
        for (size_t i = 0; i < problems->count; i++) {
            json_open_object(&saying.out, NULL);
            json_put_str(&saying.out, "field", problems->items[i].member);
            json_put_str(&saying.out, "detail", str_from(problems->items[i].text));
            json_close_object(&saying.out);
        }
        json_close_array(&saying.out);
    }
    end_saying(call, &saying);
}

static void say(struct call *call, enum exit_status status, struct str detail, const struct client_problems *problems) {
    call->status = status;
    if (call->json) {
        say_json(call, status, detail, problems);
        return;
    }
    fprintf(stderr, "tongxing: %s\n", str_c(call->arena, text_shown(call->arena, detail)));
    for (size_t i = 0; problems && i < problems->count; i++) {
        const struct client_problem *problem = &problems->items[i];
        struct str text = str_concat(call->arena, problem->member, STR(": "), str_from(problem->text));
        fprintf(stderr, "  %s\n", str_c(call->arena, text_shown(call->arena, text)));
    }
}

int call_failed_config(struct call *call, const struct config_problems *problems) {
    struct saying saying;
    call->status = EXIT_COULD_NOT;
    if (!call->json) {
        config_problems_print(problems, stderr);
        return call->status;
    }
    begin_saying(call, EXIT_COULD_NOT, STR("the configuration has mistakes"), &saying);
    json_open_array(&saying.out, "errors");
    for (size_t i = 0; i < problems->count; i++) {
        const struct config_problem *problem = &problems->items[i];
        json_open_object(&saying.out, NULL);
        json_put_str(&saying.out, "file", problem->file);
        json_put_int(&saying.out, "line", problem->line);
        json_put_str(&saying.out, "field", problem->option);
        json_put_str(&saying.out, "detail", problem->text);
        json_close_object(&saying.out);
    }
    json_close_array(&saying.out);
    end_saying(call, &saying);
    return call->status;
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
