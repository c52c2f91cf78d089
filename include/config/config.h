/*
 * config: one YAML file through one options table (options.def), every mistake reported at once with file, line and
 * option.
 *
 * struct config is a plain struct whose members are named after the options (option redis.host is config->redis_host).
 * Strings belong to the arena given to config_load. ${NAME} in a value is replaced from the environment; an unset name
 * is a mistake.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/str.h"

struct config_problem {
    struct str file;
    int line; /* 0 when it concerns the file as a whole */
    struct str option;
    struct str text; /* "is 99999, must be between 1 and 65535" */
};

struct config_problems {
    struct config_problem *items;
    size_t count, size;
    struct arena *arena;
};

void config_problem_add(struct config_problems *problems, struct str file, int line, struct str option,
                        const char *format, ...) __attribute__((format(printf, 5, 6)));
/* "config/x.yaml:12: redis.port: is 99999, must be between 1 and 65535" — one line each, into a FILE *. */
struct _IO_FILE;
void config_problems_print(const struct config_problems *problems, struct _IO_FILE *to);

struct str_list {
    const struct str *items;
    size_t count;
};

struct yaml;

/* The members that all entries may have; those of its adapter are in `entry`, for the adapter to read. */
struct config_upstream {
    struct str name, adapter, url, app_id, secret, title, title_en;
    int64_t timeout_ms, concurrent, breaker_errors, breaker_ms, evidence_days, recheck_days;
    struct str file, folder; /* what relative paths start from */
    const struct yaml *entry;
    int line;
};

/* Generated from options.def: one member per option. See src/config/options.def. */
#include "config/options.h"

/* False when there is any problem; *ret_problems then says all of them. What could be read is there all the same, for
 * whoever looks for more. */
bool config_load(struct arena *arena, struct str path, struct config *ret_config, struct config_problems *ret_problems);

/* The options as YAML with help, defaults and ranges: what `tongxing check --reference` prints and the sample file is
 * tested against. */
struct buf;
void config_write_reference(struct buf *buf);

#endif
