/*
 * Good answers, made as wrong as the mode wants them. What only the service can do wrong (a signature, a transaction, a
 * refusal in its own words) it does by itself.
 */
#include "faults.h"

#include "loop/fiber.h"

#define HANG_MS   60000
#define OVERSIZED (1024 * 1024)

static void keep(struct service *service, struct str answer) {
    if (answer.len <= sizeof(service->last_answer)) {
        memcpy(service->last_answer, answer.ptr, answer.len);
        service->last_answer_len = answer.len;
    }
}

static void put_again(struct http_reply *reply, struct str bytes) {
    reply->body.len = 0;
    buf_put(&reply->body, bytes);
}

static void spoil(struct service *service, struct http_reply *reply) {
    struct str good = buf_str(&reply->body);
    switch (service->mode) {
    case MODE_GARBAGE:
        put_again(reply, STR("\xff\xfe<<garbage>>{{{"));
        break;
    case MODE_TRUNCATED:
        reply->body.len = good.len / 2;
        break;
    case MODE_OVERSIZED:
        for (size_t i = 0; i < OVERSIZED; i++) {
            buf_putc(&reply->body, ' ');
        }
        break;
    case MODE_WRONG_TYPE:
        reply->content_type = STR("text/html");
        break;
    case MODE_REPLAY:
        if (service->last_answer_len > 0) {
            put_again(reply, str_of(service->last_answer, service->last_answer_len));
        }
        break;
    case MODE_NORMAL:
        keep(service, good);
        break;
    case MODE_SLOW:
    case MODE_ERROR:
    case MODE_HANG:
    case MODE_BAD_SIGNATURE:
    case MODE_WRONG_TRANSACTION:
    case MODE_REDIRECT:
    case MODE_REFUSE:
        break;
    }
}

void faults_around(struct service *service, const struct http_request *request, struct http_reply *reply) {
    service->calls++;
    if (service->mode == MODE_HANG || service->mode == MODE_SLOW) {
        fiber_set_deadline(INT64_MAX);
        fiber_sleep(service->mode == MODE_HANG ? HANG_MS : service->delay_ms);
    }
    if (service->mode == MODE_ERROR) {
        reply->status = 503;
        return;
    }
    if (service->mode == MODE_REDIRECT) {
        reply->status = 302;
        http_reply_field(reply, STR("Location"), request->target);
        return;
    }
    service->kind->handle(service, request, reply);
    if (reply->status == 200) {
        spoil(service, reply);
    }
}
