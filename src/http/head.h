/*
 * head: the request line and header fields of HTTP/1.1 (RFC 9112), read as strictly as the RFC allows: one request, one
 * meaning.
 *
 * Pure: bytes in, struct out, nothing waits. What two readers could take differently (folded lines, bare LF, two
 * lengths, a length together with a transfer coding) is refused, never repaired.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include "http/request.h"
#include "http/server.h"

struct http_head {
    enum http_method method;
    struct str target, path, query_text; /* path decoded once; query raw, absent without '?' */
    const struct http_field *fields;     /* names in lower case */
    size_t field_count;
    size_t content_length; /* 0 without */
    bool keep_alive;
    bool expect_continue;
};

/* `bytes` ends with the empty line. 0 when it is fine, else the status to answer before closing. */
int http_head_read(struct arena *arena, struct str bytes, const struct http_limits *limits, struct http_head *ret_head);

#endif
