/*
 * server: listens, reads requests, runs the handler of each on a fiber, writes replies. The only home of bufferevent.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "base/fault.h"
#include "http/reply.h"
#include "http/request.h"

struct loop;
struct http_server;

struct http_limits {
    size_t request_line; /* bytes; longer is 414 */
    size_t header_bytes; /* of all fields; longer is 431 */
    size_t header_count;
    size_t body_bytes;  /* longer is 413 */
    size_t parameters;  /* pairs in a query or a form */
    size_t connections; /* per listener (worker) */
    size_t connections_per_address;
    int64_t header_ms;  /* from the first byte of a request to the end of its header */
    int64_t body_ms;    /* from there to the end of its body */
    int64_t idle_ms;    /* between requests */
    int64_t write_ms;   /* for what the kernel did not take of an answer at once */
    int64_t request_ms; /* the handler's deadline */
};

struct http_tls {
    struct str certificate_file, key_file; /* PEM; absent for plain HTTP */
};

struct http_server_options {
    struct str address; /* "127.0.0.1", "::", … */
    uint16_t port;      /* 0 picks one: see http_server_port */
    bool reuse_port;    /* several servers (one per worker) share the port */
    struct http_limits limits;
    struct http_tls tls;
    const struct str *trusted_proxies; /* addresses or CIDR networks whose forwarded headers count */
    size_t trusted_proxy_count;
    bool make_traces; /* for requests that come without a traceparent */
    /* Runs on a fiber with the deadline set. Waits. */
    void (*handle)(void *ctx, const struct http_request *request, struct http_reply *reply);
    /* After each answer, on the fiber: for the access log and metrics. May be NULL. Microseconds. */
    void (*done)(void *ctx, const struct http_request *request, const struct http_reply *reply, int64_t took_us);
    void *ctx;
};

struct http_limits http_limits_default(void);

/* With reuse_port a second program could share the port unnoticed: call this once before, to hear about it. */
bool http_port_is_free(struct str address, uint16_t port, struct fault *fault);

/* Binds and listens; false with one clear sentence (address in use, bad certificate, …). Copies the options. */
bool http_server_new(struct loop *loop, const struct http_server_options *options, struct http_server **ret_server,
                     struct fault *fault);
/* Since http_server_new; for the loop's own thread. */
struct http_server_stats {
    size_t connections; /* open */
    uint64_t accepted;
    uint64_t refused; /* answered 4xx before there was a request */
};
struct http_server_stats http_server_stats(const struct http_server *server);
uint16_t http_server_port(const struct http_server *server);
/*
 * No new connections and no further requests on those open; running requests finish and are answered. drained(ctx) runs
 * on the loop when the last one has, or after `patience_ms`.
 */
void http_server_stop(struct http_server *server, int64_t patience_ms, void (*drained)(void *ctx), void *ctx);
/* When no fiber of the loop runs any more (loop_end_fibers). */
void http_server_free(struct http_server *server);

#endif
