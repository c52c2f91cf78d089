/*
 * Reading a command line by the table. getopt_long and argp were looked at: neither has subcommands or suggestions,
 * both print by themselves, and each would need a second list beside the one that help and completion are made from.
 */
#include "args.h"

#include "base/arena.h"
#include "base/check.h"
#include "text.h"

#define SHOWN_MOST   40 /* characters of what was typed, in a message */
#define NEAREST_MOST 64

const struct option_rule option_rules[OPTIONS] = {
#define ONCE false
#define MANY true
#define OPTION(identifier, name, takes, value, often, help)                                                            \
    [OPT_##identifier] = {name, TAKES_##takes, value, often, help},
#include "options.def"
#undef OPTION
#undef ONCE
#undef MANY
};

/* --- looking things up --- */

const struct noun *noun_find(const struct nouns *nouns, struct str name) {
    for (size_t i = 0; i < nouns->count; i++) {
        if (str_equal(name, str_from(nouns->items[i].name))) {
            return &nouns->items[i];
        }
    }
    return NULL;
}

const struct command *noun_command(const struct noun *noun, struct str verb) {
    for (size_t i = 0; i < noun->count; i++) {
        if (noun->commands[i].verb && str_equal(verb, str_from(noun->commands[i].verb))) {
            return &noun->commands[i];
        }
    }
    return NULL;
}

bool command_takes_option(const struct command *command, enum option_id option) {
    if (option == OPT_HELP) {
        return true;
    }
    if (option == OPT_CONFIG || option == OPT_JSON) {
        return !command->raw && !(option == OPT_CONFIG ? command->without_config : command->without_json);
    }
    for (size_t i = 0; i < OPTIONS_OF_COMMAND_MOST && command->options[i] != OPT_NONE; i++) {
        if (command->options[i] == option) {
            return true;
        }
    }
    return false;
}

static enum option_id option_of(const struct command *command, struct str name) {
    for (enum option_id id = OPT_NONE + 1; id < OPTIONS; id++) {
        if (str_equal(name, str_from(option_rules[id].name)) && command_takes_option(command, id)) {
            return id;
        }
    }
    return OPT_NONE;
}

bool words_have(const char *words, struct str word) {
    struct str rest = str_from(words);
    while (!str_is_absent(rest)) {
        if (str_equal(str_cut(rest, '|', &rest), word)) {
            return true;
        }
    }
    return false;
}

/* --- what was meant --- */

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Levenshtein's distance with neighbours changed round as one step; three rows suffice. */
static size_t distance(struct str a, struct str b) {
    size_t rows[3][NEAREST_MOST + 1];
    for (size_t j = 0; j <= b.len; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= a.len; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *higher = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            bool same = a.ptr[i - 1] == b.ptr[j - 1];
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + !same);
            if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1]) {
                row[j] = least(row[j], higher[j - 2] + 1);
            }
        }
    }
    return rows[a.len % 3][b.len];
}

const char *args_nearest(const char *const *names, size_t count, struct str typed) {
    const char *nearest = NULL;
    size_t best = typed.len / 3 + 2; /* further away nothing is meant */
    for (size_t i = 0; i < count && typed.len > 0 && typed.len <= NEAREST_MOST; i++) {
        struct str name = str_from(names[i]);
        if (name.len > NEAREST_MOST) {
            continue;
        }
        size_t steps = str_starts(name, typed) ? 1 : distance(typed, name);
        if (steps < best) {
            best = steps;
            nearest = names[i];
        }
    }
    return nearest;
}

struct reading {
    struct arena *arena;
    const struct nouns *nouns;
    struct typed *typed;
    size_t argument_count;
    struct fault *fault;
};

static const char *shown(struct reading *reading, struct str text) {
    return str_c(reading->arena, text_cut(reading->arena, text_shown(reading->arena, text), SHOWN_MOST));
}

/* "there is no clinet; did you mean client?" */
static bool not_there(struct reading *reading, const char *prefix, struct str typed, const char *const *names,
                      size_t count) {
    const char *nearest = args_nearest(names, count, typed);
    if (nearest) {
        return fault_set(reading->fault, "there is no %s%s; did you mean %s%s?", prefix, shown(reading, typed), prefix,
                         nearest);
    }
    return fault_set(reading->fault, "there is no %s%s%s", prefix, shown(reading, typed),
                     prefix[0] == '-' ? " (an argument that begins with -- is written behind a --)" : "");
}

static bool no_such_noun(struct reading *reading, struct str typed) {
    const char **names = arena_array_of(reading->arena, reading->nouns->count, const char *);
    for (size_t i = 0; i < reading->nouns->count; i++) {
        names[i] = reading->nouns->items[i].name;
    }
    return not_there(reading, "", typed, names, reading->nouns->count);
}

/* There are few enough to name them all: "client melt is not known; it is list, show or add". */
static bool no_such_verb(struct reading *reading, struct str typed) {
    const struct noun *noun = reading->typed->noun;
    const char **names = arena_array_of(reading->arena, noun->count, const char *);
    struct str list = STR("");
    for (size_t i = 0; i < noun->count; i++) {
        names[i] = noun->commands[i].verb;
        struct str between = i == 0 ? STR("") : i + 1 == noun->count ? STR(" or ") : STR(", ");
        list = str_concat(reading->arena, list, between, str_from(names[i]));
    }
    const char *nearest = args_nearest(names, noun->count, typed);
    if (nearest) {
        return fault_set(reading->fault, "%s %s is not known; did you mean %s? It is %.*s", noun->name,
                         shown(reading, typed), nearest, STR_ARG(list));
    }
    return fault_set(reading->fault, "%s %s is not known; it is %.*s", noun->name, shown(reading, typed),
                     STR_ARG(list));
}

static bool no_such_option(struct reading *reading, struct str typed) {
    const char *names[OPTIONS];
    size_t count = 0;
    for (enum option_id id = OPT_NONE + 1; id < OPTIONS; id++) {
        if (command_takes_option(reading->typed->command, id)) {
            names[count++] = option_rules[id].name;
        }
    }
    return not_there(reading, "--", typed, names, count);
}

/* --- reading --- */

static bool check_value(struct reading *reading, const char *name, enum takes takes, const char *words,
                        struct str value) {
    int64_t number;
    if (takes == TAKES_NUMBER && !str_to_i64(value, &number)) {
        return fault_set(reading->fault, "%s: %s is not a whole number", name, shown(reading, value));
    }
    if (takes == TAKES_WORD && !words_have(words, value)) {
        return fault_set(reading->fault, "%s: %s is not one of %s", name, shown(reading, value), words);
    }
    if (takes != TAKES_TEXT && str_is_empty(value)) {
        return fault_set(reading->fault, "%s is empty", name);
    }
    return true;
}

static bool add_value(struct reading *reading, enum option_id id, struct str value) {
    const struct option_rule *rule = &option_rules[id];
    struct given *given = &reading->typed->options[id];
    if (given->count > 0 && !rule->many) {
        return fault_set(reading->fault, "--%s is given twice", rule->name);
    }
    if (given->count == OPTION_VALUES_MOST) {
        return fault_set(reading->fault, "--%s is given more than %d times", rule->name, OPTION_VALUES_MOST);
    }
    if (!given->values) {
        given->values = arena_array_of(reading->arena, OPTION_VALUES_MOST, struct str);
    }
    given->values[given->count++] = value;
    return true;
}

/* `next` is what stands behind it; true in ret_took when it was the option's value. */
static bool read_option(struct reading *reading, struct str text, const char *next, bool *ret_took) {
    struct str value;
    struct str name = str_cut(text, '=', &value);
    enum option_id id = option_of(reading->typed->command, name);
    if (id == OPT_NONE) {
        return no_such_option(reading, name);
    }
    const struct option_rule *rule = &option_rules[id];
    if (rule->takes == TAKES_NOTHING) {
        if (!str_is_absent(value)) {
            return fault_set(reading->fault, "--%s takes no value", rule->name);
        }
        return add_value(reading, id, STR(""));
    }
    *ret_took = str_is_absent(value);
    value = str_or(value, str_from(next));
    if (str_is_absent(value)) {
        return fault_set(reading->fault, "--%s needs %s", rule->name, rule->value);
    }
    const char *label = str_c(reading->arena, str_concat(reading->arena, STR("--"), str_from(rule->name)));
    return check_value(reading, label, rule->takes, rule->value, value) && add_value(reading, id, value);
}

static bool read_argument(struct reading *reading, struct str text) {
    size_t place = reading->argument_count++;
    const struct argument *rule = place < ARGUMENTS_MOST ? &reading->typed->command->arguments[place] : NULL;
    if (!rule || !rule->name) {
        return fault_set(reading->fault, "%s is one argument too many", shown(reading, text));
    }
    reading->typed->arguments[place] = text;
    return check_value(reading, rule->name, rule->takes, rule->words, text);
}

/* What a terminal, a log or the database would take for something else has no place on a command line. */
static bool check_text(struct reading *reading, struct str text) {
    if (text.len > ARGUMENT_BYTES_MOST) {
        return fault_set(reading->fault, "an argument is longer than %d bytes", ARGUMENT_BYTES_MOST);
    }
    if (!text_is_plain(text)) {
        return fault_set(reading->fault, "%s is not UTF-8 without control characters", shown(reading, text));
    }
    return true;
}

/* [FILE] NAME: one alone is the one that is needed. */
static void make_room(struct reading *reading) {
    const struct argument *rules = reading->typed->command->arguments;
    struct str *arguments = reading->typed->arguments;
    if (rules[0].name && rules[0].optional && rules[1].name && !rules[1].optional && str_is_absent(arguments[1])) {
        arguments[1] = arguments[0];
        arguments[0] = STR_NONE;
    }
}

static bool check_complete(struct reading *reading) {
    const struct command *command = reading->typed->command;
    make_room(reading);
    for (size_t i = 0; i < ARGUMENTS_MOST && command->arguments[i].name; i++) {
        if (!command->arguments[i].optional && str_is_absent(reading->typed->arguments[i])) {
            return fault_set(reading->fault, "%s is missing", command->arguments[i].name);
        }
    }
    for (size_t i = 0; i < REQUIRED_OPTIONS_MOST && command->required[i] != OPT_NONE; i++) {
        if (reading->typed->options[command->required[i]].count == 0) {
            return fault_set(reading->fault, "--%s is missing", option_rules[command->required[i]].name);
        }
    }
    return true;
}

static bool asks_for_help(struct str text) {
    return str_equal(text, STR("--help")) || str_equal(text, STR("-h"));
}

/* "-n" is a slip; ids are random and may begin with a dash, and numbers may be negative: those are arguments. */
static bool is_short_option(struct str text) {
    return text.len == 2 && text.ptr[0] == '-' && !(text.ptr[1] >= '0' && text.ptr[1] <= '9');
}

/* One word; `next` is what stands behind it, true in ret_took when it was an option's value. */
static bool read_word(struct reading *reading, struct str text, const char *next, bool *ret_took) {
    if (str_starts(text, STR("--"))) {
        return (!next || check_text(reading, str_from(next))) &&
               read_option(reading, str_sub(text, 2, text.len - 2), next, ret_took);
    }
    if (is_short_option(text)) {
        return fault_set(reading->fault, "there is no %s: options have two dashes and a whole word",
                         shown(reading, text));
    }
    return read_argument(reading, text);
}

static bool read_rest(struct reading *reading, size_t argc, char *const *argv) {
    bool options = true; /* until a lone -- */
    for (size_t i = 0; i < argc; i++) {
        struct str text = str_from(argv[i]);
        bool took = false;
        if (!check_text(reading, text)) {
            return false;
        }
        if (options && asks_for_help(text)) {
            reading->typed->help = true;
            return true;
        }
        if (options && str_equal(text, STR("--"))) {
            options = false;
            continue;
        }
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        if (!(options ? read_word(reading, text, next, &took) : read_argument(reading, text))) {
            return false;
        }
        i += took;
    }
    return check_complete(reading);
}

static bool read_verb(struct reading *reading, size_t argc, char *const *argv, size_t *ret_used) {
    struct typed *typed = reading->typed;
    *ret_used = 0;
    if (!typed->noun->commands[0].verb) {
        typed->command = &typed->noun->commands[0];
        return true;
    }
    if (argc == 0) {
        return fault_set(reading->fault, "%s needs a verb", typed->noun->name);
    }
    struct str verb = str_from(argv[0]);
    if (asks_for_help(verb)) {
        typed->help = true;
        return true;
    }
    *ret_used = 1;
    typed->command = noun_command(typed->noun, verb);
    return typed->command || no_such_verb(reading, verb);
}

bool args_read(const struct nouns *nouns, struct arena *arena, size_t argc, char *const *argv, struct typed *ret_typed,
               struct fault *fault) {
    struct reading reading = {.arena = arena, .nouns = nouns, .typed = ret_typed, .fault = fault};
    *ret_typed = (struct typed){0};
    if (argc == 0) {
        return fault_set(fault, "a command is missing");
    }
    struct str name = str_from(argv[0]);
    if (asks_for_help(name)) {
        ret_typed->help = true;
        return true;
    }
    ret_typed->noun = noun_find(nouns, name);
    if (!ret_typed->noun) {
        return no_such_noun(&reading, name);
    }
    size_t used;
    if (!read_verb(&reading, argc - 1, argv + 1, &used)) {
        return false;
    }
    if (ret_typed->help || ret_typed->command->raw) {
        return true;
    }
    return read_rest(&reading, argc - 1 - used, argv + 1 + used);
}
