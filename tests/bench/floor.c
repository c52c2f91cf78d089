/*
 * The floor of a silent sign-on: a bare libevent and hiredis program that does the same two Redis operations (GETEX of
 * a session, SET of a code) one after the other and answers with a redirect of the same size. No checks, no signatures,
 * no logs: what is above it is the server's own work.
 */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static redisAsyncContext *redis;
static char location[512], record[256];

static void stored(redisAsyncContext *context, void *reply, void *arg) {
    struct evhttp_request *request = arg;
    evhttp_add_header(evhttp_request_get_output_headers(request), "Location", location);
    evhttp_add_header(evhttp_request_get_output_headers(request), "Cache-Control", "no-store");
    evhttp_send_reply(request, reply ? 303 : 503, "See Other", NULL);
}

static void found(redisAsyncContext *context, void *reply, void *arg) {
    static unsigned long count;
    char key[80];
    snprintf(key, sizeof(key), "ac:{%042lu}", ++count);
    redisAsyncCommand(context, stored, arg, "SET %s %b EX 60", key, record, (size_t)200);
}

static void serve(struct evhttp_request *request, void *arg) {
    redisAsyncCommand(redis, found, request, "GETEX ss:{bench} EX 1800");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: floor PORT REDIS_PORT\n");
        return 2;
    }
    memset(record, 'r', sizeof(record));
    snprintf(location, sizeof(location),
             "https://rp.example/cb?code=ac_%043d&state=%043d&iss=http%%3A%%2F%%2Flocalhost", 0, 0);
    struct event_base *base = event_base_new();
    redis = redisAsyncConnect("127.0.0.1", atoi(argv[2]));
    redisLibeventAttach(redis, base);
    redisAsyncCommand(redis, NULL, NULL, "SET ss:{bench} %b", record, (size_t)60);
    struct evhttp *http = evhttp_new(base);
    evhttp_set_gencb(http, serve, NULL);
    if (evhttp_bind_socket(http, "127.0.0.1", (unsigned short)atoi(argv[1])) != 0) {
        return 1;
    }
    return event_base_dispatch(base);
}
