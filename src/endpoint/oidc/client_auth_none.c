/*
 * none: a public client only names itself (RFC 6749 §2.1); PKCE ties the code to it.
 */
#include "client_auth.h"

static bool none_presented(const struct call *call, const struct http_params *form) {
    return http_params_count(form, STR("client_id")) > 0 &&
           http_field_count(call->request, STR("authorization")) == 0 &&
           http_params_count(form, STR("client_secret")) == 0 &&
           http_params_count(form, STR("client_assertion")) == 0 &&
           http_params_count(form, STR("client_assertion_type")) == 0;
}

static enum client_auth_result none_read(struct call *call, const struct http_params *form,
                                         struct client_credentials *ret_credentials) {
    ret_credentials->client_id = http_params_get(form, STR("client_id"));
    return CLIENT_AUTH_DONE;
}

static enum client_auth_result none_verify(struct call *call, const struct registered_client *client,
                                           const struct client_credentials *credentials) {
    return CLIENT_AUTH_DONE;
}

const struct client_auth_method client_auth_public = {CLIENT_AUTH_NONE, none_presented, none_read, none_verify};
