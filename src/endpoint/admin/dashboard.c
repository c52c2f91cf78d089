/*
 * The dashboard's numbers: what all nodes did over the last hour or day, in points for plots, and how many client
 * systems there are in each state. A point nothing is known of is null, which is not the same as zero.
 */
#include "api.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/client_register.h"
#include "domain/history.h"
#include "domain/upstreams.h"

#define HOUR_MINUTES 60
#define DAY_STEP     10 /* minutes of a point */

typedef int64_t (*sum_of)(const struct activity *activity);

static int64_t logins_done(const struct activity *activity) {
    return (int64_t)activity->sign_ins;
}
static int64_t logins_refused(const struct activity *activity) {
    return (int64_t)activity->sign_ins_refused;
}
static int64_t registrations(const struct activity *activity) {
    return (int64_t)activity->registrations;
}
static int64_t tokens(const struct activity *activity) {
    return (int64_t)activity->tokens;
}
static int64_t requests(const struct activity *activity) {
    return (int64_t)activity->requests;
}
static int64_t errors(const struct activity *activity) {
    return (int64_t)activity->errors;
}

static const struct {
    const char *name;
    sum_of take;
} sums[] = {{"logins_done", logins_done},     {"logins_refused", logins_refused},
            {"registrations", registrations}, {"tokens", tokens},
            {"requests", requests},           {"errors", errors}};

static const struct {
    const char *name;
    int per_mille;
} quantiles[] = {{"latency_p50_ms", 500}, {"latency_p95_ms", 950}, {"latency_p99_ms", 990}};

/* Milliseconds with a tenth; null where nothing was timed. */
static void put_ms(struct api_call *api, const struct histogram *histogram, int per_mille) {
    if (histogram_count(histogram) == 0) {
        json_put_raw(&api->out, NULL, STR("null"));
        return;
    }
    int64_t us = histogram_quantile_us(histogram, per_mille);
    json_put_raw(&api->out, NULL,
                 str_format(api->arena, "%lld.%lld", (long long)(us / 1000), (long long)(us % 1000 / 100)));
}

static void put_sum(struct api_call *api, const struct history *history, const char *name, sum_of take) {
    json_open_array(&api->out, name);
    for (size_t i = 0; i < history->count; i++) {
        const struct history_point *point = &history->points[i];
        if (point->nodes == 0) {
            json_put_raw(&api->out, NULL, STR("null"));
        } else {
            json_put_int(&api->out, NULL, take(&point->activity));
        }
    }
    json_close_array(&api->out);
}

static void put_quantile(struct api_call *api, const struct history *history, const char *name, int per_mille) {
    json_open_array(&api->out, name);
    for (size_t i = 0; i < history->count; i++) {
        put_ms(api, &history->points[i].activity.latency, per_mille);
    }
    json_close_array(&api->out);
}

/* --- upstreams --- */

static const struct activity_upstream *upstream_of(const struct activity *activity, struct str name) {
    for (size_t i = 0; i < activity->upstream_count; i++) {
        if (str_equal(activity->upstreams[i].name, name)) {
            return &activity->upstreams[i];
        }
    }
    return NULL;
}

static void put_counts(struct api_call *api, const struct history *history, struct str name, const char *member,
                       bool failures) {
    json_open_array(&api->out, member);
    for (size_t i = 0; i < history->count; i++) {
        const struct activity_upstream *found = upstream_of(&history->points[i].activity, name);
        uint64_t count = !found ? 0 : failures ? found->failures : found->calls;
        if (history->points[i].nodes == 0) {
            json_put_raw(&api->out, NULL, STR("null"));
        } else {
            json_put_int(&api->out, NULL, (int64_t)count);
        }
    }
    json_close_array(&api->out);
}

static void put_upstream(struct api_call *api, const struct history *history, const struct upstream_view *view) {
    static const struct histogram nothing;
    json_open_object(&api->out, NULL);
    json_put_str(&api->out, "name", view->name);
    json_put_str(&api->out, "breaker", view->breaker);
    put_counts(api, history, view->name, "calls", false);
    put_counts(api, history, view->name, "failures", true);
    json_open_array(&api->out, "latency_ms");
    for (size_t i = 0; i < history->count; i++) {
        const struct activity_upstream *found = upstream_of(&history->points[i].activity, view->name);
        put_ms(api, found ? &found->took : &nothing, 500);
    }
    json_close_array(&api->out);
    json_close_object(&api->out);
}

/* --- the whole --- */

static bool read_hours(struct api_call *api, int64_t *ret_minutes, int64_t *ret_step) {
    struct str hours = str_or(api_query(api, "hours"), STR("1"));
    bool day = str_equal(hours, STR("24"));
    *ret_minutes = day ? HISTORY_MINUTES_MOST : HOUR_MINUTES;
    *ret_step = day ? DAY_STEP : 1;
    return day || str_equal(hours, STR("1")) || api_invalid_field(api, STR("hours"), "must be 1 or 24");
}

static struct admin_answer read_history(struct api_call *api, int64_t minutes, int64_t step,
                                        struct history *ret_history) {
    bool read = history_read(api->domain, api->arena, minutes, step, ret_history) == DOMAIN_DONE;
    return (struct admin_answer){.result = read ? ADMIN_DONE : ADMIN_UNAVAILABLE};
}

static void put_clients(struct api_call *api, const int64_t counts[CLIENT_STATES]) {
    json_open_object(&api->out, "clients");
    for (int state = CLIENT_DRAFT; state < CLIENT_STATES; state++) {
        json_put_int(&api->out, client_state_name((enum client_state)state).ptr, counts[state]);
    }
    json_close_object(&api->out);
}

static void put_series(struct api_call *api, const struct history *history) {
    json_open_object(&api->out, "series");
    for (size_t i = 0; i < ARRAY_LEN(sums); i++) {
        put_sum(api, history, sums[i].name, sums[i].take);
    }
    for (size_t i = 0; i < ARRAY_LEN(quantiles); i++) {
        put_quantile(api, history, quantiles[i].name, quantiles[i].per_mille);
    }
    json_close_object(&api->out);
}

void api_dashboard(struct api_call *api) {
    int64_t minutes, step, counts[CLIENT_STATES] = {0};
    struct history history = {0};
    struct upstream_view *views = NULL;
    size_t view_count = 0;
    if (!read_hours(api, &minutes, &step)) {
        return;
    }
    struct admin_answer answer = register_count(api->domain, api->arena, &api->actor, counts);
    if (answer.result == ADMIN_DONE) {
        answer = upstreams_list(api->domain, api->arena, &api->actor, &views, &view_count);
    }
    if (answer.result == ADMIN_DONE) {
        answer = read_history(api, minutes, step, &history);
    }
    if (!api_done(api, &answer)) {
        return;
    }
    json_open_object(&api->out, NULL);
    json_put_int(&api->out, "step_seconds", step * 60);
    api_put_time(api, "from", history.count > 0 ? history.points[0].at : clock_wall());
    put_series(api, &history);
    json_open_array(&api->out, "upstreams");
    for (size_t i = 0; i < view_count; i++) {
        put_upstream(api, &history, &views[i]);
    }
    json_close_array(&api->out);
    put_clients(api, counts);
    json_close_object(&api->out);
    api_send(api);
}
