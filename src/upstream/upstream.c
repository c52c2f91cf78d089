/*
 * The guard around every adapter: deadline, breaker, concurrency. One per loop, so it needs no lock; each worker finds
 * out by itself that a service is down, which costs that service a few calls and us nothing shared.
 */
#include "upstream/upstream.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "loop/fiber.h"
#include "upstream/adapter.h"

#include <stdlib.h>

struct upstream {
    const struct upstream_adapter *adapter;
    struct upstream_settings settings;
    struct fetcher *fetcher;
    int64_t consecutive_errors;
    int64_t open_until; /* monotonic ms */
    bool trial_running;
    struct upstream_health health;
};

bool upstream_open(const struct upstream_settings *settings, struct fetcher *fetcher, struct upstream **ret_upstream,
                   struct fault *fault) {
    const struct upstream_adapter *adapter = upstream_adapter_find(settings->adapter);
    if (!adapter) {
        return fault_set(fault, "upstreams.%.*s: there is no adapter %.*s", STR_ARG(settings->name),
                         STR_ARG(settings->adapter));
    }
    if (!adapter->check(settings, fault)) {
        return false;
    }
    struct upstream *upstream = check_calloc(1, sizeof(*upstream));
    upstream->adapter = adapter;
    upstream->settings = *settings;
    upstream->fetcher = fetcher;
    *ret_upstream = upstream;
    return true;
}

void upstream_free(struct upstream *upstream) {
    free(upstream);
}

struct str upstream_name(const struct upstream *upstream) {
    return upstream->settings.name;
}

/* --- breaker --- */

/* May a call be made now? An open breaker lets one through when its time is over. */
static bool breaker_allows(struct upstream *upstream) {
    if (upstream->health.breaker == BREAKER_OPEN && clock_monotonic_ms() >= upstream->open_until) {
        upstream->health.breaker = BREAKER_TRIAL;
    }
    switch (upstream->health.breaker) {
    case BREAKER_CLOSED:
        return true;
    case BREAKER_TRIAL:
        return !upstream->trial_running;
    case BREAKER_OPEN:
        break;
    }
    return false;
}

static void breaker_open(struct upstream *upstream) {
    upstream->health.breaker = BREAKER_OPEN;
    upstream->open_until = clock_monotonic_ms() + upstream->settings.breaker_ms;
    log_warn("upstream.breaker_open", log_str("upstream", upstream->settings.name),
             log_int("ms", upstream->settings.breaker_ms));
}

static void breaker_heard(struct upstream *upstream, bool error) {
    if (!error) {
        if (upstream->health.breaker != BREAKER_CLOSED) {
            log_info("upstream.breaker_closed", log_str("upstream", upstream->settings.name));
        }
        upstream->health.breaker = BREAKER_CLOSED;
        upstream->consecutive_errors = 0;
        return;
    }
    upstream->health.errors++;
    upstream->consecutive_errors++;
    bool was_trial = upstream->health.breaker == BREAKER_TRIAL;
    if (was_trial || (upstream->health.breaker == BREAKER_CLOSED &&
                      upstream->consecutive_errors >= upstream->settings.breaker_errors)) {
        breaker_open(upstream);
    }
}

/* --- calling --- */

static enum verify_result call_adapter(struct upstream *upstream, struct arena *arena,
                                       const struct upstream_asked *asked, struct evidence *evidence) {
    int64_t deadline = clock_monotonic_ms() + upstream->settings.timeout_ms;
    struct upstream_call call = {.arena = arena,
                                 .fetcher = upstream->fetcher,
                                 .settings = &upstream->settings,
                                 .timeout_ms = upstream->settings.timeout_ms};
    enum verify_result result = upstream->adapter->verify(&call, asked, evidence);
    if (result != VERIFY_UPSTREAM_ERROR || !call.unreachable || !upstream->adapter->idempotent) {
        return result;
    }
    call.unreachable = false;
    call.timeout_ms = deadline - clock_monotonic_ms();
    return call.timeout_ms > 0 ? upstream->adapter->verify(&call, asked, evidence) : result;
}

enum verify_result upstream_verify(struct upstream *upstream, struct arena *arena, const struct upstream_asked *asked,
                                   struct evidence *ret_evidence) {
    bool allowed = breaker_allows(upstream);
    if (!allowed || upstream->health.running >= upstream->settings.concurrent) {
        upstream->health.shed++;
        return allowed ? VERIFY_RATE_LIMITED : VERIFY_UPSTREAM_ERROR;
    }
    struct evidence evidence = {0};
    bool trial = upstream->health.breaker == BREAKER_TRIAL;
    upstream->trial_running = upstream->trial_running || trial;
    upstream->health.running++;
    upstream->health.calls++;
    int64_t started = clock_monotonic_us();
    enum verify_result result = call_adapter(upstream, arena, asked, &evidence);
    histogram_add(&upstream->health.took, clock_monotonic_us() - started);
    upstream->health.answers[result]++;
    upstream->health.running--;
    upstream->trial_running = upstream->trial_running && !trial;
    breaker_heard(upstream, result == VERIFY_UPSTREAM_ERROR);
    evidence.source = upstream->settings.name;
    evidence.authority = str_from(upstream->adapter->authority);
    evidence.result = result;
    evidence.checked_at = clock_wall();
    *ret_evidence = evidence;
    return result;
}

const struct upstream_health *upstream_health(const struct upstream *upstream) {
    return &upstream->health;
}
