/*
 * The userinfo endpoint (OpenID Connect Core §5.3), with bearer tokens in the header or, for POST, in the form (RFC
 * 6750 §2). A token whose sign-in is no longer enough for its client is answered as RFC 9470 says.
 */
#include "../bearer.h"
#include "../routes.h"
#include "base/check.h"
#include "base/json.h"
#include "domain/disclosure.h"
#include "domain/token.h"
#include "domain/verified_claims.h"

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

/* What a request is answered from. */
struct answer {
    struct call *call;
    const struct registered_client *client;
    struct access_token_read token;
    struct person_facts facts;
};

static void reply_claims(const struct answer *answer) {
    struct call *call = answer->call;
    const struct client *client = &answer->client->client;
    const struct grant *grant = &answer->token.grant;
    const struct acting *acting = str_has_word(answer->token.scope, STR("cn_org")) ? grant->acting : NULL;
    const struct claims_about about = {.domain = call->domain,
                                       .arena = call->arena,
                                       .client = client,
                                       .account = &answer->facts.account,
                                       .acting = acting};
    struct buf body;
    buf_init(&body, call->arena, 1024, ANSWER_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "sub", answer->token.sub);
    claim_set told = claims_write(&out, claims_wanted(&answer->token, client) | claims_of_acting(acting), &about);
    told |= verified_claims_write(&out, grant->userinfo_verified, &about, answer->facts.rows, answer->facts.row_count);
    json_close_object(&out);
    CHECK(!body.failed);
    struct str jwt;
    if (str_is_absent(client->userinfo_alg)) {
        reply_json(call, 200, buf_str(&body));
    } else if (userinfo_sign(call->domain, call->arena, client, buf_str(&body), &jwt)) {
        call->reply->content_type = STR("application/jwt");
        buf_put(&call->reply->body, jwt);
    } else {
        reply_json_error(call, ERROR_SERVER_ERROR, NULL);
        return;
    }
    disclosure_note(call->domain, grant, told);
}

/* RFC 9470 §3: the person has fallen below the level the client needs, or the client needs more than it did. Signing in
 * anew leads the person through what is missing. */
static void reply_insufficient(const struct answer *answer) {
    const struct client *client = &answer->client->client;
    struct arena *arena = answer->call->arena;
    struct buf challenge;
    buf_init(&challenge, arena, 256, 512);
    buf_printf(&challenge,
               "Bearer error=\"insufficient_user_authentication\", error_description=\"a higher level of proof is "
               "needed\", acr_values=\"%.*s\"",
               STR_ARG(acr_of_level(client->level)));
    if (client->default_max_age >= 0) {
        buf_printf(&challenge, ", max_age=\"%lld\"", (long long)client->default_max_age);
    }
    reply_challenge(answer->call, 401, str_c(arena, buf_str(&challenge)));
}

static bool level_serves(const struct answer *answer) {
    int proven = answer->facts.account.level, signed_in = answer->token.grant.level;
    return (proven < signed_in ? proven : signed_in) >= answer->client->client.level;
}

/* The person behind a token that is good: still there and still active. What is known about them is opened only where
 * something of it was asked for. */
static enum domain_status facts_of(struct answer *answer) {
    const struct grant *grant = &answer->token.grant;
    return person_facts_load(answer->call->domain, answer->call->arena, grant->account_id,
                             claims_wanted(&answer->token, &answer->client->client), grant->userinfo_verified,
                             &answer->facts);
}

static void serve(struct call *call, struct str bearer) {
    struct answer answer = {.call = call};
    const struct access_token_read *token = &answer.token;
    enum domain_status status = access_token_read(call->domain, call->arena, bearer, &answer.token);
    if (status == DOMAIN_DONE && !token->for_admin_api) {
        answer.client = registry_find(call->registry, token->client_id);
    }
    if (answer.client && !(token->has_grant && str_has_word(token->scope, STR("openid")))) {
        reply_challenge(call, 403, "Bearer error=\"insufficient_scope\", scope=\"openid\"");
        return;
    }
    if (status == DOMAIN_DONE) {
        status = answer.client ? facts_of(&answer) : DOMAIN_NO;
    }
    switch (status) {
    case DOMAIN_DONE:
        level_serves(&answer) ? reply_claims(&answer) : reply_insufficient(&answer);
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
