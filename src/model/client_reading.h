/*
 * client_reading: what the two halves of reading client metadata share: the members one by one, and the rules about
 * several of them.
 */
#ifndef MODEL_CLIENT_READING_H
#define MODEL_CLIENT_READING_H

#include "model/client.h"
#include "model/uri.h"

#define CLIENT_ID_MOST 100

struct reading {
    struct arena *arena;
    struct client *client;
    struct client_problems *problems;
    bool secret_elsewhere; /* it is the register's to make: none may be given, and none is missing */
    const char *member;    /* being read */
    bool has_auth, has_grants;
};

/* One member: its name and what reads its value. */
struct client_member {
    const char *name;
    void (*read)(struct reading *reading, const struct json *value);
};
extern const struct client_member client_own_members[]; /* tongxing_… */
extern const size_t client_own_member_count;
const struct client_member *client_member_find(struct str name); /* NULL for one we do not know */
bool client_member_is_own(const struct client_member *member);

void client_problem(struct reading *reading, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* For a message: enough of a value to find it, nothing that moves a terminal's cursor. */
const char *client_shown(struct reading *reading, struct str text);
/* https, or http on this very machine for trials. */
bool client_uri_is_web(const struct uri *uri);

/* Values by kind. False, or the result untouched, when a problem was noted. */
bool client_read_text(struct reading *reading, const struct json *value, size_t most, struct str *ret_text);
void client_read_flag(struct reading *reading, const struct json *value, bool *ret_flag);
void client_read_number(struct reading *reading, const struct json *value, int64_t least, int64_t most,
                        int64_t *ret_number);
bool client_read_web_uri(struct reading *reading, const struct json *value, struct str *ret_uri);
void client_read_uris(struct reading *reading, const struct json *value, const struct str **ret_uris,
                      size_t *ret_count);
void client_read_signing_alg(struct reading *reading, const struct json *value, struct str *ret_alg);
struct client_choice {
    struct str name;
    int value;
};
bool client_choose(struct reading *reading, const struct json *value, const struct client_choice *choices, size_t count,
                   int *ret_value);

/* Reads every member; unknown ones are problems. */
void client_read_members(struct reading *reading, const struct json *metadata);

#endif
