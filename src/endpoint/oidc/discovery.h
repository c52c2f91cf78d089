/*
 * discovery: the metadata document (OpenID Connect Discovery §3, RFC 8414 §2), generated from what is compiled in and
 * switched on.
 */
#ifndef ENDPOINT_OIDC_DISCOVERY_H
#define ENDPOINT_OIDC_DISCOVERY_H

#include "domain/domain.h"

/* `registration`: as it is while client systems may register themselves. */
struct str discovery_document(struct arena *arena, const struct domain *domain, bool registration);

#endif
