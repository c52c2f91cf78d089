/*
 * client_auth: how a client system proves who it is at the token and revocation endpoints (RFC 6749 §2.3, OpenID
 * Connect Core §9). One method, one file, one entry of the table.
 */
#ifndef ENDPOINT_OIDC_CLIENT_AUTH_H
#define ENDPOINT_OIDC_CLIENT_AUTH_H

#include "../call.h"
#include "domain/registry.h"

/* What the request presents, read once: the credentials of at most one method. */
struct client_credentials {
    struct str client_id; /* whom it says to be; absent when it does not say */
    struct str secret;    /* Basic or form */
    struct str assertion;
};

enum client_auth_result {
    CLIENT_AUTH_DONE,
    CLIENT_AUTH_FAILED,    /* invalid_client */
    CLIENT_AUTH_MALFORMED, /* invalid_request */
    CLIENT_AUTH_UNAVAILABLE,
};

struct client_auth_method {
    enum client_auth method;
    /* Is this method used by the request? `form` is the body. */
    bool (*presented)(const struct call *call, const struct http_params *form);
    /* Reads them; CLIENT_AUTH_DONE when well formed. */
    enum client_auth_result (*read)(struct call *call, const struct http_params *form,
                                    struct client_credentials *ret_credentials);
    /* The client is registered for this method. Waits. */
    enum client_auth_result (*verify)(struct call *call, const struct registered_client *client,
                                      const struct client_credentials *credentials);
};

extern const struct client_auth_method *const client_auth_methods[];
extern const size_t client_auth_method_count;

/* Reads the form and authenticates who posts it; on anything but success the error is already in the reply and NULL is
 * returned. Waits. */
const struct registered_client *authenticate_client(struct call *call, struct http_params *ret_form);

/* In client_auth_secret.c, client_auth_assertion.c and client_auth_none.c. */
extern const struct client_auth_method client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt,
    client_auth_public;

#endif
