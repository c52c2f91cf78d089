/*
 * authorization_code (RFC 6749 §4.1.3, RFC 7636 §4.5).
 */
#include "domain/grant.h"
#include "grants.h"

bool redeem_authorization_code(const struct token_request *request, struct token_outcome *ret_outcome,
                               struct token_refusal *ret_refusal) {
    struct call *call = request->call;
    const struct client *client = &request->client->client;
    struct str verifier = http_params_get(request->form, STR("code_verifier"));
    const struct code_presented presented = {
        .code = http_params_get(request->form, STR("code")),
        .redirect_uri = http_params_get(request->form, STR("redirect_uri")),
        .code_verifier = str_is_empty(verifier) ? STR_NONE : verifier,
        .client_address = call->request->client_address,
    };
    if (str_is_empty(presented.code)) {
        return refuse(ret_refusal, ERROR_INVALID_REQUEST, "code is missing");
    }
    struct code code;
    bool refresh = client_allows_grant(client, GRANT_REFRESH_TOKEN);
    enum domain_status redeemed = code_redeem(call->domain, call->arena, client, &presented, refresh, &code);
    if (redeemed != DOMAIN_DONE) {
        return refuse_grant(ret_refusal, redeemed);
    }
    *ret_outcome = (struct token_outcome){.has_person = true,
                                          .grant = code.grant,
                                          .scope = code.grant.scope,
                                          .refresh = refresh,
                                          .auth_time_wanted = code.auth_time_wanted,
                                          .nonce = code.grant.nonce};
    return true;
}
