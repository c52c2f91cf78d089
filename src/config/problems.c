/*
 * Collecting mistakes, and saying them.
 */
#include "base/check.h"
#include "config/config.h"

#include <stdarg.h>
#include <stdio.h>

#define TEXT_MOST 400

void config_problem_add(struct config_problems *problems, struct str file, int line, struct str option,
                        const char *format, ...) {
    char text[TEXT_MOST];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    if (problems->count == problems->size) {
        size_t size = problems->size ? problems->size * 2 : 8;
        struct config_problem *larger = arena_array_of(problems->arena, size, struct config_problem);
        if (problems->count > 0) {
            memcpy(larger, problems->items, problems->count * sizeof(*larger));
        }
        problems->items = larger;
        problems->size = size;
    }
    problems->items[problems->count++] = (struct config_problem){
        .file = str_dup(problems->arena, file),
        .line = line,
        .option = str_dup(problems->arena, option),
        .text = str_dup(problems->arena, str_from(text)),
    };
}

void config_problems_print(const struct config_problems *problems, FILE *to) {
    for (size_t i = 0; i < problems->count; i++) {
        const struct config_problem *problem = &problems->items[i];
        fprintf(to, "%.*s:", STR_ARG(problem->file));
        if (problem->line > 0) {
            fprintf(to, "%d:", problem->line);
        }
        if (!str_is_empty(problem->option)) {
            fprintf(to, " %.*s:", STR_ARG(problem->option));
        }
        fprintf(to, " %.*s\n", STR_ARG(problem->text));
    }
}
