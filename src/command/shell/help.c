/*
 * Help at three depths, and the same as a page of the documentation.
 */
#include "help.h"

#include "text.h"

#define LINE         96
#define OPTION_WIDTH 32

static void put(struct buf *buf, const char *text) {
    buf_put(buf, str_from(text));
}

static void put_padded(struct buf *buf, const char *text, size_t width) {
    size_t used = text_width(str_from(text));
    put(buf, text);
    do {
        buf_putc(buf, ' ');
    } while (++used < width);
}

/* Words, broken into lines that start `indent` columns in. */
static void put_wrapped(struct buf *buf, const char *text, size_t indent) {
    struct str rest = str_from(text), word;
    size_t column = indent;
    for (bool first = true; str_next_word(&rest, &word); first = false) {
        size_t width = text_width(word);
        if (!first && column + 1 + width > LINE) {
            buf_putc(buf, '\n');
            for (column = 0; column < indent; column++) {
                buf_putc(buf, ' ');
            }
        } else if (!first) {
            buf_putc(buf, ' ');
            column++;
        }
        buf_put(buf, word);
        column += width;
    }
    buf_putc(buf, '\n');
}

static void put_name(struct buf *buf, const struct noun *noun, const struct command *command) {
    put(buf, noun->name);
    if (command->verb) {
        buf_putc(buf, ' ');
        put(buf, command->verb);
    }
}

static bool has_options(const struct command *command) {
    return command->options[0] != OPT_NONE || command_takes_option(command, OPT_CONFIG) ||
           command_takes_option(command, OPT_JSON);
}

static void put_arguments(const struct command *command, struct buf *buf) {
    for (size_t i = 0; i < REQUIRED_OPTIONS_MOST && command->required[i] != OPT_NONE; i++) {
        const struct option_rule *rule = &option_rules[command->required[i]];
        buf_printf(buf, " --%s %s", rule->name, rule->value);
    }
    for (size_t i = 0; i < ARGUMENTS_MOST && command->arguments[i].name; i++) {
        const struct argument *argument = &command->arguments[i];
        buf_printf(buf, argument->optional ? " [%s]" : " %s", argument->words ? argument->words : argument->name);
    }
    if (has_options(command)) {
        put(buf, " [OPTION…]");
    } else if (command->raw) {
        put(buf, " …");
    }
}

void help_write_usage(const struct noun *noun, const struct command *command, struct buf *buf) {
    put(buf, "usage: tongxing ");
    if (command) {
        put_name(buf, noun, command);
        put_arguments(command, buf);
    } else if (noun) {
        buf_printf(buf, "%s VERB …", noun->name);
    } else {
        put(buf, "COMMAND …");
    }
    buf_putc(buf, '\n');
}

void help_write_nouns(const struct nouns *nouns, struct buf *buf) {
    put(buf, "usage: tongxing COMMAND …\n\n");
    for (size_t i = 0; i < nouns->count; i++) {
        put(buf, "  ");
        put_padded(buf, nouns->items[i].name, 12);
        put_wrapped(buf, nouns->items[i].help, 14);
    }
    put(buf, "\ntongxing help COMMAND says more. Exit status: 0 done, 1 could not, 2 wrong usage, 3 not found,\n"
             "4 conflict (changed in the meantime, four eyes, wrong state), 5 a store cannot be reached.\n");
}

void help_write_noun(const struct noun *noun, struct buf *buf) {
    if (!noun->commands[0].verb) {
        help_write_command(noun, &noun->commands[0], buf);
        return;
    }
    help_write_usage(noun, NULL, buf);
    buf_putc(buf, '\n');
    for (size_t i = 0; i < noun->count; i++) {
        put(buf, "  ");
        put_padded(buf, noun->commands[i].verb, 15);
        put_wrapped(buf, noun->commands[i].help, 17);
    }
    buf_printf(buf, "\ntongxing help %s VERB says more.\n", noun->name);
}

static const char *label_of(struct arena *arena, const struct option_rule *rule) {
    struct str name = str_concat(arena, STR("--"), str_from(rule->name));
    struct str value = str_from(rule->value);
    return str_c(arena,
                 str_is_absent(value) || rule->takes == TAKES_WORD ? name : str_concat(arena, name, STR(" "), value));
}

static void put_option(const struct option_rule *rule, struct buf *buf) {
    put(buf, "  ");
    put_padded(buf, label_of(buf->arena, rule), OPTION_WIDTH);
    struct str help = str_from(rule->help);
    if (rule->takes == TAKES_WORD) {
        help = str_concat(buf->arena, str_from(rule->value), STR(": "), help);
    }
    if (rule->many) {
        help = str_concat(buf->arena, help, STR("; may be given again"));
    }
    put_wrapped(buf, str_c(buf->arena, help), OPTION_WIDTH + 2);
}

static void put_options(const struct command *command, struct buf *buf) {
    for (size_t i = 0; i < OPTIONS_OF_COMMAND_MOST && command->options[i] != OPT_NONE; i++) {
        put_option(&option_rules[command->options[i]], buf);
    }
    static const enum option_id common[] = {OPT_CONFIG, OPT_JSON, OPT_HELP};
    for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
        if (command_takes_option(command, common[i])) {
            put_option(&option_rules[common[i]], buf);
        }
    }
}

void help_write_command(const struct noun *noun, const struct command *command, struct buf *buf) {
    help_write_usage(noun, command, buf);
    buf_putc(buf, '\n');
    put_wrapped(buf, command->help, 0);
    if (command->more) {
        buf_putc(buf, '\n');
        put_wrapped(buf, command->more, 0);
    }
    if (!command->raw) {
        buf_putc(buf, '\n');
        put_options(command, buf);
    }
    if (command->example) {
        buf_printf(buf, "\nexample: tongxing %s\n", command->example);
    }
}

void help_write_reference(const struct nouns *nouns, struct buf *buf) {
    for (size_t i = 0; i < nouns->count; i++) {
        const struct noun *noun = &nouns->items[i];
        buf_printf(buf, "\n### %s: %s\n", noun->name, noun->help);
        for (size_t j = 0; j < noun->count; j++) {
            put(buf, "\n```\n");
            help_write_command(noun, &noun->commands[j], buf);
            put(buf, "```\n");
        }
    }
}
