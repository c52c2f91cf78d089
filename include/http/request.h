/*
 * request: an HTTP/1.1 request (RFC 9110, RFC 9112) as the endpoints see it: checked, decoded once, immutable.
 *
 * Everything belongs to the request's arena. What arrives here has a valid Host, one meaning of its length, and no
 * control characters in any field.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/arena.h"
#include "base/str.h"

enum http_method {
    HTTP_GET = 1 << 0,
    HTTP_HEAD = 1 << 1,
    HTTP_POST = 1 << 2,
    HTTP_PUT = 1 << 3,
    HTTP_PATCH = 1 << 4,
    HTTP_DELETE = 1 << 5,
    HTTP_OPTIONS = 1 << 6,
};

struct http_field {
    struct str name, value;
};

/* Decoded name=value pairs, in order, duplicates kept. */
struct http_params {
    const struct http_field *fields;
    size_t count;
    bool malformed; /* bad percent escape, bad UTF-8, a NUL or too many: the fields are then not to be trusted */
};

struct http_request {
    struct arena *arena;
    enum http_method method;
    struct str path;   /* decoded once; starts with / */
    struct str target; /* as sent: for paths with names in them, which are split before they are decoded */
    struct http_params query;
    struct str query_text;           /* raw, absent without '?' */
    const struct http_field *fields; /* field names in lower case */
    size_t field_count;
    struct str body;
    struct str client_address; /* text form; of the client behind a trusted proxy, of the peer otherwise */
    struct str request_id;     /* "rq_" and 16 random bytes */
    bool secure;               /* TLS here, or at a trusted proxy */
    size_t parameters_most;    /* of a form */
};

/* A field's value; absent when it was not sent. With several of that name, the first: see http_field_count. */
struct str http_field_value(const struct http_request *request, struct str lower_case_name);
size_t http_field_count(const struct http_request *request, struct str lower_case_name);

/* A cookie's value; absent when it was not sent or was sent more than once (XS-13). */
struct str http_cookie(const struct http_request *request, struct str name);

/* True when the body's media type is the one given, once, without a charset or with UTF-8: any other would make the
 * bytes mean something else. */
bool http_body_is(const struct http_request *request, struct str media_type);

enum http_form_result { HTTP_FORM_OK, HTTP_FORM_WRONG_TYPE, HTTP_FORM_MALFORMED };
/* The body as application/x-www-form-urlencoded in UTF-8. */
enum http_form_result http_form(const struct http_request *request, struct http_params *ret_form);

/* From any text of that form (a query, a stored request); at most `most` pairs, more makes it malformed. */
struct http_params http_params_parse(struct arena *arena, struct str text, size_t most);
/* How often a name occurs, and its first value (absent when it does not). An empty value is a value here. */
size_t http_params_count(const struct http_params *params, struct str name);
struct str http_params_get(const struct http_params *params, struct str name);
/* The value of a name that occurs once; empty when it does not, or more often. */
struct str http_params_once(const struct http_params *params, struct str name);

/* Picks the best of `supported` for an Accept-Language value (RFC 9110 §12.5.4); `fallback` when none is acceptable. */
size_t http_accept_language(struct str value, const struct str *supported, size_t count, size_t fallback);

#endif
