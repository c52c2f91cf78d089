/*
 * endpoint: what one worker serves. One handler for the public listener, one for the operators' (health, readiness).
 */
#ifndef ENDPOINT_ENDPOINT_H
#define ENDPOINT_ENDPOINT_H

#include "domain/domain.h"
#include "endpoint/page.h"
#include "http/server.h"

/* Immutable but for the domain's keys and registry; one per worker. Strings live as long as it does. */
struct endpoint {
    struct domain *domain;
    const struct pages *pages;              /* shared */
    struct str origin;                      /* of the issuer: what Origin must say (RFC 6454) */
    struct str discovery;                   /* the metadata document */
    struct str discovery_with_registration; /* the same while the setting dynamic_registration is on */
};

/* Fills origin and discovery from the domain's settings and keys; again after the keys were replaced. */
void endpoint_init(struct endpoint *endpoint, struct domain *domain, const struct pages *pages, struct arena *arena);

/* For struct http_server_options; ctx is the struct endpoint. Wait. */
void endpoint_handle(void *ctx, const struct http_request *request, struct http_reply *reply);
void endpoint_ops_handle(void *ctx, const struct http_request *request, struct http_reply *reply);

#endif
