/*
 * Answers of the admin API.
 */
#include "api.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/registry.h"

void api_tag(struct api_call *api, int64_t version) {
    http_reply_field(api->call->reply, STR("ETag"), str_format(api->arena, "\"%lld\"", (long long)version));
}

void api_location(struct api_call *api, struct str path) {
    http_reply_field(api->call->reply, STR("Location"),
                     str_concat(api->arena, api->domain->settings->issuer, STR(ADMIN_API_PATH), path));
}

void api_send(struct api_call *api) {
    if (api->body.failed) {
        api->call->reply->status = 500;
        return;
    }
    if (api->body.len == 0) {
        api->call->reply->status = api->route->status;
        return;
    }
    reply_json(api->call, api->route->status, buf_str(&api->body));
}

void api_put_text(struct api_call *api, const char *name, struct str text) {
    if (!str_is_absent(text)) {
        json_put_str(&api->out, name, text);
    }
}

void api_put_time(struct api_call *api, const char *name, int64_t seconds) {
    if (seconds != 0) {
        json_put_str(&api->out, name, clock_rfc3339(api->arena, seconds));
    }
}

void api_open_items(struct api_call *api) {
    json_open_object(&api->out, NULL);
    json_open_array(&api->out, "items");
}

void api_close_items(struct api_call *api) {
    json_close_array(&api->out);
    json_close_object(&api->out);
}
