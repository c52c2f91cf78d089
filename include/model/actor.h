/*
 * actor: whoever administers, through whichever door, and what their role allows (permissions.def). The rules ask
 * actor_may before anything else, so that every door is held to the same.
 */
#ifndef MODEL_ACTOR_H
#define MODEL_ACTOR_H

#include "base/str.h"

/* Stored; never renumber. */
enum role { ROLE_NONE, ROLE_SYSTEM, ROLE_SECURITY, ROLE_AUDITOR, ROLE_DEVELOPER, ROLE_HOST, ROLE_REGISTRANT };

enum permission {
#define PERMISSION(identifier, name, roles) MAY_##identifier,
#include "model/permissions.def"
#undef PERMISSION
    PERMISSIONS
};

struct actor {
    enum role role;
    struct str id; /* the account id of an administrator; "host:" and the user's name on the host; of a registrant
                      "token:" and the id of its initial access token, later "client:" and its own id */
    struct str agency_id;  /* of a developer: the only agency whose client systems they see */
    struct str client_id;  /* of a registrant: the only client system it sees, itself */
    struct str address;    /* from where; absent on the host */
    struct str request_id; /* absent on the host */
};

bool actor_may(const struct actor *actor, enum permission permission);
struct str permission_name(enum permission permission); /* "client.read" */
struct str role_name(enum role role);                   /* "system", "security", "auditor", "developer", "host" */
/* False for a name that is no role an administrator can have ("host" and others). */
bool role_of_name(struct str name, enum role *ret_role);

#endif
