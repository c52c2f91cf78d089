/*
 * authorize_answer: the answer that nothing is missing for. For the dispatcher alone, which has looked: whatever else
 * gave out codes would be a way past a page.
 */
#ifndef ENDPOINT_OIDC_AUTHORIZE_ANSWER_H
#define ENDPOINT_OIDC_AUTHORIZE_ANSWER_H

#include "authorize.h"

/* Issues a code and redirects with it. Waits. */
void answer_code(struct call *call, const struct registered_client *client, const struct flow *flow,
                 const struct session *session, bool from_page);

#endif
