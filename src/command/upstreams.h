/*
 * upstreams: the services of the configuration, opened for one loop.
 */
#ifndef COMMAND_UPSTREAMS_H
#define COMMAND_UPSTREAMS_H

#include "config/config.h"
#include "upstream/upstream.h"

struct upstream_settings command_upstream_settings(const struct config_upstream *upstream);

/* In the order of the configuration. What was opened is closed again when one cannot be. */
bool command_upstreams_open(const struct config *config, struct fetcher *fetcher, struct upstreams *ret_upstreams,
                            struct fault *fault);
void command_upstreams_close(struct upstreams *upstreams);
/* Adds what keeps one of them from being opened. */
void command_upstreams_check(const struct config *config, struct str file, struct config_problems *problems);

#endif
