/*
 * events: who hears what happens on one worker (model/event.h): the log.
 */
#ifndef COMMAND_EVENTS_H
#define COMMAND_EVENTS_H

#include "model/event.h"

/* One per worker; `sink` is what its domain tells. */
struct events {
    struct event_sink sink;
};

void events_init(struct events *events);

#endif
