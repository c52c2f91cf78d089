/*
 * tls: the server's side of TLS 1.2 and 1.3. The only home of libssl.
 */
#ifndef HTTP_TLS_H
#define HTTP_TLS_H

#include "base/fault.h"
#include "http/server.h"

#include <sys/types.h>

struct ssl_ctx_st;
struct ssl_st;

bool tls_new(const struct http_tls *options, struct ssl_ctx_st **ret_tls, struct fault *fault);
void tls_free(struct ssl_ctx_st *tls);
/* One connection's state; NULL when memory is out. */
struct ssl_st *tls_accept(struct ssl_ctx_st *tls, int fd);
/* As recv and send on a socket that does not block: bytes, 0 at the end, -1 with EAGAIN or EIO. */
ssize_t tls_read(struct ssl_st *ssl, char *to, size_t room);
ssize_t tls_write(struct ssl_st *ssl, const char *from, size_t len);
bool tls_has_input(const struct ssl_st *ssl); /* already taken from the socket */
void tls_end(struct ssl_st *ssl);             /* before the socket is closed */

#endif
