/*
 * events: who hears what happens on one worker (model/event.h): the metrics and the log.
 */
#ifndef COMMAND_EVENTS_H
#define COMMAND_EVENTS_H

#include "metrics/metrics.h"

/* One per worker; `sink` is what its domain tells. */
struct events {
    struct event_sink sink;
    struct metrics *metrics;
};

void events_init(struct events *events, struct metrics *metrics);

#endif
