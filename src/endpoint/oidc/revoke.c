/*
 * The revocation endpoint (RFC 7009). An unknown token, and one of another client, are answered like one that was
 * revoked.
 */
#include "../routes.h"
#include "client_auth.h"
#include "domain/grant.h"
#include "domain/token.h"

/* A refresh token ends its whole grant, access tokens included (§2.1). */
static enum domain_status revoke_refresh(struct call *call, const struct client *client, struct str token) {
    struct grant grant;
    enum domain_status found = refresh_peek(call->domain, call->arena, token, &grant);
    if (found != DOMAIN_DONE || !str_equal(grant.client_id, client->client_id)) {
        return found == DOMAIN_UNAVAILABLE ? found : DOMAIN_DONE;
    }
    return grant_revoke(call->domain, call->arena, grant.grant_id);
}

static enum domain_status revoke_access(struct call *call, const struct client *client, struct str token) {
    struct access_token_read read;
    enum domain_status found = access_token_read(call->domain, call->arena, token, &read);
    if (found != DOMAIN_DONE || !str_equal(read.client_id, client->client_id)) {
        return found == DOMAIN_UNAVAILABLE ? found : DOMAIN_DONE;
    }
    return access_token_revoke(call->domain, call->arena, &read);
}

void endpoint_revoke(struct call *call) {
    struct http_params form;
    const struct registered_client *client = authenticate_client(call, &form);
    if (!client) {
        return;
    }
    struct str token = http_params_get(&form, STR("token"));
    if (str_is_empty(token)) {
        reply_json_error(call, ERROR_INVALID_REQUEST, "token is missing");
        return;
    }
    enum domain_status revoked = str_starts(token, STR("rt_")) ? revoke_refresh(call, &client->client, token)
                                                               : revoke_access(call, &client->client, token);
    if (revoked == DOMAIN_DONE) {
        call->reply->status = 200;
    } else {
        reply_json_error(call, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
        http_reply_field(call->reply, STR("Retry-After"), STR("1"));
    }
}
