/*
 * call: one request on its way through the endpoints, and how endpoints end it with an error.
 *
 * Errors are declared once in oidc/errors.def. A description is a constant that may name a parameter: nothing from the
 * request is ever echoed.
 */
#ifndef ENDPOINT_CALL_H
#define ENDPOINT_CALL_H

#include "domain/domain.h"
#include "endpoint/endpoint.h"
#include "http/reply.h"
#include "http/request.h"
#include "model/event.h"

struct call {
    struct endpoint *endpoint;
    struct domain *domain;
    const struct http_request *request;
    struct http_reply *reply;
    struct arena *arena;
    struct registry *registry; /* held for the call: the worker's may be replaced while it waits */
};

enum oidc_error {
#define ERROR(identifier, name, status) ERROR_##identifier,
#include "oidc/errors.def"
#undef ERROR
};
struct str oidc_error_name(enum oidc_error error);

/* Those that mean "cannot say now": something of ours was down. */
static inline bool oidc_error_is_ours(enum oidc_error error) {
    return error == ERROR_SERVER_ERROR || error == ERROR_TEMPORARILY_UNAVAILABLE;
}

/* Tells of what happened in this request (model/event.h), from where and by which request. */
void call_tell(const struct call *call, const struct event *event);
/* "client:" and the id: a client system as the actor of an event. */
struct str call_actor(const struct call *call, struct str client_id);

/* {"error":…,"error_description":…} with the error's status (RFC 6749 §5.2). */
void reply_json_error(struct call *call, enum oidc_error error, const char *description);
/* The body as JSON with a status; caching stays "no-store". */
void reply_json(struct call *call, int status, struct str body);

/* The error page: a message key of messages.def, and the offending parameter or NULL. */
void reply_error_page(struct call *call, int status, const char *message, const char *parameter);
/* The language of pages for this request; `ui_locales` may be absent. */
enum page_language call_language(const struct call *call, struct str ui_locales);

/*
 * The browser's own cookie, to which sealed flow state is bound; made and set when the browser has none.
 */
struct str browser_cookie(struct call *call);
/* As sent; absent when there is none. */
struct str browser_cookie_sent(const struct call *call);
struct str session_cookie_sent(const struct call *call);
void session_cookie_set(struct call *call, struct str cookie);
void session_cookie_clear(struct call *call);

/* False for a form post that another site made this browser send (Origin, Sec-Fetch-Site). */
bool is_same_site_post(const struct call *call);

#endif
