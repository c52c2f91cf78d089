/*
 * tls: the server's side of TLS 1.2 and 1.3. The only home of libssl.
 */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "base/fault.h"
#include "http/server.h"

struct ssl_ctx_st;
struct ssl_st;

bool tls_new(const struct http_tls *options, struct ssl_ctx_st **ret_tls, struct fault *fault);
void tls_free(struct ssl_ctx_st *tls);
/* One connection's state; NULL when memory is out. */
struct ssl_st *tls_accept(struct ssl_ctx_st *tls);

#endif
