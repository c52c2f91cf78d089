/*
 * Completion for bash: one function with the table's words in it, so that pressing Tab starts no process.
 *
 * Names come from the table alone, which holds nothing that bash would read otherwise.
 */
#include "help.h"

static void put(struct buf *buf, const char *text) {
    buf_put(buf, str_from(text));
}

static void put_nouns(const struct nouns *nouns, struct buf *buf) {
    for (size_t i = 0; i < nouns->count; i++) {
        buf_printf(buf, i == 0 ? "%s" : " %s", nouns->items[i].name);
    }
}

static void put_verbs(const struct noun *noun, struct buf *buf) {
    for (size_t i = 0; i < noun->count && noun->commands[i].verb; i++) {
        buf_printf(buf, i == 0 ? "%s" : " %s", noun->commands[i].verb);
    }
}

static void put_words(const char *words, struct buf *buf) {
    struct str rest = str_from(words);
    while (!str_is_absent(rest)) {
        buf_put(buf, str_cut(rest, '|', &rest));
        buf_putc(buf, str_is_absent(rest) ? '\'' : ' ');
    }
}

/* After an option that takes a value: files, words, or nothing to offer. */
static void put_values(const struct command *command, const char *key, struct buf *buf) {
    for (enum option_id id = OPT_NONE + 1; id < OPTIONS; id++) {
        const struct option_rule *rule = &option_rules[id];
        if (rule->takes == TAKES_NOTHING || !command_takes_option(command, id)) {
            continue;
        }
        buf_printf(buf, "    '%s --%s') ", key, rule->name);
        if (rule->takes == TAKES_FILE) {
            put(buf, "files=1 ;;\n");
        } else if (rule->takes == TAKES_WORD) {
            put(buf, "words='");
            put_words(rule->value, buf);
            put(buf, " ;;\n");
        } else {
            put(buf, "words='' ;;\n");
        }
    }
}

static void put_options(const struct command *command, const char *key, struct buf *buf) {
    buf_printf(buf, "    '%s') options='", key);
    const char *between = "";
    for (enum option_id id = OPT_NONE + 1; id < OPTIONS; id++) {
        if (command_takes_option(command, id)) {
            buf_printf(buf, "%s--%s", between, option_rules[id].name);
            between = " ";
        }
    }
    put(buf, "'");
    for (size_t i = 0; i < ARGUMENTS_MOST && command->arguments[i].name; i++) {
        if (command->arguments[i].takes == TAKES_FILE) {
            put(buf, " files=1");
        } else if (command->arguments[i].words) {
            put(buf, " words='");
            put_words(command->arguments[i].words, buf);
        }
    }
    put(buf, command->raw ? " files=1 ;;\n" : " ;;\n");
}

static void put_each(const struct nouns *nouns, void (*each)(const struct command *, const char *, struct buf *),
                     struct buf *buf) {
    for (size_t i = 0; i < nouns->count; i++) {
        const struct noun *noun = &nouns->items[i];
        for (size_t j = 0; j < noun->count; j++) {
            const char *verb = noun->commands[j].verb;
            const char *key =
                verb ? str_c(buf->arena, str_concat(buf->arena, str_from(noun->name), STR(" "), str_from(verb)))
                     : noun->name;
            each(&noun->commands[j], key, buf);
        }
    }
}

void completion_write_bash(const struct nouns *nouns, struct buf *buf) {
    put(buf, "# bash completion of tongxing, made by: tongxing completion bash\n"
             "_tongxing() {\n"
             "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} key=${COMP_WORDS[1]}\n"
             "  local verbs='' words='' options='' files=''\n"
             "  COMPREPLY=()\n"
             "  if [ \"$COMP_CWORD\" = 1 ]; then\n"
             "    COMPREPLY=($(compgen -W '");
    put_nouns(nouns, buf);
    put(buf, "' -- \"$word\"))\n    return\n  fi\n  case $key in\n");
    for (size_t i = 0; i < nouns->count; i++) {
        if (nouns->items[i].commands[0].verb) {
            buf_printf(buf, "    %s) verbs='", nouns->items[i].name);
            put_verbs(&nouns->items[i], buf);
            put(buf, "' ;;\n");
        }
    }
    put(buf, "    help) verbs='");
    put_nouns(nouns, buf);
    put(buf, "' ;;\n  esac\n"
             "  if [ \"$COMP_CWORD\" = 2 ] && [ -n \"$verbs\" ]; then\n"
             "    COMPREPLY=($(compgen -W \"$verbs --help\" -- \"$word\"))\n    return\n  fi\n"
             "  [ -z \"$verbs\" ] || key=\"$key ${COMP_WORDS[2]}\"\n"
             "  case $key in\n");
    put_each(nouns, put_options, buf);
    put(buf, "  esac\n  case \"$key $before\" in\n");
    put_each(nouns, put_values, buf);
    put(buf, "    *) words=\"$words $options\" ;;\n  esac\n"
             "  [[ $word == -* || -z $files ]] || COMPREPLY=($(compgen -f -- \"$word\"))\n"
             "  COMPREPLY+=($(compgen -W \"$words\" -- \"$word\"))\n"
             "}\n"
             "complete -o filenames -F _tongxing tongxing\n");
}
