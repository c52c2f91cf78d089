/*
 * The authorization endpoint (OpenID Connect Core §3.1.2): walks the steps, then sees who is signed in.
 */
#include "authorize.h"

#include "../routes.h"
#include "base/log.h"
#include "domain/session.h"

static enum step walk(struct authorize *authorize) {
    for (size_t i = 0; i < authorize_step_count; i++) {
        enum step step = authorize_steps[i].run(authorize);
        if (step != STEP_NEXT) {
            log_debug("authorize.stopped", log_text("step", authorize_steps[i].name));
            return step;
        }
    }
    return STEP_NEXT;
}

static void sign_on(struct authorize *authorize) {
    struct call *call = authorize->call;
    struct session session;
    struct flow flow = flow_new(call->arena, &authorize->authorization);
    switch (session_find(call->domain, call->arena, session_cookie_sent(call), &session)) {
    case DOMAIN_DONE:
        flow_continue(call, authorize->client, &flow, &session, false);
        break;
    case DOMAIN_NO:
        flow_continue(call, authorize->client, &flow, NULL, false);
        break;
    case DOMAIN_UNAVAILABLE:
        answer_error(call, &authorize->authorization, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
        break;
    }
}

void endpoint_authorize(struct call *call) {
    struct authorize authorize = {.call = call, .authorization = {.max_age = -1}};
    switch (walk(&authorize)) {
    case STEP_NEXT:
        sign_on(&authorize);
        break;
    case STEP_REFUSED:
        answer_error(call, &authorize.authorization, authorize.error, authorize.description);
        break;
    case STEP_ANSWERED:
        break;
    }
}
