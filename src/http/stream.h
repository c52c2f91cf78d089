/*
 * stream: the bytes of one connection, plain or TLS, in and out.
 *
 * What has arrived stays in the input until it is consumed. A stream with nothing in its input holds no buffer, so that
 * ten thousand silent connections cost little. Output goes to the kernel at once; only what the kernel does not take is
 * kept and sent later. Reading is level-triggered and stays armed while a request runs, which spares two system calls a
 * request (docs/decisions/http-engine.md).
 */
#ifndef HTTP_STREAM_H
#define HTTP_STREAM_H

#include "base/str.h"

#include <event2/event.h>
#include <event2/event_struct.h>

struct ssl_st;

/* Shared by the streams of one server, which belong to one thread. */
struct stream_pool {
    char *spare; /* one input buffer of the first size, or NULL */
};
void stream_pool_done(struct stream_pool *pool);

struct stream_events {
    void (*readable)(void *ctx); /* the input grew, or `ended` was set */
    void (*sent)(void *ctx);     /* the last of a delayed output is with the kernel, or `broken` was set */
};

struct stream {
    int fd;
    struct ssl_st *ssl; /* NULL: plain */
    struct event on_readable, on_writable;
    const struct stream_events *events;
    void *ctx;
    struct stream_pool *pool;
    char *buffer; /* of the input; NULL when there is none */
    size_t start, len, size, most;
    char *output; /* what the kernel has not taken; NULL when it has all */
    size_t output_start, output_len;
    bool paused; /* nobody wants input now */
    bool armed;  /* the loop tells of input */
    bool ended;  /* the peer sends no more */
    bool broken; /* nothing can be sent any more */
};

/* Takes over the socket, which does not block, and ssl. At most `most` bytes wait in the input: then reading stops. */
void stream_open(struct stream *stream, struct event_base *base, int fd, struct ssl_st *ssl, size_t most);
void stream_close(struct stream *stream);

struct str stream_input(const struct stream *stream);
void stream_consume(struct stream *stream, size_t len);

/* While paused, `readable` is not called. Resuming calls it from the loop when input is waiting. */
void stream_pause(struct stream *stream);
void stream_resume(struct stream *stream);

/* Both parts, in one system call where the kernel takes them. Afterwards look at stream_is_sent and `broken`. */
void stream_send(struct stream *stream, struct str head, struct str body);
static inline bool stream_is_sent(const struct stream *stream) {
    return stream->output == NULL;
}

#endif
