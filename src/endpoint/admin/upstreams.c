/*
 * Other people's identity services: how they do, over all workers of this node.
 */
#include "domain/upstreams.h"

#include "api.h"
#include "model/evidence.h"

struct totals {
    uint64_t running, calls, failures, breakers_open;
};

static struct totals totals_of(const struct metrics_group *group, struct str name) {
    size_t index;
    if (!group || !metrics_index(group, METRIC_UPSTREAM_CALLS, name, &index)) {
        return (struct totals){0};
    }
    return (struct totals){
        .running = metrics_total(group, METRIC_UPSTREAM_RUNNING, index, METRICS_ALL),
        .calls = metrics_total(group, METRIC_UPSTREAM_CALLS, index, METRICS_ALL),
        .failures = metrics_total(group, METRIC_UPSTREAM_CALLS, index, VERIFY_UPSTREAM_ERROR),
        .breakers_open = metrics_total(group, METRIC_UPSTREAM_BREAKER, index, METRICS_ALL),
    };
}

/* Each worker has a breaker of its own: one that is open anywhere is shown, and this worker's own in its own words. */
static struct str breaker_of(const struct upstream_view *view, const struct totals *totals) {
    bool elsewhere = str_equal(view->breaker, STR("closed")) && totals->breakers_open > 0;
    return elsewhere ? STR("open") : view->breaker;
}

static void put_upstream(struct api_call *api, const struct upstream_view *view) {
    struct totals totals = totals_of(api->call->endpoint->metrics.group, view->name);
    json_open_object(&api->out, NULL);
    json_put_str(&api->out, "name", view->name);
    json_put_str(&api->out, "adapter", view->adapter);
    json_put_str(&api->out, "breaker", breaker_of(view, &totals));
    json_put_int(&api->out, "concurrent", (int64_t)totals.running);
    json_put_int(&api->out, "calls", (int64_t)totals.calls);
    json_put_int(&api->out, "failures", (int64_t)totals.failures);
    json_close_object(&api->out);
}

void api_upstream_list(struct api_call *api) {
    struct upstream_view *views;
    size_t count;
    struct admin_answer answer = upstreams_list(api->domain, api->arena, &api->actor, &views, &count);
    if (!api_done(api, &answer)) {
        return;
    }
    api_open_items(api);
    for (size_t i = 0; i < count; i++) {
        put_upstream(api, &views[i]);
    }
    api_close_items(api);
    api_send(api);
}
