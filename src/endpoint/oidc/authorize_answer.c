/*
 * Answers of the authorization endpoint: a redirect to the client's own, already checked URI, with a code or an error,
 * and always with state and iss.
 */
#include "authorize_answer.h"

#include "base/check.h"
#include "domain/claims.h"
#include "domain/consent.h"
#include "domain/grant.h"
#include "domain/mandates.h"

#define LOCATION_MOST (32 * 1024)

struct location {
    struct buf buf;
    char separator;
};

static void location_open(struct location *location, struct call *call, const struct authorization *authorization) {
    struct str uri = authorization->redirect_uri;
    buf_init(&location->buf, call->arena, uri.len + 512, LOCATION_MOST);
    buf_put(&location->buf, uri);
    location->separator = authorization->response_mode == RESPONSE_FRAGMENT ? '#' : str_contains(uri, '?') ? '&' : '?';
}

static void location_put(struct location *location, const char *name, struct str value) {
    if (str_is_absent(value)) {
        return;
    }
    buf_putc(&location->buf, location->separator);
    location->separator = '&';
    buf_put(&location->buf, str_from(name));
    buf_putc(&location->buf, '=');
    buf_put_urlencoded(&location->buf, value);
}

static void location_go(struct location *location, struct call *call, const struct authorization *authorization) {
    location_put(location, "state", authorization->state);
    location_put(location, "iss", call->domain->settings->issuer);
    CHECK(!location->buf.failed); /* state and redirect_uri were limited when they came in */
    http_reply_redirect(call->reply, buf_str(&location->buf));
}

void answer_error(struct call *call, const struct authorization *authorization, enum oidc_error error,
                  const char *description) {
    call_tell(call, &(struct event){.kind = EVENT_AUTHORIZATION,
                                    .result = oidc_error_is_ours(error) ? EVENT_FAILED : EVENT_REFUSED,
                                    .reason = oidc_error_name(error).ptr,
                                    .client_id = authorization->client_id});
    struct location location;
    location_open(&location, call, authorization);
    location_put(&location, "error", oidc_error_name(error));
    location_put(&location, "error_description", str_from(description));
    location_go(&location, call, authorization);
}

/* A flow through pages ends once: a reloaded or copied page gets a page. */
static bool complete(struct call *call, const struct flow *flow) {
    switch (flow_complete(call->domain, call->arena, flow->flow_id)) {
    case DOMAIN_DONE:
        return true;
    case DOMAIN_NO:
        reply_error_page(call, 400, "error.expired_flow", NULL);
        return false;
    case DOMAIN_UNAVAILABLE:
        break;
    }
    answer_error(call, &flow->authorization, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
    return false;
}

void answer_flow_error(struct call *call, const struct flow *flow, enum oidc_error error, const char *description) {
    if (complete(call, flow)) {
        answer_error(call, &flow->authorization, error, description);
    }
}

static struct code code_of(const struct authorization *authorization, const struct session *session) {
    return (struct code){
        .grant = {.account_id = session->account_id,
                  .client_id = authorization->client_id,
                  .scope = authorization->scope,
                  .session_id = session->session_id,
                  .offline = str_has_word(authorization->scope, STR("offline_access")),
                  .auth_time = session->auth_time,
                  .level = session->level,
                  .amr = session->amr,
                  .id_token_claims = authorization->id_token_claims,
                  .userinfo_claims = authorization->userinfo_claims,
                  .id_token_verified = authorization->id_token_verified,
                  .userinfo_verified = authorization->userinfo_verified,
                  .nonce = authorization->nonce},
        .redirect_uri = authorization->redirect_uri,
        .code_challenge = authorization->code_challenge,
        .auth_time_wanted = authorization->auth_time_wanted,
    };
}

/* The mandate as it stands now: it may have ended while the person looked at a page. False: answered. */
static bool load_acting(struct call *call, const struct client *client, const struct flow *flow,
                        const struct session *session, struct code *code, struct acting *acting) {
    if (str_is_empty(flow->mandate_id)) {
        return true;
    }
    switch (acting_load(call->domain, call->arena, flow->mandate_id, session->account_id, client, acting)) {
    case DOMAIN_DONE:
        code->grant.mandate_id = flow->mandate_id;
        code->grant.acting = acting;
        return true;
    case DOMAIN_NO:
        answer_error(call, &flow->authorization, ERROR_ACCESS_DENIED, "the mandate is not good any more");
        break;
    case DOMAIN_UNAVAILABLE:
        answer_error(call, &flow->authorization, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
        break;
    }
    return false;
}

/* Of those who act for an organisation the trail says so, each time. */
static void tell_acting(struct call *call, const struct grant *grant) {
    if (!grant->acting) {
        return;
    }
    struct str detail =
        str_format(call->arena, "{\"organisation_id\":\"%.*s\",\"role\":\"%.*s\"}",
                   STR_ARG(grant->acting->organisation_id), STR_ARG(mandate_role_name(grant->acting->role)));
    call_tell(call, &(struct event){.kind = EVENT_MANDATE_USE,
                                    .result = EVENT_DONE,
                                    .actor = grant->account_id,
                                    .client_id = grant->client_id,
                                    .subject = grant->mandate_id,
                                    .session_id = grant->session_id,
                                    .detail = detail});
}

void answer_code(struct call *call, const struct registered_client *client, const struct flow *flow,
                 const struct session *session, bool from_page) {
    const struct authorization *authorization = &flow->authorization;
    if (from_page && !complete(call, flow)) {
        return;
    }
    struct code code = code_of(authorization, session);
    struct acting acting;
    struct str text;
    if (!load_acting(call, &client->client, flow, session, &code, &acting)) {
        return;
    }
    if (code_issue(call->domain, call->arena, &code, &text) != DOMAIN_DONE) {
        answer_error(call, authorization, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
        return;
    }
    consent_remember(call->domain, call->arena, session->account_id, &client->client,
                     claims_consent_scope(call->arena, authorization));
    call_tell(call, &(struct event){.kind = EVENT_AUTHORIZATION,
                                    .result = EVENT_DONE,
                                    .actor = session->account_id,
                                    .client_id = client->client.client_id,
                                    .session_id = session->session_id});
    tell_acting(call, &code.grant);
    struct location location;
    location_open(&location, call, authorization);
    location_put(&location, "code", text);
    location_go(&location, call, authorization);
}
