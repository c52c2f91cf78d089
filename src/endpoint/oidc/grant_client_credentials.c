/*
 * client_credentials (RFC 6749 §4.4): a client system on its own behalf. No person, so no ID token and no refresh
 * token.
 */
#include "base/buf.h"
#include "grants.h"

#define SCOPE_MOST 4096
#define WORDS_MOST 100

/* Scopes about a person mean nothing here and are left out; unknown ones are refused. */
static bool is_personal(struct str word) {
    static const struct str personal[] = {STR_INIT("openid"), STR_INIT("profile"), STR_INIT("email"),
                                          STR_INIT("phone"),  STR_INIT("address"), STR_INIT("offline_access")};
    for (size_t i = 0; i < sizeof(personal) / sizeof(personal[0]); i++) {
        if (str_equal(personal[i], word)) {
            return true;
        }
    }
    return false;
}

static bool scope_of(struct arena *arena, const struct client *client, struct str wanted, struct str *ret_scope) {
    struct str left = str_is_empty(wanted) ? client->scope : wanted;
    struct buf scope;
    buf_init(&scope, arena, 128, SCOPE_MOST);
    struct str word;
    for (size_t count = 0; str_next_word(&left, &word); count++) {
        if (count == WORDS_MOST || !str_has_word(client->scope, word)) {
            return false;
        }
        if (!is_personal(word)) {
            buf_put(&scope, scope.len ? STR(" ") : STR(""));
            buf_put(&scope, word);
        }
    }
    *ret_scope = buf_str(&scope);
    return !scope.failed;
}

bool redeem_client_credentials(const struct token_request *request, struct token_outcome *ret_outcome,
                               struct token_refusal *ret_refusal) {
    const struct client *client = &request->client->client;
    if (client->auth == CLIENT_AUTH_NONE) {
        return refuse(ret_refusal, ERROR_UNAUTHORIZED_CLIENT, "a public client has no credentials of its own");
    }
    struct str scope;
    if (!scope_of(request->call->arena, client, http_params_get(request->form, STR("scope")), &scope)) {
        return refuse(ret_refusal, ERROR_INVALID_SCOPE, "scope holds a value the client is not registered for");
    }
    *ret_outcome = (struct token_outcome){.scope = scope};
    return true;
}
