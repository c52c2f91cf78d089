/*
 * The token endpoint (RFC 6749 §3.2): form → client → grant → tokens.
 */
#include "domain/token.h"

#include "../routes.h"
#include "base/check.h"
#include "base/json.h"
#include "client_auth.h"
#include "domain/disclosure.h"
#include "domain/grant.h"
#include "domain/verified_claims.h"
#include "grants.h"

#define ANSWER_MOST (64 * 1024)

const struct grant_handler grant_handlers[] = {
    {STR_INIT("authorization_code"), GRANT_AUTHORIZATION_CODE, redeem_authorization_code},
    {STR_INIT("refresh_token"), GRANT_REFRESH_TOKEN, redeem_refresh_token},
    {STR_INIT("client_credentials"), GRANT_CLIENT_CREDENTIALS, redeem_client_credentials},
};
const size_t grant_handler_count = ARRAY_LEN(grant_handlers);

static const struct grant_handler *grant_handler_find(struct str name) {
    for (size_t i = 0; i < grant_handler_count; i++) {
        if (str_equal(grant_handlers[i].name, name)) {
            return &grant_handlers[i];
        }
    }
    return NULL;
}

struct tokens {
    struct str access, id, refresh; /* absent where there is none */
    int64_t lifetime;
    claim_set told; /* about the person, in the ID token */
};

static enum domain_status write_id_token(struct call *call, const struct client *client,
                                         const struct token_outcome *outcome, struct tokens *tokens) {
    if (!outcome->has_person || !str_has_word(outcome->scope, STR("openid"))) {
        return DOMAIN_DONE;
    }
    const struct grant *grant = &outcome->grant;
    struct person_facts facts = {0};
    /* Only asked for where a claim about the person goes into the token itself. */
    if (grant->id_token_claims || !str_is_absent(grant->id_token_verified)) {
        enum domain_status loaded = person_facts_load(call->domain, call->arena, grant->account_id,
                                                      grant->id_token_claims, grant->id_token_verified, &facts);
        if (loaded != DOMAIN_DONE) {
            return loaded;
        }
    }
    const struct id_token token = {.client = client,
                                   .grant = grant,
                                   .facts = &facts,
                                   .access_token = tokens->access,
                                   .nonce = outcome->nonce,
                                   .auth_time_wanted = outcome->auth_time_wanted,
                                   .acting_wanted = str_has_word(outcome->scope, STR("cn_org"))};
    return id_token_write(call->domain, call->arena, &token, &tokens->id, &tokens->told) ? DOMAIN_DONE
                                                                                         : DOMAIN_UNAVAILABLE;
}

static enum domain_status write_tokens(struct call *call, const struct client *client,
                                       const struct token_outcome *outcome, struct tokens *tokens) {
    tokens->lifetime = access_token_lifetime(call->domain, client);
    const struct access_token access = {.client = client,
                                        .grant = outcome->has_person ? &outcome->grant : NULL,
                                        .scope = outcome->scope,
                                        .lifetime = tokens->lifetime};
    if (!access_token_write(call->domain, call->arena, &access, &tokens->access)) {
        return DOMAIN_UNAVAILABLE;
    }
    if (outcome->refresh) {
        tokens->refresh = refresh_token_of(call->domain, call->arena, &outcome->grant);
    }
    return write_id_token(call, client, outcome, tokens);
}

static void reply_tokens(struct call *call, const struct tokens *tokens, struct str scope) {
    struct buf body;
    buf_init(&body, call->arena, 4096, ANSWER_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "access_token", tokens->access);
    json_put_str(&out, "token_type", STR("Bearer"));
    json_put_int(&out, "expires_in", tokens->lifetime);
    if (!str_is_absent(tokens->refresh)) {
        json_put_str(&out, "refresh_token", tokens->refresh);
    }
    if (!str_is_absent(tokens->id)) {
        json_put_str(&out, "id_token", tokens->id);
    }
    json_put_str(&out, "scope", scope);
    json_close_object(&out);
    CHECK(!body.failed);
    reply_json(call, 200, buf_str(&body));
    http_reply_field(call->reply, STR("Pragma"), STR("no-cache"));
}

/* --- the answer --- */

/* Of grants, in the order of the handlers; first whatever else was asked for. */
struct metric_values endpoint_grant_names(void) {
    static struct str names[ARRAY_LEN(grant_handlers) + 1];
    names[0] = STR("other");
    for (size_t i = 0; i < ARRAY_LEN(grant_handlers); i++) {
        names[i + 1] = grant_handlers[i].name;
    }
    return (struct metric_values){names, ARRAY_LEN(names)};
}

/* `handler` NULL while the grant is not known; `refusal` NULL for tokens. */
static void tell(const struct token_request *request, const struct grant_handler *handler,
                 const struct token_outcome *outcome, const struct token_refusal *refusal) {
    bool failed = refusal && oidc_error_is_ours(refusal->error);
    enum event_result result = !refusal ? EVENT_DONE : failed ? EVENT_FAILED : EVENT_REFUSED;
    size_t grant = handler ? (size_t)(handler - grant_handlers) + 1 : 0;
    metrics_add(request->call->endpoint->metrics.own, METRIC_TOKENS, grant, result, 1);
    call_tell(request->call, &(struct event){.kind = EVENT_TOKEN,
                                             .result = result,
                                             .reason = refusal ? oidc_error_name(refusal->error).ptr : NULL,
                                             .client_id = request->client->client.client_id,
                                             .subject = outcome ? outcome->grant.account_id : STR_NONE});
}

static bool issue(const struct token_request *request, const struct token_outcome *outcome, struct tokens *tokens,
                  struct token_refusal *refusal) {
    switch (write_tokens(request->call, &request->client->client, outcome, tokens)) {
    case DOMAIN_DONE:
        return true;
    case DOMAIN_NO:
        return refuse(refusal, ERROR_INVALID_GRANT, "the account is gone");
    case DOMAIN_UNAVAILABLE:
        break;
    }
    return refuse(refusal, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
}

static bool may_use(const struct token_request *request, struct str name, const struct grant_handler *handler,
                    struct token_refusal *refusal) {
    if (str_is_empty(name)) {
        return refuse(refusal, ERROR_INVALID_REQUEST, "grant_type is missing");
    }
    if (!handler) {
        return refuse(refusal, ERROR_UNSUPPORTED_GRANT_TYPE, "grant_type is not one we know");
    }
    return client_allows_grant(&request->client->client, handler->grant) ||
           refuse(refusal, ERROR_UNAUTHORIZED_CLIENT, "the client is not registered for this grant_type");
}

void endpoint_token(struct call *call) {
    struct http_params form;
    const struct registered_client *client = authenticate_client(call, &form);
    if (!client) {
        return;
    }
    const struct token_request request = {call, &form, client};
    struct str name = http_params_get(&form, STR("grant_type"));
    const struct grant_handler *handler = grant_handler_find(name);
    struct token_outcome outcome = {0};
    struct tokens tokens = {0};
    struct token_refusal refusal;
    if (may_use(&request, name, handler, &refusal) && handler->redeem(&request, &outcome, &refusal) &&
        issue(&request, &outcome, &tokens, &refusal)) {
        reply_tokens(call, &tokens, outcome.scope);
        disclosure_note(call->domain, &outcome.grant, tokens.told);
        tell(&request, handler, &outcome, NULL);
    } else {
        reply_json_error(call, refusal.error, refusal.description);
        tell(&request, handler, NULL, &refusal);
    }
}
