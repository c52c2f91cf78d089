/*
 * grants: what a client can exchange for tokens (RFC 6749 §4, §6). One grant type, one file, one entry of the table.
 *
 * The token endpoint reads the form, authenticates the client and checks that it may use the grant; then the handler
 * redeems; then tokens are written, the same way for all.
 */
#ifndef ENDPOINT_OIDC_GRANTS_H
#define ENDPOINT_OIDC_GRANTS_H

#include "../call.h"
#include "domain/registry.h"
#include "model/grant.h"

struct token_request {
    struct call *call;
    const struct http_params *form;
    const struct registered_client *client;
};

/* What is to be issued. */
struct token_outcome {
    bool has_person; /* false for client_credentials: then only scope counts */
    struct grant grant;
    struct str scope;
    bool refresh; /* with a refresh token */
    bool auth_time_wanted;
    struct str nonce; /* for the ID token; absent without */
};

struct token_refusal {
    enum oidc_error error;
    const char *description;
};

struct grant_handler {
    struct str name;
    enum client_grant grant;
    /* False with the refusal. Waits. */
    bool (*redeem)(const struct token_request *request, struct token_outcome *ret_outcome,
                   struct token_refusal *ret_refusal);
};

extern const struct grant_handler grant_handlers[];
extern const size_t grant_handler_count;

bool redeem_authorization_code(const struct token_request *request, struct token_outcome *ret_outcome,
                               struct token_refusal *ret_refusal);
bool redeem_refresh_token(const struct token_request *request, struct token_outcome *ret_outcome,
                          struct token_refusal *ret_refusal);
bool redeem_client_credentials(const struct token_request *request, struct token_outcome *ret_outcome,
                               struct token_refusal *ret_refusal);

/* Always false, so that `return refuse(…)` reads well. */
static inline bool refuse(struct token_refusal *refusal, enum oidc_error error, const char *description) {
    *refusal = (struct token_refusal){error, description};
    return false;
}
/* DOMAIN_NO is invalid_grant, one text for all its reasons. */
static inline bool refuse_grant(struct token_refusal *refusal, enum domain_status status) {
    return status == DOMAIN_NO ? refuse(refusal, ERROR_INVALID_GRANT,
                                        "is not valid, expired, was used before, or belongs to another client")
                               : refuse(refusal, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
}

#endif
