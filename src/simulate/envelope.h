/*
 * envelope: the register's side of signed envelopes (upstream/envelope.h).
 */
#ifndef SIMULATE_ENVELOPE_H
#define SIMULATE_ENVELOPE_H

#include "simulate.h"

struct json;

/* A POST signed by whom we let ask, of these minutes, with a nonce that is new, and JSON in it. Otherwise the reply's
 * status says what is wrong. */
bool simulate_envelope_read(struct service *service, const struct http_request *request, const struct json **ret_body,
                            struct http_reply *reply);
/* The data, signed as the answer to this request; with another secret in mode BAD_SIGNATURE. */
void simulate_envelope_write(struct service *service, const struct http_request *request, struct str data,
                             struct http_reply *reply);

#endif
