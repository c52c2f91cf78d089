/*
 * HTTP by libevent's own server, as a program would have it that leaves HTTP to the library.
 */
#include "floor.h"

#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdlib.h>
#include <string.h>

#define FIELDS_MOST 32
#define BODY_MOST   8192

/* The captured answer, taken apart once. Values point into its text, where the code's digits change. */
struct parts {
    int status;
    struct {
        char *name, *value;
    } fields[FIELDS_MOST];
    size_t field_count;
    const char *body;
    size_t body_len;
};

struct exchange {
    struct call call; /* first: front_answer gets it back */
    struct evhttp_request *request;
};

void front_prepare(struct answer *answer) {
    struct parts *parts = calloc(1, sizeof(*parts));
    char *end = strstr(answer->text, "\r\n\r\n");
    if (!end || !parts) {
        fail("the answer is no HTTP");
    }
    end[2] = '\0';
    parts->status = atoi(answer->text + strlen("HTTP/1.1 "));
    parts->body = end + 4;
    parts->body_len = answer->len - (size_t)(parts->body - answer->text);
    char *line = strstr(answer->text, "\r\n") + 2;
    for (char *next; (next = strstr(line, "\r\n")); line = next + 2) {
        char *colon = strchr(line, ':');
        *next = *colon = '\0';
        if (strcmp(line, "Content-Length") != 0 && parts->field_count < FIELDS_MOST) {
            parts->fields[parts->field_count].name = line;
            parts->fields[parts->field_count++].value = colon + 2;
        }
    }
    answer->front = parts;
}

void front_answer(struct call *call, const struct answer *answer) {
    struct exchange *exchange = (struct exchange *)call;
    const struct parts *parts = answer->front;
    struct evkeyvalq *headers = evhttp_request_get_output_headers(exchange->request);
    for (size_t i = 0; i < parts->field_count; i++) {
        evhttp_add_header(headers, parts->fields[i].name, parts->fields[i].value);
    }
    evbuffer_add(evhttp_request_get_output_buffer(exchange->request), parts->body, parts->body_len);
    evhttp_send_reply(exchange->request, parts->status, "OK", NULL);
    free(exchange);
}

static void on_request(struct evhttp_request *request, void *arg) {
    struct exchange *exchange = calloc(1, sizeof(*exchange));
    char body[BODY_MOST];
    struct evbuffer *input = evhttp_request_get_input_buffer(request);
    ev_ssize_t len = evbuffer_remove(input, body, sizeof(body) - 1);
    body[len > 0 ? len : 0] = '\0';
    exchange->request = request;
    serve(&exchange->call, evhttp_request_get_command(request) == EVHTTP_REQ_POST, body);
}

void front_listen(struct event_base *base, unsigned short port) {
    struct evhttp *http = evhttp_new(base);
    evhttp_set_gencb(http, on_request, NULL);
    if (evhttp_bind_socket(http, "127.0.0.1", port) != 0) {
        fail("the port");
    }
}
