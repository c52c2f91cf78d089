/*
 * uri: absolute URIs of client systems, read as strictly as they are compared: no normalisation, no second spelling
 * (RFC 3986 §3, RFC 9700 §4.1.3).
 */
#ifndef MODEL_URI_H
#define MODEL_URI_H

#include "base/str.h"

struct uri {
    struct str scheme; /* lower case */
    struct str host;   /* lower case, an IPv6 literal with its brackets; absent for a private-use scheme */
    struct str port;   /* digits; absent when it is not written */
    struct str path;   /* with its leading slash; may be empty */
    struct str query;  /* without '?'; absent without */
};

#define URI_MOST 2048

/*
 * NULL when it is fine, else what is wrong, for a sentence that starts with the URI. Printable ASCII only; no fragment,
 * user info, backslash, wildcard, dot segment, empty segment, bad percent escape or upper case in scheme and host.
 */
const char *uri_read(struct str text, struct uri *ret_uri);

/* 127.0.0.1 or [::1]: RFC 8252 §7.3 wants the literal, not a name. */
bool uri_is_loopback_literal(const struct uri *uri);
/* The literals and localhost. */
bool uri_is_loopback(const struct uri *uri);

#endif
