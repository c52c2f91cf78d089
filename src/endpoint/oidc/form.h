/*
 * form: reading the form of the endpoints that client systems post to, with every malformed body answered in one way.
 */
#ifndef ENDPOINT_OIDC_FORM_H
#define ENDPOINT_OIDC_FORM_H

#include "../call.h"

/* False with the error already in the reply: wrong type, malformed, or a parameter given twice (RFC 6749 §3.2). */
bool read_protocol_form(struct call *call, struct http_params *ret_form);

/* Does any name occur twice? */
bool params_repeat(const struct http_params *params);

#endif
