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
    struct upstream_view *view = arena_new_of(arena, struct upstream_view);
    *ret_views = view;
    *ret_count = domain->population ? 1 : 0;
    if (domain->population) {
        view->name = upstream_name(domain->population);
        view->adapter = upstream_adapter(domain->population);
        view->breaker = breaker_names[upstream_health(domain->population)->breaker];
    }
    return admin_answer(ADMIN_DONE);
}
