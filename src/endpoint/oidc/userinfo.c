/*
 * The userinfo endpoint (OpenID Connect Core §5.3), with bearer tokens in the header or, for POST, in the form (RFC
 * 6750 §2).
 */
#include "../bearer.h"
#include "../routes.h"
#include "base/check.h"
#include "base/json.h"
#include "domain/account.h"
#include "domain/claims.h"
#include "domain/token.h"

#define ANSWER_MOST (32 * 1024)

/* RFC 6750 §3: the challenge says what was wrong; without any token it says nothing. */
static void reply_challenge(struct call *call, int status, const char *challenge) {
    call->reply->status = status;
    http_reply_field(call->reply, STR("WWW-Authenticate"), str_from(challenge));
}

static enum bearer bearer_of_form(const struct call *call, struct str *ret_token) {
    struct http_params form;
    if (call->request->method != HTTP_POST || call->request->body.len == 0) {
        return BEARER_NONE;
    }
    switch (http_form(call->request, &form)) {
    case HTTP_FORM_OK:
        break;
    case HTTP_FORM_WRONG_TYPE:
        return BEARER_NONE;
    case HTTP_FORM_MALFORMED:
        return BEARER_MALFORMED;
    }
    size_t count = http_params_count(&form, STR("access_token"));
    *ret_token = http_params_get(&form, STR("access_token"));
    return count == 0 ? BEARER_NONE : count == 1 ? BEARER_GIVEN : BEARER_MALFORMED;
}

/* §2: one way only. */
static enum bearer bearer_read(const struct call *call, struct str *ret_token) {
    struct str in_header = STR_NONE, in_form = STR_NONE;
    enum bearer header = bearer_of_header(call, &in_header);
    enum bearer form = bearer_of_form(call, &in_form);
    if (header == BEARER_MALFORMED || form == BEARER_MALFORMED || (header == BEARER_GIVEN && form == BEARER_GIVEN)) {
        return BEARER_MALFORMED;
    }
    *ret_token = header == BEARER_GIVEN ? in_header : in_form;
    return header == BEARER_GIVEN ? header : form;
}

static claim_set claims_wanted(const struct access_token_read *token, const struct client *client) {
    return (claims_of_scope(token->scope) | token->grant.userinfo_claims) & client->claims;
}

static void reply_claims(struct call *call, const struct registered_client *client,
                         const struct access_token_read *token, const struct account *account) {
    struct buf body;
    buf_init(&body, call->arena, 1024, ANSWER_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "sub", token->sub);
    if (str_has_word(token->scope, STR("cn_org"))) {
        acting_write(&out, call->domain, call->arena, &token->grant, &client->client);
    }
    claims_write(&out, claims_wanted(token, &client->client), account);
    json_close_object(&out);
    CHECK(!body.failed);
    if (str_is_absent(client->client.userinfo_alg)) {
        reply_json(call, 200, buf_str(&body));
        return;
    }
    struct str jwt;
    if (!userinfo_sign(call->domain, call->arena, &client->client, buf_str(&body), &jwt)) {
        reply_json_error(call, ERROR_SERVER_ERROR, NULL);
        return;
    }
    call->reply->content_type = STR("application/jwt");
    buf_put(&call->reply->body, jwt);
}

/* The person behind a token that is good: still there and still active. What is known about them is opened only where
 * something of it was asked for. */
static enum domain_status account_of(struct call *call, const struct access_token_read *token,
                                     const struct client *client, struct account *ret_account) {
    *ret_account = (struct account){0};
    if (!claims_wanted(token, client)) {
        return account_active(call->domain, call->arena, token->grant.account_id);
    }
    enum domain_status loaded = account_load(call->domain, call->arena, token->grant.account_id, ret_account);
    return loaded == DOMAIN_DONE && ret_account->state != ACCOUNT_ACTIVE ? DOMAIN_NO : loaded;
}

static void serve(struct call *call, struct str bearer) {
    struct access_token_read token;
    struct account account;
    enum domain_status status = access_token_read(call->domain, call->arena, bearer, &token);
    const struct registered_client *client =
        status == DOMAIN_DONE && !token.for_admin_api ? registry_find(call->registry, token.client_id) : NULL;
    if (status == DOMAIN_DONE && client && !(token.has_grant && str_has_word(token.scope, STR("openid")))) {
        reply_challenge(call, 403, "Bearer error=\"insufficient_scope\", scope=\"openid\"");
        return;
    }
    if (status == DOMAIN_DONE) {
        status = client ? account_of(call, &token, &client->client, &account) : DOMAIN_NO;
    }
    switch (status) {
    case DOMAIN_DONE:
        reply_claims(call, client, &token, &account);
        break;
    case DOMAIN_NO:
        reply_challenge(call, 401,
                        "Bearer error=\"invalid_token\", error_description=\"expired, revoked or not ours\"");
        break;
    case DOMAIN_UNAVAILABLE:
        reply_json_error(call, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
        break;
    }
}

void endpoint_userinfo(struct call *call) {
    struct str bearer = STR_NONE;
    switch (bearer_read(call, &bearer)) {
    case BEARER_GIVEN:
        serve(call, bearer);
        break;
    case BEARER_NONE:
        reply_challenge(call, 401, "Bearer");
        break;
    case BEARER_MALFORMED:
        reply_challenge(call, 400, "Bearer error=\"invalid_request\"");
        break;
    }
}
