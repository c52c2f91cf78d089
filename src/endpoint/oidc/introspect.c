/*
 * The introspection endpoint (RFC 7662): a resource server asks whether a token is good. Of a token that is not,
 * nothing is said but that.
 */
#include "../routes.h"
#include "base/check.h"
#include "base/json.h"
#include "client_auth.h"
#include "domain/grant.h"
#include "domain/session.h"
#include "domain/token.h"

#define ANSWER_MOST (8 * 1024)

struct introspection {
    struct call *call;
    const struct client *caller;
    struct buf body;
    struct json_out out;
};

/* The subject as the caller knows the person: a pairwise one of another sector would be a way to link people (abuse
 * case IN-05). */
static void put_subject(struct introspection *introspection, const struct grant *grant) {
    struct call *call = introspection->call;
    json_put_str(&introspection->out, "sub",
                 subject_for(call->domain, call->arena, grant->account_id, introspection->caller));
}

static void put_active(struct introspection *introspection, struct str client_id, struct str scope, int64_t exp,
                       int64_t iat) {
    struct json_out *out = &introspection->out;
    json_put_bool(out, "active", true);
    json_put_str(out, "iss", introspection->call->domain->settings->issuer);
    json_put_str(out, "client_id", client_id);
    json_put_str(out, "scope", scope);
    json_put_int(out, "exp", exp);
    json_put_int(out, "iat", iat);
}

static enum domain_status put_access(struct introspection *introspection, struct str token) {
    struct call *call = introspection->call;
    struct access_token_read read;
    enum domain_status found = access_token_read(call->domain, call->arena, token, &read);
    if (found != DOMAIN_DONE || read.for_admin_api) { /* the admin API asks nobody */
        return found == DOMAIN_UNAVAILABLE ? found : DOMAIN_NO;
    }
    put_active(introspection, read.client_id, read.scope, read.exp, read.iat);
    json_put_str(&introspection->out, "token_type", STR("Bearer"));
    json_put_str(&introspection->out, "aud", call->domain->settings->issuer);
    json_put_str(&introspection->out, "jti", read.jti);
    if (read.has_grant) {
        put_subject(introspection, &read.grant);
        json_put_str(&introspection->out, "acr", acr_of_level(read.grant.level));
        json_put_int(&introspection->out, "auth_time", read.grant.auth_time);
        acting_write_facts(&introspection->out, call->domain, call->arena, &read.grant, introspection->caller);
    } else {
        json_put_str(&introspection->out, "sub", read.sub);
    }
    return DOMAIN_DONE;
}

/* A refresh token is between the server and its client: to anybody else it is not active. */
static enum domain_status put_refresh(struct introspection *introspection, struct str token) {
    struct call *call = introspection->call;
    struct grant grant;
    enum domain_status found = refresh_peek(call->domain, call->arena, token, &grant);
    if (found != DOMAIN_DONE || !str_equal(grant.client_id, introspection->caller->client_id)) {
        return found == DOMAIN_UNAVAILABLE ? found : DOMAIN_NO;
    }
    put_active(introspection, grant.client_id, grant.scope, grant.refresh_until, grant.created_at);
    put_subject(introspection, &grant);
    acting_write_facts(&introspection->out, call->domain, call->arena, &grant, introspection->caller);
    return DOMAIN_DONE;
}

static void introspect(struct introspection *introspection, struct str token) {
    struct call *call = introspection->call;
    buf_init(&introspection->body, call->arena, 512, ANSWER_MOST);
    introspection->out = json_out(&introspection->body);
    json_open_object(&introspection->out, NULL);
    enum domain_status found =
        str_starts(token, STR("rt_")) ? put_refresh(introspection, token) : put_access(introspection, token);
    switch (found) {
    case DOMAIN_DONE:
        json_close_object(&introspection->out);
        CHECK(!introspection->body.failed);
        reply_json(call, 200, buf_str(&introspection->body));
        break;
    case DOMAIN_NO:
        reply_json(call, 200, STR("{\"active\":false}"));
        break;
    case DOMAIN_UNAVAILABLE:
        reply_json_error(call, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
        break;
    }
}

void endpoint_introspect(struct call *call) {
    struct http_params form;
    const struct registered_client *client = authenticate_client(call, &form);
    if (!client) {
        return;
    }
    struct str token = http_params_get(&form, STR("token"));
    if (client->client.auth == CLIENT_AUTH_NONE) {
        reply_json_error(call, ERROR_INVALID_CLIENT, "only clients with credentials may ask");
    } else if (str_is_empty(token)) {
        reply_json_error(call, ERROR_INVALID_REQUEST, "token is missing");
    } else {
        introspect(&(struct introspection){.call = call, .caller = &client->client}, token);
    }
}
