/*
 * Reading signed requests and signing answers.
 */
#include "envelope.h"

#include "base/clock.h"
#include "base/json.h"
#include "upstream/envelope.h"

#define SKEW_MS 300000

static bool request_is_signed(struct service *service, const struct http_request *request) {
    const struct envelope_signed parts = {
        .app_id = http_field_value(request, STR("x-app-id")),
        .timestamp = http_field_value(request, STR("x-timestamp")),
        .nonce = http_field_value(request, STR("x-nonce")),
        .body = request->body,
    };
    struct str signature = http_field_value(request, STR("x-signature"));
    int64_t sent_at, now = clock_wall_ms();
    if (!str_equal(parts.app_id, service->simulator->app_id) || !str_to_i64(parts.timestamp, &sent_at) ||
        sent_at < now - SKEW_MS || sent_at > now + SKEW_MS) {
        return false;
    }
    return str_equal_secret(envelope_signature(request->arena, service->secret, &parts), signature) &&
           simulate_nonce_is_new(service, parts.nonce);
}

bool simulate_envelope_read(struct service *service, const struct http_request *request, const struct json **ret_body,
                            struct http_reply *reply) {
    if (request->method != HTTP_POST) {
        reply->status = 405;
    } else if (!request_is_signed(service, request)) {
        reply->status = 401;
    } else if (!json_parse(request->arena, request->body, JSON_LIMITS_TOKEN, ret_body)) {
        reply->status = 400;
    }
    return reply->status == 200;
}

void simulate_envelope_write(struct service *service, const struct http_request *request, struct str data,
                             struct http_reply *reply) {
    struct arena *arena = request->arena;
    const struct envelope_signed parts = {
        .app_id = service->simulator->app_id,
        .timestamp = str_format(arena, "%lld", (long long)clock_wall_ms()),
        .nonce = http_field_value(request, STR("x-nonce")),
        .body = data,
    };
    struct str secret = service->mode == MODE_BAD_SIGNATURE ? STR("somebody else's secret") : service->secret;
    struct json_out out = json_out(&reply->body);
    json_open_object(&out, NULL);
    json_put_str(&out, "data", data);
    json_put_str(&out, "timestamp", parts.timestamp);
    json_put_str(&out, "signature", envelope_signature(arena, secret, &parts));
    json_close_object(&out);
    reply->content_type = STR("application/json");
}
