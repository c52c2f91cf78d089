/*
 * From what was typed to the command, and help where that is what was asked for.
 */
#include "base/check.h"
#include "call.h"
#include "command/command.h"
#include "help.h"

#include <stdio.h>

#define OUT_FIRST (16 * 1024)
#define OUT_MOST  (64 * 1024 * 1024)

/* The reader stops at the first mistake, which may stand before it. */
static bool wants_json(size_t argc, char *const *argv) {
    for (size_t i = 0; i < argc; i++) {
        if (str_equal(str_from(argv[i]), STR("--json"))) {
            return true;
        }
    }
    return false;
}

static int misused(struct call *call, const struct fault *fault) {
    struct buf buf;
    call_failed_fault(call, EXIT_USAGE, fault);
    if (call->json) {
        return EXIT_USAGE;
    }
    buf_init(&buf, call->arena, OUT_FIRST, HELP_MOST);
    if (call->typed.noun) {
        help_write_usage(call->typed.noun, call->typed.command, &buf);
    } else {
        help_write_nouns(call->nouns, &buf);
    }
    fwrite(buf.ptr, 1, buf.len, stderr);
    return EXIT_USAGE;
}

static int show_help(struct call *call) {
    call->json = false;
    if (call->typed.command) {
        help_write_command(call->typed.noun, call->typed.command, &call->out);
    } else if (call->typed.noun) {
        help_write_noun(call->typed.noun, &call->out);
    } else {
        help_write_nouns(call->nouns, &call->out);
    }
    return call_print(call);
}

static int carry_out(struct call *call, int argc, char **argv) {
    const struct command *command = call->typed.command;
    if (command->raw) {
        return command->raw(argc, argv);
    }
    if (command->run) {
        return command->run(call);
    }
    return call_load_config(call, STR_NONE) ? call_administer(call, command->administer) : call->status;
}

int shell_run(int argc, char **argv) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct call *call = arena_new_of(arena, struct call);
    struct fault fault;
    size_t count = argc > 0 ? (size_t)argc : 0;
    call->arena = arena;
    call->nouns = &shell_nouns;
    buf_init(&call->out, arena, OUT_FIRST, OUT_MOST);
    call->document = json_out(&call->out);
    bool good = args_read(call->nouns, arena, count, argv, &call->typed, &fault);
    bool raw = call->typed.command && call->typed.command->raw;
    call->json = !raw && wants_json(count, argv);
    if (!good) {
        return misused(call, &fault);
    }
    return call->typed.help ? show_help(call) : carry_out(call, argc, argv);
}
