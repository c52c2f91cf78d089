/*
 * client_secret_basic and client_secret_post (RFC 6749 §2.3.1).
 */
#include "client_auth.h"

#include "base/encode.h"

#define BASIC_MOST 4096

static bool basic_presented(const struct call *call, const struct http_params *form) {
    return http_field_count(call->request, STR("authorization")) > 0;
}

/* "Basic" in any letter case, then base64 of id and secret, each form-encoded by itself. */
static enum client_auth_result basic_read(struct call *call, const struct http_params *form,
                                          struct client_credentials *ret_credentials) {
    if (http_field_count(call->request, STR("authorization")) > 1) {
        return CLIENT_AUTH_MALFORMED;
    }
    struct str rest, decoded, secret;
    struct str scheme = str_cut(http_field_value(call->request, STR("authorization")), ' ', &rest);
    if (!str_equal_fold(scheme, STR("Basic")) || str_is_absent(rest) || rest.len > BASIC_MOST ||
        !base64_decode(call->arena, str_trim(rest), &decoded)) {
        return CLIENT_AUTH_FAILED;
    }
    struct str client_id = str_cut(decoded, ':', &secret);
    if (str_is_absent(secret) || !percent_decode(call->arena, client_id, true, &ret_credentials->client_id) ||
        !percent_decode(call->arena, secret, true, &ret_credentials->secret)) {
        return CLIENT_AUTH_FAILED;
    }
    return CLIENT_AUTH_DONE;
}

static bool post_presented(const struct call *call, const struct http_params *form) {
    return http_params_count(form, STR("client_secret")) > 0;
}

static enum client_auth_result post_read(struct call *call, const struct http_params *form,
                                         struct client_credentials *ret_credentials) {
    ret_credentials->client_id = http_params_get(form, STR("client_id"));
    ret_credentials->secret = http_params_get(form, STR("client_secret"));
    return str_is_empty(ret_credentials->client_id) ? CLIENT_AUTH_FAILED : CLIENT_AUTH_DONE;
}

static enum client_auth_result secret_verify(struct call *call, const struct registered_client *client,
                                             const struct client_credentials *credentials) {
    return registered_client_secret_fits(client, call->domain->sealers, credentials->secret) ? CLIENT_AUTH_DONE
                                                                                             : CLIENT_AUTH_FAILED;
}

const struct client_auth_method client_secret_basic = {CLIENT_AUTH_SECRET_BASIC, basic_presented, basic_read,
                                                       secret_verify};
const struct client_auth_method client_secret_post = {CLIENT_AUTH_SECRET_POST, post_presented, post_read,
                                                      secret_verify};
