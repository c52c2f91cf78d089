/*
 * connection: one client connection: a request goes out, its answer comes in, and again.
 *
 * The socket is known to an edge-triggered epoll for reading and writing from its begin to its end, so that a request
 * costs one write, one read and its share of a wait. Its buffers are taken once; pages nobody writes to cost nothing.
 */
#ifndef LOAD_CONNECTION_H
#define LOAD_CONNECTION_H

#include "answer.h"

#include <sys/socket.h>

#define REQUEST_MOST (64 * 1024)

struct endpoint {
    struct sockaddr_storage address;
    socklen_t address_len;
    int poll; /* the epoll descriptor; the data of its events is the `owner` of the connection */
};

struct connection {
    const struct endpoint *endpoint;
    void *owner;
    int fd; /* -1: not connected */
    bool connecting, awaiting;
    bool ended;         /* the server has closed, but what it sent before may still be unread */
    bool opened_before; /* the next opening is a reconnect */
    char *outgoing;     /* REQUEST_MOST bytes to render requests into */
    struct str unsent;
    struct answer answer; /* to the last request; valid until the next one is sent */
    char problem[160];
};

enum connection_news {
    CONNECTION_QUIET,
    CONNECTION_OPENED,
    CONNECTION_ANSWERED,
    CONNECTION_IDLE_END, /* nothing was asked, and the server closed or spoke */
    CONNECTION_FAILED,   /* `problem` says why */
};

void connection_init(struct connection *connection, struct arena *arena, const struct endpoint *endpoint, void *owner);
/* Begins to connect; news follows. False with `problem`. */
bool connection_open(struct connection *connection);
/* The text must stay until the answer has come: it is the plan's, or in `outgoing`. False with `problem`. */
bool connection_send(struct connection *connection, struct str request, bool head_only);
enum connection_news connection_event(struct connection *connection, uint32_t events);
/* After an answer: can the next request go over it? */
bool connection_is_reusable(const struct connection *connection);
void connection_close(struct connection *connection);
/* Hands out the socket, open and silent, and is as new. */
int connection_release(struct connection *connection);

#endif
