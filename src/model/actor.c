/*
 * Roles and what they allow.
 */
#include "model/actor.h"

#include "base/check.h"

enum {
    SYSTEM = 1 << ROLE_SYSTEM,
    SECURITY = 1 << ROLE_SECURITY,
    AUDITOR = 1 << ROLE_AUDITOR,
    DEVELOPER = 1 << ROLE_DEVELOPER,
    HOST = 1 << ROLE_HOST,
    REGISTRANT = 1 << ROLE_REGISTRANT
};

static const struct {
    struct str name;
    unsigned roles;
} permissions[] = {
#define PERMISSION(identifier, name, roles) {STR_INIT(name), roles},
#include "model/permissions.def"
#undef PERMISSION
};

static const struct str roles[] = {
    [ROLE_NONE] = STR_INIT("none"),
    [ROLE_SYSTEM] = STR_INIT("system"),
    [ROLE_SECURITY] = STR_INIT("security"),
    [ROLE_AUDITOR] = STR_INIT("auditor"),
    [ROLE_DEVELOPER] = STR_INIT("developer"),
    [ROLE_HOST] = STR_INIT("host"),
    [ROLE_REGISTRANT] = STR_INIT("registrant"),
};

bool actor_may(const struct actor *actor, enum permission permission) {
    return (permissions[permission].roles & (1u << actor->role)) != 0;
}

struct str permission_name(enum permission permission) {
    return permissions[permission].name;
}

struct str role_name(enum role role) {
    return roles[role];
}

bool role_of_name(struct str name, enum role *ret_role) {
    for (int role = ROLE_SYSTEM; role <= ROLE_DEVELOPER; role++) {
        if (str_equal(roles[role], name)) {
            *ret_role = (enum role)role;
            return true;
        }
    }
    return false;
}
