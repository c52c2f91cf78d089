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
        .folder = upstream->folder,
        .entry = upstream->entry,
    };
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
        upstreams.count++;
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

/* Adapters know the lines of their entry, not the file: "line 12: upstreams.it.url: …". */
static void add_problem(struct config_problems *problems, struct str file, int line, struct str text) {
    struct str rest = text, behind;
    uint64_t number;
    if (str_drop_prefix(&rest, STR("line ")) && str_to_u64(str_cut(rest, ':', &behind), &number)) {
        line = (int)number;
        text = str_trim(behind);
    }
    config_problem_add(problems, file, line, STR_NONE, "%.*s", STR_ARG(text));
}

void command_upstreams_check(const struct config *config, struct str file, struct config_problems *problems) {
    for (size_t i = 0; i < config->upstream_count; i++) {
        const struct upstream_settings settings = command_upstream_settings(&config->upstreams[i]);
        struct fault fault;
        if (!upstream_check(&settings, &fault)) {
            add_problem(problems, file, config->upstreams[i].line, str_from(fault.text));
        }
    }
}
