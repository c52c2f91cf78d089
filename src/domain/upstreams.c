/*
 * Which upstreams are in use.
 */
#include "domain/upstreams.h"

#include "base/arena.h"
#include "change.h"
#include "upstream/upstream.h"

static const struct str breaker_names[] = {
    [BREAKER_CLOSED] = STR_INIT("closed"), [BREAKER_OPEN] = STR_INIT("open"), [BREAKER_TRIAL] = STR_INIT("half_open")};

struct admin_answer upstreams_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   struct upstream_view **ret_views, size_t *ret_count) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_UPSTREAM_READ, &answer)) {
        return answer;
    }
    const struct upstreams *upstreams = &domain->upstreams;
    struct upstream_view *views = arena_array_of(arena, upstreams->count + 1, struct upstream_view);
    for (size_t i = 0; i < upstreams->count; i++) {
        views[i] = (struct upstream_view){.name = upstream_name(upstreams->items[i]),
                                          .adapter = upstream_adapter(upstreams->items[i]),
                                          .breaker = breaker_names[upstream_health(upstreams->items[i])->breaker]};
    }
    *ret_views = views;
    *ret_count = upstreams->count;
    return admin_answer(ADMIN_DONE);
}
