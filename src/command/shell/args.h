/*
 * args: what may be typed, as one table, and what was typed, read by it. Help, completion and suggestions are made from
 * the same table, so that none of them can say something else.
 *
 * A noun ("client") has commands, named by verbs ("add"); a noun with one command without a verb is a command itself
 * ("serve"). Everything typed is checked before a command runs: UTF-8 without control characters, numbers, words.
 */
#ifndef COMMAND_SHELL_ARGS_H
#define COMMAND_SHELL_ARGS_H

#include "base/fault.h"
#include "base/str.h"

enum takes { TAKES_NOTHING, TAKES_TEXT, TAKES_NUMBER, TAKES_FILE, TAKES_WORD };

enum option_id {
    OPT_NONE,
#define OPTION(identifier, name, takes, value, often, help) OPT_##identifier,
#include "options.def"
#undef OPTION
    OPTIONS
};

struct option_rule {
    const char *name;
    enum takes takes;
    const char *value; /* NULL for TAKES_NOTHING */
    bool many;         /* may be given again and again */
    const char *help;
};
extern const struct option_rule option_rules[OPTIONS];

struct call;

struct argument {
    const char *name;  /* "ID" */
    bool optional;     /* one that is needed may stand behind the first only: [FILE] NAME, where NAME alone is NAME */
    enum takes takes;  /* TEXT, FILE or WORD */
    const char *words; /* of TAKES_WORD */
};

#define ARGUMENTS_MOST          2
#define OPTIONS_OF_COMMAND_MOST 24
#define REQUIRED_OPTIONS_MOST   4
#define ARGUMENT_BYTES_MOST     (64 * 1024)
#define OPTION_VALUES_MOST      64

struct command {
    const char *verb;    /* NULL: the noun is the command */
    const char *help;    /* what it does, in half a sentence */
    const char *more;    /* a paragraph, or NULL */
    const char *example; /* as it is typed, without "tongxing" */
    struct argument arguments[ARGUMENTS_MOST];
    enum option_id options[OPTIONS_OF_COMMAND_MOST]; /* besides --config, --json and --help */
    enum option_id required[REQUIRED_OPTIONS_MOST];  /* among them */
    bool without_config, without_json;               /* then those two are not understood */
    int (*run)(struct call *call);                   /* returns the exit status; on the calling thread */
    int (*administer)(struct call *call);            /* the same, on a fiber, with the stores open: see host.h */
    int (*raw)(int argc, char **argv);               /* reads what was typed by itself */
};

struct noun {
    const char *name, *help;
    const struct command *commands;
    size_t count;
};
struct nouns {
    const struct noun *items;
    size_t count;
};

struct given {
    struct str *values;
    size_t count;
};

struct typed {
    const struct noun *noun;
    const struct command *command; /* NULL: help about the noun is asked for, or (noun NULL) about everything */
    struct str arguments[ARGUMENTS_MOST];
    struct given options[OPTIONS];
    bool help;
};

/* `argv` from the noun on. False with one sentence; ret_typed then says how far it was understood. */
bool args_read(const struct nouns *nouns, struct arena *arena, size_t argc, char *const *argv, struct typed *ret_typed,
               struct fault *fault);

bool command_takes_option(const struct command *command, enum option_id option);
bool words_have(const char *words, struct str word); /* of "a|b|c" */
const struct noun *noun_find(const struct nouns *nouns, struct str name);
const struct command *noun_command(const struct noun *noun, struct str verb);

/* The one of names that was most likely meant; NULL when none is near. */
const char *args_nearest(const char *const *names, size_t count, struct str typed);

#endif
