/*
 * bearer: the access token in a request's Authorization field (RFC 6750 §2.1).
 */
#ifndef ENDPOINT_BEARER_H
#define ENDPOINT_BEARER_H

#include "call.h"

enum bearer { BEARER_GIVEN, BEARER_NONE, BEARER_MALFORMED };

/* Another scheme is BEARER_NONE; two fields, or what cannot be a token, BEARER_MALFORMED. The token is the request's.
 */
enum bearer bearer_of_header(const struct call *call, struct str *ret_token);

#endif
