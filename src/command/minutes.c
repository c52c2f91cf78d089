/*
 * From counters that only rise to minutes of their own.
 */
#include "minutes.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "config/config.h"
#include "loop/fiber.h"
#include "model/evidence.h"

#include <stdlib.h>

#define NODE_RANDOM 9
#define STATUS_5XX  4 /* of the label's values, endpoint_status_names */

struct minutes {
    const struct metrics_group *metrics;
    const struct config *config;
    struct domain *domain;
    struct arena *arena;
    struct str node;
    int64_t minute; /* the present one, since 1970 */
    struct activity before;
    struct history_minute waiting[HISTORY_FLUSH_MOST]; /* a ring: minute number n is at n % HISTORY_FLUSH_MOST */
    uint64_t first, next;                              /* of those that are not put yet */
    bool flushing, failing;
};

/* --- what the metrics say now --- */

static uint64_t events(const struct minutes *minutes, enum event_kind kind, enum event_result result) {
    return metrics_total(minutes->metrics, METRIC_EVENTS, kind, result);
}

static struct activity_upstream upstream_now(const struct minutes *minutes, size_t index) {
    static const enum verify_result failures[] = {VERIFY_RATE_LIMITED, VERIFY_PENDING, VERIFY_UPSTREAM_ERROR};
    const struct metrics_group *metrics = minutes->metrics;
    struct activity_upstream upstream = {
        .name = minutes->config->upstreams[index].name,
        .calls = metrics_total(metrics, METRIC_UPSTREAM_CALLS, index, METRICS_ALL),
        .took = metrics_histogram(metrics, METRIC_UPSTREAM_DURATION, index),
    };
    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        upstream.failures += metrics_total(metrics, METRIC_UPSTREAM_CALLS, index, failures[i]);
    }
    return upstream;
}

static struct activity now(const struct minutes *minutes) {
    const struct metrics_group *metrics = minutes->metrics;
    struct activity activity = {
        .sign_ins = events(minutes, EVENT_LOGIN, EVENT_DONE),
        .sign_ins_refused = events(minutes, EVENT_LOGIN, EVENT_REFUSED),
        .sign_ins_failed = events(minutes, EVENT_LOGIN, EVENT_FAILED),
        .registrations = events(minutes, EVENT_REGISTRATION, EVENT_DONE),
        .tokens = events(minutes, EVENT_TOKEN, EVENT_DONE),
        .requests = metrics_total(metrics, METRIC_HTTP_REQUESTS, METRICS_ALL, METRICS_ALL),
        .errors = metrics_total(metrics, METRIC_HTTP_REQUESTS, METRICS_ALL, STATUS_5XX),
        .latency = metrics_histogram(metrics, METRIC_HTTP_DURATION, METRICS_ALL),
    };
    size_t count = minutes->config->upstream_count;
    activity.upstream_count = count < ACTIVITY_UPSTREAMS_MOST ? count : ACTIVITY_UPSTREAMS_MOST;
    for (size_t i = 0; i < activity.upstream_count; i++) {
        activity.upstreams[i] = upstream_now(minutes, i);
    }
    return activity;
}

/* --- putting --- */

/* Said once when it begins to fail: Redis itself is told of by redis.lost. */
static void flushed(struct minutes *minutes, bool done, uint64_t until) {
    if (!done && !minutes->failing) {
        log_warn("history.not_put", log_int("minutes", (int64_t)(minutes->next - minutes->first)));
    }
    minutes->failing = !done;
    if (done && until > minutes->first) {
        minutes->first = until;
    }
}

static void flush(void *arg) {
    struct minutes *minutes = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    uint64_t until = minutes->next;
    size_t count = (size_t)(until - minutes->first);
    struct history_minute *wanted = arena_array_of(arena, count, struct history_minute);
    for (size_t i = 0; i < count; i++) {
        wanted[i] = minutes->waiting[(minutes->first + i) % HISTORY_FLUSH_MOST];
    }
    bool done = history_flush(minutes->domain, arena, minutes->node, wanted, count) == DOMAIN_DONE;
    flushed(minutes, done, until);
    minutes->flushing = false;
}

/* The oldest gives way where an hour waits already. */
static void push(struct minutes *minutes, const struct activity *activity) {
    minutes->waiting[minutes->next % HISTORY_FLUSH_MOST] =
        (struct history_minute){.minute = minutes->minute, .activity = *activity};
    minutes->next++;
    if (minutes->next - minutes->first > HISTORY_FLUSH_MOST) {
        minutes->first = minutes->next - HISTORY_FLUSH_MOST;
    }
}

void minutes_look(struct minutes *minutes) {
    int64_t minute = clock_wall() / 60;
    if (minute == minutes->minute) {
        return;
    }
    struct activity present = now(minutes);
    struct activity passed = activity_since(&present, &minutes->before);
    push(minutes, &passed);
    minutes->before = present;
    minutes->minute = minute;
    if (!minutes->flushing) {
        minutes->flushing = true;
        fiber_spawn(minutes->domain->loop, flush, minutes);
    }
}

struct minutes *minutes_new(const struct metrics_group *metrics, const struct config *config, struct domain *domain) {
    struct minutes *minutes = check_calloc(1, sizeof(*minutes));
    minutes->metrics = metrics;
    minutes->config = config;
    minutes->domain = domain;
    minutes->arena = arena_new();
    minutes->node = random_text(minutes->arena, NODE_RANDOM);
    minutes->minute = clock_wall() / 60;
    minutes->before = now(minutes);
    return minutes;
}

void minutes_free(struct minutes *minutes) {
    if (minutes) {
        arena_free(minutes->arena);
        free(minutes);
    }
}
