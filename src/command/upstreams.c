/*
 * Opens the services that are configured.
 */
#include "upstreams.h"

#include "base/check.h"

#include <stdlib.h>

struct upstream_settings command_upstream_settings(const struct config_upstream *upstream) {
    return (struct upstream_settings){
        .name = upstream->name,
        .adapter = upstream->adapter,
        .url = upstream->url,
        .app_id = upstream->app_id,
        .secret = upstream->secret,
        .timeout_ms = upstream->timeout_ms,
        .concurrent = upstream->concurrent,
        .breaker_errors = upstream->breaker_errors,
        .breaker_ms = upstream->breaker_ms,
        .evidence_days = upstream->evidence_days,
        .recheck_days = upstream->recheck_days,
        .title = upstream->title,
        .title_en = upstream->title_en,
        .file = upstream->file,
        .folder = upstream->folder,
        .entry = upstream->entry,
    };
}

/* Adapters ask for what they need; a registration has no more than these. */
static const char *registration_problem(const struct upstream_traits *traits) {
    if (!(traits->services & UPSTREAM_PERSON)) {
        return "names a service that checks no people";
    }
    return traits->asks == (ASK_NAME | ASK_ID_NUMBER)
               ? NULL
               : "names a service that asks for more than name and number, which is all that a registration has";
}

static bool is_registration(const struct config *config, const struct config_upstream *upstream) {
    return config->registration_enabled && str_equal(upstream->name, config->registration_upstream);
}

bool command_upstreams_open(const struct config *config, struct fetcher *fetcher, struct upstreams *ret_upstreams,
                            struct fault *fault) {
    struct upstreams upstreams = {.items = check_calloc(config->upstream_count + 1, sizeof(*upstreams.items))};
    for (size_t i = 0; i < config->upstream_count; i++) {
        const struct upstream_settings settings = command_upstream_settings(&config->upstreams[i]);
        if (!upstream_open(&settings, fetcher, &upstreams.items[upstreams.count], fault)) {
            command_upstreams_close(&upstreams);
            return false;
        }
        const struct upstream *opened = upstreams.items[upstreams.count++];
        const char *problem =
            is_registration(config, &config->upstreams[i]) ? registration_problem(upstream_traits(opened)) : NULL;
        if (problem) {
            command_upstreams_close(&upstreams);
            return fault_set(fault, "registration.upstream: %s", problem);
        }
    }
    *ret_upstreams = upstreams;
    return true;
}

void command_upstreams_close(struct upstreams *upstreams) {
    for (size_t i = 0; i < upstreams->count; i++) {
        upstream_free(upstreams->items[i]);
    }
    free(upstreams->items);
    *upstreams = (struct upstreams){0};
}

void command_upstreams_check(const struct config *config, struct str file, struct config_problems *problems) {
    for (size_t i = 0; i < config->upstream_count; i++) {
        const struct upstream_settings settings = command_upstream_settings(&config->upstreams[i]);
        if (str_is_absent(settings.adapter)) {
            continue; /* which is a mistake that is known */
        }
        upstream_check(&settings, problems);
        struct upstream *upstream;
        struct fault fault;
        if (is_registration(config, &config->upstreams[i]) && upstream_open(&settings, NULL, &upstream, &fault)) {
            const char *problem = registration_problem(upstream_traits(upstream));
            if (problem) {
                config_problem_add(problems, file, config->registration_upstream_line, STR("registration.upstream"),
                                   "%s", problem);
            }
            upstream_free(upstream);
        }
    }
}
