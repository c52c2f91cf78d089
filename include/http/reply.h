/*
 * reply: what an endpoint answers. The security headers every answer carries (nosniff, Referrer-Policy, no framing) are
 * put by http; caching is the endpoint's to say, and is "no-store" unless it does.
 */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "base/buf.h"

struct http_reply {
    struct arena *arena;
    int status; /* 200 unless said */
    struct buf body;
    struct str content_type;  /* absent without a body */
    struct str cache_control; /* STR("no-store") unless said */
    struct buf fields;        /* further header lines, through http_reply_field only */
    bool close;               /* end the connection after this answer */
    unsigned mark;            /* the handler's own, for `done`; 0 unless set */
};

/* A name and value with a control character in either is dropped and makes the reply a 500: it must be prevented
 * earlier. */
void http_reply_field(struct http_reply *reply, struct str name, struct str value);

struct http_cookie_options {
    struct str name, value;
    int64_t max_age;     /* seconds; 0 deletes the cookie; -1 for the browser's session */
    bool same_site_none; /* Lax otherwise */
};
/* Always Secure, HttpOnly, Path=/ and without Domain, as the __Host- prefix demands (RFC 6265bis). */
void http_reply_cookie(struct http_reply *reply, const struct http_cookie_options *cookie);

/* 303 See Other, so that a POST is never repeated at the target. */
void http_reply_redirect(struct http_reply *reply, struct str location);

#endif
