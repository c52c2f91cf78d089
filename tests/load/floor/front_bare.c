/*
 * HTTP by hand, the least there can be: a request is whole when its empty line and its Content-Length are there, and
 * nothing in it is looked at.
 */
#include "floor.h"

#include <event2/event.h>
#include <event2/listener.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MOST 8192

struct connection {
    struct call call; /* first: front_answer gets it back */
    int fd;
    struct event *event;
    char request[REQUEST_MOST];
    size_t len;
};

static struct event_base *base;

void front_prepare(struct answer *answer) {
}

void front_answer(struct call *call, const struct answer *answer) {
    struct connection *connection = (struct connection *)call;
    connection->len = 0;
    if (send(connection->fd, answer->text, answer->len, MSG_NOSIGNAL) != (ssize_t)answer->len) {
        fail("an answer was not taken whole");
    }
}

/* The body, when the request is whole; NULL before. */
static const char *whole_body(const struct connection *connection) {
    const char *end = strstr(connection->request, "\r\n\r\n");
    const char *length = end ? strstr(connection->request, "\r\nContent-Length: ") : NULL;
    size_t body = length && length < end ? strtoul(length + strlen("\r\nContent-Length: "), NULL, 10) : 0;
    return end && connection->len >= (size_t)(end - connection->request) + 4 + body ? end + 4 : NULL;
}

static void on_readable(evutil_socket_t fd, short what, void *arg) {
    struct connection *connection = arg;
    ssize_t got = recv(fd, connection->request + connection->len, REQUEST_MOST - 1 - connection->len, 0);
    if (got <= 0) {
        event_free(connection->event);
        close(fd);
        free(connection);
        return;
    }
    connection->len += (size_t)got;
    connection->request[connection->len] = '\0';
    const char *body = whole_body(connection);
    if (body) {
        serve(&connection->call, connection->request[0] == 'P', body);
    }
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len,
                      void *arg) {
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct connection *connection = calloc(1, sizeof(*connection));
    connection->fd = fd;
    connection->event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, connection);
    event_add(connection->event, NULL);
}

void front_listen(struct event_base *on, unsigned short port) {
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    base = on;
    if (!evconnlistener_new_bind(base, on_accept, NULL, LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_FREE, 1024,
                                 (struct sockaddr *)&address, sizeof(address))) {
        fail("the port");
    }
}
