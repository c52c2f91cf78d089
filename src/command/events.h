/*
 * events: who hears what happens on one worker (model/event.h): the metrics, the log and the audit trail.
 */
#ifndef COMMAND_EVENTS_H
#define COMMAND_EVENTS_H

#include "audit/audit.h"
#include "metrics/metrics.h"
#include "throttle.h"

/* One per worker; `sink` is what its domain tells. */
struct events {
    struct event_sink sink;
    struct metrics *metrics;
    struct audit *audit;
    struct throttle throttle;
};

void events_init(struct events *events, struct metrics *metrics, struct audit *audit);

#endif
