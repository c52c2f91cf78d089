/*
 * clients_file: the client systems of a file, as the JSON metadata that model/client.h reads.
 */
#ifndef CONFIG_CLIENTS_FILE_H
#define CONFIG_CLIENTS_FILE_H

#include "config/config.h"

struct json;

struct client_entry {
    int line;
    const struct json *metadata;
};

struct client_entries {
    struct client_entry *items;
    size_t count;
};

/* The list under `clients:`. False after adding at least one problem. */
bool clients_file_load(struct arena *arena, struct str path, struct client_entries *ret_entries,
                       struct config_problems *problems);

#endif
