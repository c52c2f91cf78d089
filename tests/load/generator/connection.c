/*
 * The socket. With edges, what has been announced once must be used up: a read that does not fill its room has emptied
 * the socket, unless the end of the connection was announced too.
 */
#include "connection.h"

#include "base/arena.h"
#include "base/check.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#define END_EVENTS (EPOLLRDHUP | EPOLLHUP | EPOLLERR)

void connection_init(struct connection *connection, struct arena *arena, const struct endpoint *endpoint, void *owner) {
    *connection = (struct connection){.endpoint = endpoint, .owner = owner, .fd = -1};
    char *bytes = check_malloc(ANSWER_BYTES + REQUEST_MOST); /* an arena would write to all of it */
    arena_defer(arena, free, bytes);
    connection->answer.bytes = bytes;
    connection->outgoing = bytes + ANSWER_BYTES;
}

static void set_problem(struct connection *connection, const char *what, int error) {
    snprintf(connection->problem, sizeof(connection->problem), "%s: %s", what, strerror(error));
}

bool connection_open(struct connection *connection) {
    const struct endpoint *endpoint = connection->endpoint;
    int fd = socket(endpoint->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data.ptr = connection->owner};
    if (fd < 0) {
        set_problem(connection, "no socket", errno);
        return false;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    int result = connect(fd, (const struct sockaddr *)&endpoint->address, endpoint->address_len);
    if ((result != 0 && errno != EINPROGRESS) || epoll_ctl(endpoint->poll, EPOLL_CTL_ADD, fd, &event) != 0) {
        set_problem(connection, "cannot connect", errno);
        close(fd);
        return false;
    }
    connection->fd = fd;
    connection->connecting = true;
    connection->awaiting = false;
    connection->ended = false;
    connection->opened_before = true;
    connection->unsent = STR_NONE;
    answer_reset(&connection->answer, false);
    return true;
}

/* What does not go out now goes when the socket announces room. */
static bool flush(struct connection *connection) {
    while (connection->unsent.len > 0) {
        ssize_t sent = send(connection->fd, connection->unsent.ptr, connection->unsent.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EAGAIN) {
            return true;
        }
        if (sent < 0 && errno != EINTR) {
            set_problem(connection, "the connection broke while the request was sent", errno);
            return false;
        }
        size_t done = sent > 0 ? (size_t)sent : 0;
        connection->unsent = str_sub(connection->unsent, done, connection->unsent.len - done);
    }
    return true;
}

bool connection_send(struct connection *connection, struct str request, bool head_only) {
    answer_reset(&connection->answer, head_only);
    connection->unsent = request;
    connection->awaiting = true;
    return flush(connection);
}

static enum connection_news news_of(struct connection *connection, enum answer_state state) {
    switch (state) {
    case ANSWER_INCOMPLETE:
        return CONNECTION_QUIET;
    case ANSWER_COMPLETE:
        connection->awaiting = false;
        return CONNECTION_ANSWERED;
    case ANSWER_BROKEN:
        break;
    }
    snprintf(connection->problem, sizeof(connection->problem), "%s", connection->answer.problem);
    return CONNECTION_FAILED;
}

static enum connection_news receive(struct connection *connection) {
    struct answer *answer = &connection->answer;
    for (;;) {
        size_t room = ANSWER_BYTES - answer->filled;
        ssize_t got = recv(connection->fd, answer->bytes + answer->filled, room, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && errno == EAGAIN) {
            return CONNECTION_QUIET;
        }
        if (got < 0) {
            set_problem(connection, "the connection broke before the answer was complete", errno);
            return CONNECTION_FAILED;
        }
        if (got == 0) {
            connection->ended = true;
            return news_of(connection, answer_closed(answer));
        }
        answer->filled += (size_t)got;
        enum answer_state state = answer_advance(answer);
        if (state != ANSWER_INCOMPLETE || ((size_t)got < room && !connection->ended)) {
            return news_of(connection, state);
        }
    }
}

static enum connection_news connected(struct connection *connection) {
    int error = 0;
    getsockopt(connection->fd, SOL_SOCKET, SO_ERROR, &error, &(socklen_t){sizeof(error)});
    if (error != 0) {
        set_problem(connection, "cannot connect", error);
        return CONNECTION_FAILED;
    }
    connection->connecting = false;
    return CONNECTION_OPENED;
}

enum connection_news connection_event(struct connection *connection, uint32_t events) {
    if (connection->connecting) {
        return events & (EPOLLOUT | END_EVENTS) ? connected(connection) : CONNECTION_QUIET;
    }
    if (events & END_EVENTS) {
        connection->ended = true;
    }
    if (!connection->awaiting) {
        return events & (EPOLLIN | END_EVENTS) ? CONNECTION_IDLE_END : CONNECTION_QUIET;
    }
    if (connection->unsent.len > 0 && events & EPOLLOUT && !flush(connection)) {
        return CONNECTION_FAILED;
    }
    return events & (EPOLLIN | END_EVENTS) ? receive(connection) : CONNECTION_QUIET;
}

bool connection_is_reusable(const struct connection *connection) {
    return connection->fd >= 0 && !connection->ended && connection->answer.keep_alive && connection->unsent.len == 0;
}

/* The kernel takes a closed socket out of the epoll. */
void connection_close(struct connection *connection) {
    if (connection->fd >= 0) {
        close(connection->fd);
    }
    connection->fd = -1;
    connection->connecting = false;
    connection->awaiting = false;
    connection->unsent = STR_NONE;
}

int connection_release(struct connection *connection) {
    int fd = connection->fd;
    epoll_ctl(connection->endpoint->poll, EPOLL_CTL_DEL, fd, NULL);
    connection->fd = -1;
    connection->opened_before = false;
    return fd;
}
