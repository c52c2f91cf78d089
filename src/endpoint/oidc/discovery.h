/*
 * discovery: the metadata document (OpenID Connect Discovery §3, RFC 8414 §2), generated from what is compiled in and
 * switched on.
 */
#ifndef ENDPOINT_OIDC_DISCOVERY_H
#define ENDPOINT_OIDC_DISCOVERY_H

#include "domain/domain.h"

struct str discovery_document(struct arena *arena, const struct domain *domain);

#endif
