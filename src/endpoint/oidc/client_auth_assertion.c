/*
 * client_secret_jwt and private_key_jwt: a signed assertion (RFC 7521 §4.2, RFC 7523 §2.2). Which of the two is the
 * client's registration's to say.
 */
#include "client_auth.h"

#include "domain/assertion.h"

#define ASSERTION_TYPE STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer")

static bool assertion_presented(const struct call *call, const struct http_params *form) {
    return http_params_count(form, STR("client_assertion")) > 0 ||
           http_params_count(form, STR("client_assertion_type")) > 0;
}

static enum client_auth_result assertion_read(struct call *call, const struct http_params *form,
                                              struct client_credentials *ret_credentials) {
    struct str assertion = http_params_get(form, STR("client_assertion"));
    if (str_is_empty(assertion) || !str_equal(http_params_get(form, STR("client_assertion_type")), ASSERTION_TYPE)) {
        return CLIENT_AUTH_MALFORMED;
    }
    ret_credentials->assertion = assertion;
    return assertion_client_id(call->arena, assertion, &ret_credentials->client_id) ? CLIENT_AUTH_DONE
                                                                                    : CLIENT_AUTH_FAILED;
}

static enum client_auth_result verify(struct call *call, const struct registered_client *client,
                                      const struct client_credentials *credentials) {
    switch (assertion_verify(call->domain, call->arena, client, credentials->assertion)) {
    case DOMAIN_DONE:
        return CLIENT_AUTH_DONE;
    case DOMAIN_NO:
        return CLIENT_AUTH_FAILED;
    case DOMAIN_UNAVAILABLE:
        break;
    }
    return CLIENT_AUTH_UNAVAILABLE;
}

const struct client_auth_method client_secret_jwt = {CLIENT_AUTH_SECRET_JWT, assertion_presented, assertion_read,
                                                     verify};
const struct client_auth_method private_key_jwt = {CLIENT_AUTH_PRIVATE_KEY_JWT, assertion_presented, assertion_read,
                                                   verify};
