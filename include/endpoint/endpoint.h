/*
 * endpoint: what one worker serves. One handler for the public listener, one for the operators' (health, readiness,
 * metrics).
 */
#ifndef ENDPOINT_ENDPOINT_H
#define ENDPOINT_ENDPOINT_H

#include "domain/domain.h"
#include "endpoint/page.h"
#include "http/server.h"
#include "metrics/metrics.h"

struct audit;

/* Where a worker counts, and what /metrics shows. Without a group there is no /metrics. */
struct endpoint_metrics {
    struct metrics *own;
    const struct metrics_group *group;
    void (*refresh)(void *ctx); /* before they are written; on the worker's thread */
    void *ctx;
};

/* Immutable but for the domain's keys and registry; one per worker. Strings live as long as it does. */
struct endpoint {
    struct domain *domain;
    const struct pages *pages;              /* shared */
    struct str origin;                      /* of the issuer: what Origin must say (RFC 6454) */
    struct str discovery;                   /* the metadata document */
    struct str discovery_with_registration; /* the same while the setting dynamic_registration is on */
    struct limiter *admin_limiter; /* how often an administrator may call; forgotten when the keys are replaced */
    bool admin_exporting;          /* an export of the audit trail is being made */
    struct audit *audit;           /* of the process; for how it fares */
    struct endpoint_metrics metrics;
};

/* Fills all but the metrics, origin and discovery from the domain's settings and keys; again after the keys were
 * replaced. */
void endpoint_init(struct endpoint *endpoint, struct domain *domain, const struct pages *pages, struct arena *arena);

/* For struct http_server_options; ctx is the struct endpoint. Wait. */
void endpoint_handle(void *ctx, const struct http_request *request, struct http_reply *reply);
void endpoint_ops_handle(void *ctx, const struct http_request *request, struct http_reply *reply);
/* The public listener's `done`: counts the answer. */
void endpoint_done(void *ctx, const struct http_request *request, const struct http_reply *reply, int64_t took_us);

/* Values of the labels that are the endpoints' to give (metrics/metrics.h). */
struct metric_values endpoint_route_names(void);
struct metric_values endpoint_status_names(void);
struct metric_values endpoint_grant_names(void);

#endif
