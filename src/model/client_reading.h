/*
 * client_reading: what the two halves of reading client metadata share: the members one by one, and the rules about
 * several of them.
 */
#ifndef MODEL_CLIENT_READING_H
#define MODEL_CLIENT_READING_H

#include "model/client.h"
#include "model/uri.h"

struct reading {
    struct arena *arena;
    struct client *client;
    struct client_problems *problems;
    const char *member; /* being read */
    bool has_auth, has_grants;
    struct str sector_uri;
};

void client_problem(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For a message: enough of a value to find it, nothing that moves a terminal's cursor. */
const char *client_shown(struct reading *reading, struct str text);
/* https, or http on this very machine for trials. */
bool client_uri_is_web(const struct uri *uri);
/* Reads every member; unknown ones are problems. */
void client_read_members(struct reading *reading, const struct json *metadata);

#endif
