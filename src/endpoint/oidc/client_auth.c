/*
 * Which method a request uses, and whether the client is registered for it.
 */
#include "client_auth.h"

#include "base/check.h"
#include "domain/self_registration.h"
#include "form.h"

#define METHODS 5

/* Entries are found in this order; client_auth_public last, since it presents nothing but a client_id. */
const struct client_auth_method *const client_auth_methods[METHODS] = {
    &client_secret_basic, &client_secret_post, &client_secret_jwt, &private_key_jwt, &client_auth_public};
const size_t client_auth_method_count = METHODS;

/* The two assertion methods look alike until the client is known: one counts. */
static enum client_auth_result method_presented(const struct call *call, const struct http_params *form,
                                                const struct client_auth_method **ret_method) {
    const struct client_auth_method *found = NULL;
    for (size_t i = 0; i < METHODS; i++) {
        if (!client_auth_methods[i]->presented(call, form)) {
            continue;
        }
        if (found && found->presented != client_auth_methods[i]->presented) {
            return CLIENT_AUTH_MALFORMED;
        }
        found = found ? found : client_auth_methods[i];
    }
    if (!found) {
        return CLIENT_AUTH_FAILED;
    }
    *ret_method = found;
    return CLIENT_AUTH_DONE;
}

static const struct client_auth_method *method_of(const struct client *client,
                                                  const struct client_auth_method *presented) {
    if (client->secret_any_way && presented == &client_secret_post) {
        return presented;
    }
    for (size_t i = 0; i < METHODS; i++) {
        if (client_auth_methods[i]->method == client->auth &&
            client_auth_methods[i]->presented == presented->presented) {
            return client_auth_methods[i];
        }
    }
    return NULL;
}

/* On failure the client is whom the request says to be from, NULL when there is none of that name. */
static enum client_auth_result authenticate(struct call *call, const struct http_params *form,
                                            const struct registered_client **ret_client) {
    const struct client_auth_method *presented;
    enum client_auth_result result = method_presented(call, form, &presented);
    if (result != CLIENT_AUTH_DONE) {
        return result;
    }
    struct client_credentials credentials = {0};
    result = presented->read(call, form, &credentials);
    if (result != CLIENT_AUTH_DONE) {
        return result;
    }
    struct str named = http_params_get(form, STR("client_id"));
    if (!str_is_empty(named) && !str_equal(named, credentials.client_id)) {
        return CLIENT_AUTH_MALFORMED;
    }
    const struct registered_client *client = registry_find(call->registry, credentials.client_id);
    const struct client_auth_method *method = client ? method_of(&client->client, presented) : NULL;
    *ret_client = client;
    if (!method) {
        return CLIENT_AUTH_FAILED;
    }
    return method->verify(call, client, &credentials);
}

/* A name that is not registered is text from outside: it is not kept. */
static void tell(struct call *call, enum client_auth_result result, const struct registered_client *client) {
    static const struct {
        enum event_result result;
        const char *reason;
    } told[] = {
        [CLIENT_AUTH_DONE] = {EVENT_DONE, NULL},
        [CLIENT_AUTH_FAILED] = {EVENT_REFUSED, "failed"},
        [CLIENT_AUTH_MALFORMED] = {EVENT_REFUSED, "malformed"},
        [CLIENT_AUTH_UNAVAILABLE] = {EVENT_FAILED, "unavailable"},
    };
    struct str client_id = client ? client->client.client_id : STR_NONE;
    bool refused = result != CLIENT_AUTH_DONE;
    call_tell(call, &(struct event){.kind = EVENT_CLIENT_AUTHENTICATION,
                                    .result = told[result].result,
                                    .reason = result == CLIENT_AUTH_FAILED && !client ? "unknown_client"
                                                                                      : told[result].reason,
                                    .actor = client && refused ? call_actor(call, client_id) : STR_NONE,
                                    .client_id = client_id});
}

static void reply_too_fast(struct call *call, const struct client *client) {
    call_tell(call, &(struct event){.kind = EVENT_CLIENT_AUTHENTICATION,
                                    .result = EVENT_REFUSED,
                                    .reason = "too_fast",
                                    .actor = call_actor(call, client->client_id),
                                    .client_id = client->client_id});
    reply_json_error(call, ERROR_TOO_MANY_REQUESTS, "more requests than this client system is allowed");
    http_reply_field(call->reply, STR("Retry-After"), STR("1"));
}

/* A script may call in a client's name from the origins it is registered for (RFC 6454); a server sends no Origin. */
static bool is_allowed_origin(const struct call *call, const struct client *client) {
    struct str origin = http_field_value(call->request, STR("origin"));
    bool allowed = client->allowed_origin_count == 0 || str_is_absent(origin);
    for (size_t i = 0; i < client->allowed_origin_count && !allowed; i++) {
        allowed = str_equal(client->allowed_origins[i], origin);
    }
    return allowed;
}

static const struct registered_client *admit(struct call *call, const struct registered_client *client) {
    if (!registered_client_within_rate(client)) {
        reply_too_fast(call, &client->client);
        return NULL;
    }
    if (!is_allowed_origin(call, &client->client)) {
        reply_json_error(call, ERROR_UNAUTHORIZED_CLIENT, "the client is not registered for this origin");
        return NULL;
    }
    self_registration_used(call->domain, client);
    return client;
}

static void reply_failed(struct call *call) {
    reply_json_error(call, ERROR_INVALID_CLIENT, "the client could not be authenticated");
    http_reply_field(call->reply, STR("WWW-Authenticate"), STR("Basic realm=\"tongxing\""));
}

const struct registered_client *authenticate_client(struct call *call, struct http_params *ret_form) {
    const struct registered_client *client = NULL;
    if (!read_protocol_form(call, ret_form)) {
        return NULL;
    }
    enum client_auth_result result = authenticate(call, ret_form, &client);
    tell(call, result, client);
    switch (result) {
    case CLIENT_AUTH_DONE:
        return admit(call, client);
    case CLIENT_AUTH_FAILED:
        reply_failed(call);
        break;
    case CLIENT_AUTH_MALFORMED:
        reply_json_error(call, ERROR_INVALID_REQUEST,
                         "client authentication is malformed, or uses more than one method");
        break;
    case CLIENT_AUTH_UNAVAILABLE:
        reply_json_error(call, ERROR_TEMPORARILY_UNAVAILABLE, "try again in a moment");
        break;
    }
    return NULL;
}
