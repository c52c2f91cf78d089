/*
 * help: the table of commands, told to people and to bash.
 */
#ifndef COMMAND_SHELL_HELP_H
#define COMMAND_SHELL_HELP_H

#include "args.h"
#include "base/buf.h"

#define HELP_MOST (256 * 1024)

/* All nouns; the verbs of one; one command with its arguments, options and an example. */
void help_write_nouns(const struct nouns *nouns, struct buf *buf);
void help_write_noun(const struct noun *noun, struct buf *buf);
void help_write_command(const struct noun *noun, const struct command *command, struct buf *buf);
/* "usage: tongxing client add [OPTION…]", one line. */
void help_write_usage(const struct noun *noun, const struct command *command, struct buf *buf);
/* Every command as Markdown: docs/shell.md. */
void help_write_reference(const struct nouns *nouns, struct buf *buf);

/* A bash function and its registration: source <(tongxing completion bash). */
void completion_write_bash(const struct nouns *nouns, struct buf *buf);

#endif
