/*
 * result: the one JSON object that a run prints.
 *
 *   {"flows": n, "requests": n, "seconds": x, "flows_per_second": x, "requests_per_second": x,
 *    "latency_us": {"p50": x, "p90": x, "p99": x, "p99.9": x, "max": x},       of flows
 *    "cpu": [{"pid": n, "user_us": n, "system_us": n, "rss_begin_kib": n, "rss_end_kib": n}],   over the window
 *    "generator_cpu_us": n, "reconnects": n, "wrong": n, "errors": ["…"], "connections_open": n}
 */
#ifndef LOAD_RESULT_H
#define LOAD_RESULT_H

#include "run.h"

void result_print(const struct run *run);

#endif
