/*
 * refresh_token (RFC 6749 §6), rotated at every use (RFC 9700 §4.14.2).
 */
#include "domain/grant.h"
#include "grants.h"

#define WORDS_MOST 100

/* RFC 6749 §6: narrower than granted or equal, never wider. */
static bool scope_narrowed(struct str granted, struct str wanted) {
    struct str word;
    size_t count = 0;
    while (str_next_word(&wanted, &word)) {
        if (++count > WORDS_MOST || str_is_empty(word) || !str_has_word(granted, word)) {
            return false;
        }
    }
    return true;
}

bool redeem_refresh_token(const struct token_request *request, struct token_outcome *ret_outcome,
                          struct token_refusal *ret_refusal) {
    struct call *call = request->call;
    struct str token = http_params_get(request->form, STR("refresh_token"));
    struct str wanted = http_params_get(request->form, STR("scope"));
    if (str_is_empty(token)) {
        return refuse(ret_refusal, ERROR_INVALID_REQUEST, "refresh_token is missing");
    }
    struct grant grant;
    /* Before it is rotated, so that a mistake in scope does not cost the token. */
    enum domain_status peeked =
        str_is_empty(wanted) ? DOMAIN_NO : refresh_peek(call->domain, call->arena, token, &grant);
    if (peeked == DOMAIN_DONE && str_equal(grant.client_id, request->client->client.client_id) &&
        !scope_narrowed(grant.scope, wanted)) {
        return refuse(ret_refusal, ERROR_INVALID_SCOPE, "scope is wider than what was granted");
    }
    const struct refresh_presented presented = {.token = token, .client_address = call->request->client_address};
    enum domain_status redeemed =
        refresh_redeem(call->domain, call->arena, &request->client->client, &presented, &grant);
    if (redeemed != DOMAIN_DONE) {
        return refuse_grant(ret_refusal, redeemed);
    }
    *ret_outcome = (struct token_outcome){.has_person = true,
                                          .grant = grant,
                                          .scope = grant.scope,
                                          .refresh = true,
                                          .auth_time_wanted = true,
                                          .nonce = STR_NONE};
    if (!str_is_empty(wanted) && scope_narrowed(grant.scope, wanted)) {
        ret_outcome->scope = wanted;
    }
    return true;
}
