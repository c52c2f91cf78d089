/*
 * self_registration: client systems that register themselves with an initial access token (RFC 7591) and look after
 * their own entry with the registration access token they are given (RFC 7592). The rules of the register and the
 * policy of the initial access token hold for every change.
 *
 * The registration access token stays the same for as long as the entry lives: an answer that is lost on the way locks
 * nobody out. It ends with the entry.
 */
#ifndef DOMAIN_SELF_REGISTRATION_H
#define DOMAIN_SELF_REGISTRATION_H

#include "domain/client_register.h"

struct registered_client;

enum self_result {
    SELF_DONE,
    SELF_UNKNOWN,  /* 401: no such token, or not for this client system, or there is none: nobody is told which */
    SELF_TOO_MANY, /* 429: more than the settings allow, over all nodes */
    SELF_INVALID,  /* 400: problems name each member */
    SELF_CONFLICT, /* 409: reason says why */
    SELF_UNAVAILABLE,
};

struct self_answer {
    enum self_result result;
    const char *reason;                     /* SELF_CONFLICT: a constant sentence without a full stop */
    const struct client_problems *problems; /* SELF_INVALID; in the arena */
};

struct self_caller {
    struct str token; /* as it was presented */
    struct str address, request_id;
};

/* Wait. Metadata is the body as it came: members that we do not know are left out. */
struct self_answer self_register(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                                 const struct json *metadata, struct registered *ret_client,
                                 struct client_credentials_new *ret_credentials);
struct self_answer self_read(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                             struct str client_id, struct registered *ret_client);
/* Replaces the metadata as a whole. Where the method of authentication now needs a secret that there is not, one is
 * made; else ret_credentials has none. */
struct self_answer self_replace(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                                struct str client_id, const struct json *metadata, struct registered *ret_client,
                                struct client_credentials_new *ret_credentials);
struct self_answer self_retire(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                               struct str client_id);

/* It was in use: noted in the background, seldom. */
void self_registration_used(struct domain *domain, const struct registered_client *client);
/* Retires those that were not in use for as long as their policy says. One node is enough; several do no harm. Waits.
 */
void self_registrations_expire(struct domain *domain);

#endif
