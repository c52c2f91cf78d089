/*
 * call: one command being carried out, and what commands share: the stores on the host, reading what is asked for,
 * saying what came out. Its functions return the exit status of the process, or say why there is none yet.
 *
 * A command of the table that has `administer` runs on a fiber, with the durable store open and the person at the shell
 * as actor. Sessions are in Redis, which not every command needs: call_open_sessions.
 */
#ifndef COMMAND_SHELL_CALL_H
#define COMMAND_SHELL_CALL_H

#include "args.h"
#include "base/json.h"
#include "config/config.h"
#include "domain/administration.h"
#include "model/event.h"

enum exit_status {
    EXIT_DONE,
    EXIT_COULD_NOT,
    EXIT_USAGE,
    EXIT_NOT_FOUND,
    EXIT_CONFLICT,
    EXIT_UNAVAILABLE,
};

struct call {
    struct arena *arena;
    const struct nouns *nouns;
    struct typed typed;
    bool json;
    struct config *config;
    struct domain domain;
    struct actor actor;
    struct host *host; /* what domain is made of: see host.c */
    int status;        /* of what has failed last, for those who only say whether it went well */
    struct buf out;
    struct json_out document; /* writes into out */
};

/* --- what was typed: options.c --- */

bool call_has(const struct call *call, enum option_id option);
struct str call_text(const struct call *call, enum option_id option); /* absent when it was not given */
int64_t call_number(const struct call *call, enum option_id option, int64_t otherwise);
/* Of a list; false after saying that --limit is not 1 to 200. */
bool call_limit(struct call *call, size_t *ret_most);
/* A number of seconds, a count: false after saying that the option is not in its range. */
bool call_in_range(struct call *call, enum option_id option, int64_t least, int64_t most);

/* --- what people and files say: input.c --- */

/* All of a file, or of standard input for "-"; false after saying why not. Ceiling: 256 KiB. */
bool call_read_file(struct call *call, struct str path, struct str *ret_text);
bool call_read_json(struct call *call, struct str path, const struct json **ret_object);
/* One line of standard input, asked for without an echo where it is a terminal: identity numbers are typed here, since
 * the arguments of a process can be read by everybody on the host. */
bool call_ask_secretly(struct call *call, const char *what, struct str *ret_text);
/* True with --yes, or when "yes" is typed at a terminal; else false after saying that --yes is needed. */
bool call_confirm(struct call *call, const char *what);

/* --- what came out: output.c --- */

/* Says one sentence on standard error, as JSON with --json; returns `status`, which is also call->status then. */
int call_failed(struct call *call, enum exit_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
int call_failed_fault(struct call *call, enum exit_status status, const struct fault *fault);
/* The same for what the domain answers; ADMIN_DONE is not expected here. `what` was asked for: "client portal-a". */
int call_refused(struct call *call, const struct admin_answer *answer, struct str what);
/* Every mistake in the configuration. */
int call_failed_config(struct call *call, const struct config_problems *problems);
/* A remark on standard error, not with --json. */
void call_remark(const struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes what is in call->out to standard output, as a terminal may have it. */
int call_print(struct call *call);
size_t call_width(void); /* of the terminal; SIZE_MAX when standard output is none */
struct table;
int call_print_table(struct call *call, const struct table *table);
struct str call_time(struct call *call, int64_t seconds);                 /* RFC 3339; absent for 0 */
void call_put_time(struct call *call, const char *name, int64_t seconds); /* JSON: left out for 0 */
void call_put_text(struct call *call, const char *name, struct str text); /* JSON: left out when absent */
/* Opens and closes {"items":[…],"next_after":…} around the rows. */
void call_open_items(struct call *call);
int call_close_items(struct call *call, struct str next_after);

/* --- the stores: host.c --- */

/* The argument, else --config, else $TONGXING_CONFIG, else the usual place; absent after saying that it is given twice.
 */
struct str call_config_path(struct call *call, struct str argument);
/* False after saying every mistake. */
bool call_load_config(struct call *call, struct str argument);
/* Runs the function on a fiber with domain and actor; events it tells go to the outbox. */
int call_administer(struct call *call, int (*run)(struct call *call));
/* Connects call->domain.kv; false after saying why sessions cannot be reached. Waits. */
bool call_open_sessions(struct call *call);
/* The same for a change that ends sessions beside what it does: where they live in the server's memory, a remark.
 * Waits. */
bool call_open_sessions_if_any(struct call *call);
/* Tells running servers, where Redis can be reached, that the register has changed; they look by themselves within a
 * second. Waits. */
void call_announce(struct call *call);

extern const struct nouns shell_nouns;

#endif
