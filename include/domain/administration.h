/*
 * administration: what the rules of the register answer to whichever door asked: admin API, console, shell, dynamic
 * registration. Each function checks the actor's role first (model/permissions.def), tells the refusal as an event, and
 * writes a change together with its event.
 *
 * Entity tags: everything that can be changed has a version; a change names the version it was made from, and is
 * ADMIN_STALE when somebody was faster.
 */
#ifndef DOMAIN_ADMINISTRATION_H
#define DOMAIN_ADMINISTRATION_H

#include "domain/domain.h"
#include "model/actor.h"
#include "model/client.h"

enum admin_result {
    ADMIN_DONE,
    ADMIN_FORBIDDEN,   /* 403: the role does not allow it; told as an event */
    ADMIN_MISSING,     /* 404: no such thing, or none this actor may know of */
    ADMIN_STALE,       /* 412: it was changed in the meantime */
    ADMIN_INVALID,     /* 400: problems name each member */
    ADMIN_CONFLICT,    /* 409: not in this state, four eyes, taken: reason says which */
    ADMIN_UNAVAILABLE, /* 503: the durable store does not answer; nothing was changed */
};

struct admin_answer {
    enum admin_result result;
    const char *reason; /* ADMIN_CONFLICT and ADMIN_FORBIDDEN: a constant sentence without a full stop */
    const struct client_problems *problems; /* ADMIN_INVALID; in the arena */
};

/* True when the role allows it; else sets the answer and tells EVENT_ADMIN_REFUSED. */
bool admin_allowed(struct domain *domain, const struct actor *actor, enum permission permission,
                   struct admin_answer *ret_answer);

/* Lists come in pages: at most this many rows; the next page starts after the last id. */
#define ADMIN_PAGE_MOST 200

#endif
