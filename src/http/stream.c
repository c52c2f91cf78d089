/*
 * Moving bytes between a socket, or TLS on it, and memory.
 */
#include "stream.h"

#include "base/check.h"
#include "tls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define BUFFER_FIRST (16 * 1024)

/* --- input --- */

void stream_pool_done(struct stream_pool *pool) {
    free(pool->spare);
    pool->spare = NULL;
}

static void buffer_take(struct stream *stream) {
    struct stream_pool *pool = stream->pool;
    stream->buffer = pool->spare ? pool->spare : check_malloc(BUFFER_FIRST);
    pool->spare = NULL;
    stream->size = BUFFER_FIRST;
    stream->start = stream->len = 0;
}

static void buffer_give_back(struct stream *stream) {
    struct stream_pool *pool = stream->pool;
    if (stream->size == BUFFER_FIRST && !pool->spare) {
        pool->spare = stream->buffer;
    } else {
        free(stream->buffer);
    }
    stream->buffer = NULL;
    stream->start = stream->len = stream->size = 0;
}

/* Room at the end of the input; 0 when it holds all it may. */
static size_t buffer_room(struct stream *stream) {
    if (!stream->buffer) {
        buffer_take(stream);
    }
    if (stream->start > 0 && stream->start + stream->len == stream->size) {
        memmove(stream->buffer, stream->buffer + stream->start, stream->len);
        stream->start = 0;
    }
    if (stream->len == stream->size && stream->size < stream->most) {
        stream->size = stream->size * 2 < stream->most ? stream->size * 2 : stream->most;
        stream->buffer = check_realloc(stream->buffer, stream->size);
    }
    return stream->size - stream->start - stream->len;
}

static void disarm(struct stream *stream) {
    if (stream->armed) {
        event_del(&stream->on_readable);
        stream->armed = false;
    }
}

static void arm(struct stream *stream) {
    if (!stream->armed) {
        CHECK(event_add(&stream->on_readable, NULL) == 0);
        stream->armed = true;
    }
}

struct str stream_input(const struct stream *stream) {
    return str_of(stream->buffer ? stream->buffer + stream->start : "", stream->len);
}

void stream_consume(struct stream *stream, size_t len) {
    CHECK(len <= stream->len);
    stream->start += len;
    stream->len -= len;
    if (stream->buffer && stream->len == 0) {
        buffer_give_back(stream);
    }
    if (!stream->paused && !stream->ended) {
        arm(stream); /* it may have been full */
    }
}

/* One read. Sets `ended`; returns whether another read may bring more at once. */
static bool read_some(struct stream *stream, char *to, size_t room) {
    ssize_t got = stream->ssl ? tls_read(stream->ssl, to, room) : recv(stream->fd, to, room, 0);
    if (got > 0) {
        stream->len += (size_t)got;
        return stream->ssl || (size_t)got == room;
    }
    bool later = got < 0 && (errno == EAGAIN || errno == EINTR);
    stream->ended = !later;
    return false;
}

static void fill(struct stream *stream) {
    size_t room;
    while ((room = buffer_room(stream)) > 0) {
        if (!read_some(stream, stream->buffer + stream->start + stream->len, room)) {
            break;
        }
    }
    if (room == 0 || stream->ended) {
        disarm(stream); /* it would be told of the same thing again and again */
    }
    if (stream->len == 0) {
        buffer_give_back(stream);
    }
}

static void on_readable(evutil_socket_t fd, short what, void *arg) {
    struct stream *stream = arg;
    if (stream->paused) {
        disarm(stream);
        return;
    }
    if (!stream->ended) {
        fill(stream);
    }
    stream->events->readable(stream->ctx);
}

void stream_pause(struct stream *stream) {
    stream->paused = true;
}

void stream_resume(struct stream *stream) {
    stream->paused = false;
    if (!stream->ended) {
        arm(stream);
    }
    if (stream->len > 0 || stream->ended || (stream->ssl && tls_has_input(stream->ssl))) {
        event_active(&stream->on_readable, EV_READ, 0);
    }
}

/* --- output --- */

static void break_off(struct stream *stream) {
    stream->broken = stream->ended = true;
    disarm(stream);
}

/* What was taken of the two parts; less than all when the kernel has no room. */
static size_t write_some(struct stream *stream, struct str head, struct str body) {
    struct iovec parts[2] = {{.iov_base = (void *)(uintptr_t)head.ptr, .iov_len = head.len},
                             {.iov_base = (void *)(uintptr_t)body.ptr, .iov_len = body.len}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = body.len > 0 ? 2 : 1};
    ssize_t put =
        stream->ssl ? tls_write(stream->ssl, head.ptr, head.len) : sendmsg(stream->fd, &message, MSG_NOSIGNAL);
    if (put < 0 && errno != EAGAIN && errno != EINTR) {
        break_off(stream);
    }
    return put > 0 ? (size_t)put : 0;
}

static void keep(struct stream *stream, struct str text) {
    if (text.len > 0) {
        stream->output = check_realloc(stream->output, stream->output_start + stream->output_len + text.len);
        memcpy(stream->output + stream->output_start + stream->output_len, text.ptr, text.len);
        stream->output_len += text.len;
    }
}

static void send_kept(struct stream *stream) {
    while (stream->output_len > 0 && !stream->broken) {
        struct str left = str_of(stream->output + stream->output_start, stream->output_len);
        size_t put = write_some(stream, left, STR(""));
        if (put == 0) {
            break;
        }
        stream->output_start += put;
        stream->output_len -= put;
    }
    if (stream->output_len > 0 && !stream->broken) {
        CHECK(event_add(&stream->on_writable, NULL) == 0);
        return;
    }
    free(stream->output);
    stream->output = NULL;
    stream->output_start = stream->output_len = 0;
}

void stream_send(struct stream *stream, struct str head, struct str body) {
    if (stream->broken) {
        return;
    }
    bool waiting = stream->output != NULL;
    size_t put = 0;
    if (!waiting && !stream->ssl) {
        put = write_some(stream, head, body);
    }
    if (put == head.len + body.len || stream->broken) {
        return;
    }
    size_t of_head = put < head.len ? put : head.len, of_body = put - of_head;
    keep(stream, str_sub(head, of_head, head.len - of_head));
    keep(stream, str_sub(body, of_body, body.len - of_body));
    if (!waiting) {
        send_kept(stream); /* TLS makes its records of one piece */
    }
}

static void on_writable(evutil_socket_t fd, short what, void *arg) {
    struct stream *stream = arg;
    send_kept(stream);
    if (!stream->output) {
        stream->events->sent(stream->ctx);
    }
}

/* --- begin and end --- */

void stream_open(struct stream *stream, struct event_base *base, int fd, struct ssl_st *ssl, size_t most) {
    stream->fd = fd;
    stream->ssl = ssl;
    stream->most = most < BUFFER_FIRST ? BUFFER_FIRST : most;
    CHECK(event_assign(&stream->on_readable, base, fd, EV_READ | EV_PERSIST, on_readable, stream) == 0);
    CHECK(event_assign(&stream->on_writable, base, fd, EV_WRITE, on_writable, stream) == 0);
    arm(stream);
}

void stream_close(struct stream *stream) {
    event_del(&stream->on_readable);
    event_del(&stream->on_writable);
    if (stream->ssl) {
        tls_end(stream->ssl);
    }
    close(stream->fd);
    if (stream->buffer) {
        buffer_give_back(stream);
    }
    free(stream->output);
}
