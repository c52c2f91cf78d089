/*
 * yaml: a YAML file as a small tree with line numbers. The subset that people write by hand: maps, lists and scalars,
 * one document.
 *
 * Aliases, anchors, tags, duplicate names and deep nesting are refused. ${NAME} in a value is replaced from the
 * environment.
 */
#ifndef CONFIG_YAML_H
#define CONFIG_YAML_H

#include "config/config.h"

#define YAML_BYTES_MOST (1024 * 1024)
#define YAML_DEPTH_MOST 16

enum yaml_kind { YAML_SCALAR, YAML_LIST, YAML_MAP };

struct yaml {
    enum yaml_kind kind;
    int line;
    struct str text;     /* SCALAR */
    bool plain;          /* SCALAR: written without quotes and without a variable: 1 is a number, true a flag */
    struct str *secrets; /* SCALAR: what came from the environment, for those who show the configuration to somebody */
    size_t secret_count;
    struct str *names;   /* MAP */
    struct yaml **items; /* LIST, MAP */
    size_t count;
};

/* From bytes; `file` is named in the problems. False after adding at least one problem. */
bool yaml_parse(struct arena *arena, struct str text, struct str file, const struct yaml **ret_root,
                struct config_problems *problems);
bool yaml_load(struct arena *arena, struct str path, const struct yaml **ret_root, struct config_problems *problems);

/* A member of a MAP; NULL when there is none. */
const struct yaml *yaml_member(const struct yaml *map, const char *name);

#endif
