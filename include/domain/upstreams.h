/*
 * upstreams: other people's identity services, as administrators see them: those that are in use, and the breaker of
 * the worker that is asked.
 */
#ifndef DOMAIN_UPSTREAMS_H
#define DOMAIN_UPSTREAMS_H

#include "domain/administration.h"

struct upstream_view {
    struct str name, adapter;
    struct str breaker; /* "closed", "open", "half_open" */
};
struct admin_answer upstreams_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   struct upstream_view **ret_views, size_t *ret_count);

#endif
