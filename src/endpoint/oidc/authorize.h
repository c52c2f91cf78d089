/*
 * authorize: the authorization endpoint as a table of steps, the one place that decides what the browser does next, and
 * the answer to the client.
 */
#ifndef ENDPOINT_OIDC_AUTHORIZE_H
#define ENDPOINT_OIDC_AUTHORIZE_H

#include "../call.h"
#include "domain/flow.h"
#include "domain/registry.h"
#include "model/session.h"

/* --- the request's steps (authorize_request.c) --- */

enum step {
    STEP_NEXT,
    STEP_REFUSED,  /* error and description are set: redirected to the client */
    STEP_ANSWERED, /* the reply is complete: a page */
};

struct authorize {
    struct call *call;
    struct http_params params;
    const struct registered_client *client;
    struct authorization authorization;
    enum oidc_error error;
    const char *description;
};

struct authorize_step {
    const char *name;
    enum step (*run)(struct authorize *authorize);
};
extern const struct authorize_step authorize_steps[];
extern const size_t authorize_step_count;

/* --- what the browser does next (dispatch.c) --- */

/*
 * Goes on with a flow: to the sign-in page, the consent page, or back to the client. `session` NULL when nobody is
 * signed in. `from_page`: the flow went through a page, so it is completed once and only once. Waits.
 */
void flow_continue(struct call *call, const struct registered_client *client, struct flow *flow,
                   const struct session *session, bool from_page);

/* The client of a flow; NULL, with the page in the reply, when it was removed meanwhile. */
const struct registered_client *flow_client(struct call *call, const struct flow *flow);

/* --- the answer (authorize_answer.c) --- */

/* Redirects to the client with the error (RFC 6749 §4.1.2.1), and iss (RFC 9207). */
void answer_error(struct call *call, const struct authorization *authorization, enum oidc_error error,
                  const char *description);
/* The same for a flow that went through a page: completes it. Waits. */
void answer_flow_error(struct call *call, const struct flow *flow, enum oidc_error error, const char *description);
#endif
