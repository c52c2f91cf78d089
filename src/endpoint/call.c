/*
 * What endpoints share: error answers, cookies, and the same-site check of form posts.
 */
#include "call.h"

#include "base/check.h"
#include "base/json.h"
#include "base/random.h"

#define SESSION_COOKIE        STR("__Host-session")
#define BROWSER_COOKIE        STR("__Host-browser")
#define BROWSER_RANDOM        24
#define BROWSER_COOKIE_LENGTH 32 /* of 24 bytes in base64url */
#define JSON_ERROR_MOST       1024

static const struct {
    struct str name;
    int status;
} errors[] = {
#define ERROR(identifier, name, status) {STR_INIT(name), status},
#include "oidc/errors.def"
#undef ERROR
};

struct str oidc_error_name(enum oidc_error error) {
    return errors[error].name;
}

void call_tell(const struct call *call, const struct event *event) {
    struct event told = *event;
    told.address = call->request->client_address;
    told.request_id = call->request->request_id;
    event_tell(call->domain->events, &told);
}

struct str call_actor(const struct call *call, struct str client_id) {
    return str_concat(call->arena, STR("client:"), client_id);
}

void reply_json(struct call *call, int status, struct str body) {
    call->reply->status = status;
    call->reply->content_type = STR("application/json");
    buf_put(&call->reply->body, body);
}

void reply_file(struct call *call, const struct page_asset *file) {
    http_reply_field(call->reply, STR("ETag"), file->entity_tag);
    if (str_equal(http_field_value(call->request, STR("if-none-match")), file->entity_tag)) {
        call->reply->status = 304;
        return;
    }
    call->reply->content_type = file->media_type;
    buf_put(&call->reply->body, file->body);
}

void reply_json_error(struct call *call, enum oidc_error error, const char *description) {
    struct buf body;
    buf_init(&body, call->arena, 256, JSON_ERROR_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "error", errors[error].name);
    if (description) {
        json_put_str(&out, "error_description", str_from(description));
    }
    json_close_object(&out);
    reply_json(call, errors[error].status, buf_str(&body));
}

enum page_language call_language(const struct call *call, struct str ui_locales) {
    return page_language_choose(ui_locales, http_field_value(call->request, STR("accept-language")));
}

/* One's own pages: there is a way back from an error on them. */
static bool is_own_page(struct str path) {
    return str_starts(path, STR("/account/")) || str_starts(path, STR("/organisations"));
}

void reply_error_page(struct call *call, int status, const char *message, const char *parameter) {
    enum page_language language = call_language(call, http_params_get(&call->request->query, STR("ui_locales")));
    struct page *page = page_new(call->endpoint->pages, call->arena, "error", language);
    page_message(page, "message", message);
    page_set(page, "parameter", str_from(parameter ? parameter : ""));
    page_set(page, "request_id", call->request->request_id);
    page_flag(page, "own_page", is_own_page(call->request->path));
    page_reply(page, status, call->reply);
}

struct str browser_cookie_sent(const struct call *call) {
    struct str sent = http_cookie(call->request, BROWSER_COOKIE);
    return sent.len == BROWSER_COOKIE_LENGTH ? sent : STR_NONE;
}

struct str browser_cookie(struct call *call) {
    struct str sent = browser_cookie_sent(call);
    if (!str_is_absent(sent)) {
        return sent;
    }
    struct str made = random_text(call->arena, BROWSER_RANDOM);
    http_reply_cookie(call->reply, &(struct http_cookie_options){.name = BROWSER_COOKIE, .value = made, .max_age = -1});
    return made;
}

struct str session_cookie_sent(const struct call *call) {
    return http_cookie(call->request, SESSION_COOKIE);
}

void session_cookie_set(struct call *call, struct str cookie) {
    http_reply_cookie(call->reply,
                      &(struct http_cookie_options){.name = SESSION_COOKIE, .value = cookie, .max_age = -1});
}

void session_cookie_clear(struct call *call) {
    if (http_field_count(call->request, STR("cookie")) > 0) {
        http_reply_cookie(call->reply,
                          &(struct http_cookie_options){.name = SESSION_COOKIE, .value = STR(""), .max_age = 0});
    }
}

bool is_same_site_post(const struct call *call) {
    struct str origin = http_field_value(call->request, STR("origin"));
    struct str site = http_field_value(call->request, STR("sec-fetch-site"));
    bool origin_fits = str_is_absent(origin) || str_equal(origin, call->endpoint->origin);
    bool site_fits = str_is_absent(site) || str_equal(site, STR("same-origin"));
    return origin_fits && site_fits;
}
