/*
 * The life of a connection:
 *
 *   idle → head → body → running (the handler's fiber) → writing → idle …, or closed
 *
 * Each state but running has its own time limit. While a handler runs nothing is read, so pipelined requests wait in
 * the socket. After a refused request the connection is closed, since nobody can say where the next one would begin.
 */
#include "connection.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "head.h"
#include "loop/fiber.h"
#include "loop/loop.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <stdlib.h>
#include <time.h>

#define ADDRESS_SIZE 64
#define BODY_FIRST   4096
#define BODY_MOST    (4 * 1024 * 1024)
#define HEAD_MOST    (72 * 1024)
#define LINGER_MS    2000
#define LINGER_MOST  (256 * 1024)

enum state { STATE_IDLE, STATE_HEAD, STATE_BODY, STATE_RUNNING, STATE_WRITING, STATE_LINGERING };

struct connection {
    struct http_server *server;
    struct connection *next, **link;
    struct bufferevent *bev;
    struct event *timer;
    enum state state;
    struct arena *arena; /* of the request at hand; NULL when idle */
    struct http_head head;
    size_t lingered;
    bool close_after;
    char peer[ADDRESS_SIZE];
};

static void advance(struct connection *connection);

void connection_close(struct connection *connection) {
    struct http_server *server = connection->server;
    CHECK(connection->state != STATE_RUNNING);
    *connection->link = connection->next;
    if (connection->next) {
        connection->next->link = connection->link;
    }
    server_address_leave(server, str_from(connection->peer));
    event_free(connection->timer);
    bufferevent_free(connection->bev);
    arena_free(connection->arena);
    free(connection);
    server_connection_closed(server);
}

static void enter(struct connection *connection, enum state state, int64_t ms) {
    struct timeval wait = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    connection->state = state;
    if (ms > 0) {
        event_add(connection->timer, &wait);
    } else {
        event_del(connection->timer);
    }
}

/* --- writing a reply --- */

static const char *reason_of(int status) {
    static const struct {
        int status;
        const char *reason;
    } reasons[] = {
        {200, "OK"},
        {204, "No Content"},
        {303, "See Other"},
        {304, "Not Modified"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {408, "Request Timeout"},
        {411, "Length Required"},
        {413, "Content Too Large"},
        {414, "URI Too Long"},
        {417, "Expectation Failed"},
        {429, "Too Many Requests"},
        {431, "Request Header Fields Too Large"},
        {500, "Internal Server Error"},
        {501, "Not Implemented"},
        {503, "Service Unavailable"},
        {505, "HTTP Version Not Supported"},
    };
    for (size_t i = 0; i < ARRAY_LEN(reasons); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Status";
}

/* RFC 9110 §5.6.7; made once a second. */
static struct str date_text(void) {
    static _Thread_local char text[32];
    static _Thread_local int64_t made_at;
    int64_t now = clock_wall();
    if (now != made_at) {
        struct tm utc;
        time_t seconds = (time_t)now;
        gmtime_r(&seconds, &utc);
        strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S GMT", &utc);
        made_at = now;
    }
    return str_from(text);
}

/* What every answer carries. "same-origin", so that the browser names the origin of our own forms and of nothing else.
 */
#define SECURITY_FIELDS                                                                                                \
    "X-Content-Type-Options: nosniff\r\nReferrer-Policy: same-origin\r\nX-Frame-Options: DENY\r\n"                     \
    "Cross-Origin-Opener-Policy: same-origin\r\n"
#define STRICT_TRANSPORT "Strict-Transport-Security: max-age=31536000\r\n"

static void put_line(struct buf *buf, const char *name, struct str value) {
    buf_put(buf, str_from(name));
    buf_put(buf, value);
    buf_puts(buf, "\r\n");
}

static bool has_body(int status) {
    return status != 204 && status != 304;
}

static void write_reply(struct connection *connection, const struct http_request *request,
                        const struct http_reply *reply) {
    struct buf head;
    buf_init(&head, reply->arena, 1024, HEAD_MOST);
    buf_printf(&head, "HTTP/1.1 %d %s\r\n", reply->status, reason_of(reply->status));
    put_line(&head, "Date: ", date_text());
    buf_puts(&head, SECURITY_FIELDS);
    if (request && request->secure) {
        buf_puts(&head, STRICT_TRANSPORT);
    }
    put_line(&head, "Cache-Control: ", reply->cache_control);
    if (!str_is_absent(reply->content_type)) {
        put_line(&head, "Content-Type: ", reply->content_type);
    }
    if (request) {
        put_line(&head, "X-Request-Id: ", request->request_id);
    }
    if (has_body(reply->status)) {
        buf_printf(&head, "Content-Length: %zu\r\n", reply->body.len);
    }
    if (connection->close_after) {
        buf_puts(&head, "Connection: close\r\n");
    }
    buf_put(&head, buf_str(&reply->fields));
    buf_puts(&head, "\r\n");
    CHECK(!head.failed);
    bool body_too = has_body(reply->status) && !(request && request->method == HTTP_HEAD);
    struct evbuffer *output = bufferevent_get_output(connection->bev);
    evbuffer_add(output, head.ptr, head.len);
    if (body_too && reply->body.len > 0) {
        evbuffer_add(output, reply->body.ptr, reply->body.len);
    }
}

static void reply_init(struct http_reply *reply, struct arena *arena) {
    *reply = (struct http_reply){.arena = arena, .status = 200, .cache_control = STR("no-store")};
    buf_init(&reply->body, arena, BODY_FIRST, BODY_MOST);
}

/* An answer before there is a request. It says what was wrong with the bytes, and ends the connection. */
static void refuse(struct connection *connection, int status) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct http_reply reply;
    reply_init(&reply, arena);
    reply.status = status;
    reply.content_type = STR("text/plain");
    buf_printf(&reply.body, "%d %s\n", status, reason_of(status));
    connection->close_after = true;
    write_reply(connection, NULL, &reply);
    log_info("http.refused", log_int("status", status));
    bufferevent_enable(connection->bev, EV_READ);
    enter(connection, STATE_WRITING, connection->server->options.limits.write_ms);
}

/* --- running the handler --- */

/* Too long for one answer, or a field that could not be written: never half of it. */
static void replace_failed(struct http_reply *reply) {
    if (!reply->body.failed && !reply->fields.failed && reply->status != 500) {
        return;
    }
    log_error("http.reply_failed");
    reply_init(reply, reply->arena);
    reply->status = 500;
    reply->content_type = STR("text/plain");
    buf_puts(&reply->body, "500 Internal Server Error\n");
}

static bool request_of(struct connection *connection, struct http_request *request) {
    struct http_server *server = connection->server;
    const struct http_head *head = &connection->head;
    struct arena *arena = connection->arena;
    size_t most = server->options.limits.parameters;
    struct evbuffer *input = bufferevent_get_input(connection->bev);
    char *body = arena_alloc(arena, head->content_length + 1);
    CHECK(evbuffer_remove(input, body, head->content_length) == (int)head->content_length);
    *request = (struct http_request){
        .arena = arena,
        .method = head->method,
        .path = head->path,
        .target = head->target,
        .query_text = head->query_text,
        .query = http_params_parse(arena, head->query_text, most),
        .fields = head->fields,
        .field_count = head->field_count,
        .body = str_of(body, head->content_length),
        .client_address = str_from(connection->peer),
        .request_id = str_format(arena, "rq_%.*s", STR_ARG(random_text(arena, 16))),
        .secure = server->tls != NULL,
        .parameters_most = most,
    };
    return http_forwarded(server->trusted, request, str_from(connection->peer), &request->client_address,
                          &request->secure);
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
    fiber_set_deadline(clock_monotonic_ms() + options->limits.request_ms);
    reply_init(&reply, connection->arena);
    options->handle(options->ctx, &request, &reply);
    replace_failed(&reply);
    connection->close_after = reply.close || !connection->head.keep_alive || connection->server->stopping;
    write_reply(connection, &request, &reply);
    if (options->done) {
        options->done(options->ctx, &request, &reply, clock_monotonic_us() - started);
    }
    fiber_set_log_id(STR_NONE);
    enter(connection, STATE_WRITING, options->limits.write_ms);
    bufferevent_enable(connection->bev, EV_READ);
}

/* --- reading a request --- */

/* RFC 9112 §2.2: one empty line before a request is forgiven. */
static void skip_empty_line(struct evbuffer *input) {
    char start[2];
    if (evbuffer_copyout(input, start, 2) == 2 && start[0] == '\r' && start[1] == '\n') {
        evbuffer_drain(input, 2);
    }
}

static bool line_is_too_long(struct evbuffer *input, size_t most) {
    struct evbuffer_ptr end = evbuffer_search(input, "\r\n", 2, NULL);
    return end.pos < 0 ? evbuffer_get_length(input) > most + 2 : (size_t)end.pos > most;
}

static void start_request(struct connection *connection) {
    bufferevent_disable(connection->bev, EV_READ);
    enter(connection, STATE_RUNNING, 0);
    fiber_spawn(connection->server->loop, run_request, connection);
}

static void read_body(struct connection *connection) {
    if (evbuffer_get_length(bufferevent_get_input(connection->bev)) >= connection->head.content_length) {
        start_request(connection);
    }
}

static void take_head(struct connection *connection, struct evbuffer *input, size_t len) {
    const struct http_limits *limits = &connection->server->options.limits;
    connection->arena = arena_new();
    char *bytes = arena_alloc(connection->arena, len);
    CHECK(evbuffer_remove(input, bytes, len) == (int)len);
    int status = http_head_read(connection->arena, str_of(bytes, len), limits, &connection->head);
    if (status) {
        refuse(connection, status);
        return;
    }
    if (connection->head.expect_continue && evbuffer_get_length(input) < connection->head.content_length) {
        evbuffer_add_printf(bufferevent_get_output(connection->bev), "HTTP/1.1 100 Continue\r\n\r\n");
    }
    enter(connection, STATE_BODY, limits->body_ms);
    read_body(connection);
}

static void read_head(struct connection *connection) {
    const struct http_limits *limits = &connection->server->options.limits;
    struct evbuffer *input = bufferevent_get_input(connection->bev);
    if (connection->state == STATE_IDLE) {
        skip_empty_line(input);
        if (evbuffer_get_length(input) == 0) {
            return;
        }
        enter(connection, STATE_HEAD, limits->header_ms);
    }
    struct evbuffer_ptr end = evbuffer_search(input, "\r\n\r\n", 4, NULL);
    if (line_is_too_long(input, limits->request_line)) {
        refuse(connection, 414);
    } else if (end.pos >= 0) {
        take_head(connection, input, (size_t)end.pos + 4);
    } else if (evbuffer_get_length(input) > limits->request_line + limits->header_bytes) {
        refuse(connection, 431);
    } else if (evbuffer_search(input, "\n\n", 2, NULL).pos >= 0) {
        refuse(connection, 400); /* would otherwise wait for an end that its sender thinks it has sent */
    }
}

/* After a refusal the rest of what the client sends is read and dropped for a moment: closing at once could destroy our
 * answer on its way. */
static void linger(struct connection *connection) {
    struct evbuffer *input = bufferevent_get_input(connection->bev);
    connection->lingered += evbuffer_get_length(input);
    evbuffer_drain(input, evbuffer_get_length(input));
    if (connection->lingered > LINGER_MOST) {
        connection_close(connection);
    }
}

static void advance(struct connection *connection) {
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
        break; /* the next request waits in the buffer */
    }
}

/* --- events --- */

static void on_readable(struct bufferevent *bev, void *arg) {
    advance(arg);
}

static void begin_lingering(struct connection *connection) {
    struct bufferevent *bev = connection->bev;
    bool tls = bufferevent_openssl_get_ssl(bev) != NULL;
    if (tls || shutdown(bufferevent_getfd(bev), SHUT_WR) != 0) {
        connection_close(connection);
        return;
    }
    enter(connection, STATE_LINGERING, LINGER_MS);
    linger(connection);
}

/* The output is empty: the answer is with the kernel. */
static void on_written(struct bufferevent *bev, void *arg) {
    struct connection *connection = arg;
    if (connection->state != STATE_WRITING) {
        return; /* 100 Continue */
    }
    arena_free(connection->arena);
    connection->arena = NULL;
    if (connection->close_after) {
        begin_lingering(connection);
        return;
    }
    enter(connection, STATE_IDLE, connection->server->options.limits.idle_ms);
    advance(connection);
}

static void on_event(struct bufferevent *bev, short what, void *arg) {
    struct connection *connection = arg;
    if (what & BEV_EVENT_CONNECTED || connection->state == STATE_RUNNING) {
        return; /* a handler finishes what it does; its answer then meets the error */
    }
    /* A half-closed client that sent a whole request still gets its answer. */
    if ((what & BEV_EVENT_EOF) && (what & BEV_EVENT_READING) && connection->state == STATE_WRITING) {
        connection->close_after = true;
        bufferevent_disable(bev, EV_READ);
        return;
    }
    connection_close(connection);
}

static void on_time(evutil_socket_t fd, short what, void *arg) {
    struct connection *connection = arg;
    if (connection->state == STATE_HEAD || connection->state == STATE_BODY) {
        refuse(connection, 408);
    } else {
        connection_close(connection);
    }
}

void connection_open(struct http_server *server, struct bufferevent *bev, struct str peer) {
    const struct http_limits *limits = &server->options.limits;
    struct connection *connection = check_calloc(1, sizeof(*connection));
    CHECK(peer.len < ADDRESS_SIZE);
    memcpy(connection->peer, peer.ptr, peer.len);
    connection->server = server;
    connection->bev = bev;
    connection->timer = event_new(server->base, -1, 0, on_time, connection);
    CHECK(connection->timer);
    connection->next = server->connections;
    connection->link = &server->connections;
    if (connection->next) {
        connection->next->link = &connection->next;
    }
    server->connections = connection;
    bufferevent_setcb(bev, on_readable, on_written, on_event, connection);
    bufferevent_setwatermark(bev, EV_READ, 0, limits->request_line + limits->header_bytes + limits->body_bytes + 4096);
    enter(connection, STATE_IDLE, limits->header_ms); /* who connects says something soon */
    bufferevent_enable(bev, EV_READ | EV_WRITE);
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
