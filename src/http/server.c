/*
 * Listening, counting connections, and stopping.
 */
#include "http/server.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/log.h"
#include "connection.h"
#include "loop/loop.h"
#include "tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <unistd.h>
#include <uthash.h>

#define BACKLOG  1024
#define PAUSE_MS 100

struct address_count {
    char address[ADDRESS_SIZE];
    size_t count;
    UT_hash_handle hh;
};

struct http_limits http_limits_default(void) {
    return (struct http_limits){
        .request_line = 16384,
        .header_bytes = 32768,
        .header_count = 100,
        .body_bytes = 65536,
        .parameters = 100,
        .connections = 20000,
        .connections_per_address = 1000,
        .header_ms = 10000,
        .body_ms = 30000,
        .idle_ms = 60000,
        .write_ms = 30000,
        .request_ms = 15000,
    };
}

/* --- counting --- */

bool server_address_enter(struct http_server *server, struct str address) {
    struct address_count *entry;
    HASH_FIND(hh, server->addresses, address.ptr, address.len, entry);
    if (!entry) {
        entry = check_calloc(1, sizeof(*entry));
        memcpy(entry->address, address.ptr, address.len);
        HASH_ADD_KEYPTR(hh, server->addresses, entry->address, address.len, entry);
    }
    size_t most = server->options.limits.connections_per_address;
    if (most > 0 && entry->count >= most) {
        return false;
    }
    entry->count++;
    return true;
}

void server_address_leave(struct http_server *server, struct str address) {
    struct address_count *entry;
    HASH_FIND(hh, server->addresses, address.ptr, address.len, entry);
    if (entry && --entry->count == 0) {
        HASH_DEL(server->addresses, entry);
        free(entry);
    }
}

static void tell_drained(struct http_server *server) {
    void (*drained)(void *ctx) = server->drained;
    server->drained = NULL;
    if (drained) {
        drained(server->drained_ctx);
    }
}

void server_connection_closed(struct http_server *server) {
    server->connection_count--;
    if (server->listener && !server->stopping) {
        evconnlistener_enable(server->listener);
    }
    if (server->stopping && server->connection_count == 0) {
        tell_drained(server);
    }
}

/* --- accepting --- */

static struct str peer_text(const struct sockaddr *address, char text[ADDRESS_SIZE]) {
    const void *bytes = address->sa_family == AF_INET6
                            ? (const void *)&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr
                            : (const void *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
    if (!inet_ntop(address->sa_family, bytes, text, ADDRESS_SIZE)) {
        return STR("");
    }
    /* An IPv4 client on a socket for both families. */
    struct str peer = str_from(text);
    str_drop_prefix(&peer, STR("::ffff:"));
    return peer;
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *address, int len,
                      void *arg) {
    struct http_server *server = arg;
    char text[ADDRESS_SIZE];
    struct str peer = peer_text(address, text);
    if (!server_address_enter(server, peer)) {
        evutil_closesocket(fd);
        return;
    }
    int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct ssl_st *ssl = server->tls ? tls_accept(server->tls, fd) : NULL;
    if (server->tls && !ssl) {
        server_address_leave(server, peer);
        evutil_closesocket(fd);
        return;
    }
    server->connection_count++;
    server->accepted++;
    connection_open(server, fd, ssl, peer);
    if (server->connection_count >= server->options.limits.connections) {
        evconnlistener_disable(listener); /* until one closes; the kernel's queue holds the others */
    }
}

static void end_pause(void *arg) {
    struct http_server *server = arg;
    loop_timer_free(server->pause);
    server->pause = NULL;
    if (!server->stopping) {
        evconnlistener_enable(server->listener);
    }
}

/* Out of descriptors: going on at once would only spin. */
static void on_accept_error(struct evconnlistener *listener, void *arg) {
    struct http_server *server = arg;
    log_error("http.accept_failed", log_text("reason", strerror(errno)));
    if (!server->pause) {
        evconnlistener_disable(listener);
        server->pause = loop_timer_new(server->loop, PAUSE_MS, false, end_pause, server);
    }
}

/* --- opening --- */

static struct addrinfo *resolve(struct arena *arena, struct str address, uint16_t port, struct fault *fault) {
    struct addrinfo *found = NULL;
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    char service[8];
    snprintf(service, sizeof(service), "%u", port);
    int failed = getaddrinfo(str_c(arena, address), service, &hints, &found);
    if (failed) {
        fault_set(fault, "the address %.*s to listen on is not known: %s", STR_ARG(address), gai_strerror(failed));
        return NULL;
    }
    return found;
}

static bool listen_fault(struct fault *fault, struct str address, uint16_t port) {
    return fault_set(fault, "cannot listen on %.*s port %u: %s", STR_ARG(address), port, strerror(errno));
}

bool http_port_is_free(struct str address, uint16_t port, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct addrinfo *found = resolve(scratch, address, port, fault);
    if (!found) {
        return false;
    }
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_free = fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
                   bind(fd, found->ai_addr, found->ai_addrlen) == 0 && listen(fd, 1) == 0;
    if (!is_free) {
        listen_fault(fault, address, port);
    }
    if (fd >= 0) {
        close(fd);
    }
    freeaddrinfo(found);
    return is_free;
}

static uint16_t port_of(evutil_socket_t fd) {
    struct sockaddr_storage address;
    socklen_t len = sizeof(address);
    CHECK(getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    return ntohs(address.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)(void *)&address)->sin6_port
                                               : ((struct sockaddr_in *)(void *)&address)->sin_port);
}

static bool start_listening(struct http_server *server, struct fault *fault) {
    const struct http_server_options *options = &server->options;
    struct addrinfo *found = resolve(server->arena, options->address, options->port, fault);
    if (!found) {
        return false;
    }
    unsigned flags = LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE |
                     (options->reuse_port ? LEV_OPT_REUSEABLE_PORT : 0);
    server->listener = evconnlistener_new_bind(server->base, on_accept, server, flags, BACKLOG, found->ai_addr,
                                               (int)found->ai_addrlen);
    freeaddrinfo(found);
    if (!server->listener) {
        return listen_fault(fault, options->address, options->port);
    }
    evconnlistener_set_error_cb(server->listener, on_accept_error);
    server->port = port_of(evconnlistener_get_fd(server->listener));
    return true;
}

/* The strings of the options may go away after the call. */
static void copy_options(struct http_server *server, const struct http_server_options *options) {
    server->options = *options;
    server->options.address = str_dup(server->arena, options->address);
    server->options.tls = (struct http_tls){0};
    server->options.trusted_proxies = NULL;
    server->options.trusted_proxy_count = 0;
}

bool http_server_new(struct loop *loop, const struct http_server_options *options, struct http_server **ret_server,
                     struct fault *fault) {
    struct http_server *server = check_calloc(1, sizeof(*server));
    server->loop = loop;
    server->base = loop_event_base(loop);
    server->arena = arena_new();
    copy_options(server, options);
    connections_init(server);
    bool tls = !str_is_absent(options->tls.certificate_file);
    if (!http_networks_new(options->trusted_proxies, options->trusted_proxy_count, &server->trusted, fault) ||
        (tls && !tls_new(&options->tls, &server->tls, fault)) || !start_listening(server, fault)) {
        http_server_free(server);
        return false;
    }
    *ret_server = server;
    return true;
}

struct http_server_stats http_server_stats(const struct http_server *server) {
    return (struct http_server_stats){
        .connections = server->connection_count, .accepted = server->accepted, .refused = server->refused};
}

uint16_t http_server_port(const struct http_server *server) {
    return server->port;
}

/* --- stopping --- */

static void end_patience(void *arg) {
    tell_drained(arg);
}

void http_server_stop(struct http_server *server, int64_t patience_ms, void (*drained)(void *ctx), void *ctx) {
    server->drained = drained;
    server->drained_ctx = ctx;
    evconnlistener_free(server->listener);
    server->listener = NULL;
    server->connection_count++; /* so that only the last line below can find none left */
    server->stopping = true;
    connections_stop(server);
    server->patience = loop_timer_new(server->loop, patience_ms, false, end_patience, server);
    server_connection_closed(server);
}

void http_server_free(struct http_server *server) {
    if (!server) {
        return;
    }
    server->stopping = true;
    server->drained = NULL;
    connections_done(server);
    if (server->listener) {
        evconnlistener_free(server->listener);
    }
    loop_timer_free(server->pause);
    loop_timer_free(server->patience);
    http_networks_free(server->trusted);
    tls_free(server->tls);
    arena_free(server->arena);
    free(server);
}
