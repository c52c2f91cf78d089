/*
 * minutes: takes what the metrics rose by in each minute, and puts it into the history (domain/history.h). For the
 * 0, which does so for the whole process.
 */
#ifndef COMMAND_MINUTES_H
#define COMMAND_MINUTES_H

#include "domain/history.h"
#include "metrics/metrics.h"

struct config;
struct minutes;

/* Borrows all three. */
struct minutes *minutes_new(const struct metrics_group *metrics, const struct config *config, struct domain *domain);
/* When no fiber of the loop runs any more. NULL is fine. */
void minutes_free(struct minutes *minutes);
/* Every second or so, on the domain's loop, outside a fiber. While the store does not answer, the last hour is kept. */
void minutes_look(struct minutes *minutes);

#endif
