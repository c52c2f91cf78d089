/*
 * answer: a reply as the bytes of an HTTP/1.1 response.
 */
#ifndef HTTP_ANSWER_H
#define HTTP_ANSWER_H

#include "http/reply.h"
#include "http/request.h"

void reply_init(struct http_reply *reply, struct arena *arena);
/* An answer in one line of plain text: what http itself says when there is no handler to ask. */
void reply_plain(struct http_reply *reply, struct arena *arena, int status);

/* The status line and all fields, with the empty line behind them, from the reply's arena. `request` is NULL when it
 * could not be read. */
struct str answer_head(const struct http_reply *reply, const struct http_request *request, bool close_after);
/* What follows the head; empty for HEAD, 204 and 304. */
struct str answer_body(const struct http_reply *reply, const struct http_request *request);

#endif
