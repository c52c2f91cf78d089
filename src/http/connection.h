/*
 * connection: one client's connection: reads a request, runs the handler on a fiber, writes the reply, again and again.
 */
#ifndef HTTP_CONNECTION_H
#define HTTP_CONNECTION_H

#include "http/server.h"
#include "proxy.h"
#include "stream.h"

#define ADDRESS_SIZE 64 /* an address in text form, with its NUL */

struct connection;
struct event_base;

struct http_server {
    struct loop *loop;
    struct event_base *base;
    struct http_server_options options;
    struct arena *arena; /* the options' strings */
    struct http_networks *trusted;
    struct ssl_ctx_st *tls;
    struct evconnlistener *listener;
    struct loop_timer *pause; /* after the descriptors ran out */
    uint16_t port;
    struct stream_pool streams;
    struct connection *unsent; /* whose answers are written and not yet sent */
    size_t unsent_count;
    struct event *send_turn;        /* sends them when the loop has done what it was told of */
    struct connection *connections; /* all open ones, linked */
    size_t connection_count;
    uint64_t accepted, refused;
    struct address_count *addresses; /* uthash, by address text */
    bool stopping;
    struct loop_timer *patience;
    void (*drained)(void *ctx);
    void *drained_ctx;
};

/* Takes over the socket and, unless it is NULL, the TLS on it. */
void connection_open(struct http_server *server, int fd, struct ssl_st *ssl, struct str peer);
void connections_init(struct http_server *server);
/* Closes all, whatever they are at; their handlers have ended. */
void connections_done(struct http_server *server);
/* Closes those that are between requests; the others after the answer they are at. */
void connections_stop(struct http_server *server);
/* server.c: counts of addresses. False when this one has its share already. */
bool server_address_enter(struct http_server *server, struct str address);
void server_address_leave(struct http_server *server, struct str address);
void server_connection_closed(struct http_server *server);

#endif
