/*
 * settings: what administrators change while everything runs (model/settings.def). They are part of the register's
 * revision, so every worker has a change within a second.
 */
#ifndef DOMAIN_SETTINGS_H
#define DOMAIN_SETTINGS_H

#include "domain/administration.h"
#include "model/settings.h"

struct setting_view {
    struct str name, help, unit;
    bool is_flag;
    int64_t value, default_value, least, most; /* a flag is 0 or 1 */
    int64_t version;                           /* 0: never changed */
    struct str updated_by;                     /* absent: never changed */
    int64_t updated_at;
};
/* Wait. */
struct admin_answer settings_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct setting_view **ret_views, size_t *ret_count);
/* ADMIN_INVALID: out of range, not a setting is ADMIN_MISSING. */
struct admin_answer settings_set(struct domain *domain, struct arena *arena, const struct actor *actor, struct str name,
                                 int64_t version, int64_t value, struct setting_view *ret_view);

#endif
