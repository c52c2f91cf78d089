/*
 * The life of a connection:
 *
 *   idle → head → body → running (the handler's fiber) → writing → idle …, or closed
 *
 * A request that arrives in one piece and an answer that the kernel takes whole, the usual case, go from idle to
 * running and back. Each state but running has its own time limit. While a handler runs nothing is read, so pipelined
 * requests wait in the socket. After a refused request the connection is closed, since nobody can say where the next
 * one would begin.
 */
#include "connection.h"

#include "answer.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "head.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "stream.h"

#include <stdlib.h>
#include <sys/socket.h>

#define LINGER_MS   2000
#define LINGER_MOST (256 * 1024)
#define UNSENT_MOST 16

enum state { STATE_IDLE, STATE_HEAD, STATE_BODY, STATE_RUNNING, STATE_WRITING, STATE_LINGERING };

struct connection {
    struct http_server *server;
    struct connection *next, **link;
    struct stream stream;
    struct event timer;
    int64_t deadline; /* of the state, clock_monotonic_ms; INT64_MAX for none */
    int64_t timer_at; /* when the timer fires; INT64_MAX when it does not */
    enum state state;
    struct arena *arena; /* of the request at hand; NULL when idle */
    struct http_head *head;
    struct str answer_head, answer_body; /* until they are sent; in the arena */
    struct connection *unsent_next;
    size_t lingered;
    bool close_after;
    char peer[ADDRESS_SIZE];
};

static void connection_close(struct connection *connection) {
    struct http_server *server = connection->server;
    CHECK(connection->state != STATE_RUNNING);
    *connection->link = connection->next;
    if (connection->next) {
        connection->next->link = connection->link;
    }
    server_address_leave(server, str_from(connection->peer));
    event_del(&connection->timer);
    stream_close(&connection->stream);
    arena_free(connection->arena);
    free(connection);
    server_connection_closed(server);
}

/* --- time limits --- */

static void set_timer(struct connection *connection, int64_t now, int64_t at) {
    int64_t ms = at > now ? at - now : 0;
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    CHECK(event_add(&connection->timer, &wait) == 0);
    connection->timer_at = at;
}

/* A deadline further away than the timer needs no new timer: when that one fires it is set again. So a busy connection,
 * whose limit moves with each request, costs the loop no timer at all. */
static void enter(struct connection *connection, enum state state, int64_t ms) {
    connection->state = state;
    connection->deadline = INT64_MAX;
    if (ms == 0) {
        return;
    }
    int64_t now = clock_monotonic_ms();
    connection->deadline = now + ms;
    if (connection->deadline < connection->timer_at) {
        set_timer(connection, now, connection->deadline);
    }
}

/* --- answering --- */

static void begin_lingering(struct connection *connection);

static void next_request(struct connection *connection) {
    arena_free(connection->arena);
    connection->arena = NULL;
    if (connection->stream.broken) {
        connection_close(connection);
    } else if (connection->close_after) {
        begin_lingering(connection);
    } else {
        enter(connection, STATE_IDLE, connection->server->options.limits.idle_ms);
        stream_resume(&connection->stream);
    }
}

/* Takes what the reply and its arena hold; the arena may go afterwards. */
static void send_now(struct connection *connection, struct str head, struct str body) {
    stream_send(&connection->stream, head, body);
    connection->state = STATE_WRITING;
    if (stream_is_sent(&connection->stream)) {
        next_request(connection);
    } else {
        enter(connection, STATE_WRITING, connection->server->options.limits.write_ms);
    }
}

static void send_unsent(struct http_server *server) {
    struct connection *connection = server->unsent;
    server->unsent = NULL;
    server->unsent_count = 0;
    while (connection) {
        struct connection *next = connection->unsent_next;
        send_now(connection, connection->answer_head, connection->answer_body);
        connection = next;
    }
}

static void on_send_turn(evutil_socket_t fd, short what, void *arg) {
    send_unsent(arg);
}

/*
 * Answers of one turn of the loop are sent together, since each send may wake a client, and that costs more than the
 * sending. Never more than UNSENT_MOST wait, so that none waits long (docs/performance.md).
 */
static void send_soon(struct connection *connection, struct str head, struct str body) {
    struct http_server *server = connection->server;
    connection->state = STATE_WRITING;
    connection->answer_head = head;
    connection->answer_body = body;
    connection->unsent_next = server->unsent;
    server->unsent = connection;
    if (++server->unsent_count == 1) {
        event_active(server->send_turn, EV_TIMEOUT, 0);
    } else if (server->unsent_count == UNSENT_MOST) {
        send_unsent(server); /* may free the connection */
    }
}

/* An answer before there is a request. It says what was wrong with the bytes, and ends the connection. */
static void refuse(struct connection *connection, int status) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct http_reply reply;
    reply_plain(&reply, arena, status);
    connection->close_after = true;
    log_info("http.refused", log_int("status", status));
    connection->server->refused++;
    stream_pause(&connection->stream);
    send_now(connection, answer_head(&reply, NULL, true), answer_body(&reply, NULL));
}

/* After a refusal the rest of what the client sends is read and dropped for a moment: closing at once could destroy our
 * answer on its way. */
static void begin_lingering(struct connection *connection) {
    struct stream *stream = &connection->stream;
    if (stream->ssl || stream->ended || shutdown(stream->fd, SHUT_WR) != 0) {
        connection_close(connection);
        return;
    }
    enter(connection, STATE_LINGERING, LINGER_MS);
    stream_resume(stream);
}

static void linger(struct connection *connection) {
    struct str input = stream_input(&connection->stream);
    connection->lingered += input.len;
    stream_consume(&connection->stream, input.len);
    if (connection->lingered > LINGER_MOST || connection->stream.ended) {
        connection_close(connection);
    }
}

/* --- running the handler --- */

/* Too long for one answer, or a field that could not be written: never half of it. */
static void replace_failed(struct http_reply *reply) {
    if (reply->body.failed || reply->fields.failed || reply->status == 500) {
        log_error("http.reply_failed");
        reply_plain(reply, reply->arena, 500);
    }
}

static bool request_of(struct connection *connection, struct http_request *request) {
    struct http_server *server = connection->server;
    const struct http_head *head = connection->head;
    struct arena *arena = connection->arena;
    size_t most = server->options.limits.parameters;
    struct str body = str_dup(arena, str_sub(stream_input(&connection->stream), 0, head->content_length));
    stream_consume(&connection->stream, body.len);
    *request = (struct http_request){
        .arena = arena,
        .method = head->method,
        .path = head->path,
        .target = head->target,
        .query_text = head->query_text,
        .query = http_params_parse(arena, head->query_text, most),
        .fields = head->fields,
        .field_count = head->field_count,
        .body = body,
        .client_address = str_from(connection->peer),
        .request_id = str_concat(arena, STR("rq_"), random_text(arena, 16)),
        .secure = server->tls != NULL,
        .parameters_most = most,
    };
    return http_forwarded(server->trusted, request, str_from(connection->peer), &request->client_address,
                          &request->secure);
}

/* W3C Trace Context §3.2: a traceparent that is malformed, or there twice, counts as none. */
static const struct trace *trace_of(const struct http_server_options *options, const struct http_request *request) {
    struct trace caller;
    bool traced = http_field_count(request, STR("traceparent")) == 1 &&
                  trace_read(http_field_value(request, STR("traceparent")), &caller);
    if (!traced && !options->make_traces) {
        return NULL;
    }
    struct trace *trace = arena_new_of(request->arena, struct trace);
    *trace = traced ? trace_child(&caller) : trace_new();
    return trace;
}

static void run_request(void *arg) {
    struct connection *connection = arg;
    const struct http_server_options *options = &connection->server->options;
    int64_t started = clock_monotonic_us();
    struct http_request request;
    struct http_reply reply;
    if (!request_of(connection, &request)) {
        refuse(connection, 400);
        return;
    }
    fiber_set_log_id(request.request_id);
    fiber_set_trace(trace_of(options, &request));
    fiber_set_deadline(started / 1000 + options->limits.request_ms);
    reply_init(&reply, connection->arena);
    options->handle(options->ctx, &request, &reply);
    replace_failed(&reply);
    connection->close_after =
        connection->close_after || reply.close || !connection->head->keep_alive || connection->server->stopping;
    if (options->done) {
        options->done(options->ctx, &request, &reply, clock_monotonic_us() - started);
    }
    fiber_set_log_id(STR_NONE);
    fiber_set_trace(NULL);
    send_soon(connection, answer_head(&reply, &request, connection->close_after), answer_body(&reply, &request));
}

/* --- reading a request --- */

/* RFC 9112 §2.2: one empty line before a request is forgiven. */
static void skip_empty_line(struct stream *stream) {
    if (str_starts(stream_input(stream), STR("\r\n"))) {
        stream_consume(stream, 2);
    }
}

static bool line_is_too_long(struct str input, size_t most) {
    return input.len > most + 2 && !memmem(input.ptr, most + 2, "\r\n", 2);
}

/* Behind the empty line that ends the head; 0 when it is not there yet. memmem would look at every byte. */
static size_t head_length(struct str input) {
    const char *at = input.ptr, *end = input.ptr + input.len;
    while ((at = memchr(at, '\n', (size_t)(end - at)))) {
        at++;
        if (end - at >= 2 && at[0] == '\r' && at[1] == '\n') {
            return (size_t)(at - input.ptr) + 2;
        }
    }
    return 0;
}

static void read_body(struct connection *connection) {
    if (stream_input(&connection->stream).len >= connection->head->content_length) {
        stream_pause(&connection->stream);
        enter(connection, STATE_RUNNING, 0);
        fiber_spawn(connection->server->loop, run_request, connection);
    } else if (connection->stream.ended) {
        connection_close(connection);
    } else if (connection->state != STATE_BODY) {
        enter(connection, STATE_BODY, connection->server->options.limits.body_ms);
    }
}

static void take_head(struct connection *connection, size_t len) {
    struct stream *stream = &connection->stream;
    connection->arena = arena_new();
    connection->head = arena_new_of(connection->arena, struct http_head);
    struct str bytes = str_dup(connection->arena, str_sub(stream_input(stream), 0, len));
    stream_consume(stream, len);
    int status = http_head_read(connection->arena, bytes, &connection->server->options.limits, connection->head);
    if (status) {
        refuse(connection, status);
        return;
    }
    if (connection->head->expect_continue && stream_input(stream).len < connection->head->content_length) {
        stream_send(stream, STR("HTTP/1.1 100 Continue\r\n\r\n"), STR(""));
    }
    read_body(connection);
}

/* Until the head is whole: is what is there already too long, or no head at all? */
static void await_head(struct connection *connection, struct str input) {
    const struct http_limits *limits = &connection->server->options.limits;
    if (input.len > limits->request_line + limits->header_bytes) {
        refuse(connection, 431);
    } else if (memmem(input.ptr, input.len, "\n\n", 2)) {
        refuse(connection, 400); /* would otherwise wait for an end that its sender thinks it has sent */
    } else if (connection->stream.ended) {
        connection_close(connection);
    } else if (connection->state == STATE_IDLE && input.len > 0) {
        enter(connection, STATE_HEAD, limits->header_ms);
    }
}

static void read_head(struct connection *connection) {
    if (connection->state == STATE_IDLE) {
        skip_empty_line(&connection->stream);
    }
    struct str input = stream_input(&connection->stream);
    size_t len = head_length(input);
    if (line_is_too_long(input, connection->server->options.limits.request_line)) {
        refuse(connection, 414);
    } else if (len > 0) {
        take_head(connection, len);
    } else {
        await_head(connection, input);
    }
}

/* --- events --- */

static void on_input(void *ctx) {
    struct connection *connection = ctx;
    switch (connection->state) {
    case STATE_IDLE:
    case STATE_HEAD:
        read_head(connection);
        break;
    case STATE_BODY:
        read_body(connection);
        break;
    case STATE_LINGERING:
        linger(connection);
        break;
    case STATE_RUNNING:
    case STATE_WRITING:
        break; /* the next request waits */
    }
}

static void on_sent(void *ctx) {
    struct connection *connection = ctx;
    if (connection->state == STATE_WRITING) {
        next_request(connection);
    } else if (connection->stream.broken && connection->state != STATE_RUNNING) {
        connection_close(connection); /* 100 Continue to nobody */
    }
}

static const struct stream_events events = {.readable = on_input, .sent = on_sent};

static void on_time(evutil_socket_t fd, short what, void *arg) {
    struct connection *connection = arg;
    int64_t now = clock_monotonic_ms();
    connection->timer_at = INT64_MAX;
    if (connection->deadline > now) {
        if (connection->deadline != INT64_MAX) {
            set_timer(connection, now, connection->deadline);
        }
    } else if (connection->state == STATE_HEAD || connection->state == STATE_BODY) {
        refuse(connection, 408);
    } else {
        connection_close(connection);
    }
}

void connection_open(struct http_server *server, int fd, struct ssl_st *ssl, struct str peer) {
    const struct http_limits *limits = &server->options.limits;
    struct connection *connection = check_calloc(1, sizeof(*connection));
    CHECK(peer.len < ADDRESS_SIZE);
    memcpy(connection->peer, peer.ptr, peer.len);
    connection->server = server;
    connection->timer_at = INT64_MAX;
    CHECK(event_assign(&connection->timer, server->base, -1, 0, on_time, connection) == 0);
    connection->next = server->connections;
    connection->link = &server->connections;
    if (connection->next) {
        connection->next->link = &connection->next;
    }
    server->connections = connection;
    connection->stream.events = &events;
    connection->stream.ctx = connection;
    connection->stream.pool = &server->streams;
    size_t most = limits->request_line + limits->header_bytes + limits->body_bytes + 4096;
    stream_open(&connection->stream, server->base, fd, ssl, most);
    enter(connection, STATE_IDLE, limits->header_ms); /* who connects says something soon */
}

void connections_init(struct http_server *server) {
    server->send_turn = event_new(server->base, -1, 0, on_send_turn, server);
    CHECK(server->send_turn);
}

void connections_done(struct http_server *server) {
    server->unsent = NULL;
    server->unsent_count = 0;
    while (server->connections) {
        connection_close(server->connections);
    }
    stream_pool_done(&server->streams);
    if (server->send_turn) {
        event_free(server->send_turn);
    }
}

void connections_stop(struct http_server *server) {
    for (struct connection *connection = server->connections, *next; connection; connection = next) {
        next = connection->next;
        if (connection->state == STATE_IDLE || connection->state == STATE_HEAD ||
            connection->state == STATE_LINGERING) {
            connection_close(connection);
        } else {
            connection->close_after = true;
        }
    }
}
