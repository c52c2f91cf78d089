/*
 * Files, standard input, questions.
 */
#include "base/check.h"
#include "call.h"
#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#define FILE_MOST (256 * 1024)
#define LINE_MOST 1024
#define LOOK_MS   200

/* False with errno; a text that reaches the ceiling is cut one byte behind it. */
static bool read_all(int fd, struct buf *buf) {
    for (;;) {
        char *room = buf_reserve(buf, 4096);
        if (!room) {
            return true;
        }
        ssize_t got = read(fd, room, 4096);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0;
        }
        buf_added(buf, (size_t)got);
    }
}

bool call_read_file(struct call *call, struct str path, struct str *ret_text) {
    bool standard = str_equal(path, STR("-"));
    struct buf buf;
    buf_init(&buf, call->arena, 8192, FILE_MOST + 4096);
    int fd = standard ? STDIN_FILENO : open(str_c(call->arena, path), O_RDONLY | O_CLOEXEC);
    bool good = fd >= 0 && read_all(fd, &buf);
    int number = errno;
    if (fd > STDIN_FILENO) {
        close(fd);
    }
    if (!good) {
        call_failed(call, EXIT_COULD_NOT, "%.*s cannot be read: %s", STR_ARG(path), strerror(number));
        return false;
    }
    if (buf.len > FILE_MOST) {
        call_failed(call, EXIT_COULD_NOT, "%s is longer than %d bytes", standard ? "standard input" : "the file",
                    FILE_MOST);
        return false;
    }
    *ret_text = buf_str(&buf);
    return true;
}

bool call_read_json(struct call *call, struct str path, const struct json **ret_object) {
    struct str text;
    if (!call_read_file(call, path, &text)) {
        return false;
    }
    if (!json_parse(call->arena, text, JSON_LIMITS_DOCUMENT, ret_object) ||
        json_kind(*ret_object) != JSON_KIND_OBJECT) {
        call_failed(call, EXIT_COULD_NOT, "%s is not a JSON object",
                    str_equal(path, STR("-")) ? "standard input" : "the file");
        return false;
    }
    return true;
}

static volatile sig_atomic_t interrupted; /* the number of the signal */

static void interrupt(int number) {
    interrupted = number;
}

/* False when a signal came. It may have been another thread that took it, so that it is looked for now and then. */
static bool wait_for_input(void) {
    struct pollfd standard = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!interrupted) {
        if (poll(&standard, 1, LOOK_MS) > 0) {
            return true;
        }
    }
    return false;
}

/* Byte by byte: what stands behind the line belongs to whoever reads next. */
static bool read_line(char *line, size_t *ret_len) {
    size_t len = 0;
    while (wait_for_input()) {
        char c;
        ssize_t got = read(STDIN_FILENO, &c, 1);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0 || c == '\n') {
            *ret_len = len;
            return got == 1 || (got == 0 && len > 0);
        }
        if (len == LINE_MOST) {
            return false;
        }
        line[len++] = c;
    }
    return false;
}

static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

static void on_ending(void (*handler)(int number)) {
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < ARRAY_LEN(ending); i++) {
        sigaction(ending[i], &action, NULL);
    }
}

/* Whoever ends the program at the question gets the terminal back as it was. */
static bool read_line_secretly(const char *what, char *line, size_t *ret_len) {
    struct termios before, quiet;
    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before) != 0) {
        return read_line(line, ret_len);
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    on_ending(interrupt);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    fprintf(stderr, "%s (not shown): ", what);
    bool good = read_line(line, ret_len);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    on_ending(SIG_DFL);
    if (interrupted) {
        raise(interrupted);
    }
    return good;
}

bool call_ask_secretly(struct call *call, const char *what, struct str *ret_text) {
    char line[LINE_MOST];
    size_t len = 0;
    bool good = read_line_secretly(what, line, &len);
    struct str text = good ? str_trim(str_dup(call->arena, str_of(line, len))) : STR_NONE;
    if (str_ends(text, STR("\r"))) {
        text.len--;
    }
    if (str_is_empty(text) || !text_is_plain(text)) {
        call_failed(call, EXIT_USAGE, "%s is read from standard input: one line of text was expected", what);
        return false;
    }
    *ret_text = text;
    return true;
}

bool call_confirm(struct call *call, const char *what) {
    if (call_has(call, OPT_YES)) {
        return true;
    }
    char line[LINE_MOST];
    size_t len = 0;
    if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
        fprintf(stderr, "%s Type yes: ", what);
        if (read_line(line, &len) && str_equal(str_trim(str_of(line, len)), STR("yes"))) {
            return true;
        }
        call_failed(call, EXIT_COULD_NOT, "nothing was changed");
        return false;
    }
    call_failed(call, EXIT_USAGE, "%s It is done with --yes only", what);
    return false;
}
