/*
 * observe: brings into the metrics what the layers below count for themselves, since those know nothing of metrics.
 */
#ifndef COMMAND_OBSERVE_H
#define COMMAND_OBSERVE_H

#include "config/config.h"
#include "jose/keyring.h"
#include "metrics/metrics.h"

struct http_server;
struct loop;
struct pool;
struct redis;
struct upstreams;

/* The metrics of a process with that configuration; both outlive them, configuration and arena. */
struct metrics_group *observe_metrics_new(struct arena *arena, const struct config *config, size_t workers);

/* Of one worker, by its own thread. */
struct observed_worker {
    const struct loop *loop;
    const struct redis *redis;         /* NULL with the memory driver */
    const struct upstreams *upstreams; /* in the order of the configuration */
    const struct http_server *public;
};
void observe_worker(struct metrics *metrics, const struct observed_worker *worker);

/* Of the process, by one worker for all. */
struct observed_process {
    struct pool *passwords;
    const struct keyring *keyring;
    size_t clients;
};
void observe_process(struct metrics *metrics, const struct observed_process *process);

#endif
