/*
 * Writing the head of a response.
 */
#include "answer.h"

#include "base/check.h"
#include "base/clock.h"

#include <time.h>

#define HEAD_FIRST 1024
#define HEAD_MOST  (72 * 1024)
#define BODY_MOST  (4 * 1024 * 1024)

static const struct {
    int status;
    struct str line;
} status_lines[] = {
    {200, STR_INIT("200 OK")},
    {201, STR_INIT("201 Created")},
    {204, STR_INIT("204 No Content")},
    {302, STR_INIT("302 Found")},
    {303, STR_INIT("303 See Other")},
    {304, STR_INIT("304 Not Modified")},
    {400, STR_INIT("400 Bad Request")},
    {401, STR_INIT("401 Unauthorized")},
    {403, STR_INIT("403 Forbidden")},
    {404, STR_INIT("404 Not Found")},
    {405, STR_INIT("405 Method Not Allowed")},
    {408, STR_INIT("408 Request Timeout")},
    {409, STR_INIT("409 Conflict")},
    {411, STR_INIT("411 Length Required")},
    {412, STR_INIT("412 Precondition Failed")},
    {413, STR_INIT("413 Content Too Large")},
    {414, STR_INIT("414 URI Too Long")},
    {415, STR_INIT("415 Unsupported Media Type")},
    {417, STR_INIT("417 Expectation Failed")},
    {428, STR_INIT("428 Precondition Required")},
    {429, STR_INIT("429 Too Many Requests")},
    {431, STR_INIT("431 Request Header Fields Too Large")},
    {500, STR_INIT("500 Internal Server Error")},
    {501, STR_INIT("501 Not Implemented")},
    {503, STR_INIT("503 Service Unavailable")},
    {505, STR_INIT("505 HTTP Version Not Supported")},
};

static struct str status_line(int status) {
    for (size_t i = 0; i < ARRAY_LEN(status_lines); i++) {
        if (status_lines[i].status == status) {
            return status_lines[i].line;
        }
    }
    check_failed("a status without a reason phrase", __FILE__, __LINE__);
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

static void put_line(struct buf *buf, struct str name, struct str value) {
    buf_put(buf, name);
    buf_put(buf, value);
    buf_puts(buf, "\r\n");
}

static bool has_body(int status) {
    return status != 204 && status != 304;
}

void reply_init(struct http_reply *reply, struct arena *arena) {
    *reply = (struct http_reply){.arena = arena, .status = 200, .cache_control = STR("no-store")};
    buf_init(&reply->body, arena, 0, BODY_MOST);
}

void reply_plain(struct http_reply *reply, struct arena *arena, int status) {
    reply_init(reply, arena);
    reply->status = status;
    reply->content_type = STR("text/plain");
    buf_put(&reply->body, status_line(status));
    buf_putc(&reply->body, '\n');
}

struct str answer_head(const struct http_reply *reply, const struct http_request *request, bool close_after) {
    struct buf head;
    buf_init(&head, reply->arena, HEAD_FIRST, HEAD_MOST);
    put_line(&head, STR("HTTP/1.1 "), status_line(reply->status));
    put_line(&head, STR("Date: "), date_text());
    buf_puts(&head, SECURITY_FIELDS);
    if (request && request->secure) {
        buf_puts(&head, STRICT_TRANSPORT);
    }
    put_line(&head, STR("Cache-Control: "), reply->cache_control);
    if (!str_is_absent(reply->content_type)) {
        put_line(&head, STR("Content-Type: "), reply->content_type);
    }
    if (request) {
        put_line(&head, STR("X-Request-Id: "), request->request_id);
    }
    if (has_body(reply->status)) {
        buf_puts(&head, "Content-Length: ");
        buf_put_u64(&head, reply->body.len);
        buf_puts(&head, "\r\n");
    }
    if (close_after) {
        buf_puts(&head, "Connection: close\r\n");
    }
    put_line(&head, buf_str(&reply->fields), STR(""));
    CHECK(!head.failed);
    return buf_str(&head);
}

struct str answer_body(const struct http_reply *reply, const struct http_request *request) {
    bool wanted = has_body(reply->status) && !(request && request->method == HTTP_HEAD);
    return wanted ? buf_str(&reply->body) : STR("");
}
