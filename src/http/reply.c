/*
 * Building replies. Nothing with a control character gets into a header line.
 */
#include "http/reply.h"

#include "base/arena.h"
#include "base/byte.h"

#define FIELDS_MOST (64 * 1024)

void http_reply_field(struct http_reply *reply, struct str name, struct str value) {
    if (!bytes_all_field(name) || !bytes_all_field(value)) {
        reply->status = 500;
        return;
    }
    if (!reply->fields.arena) {
        buf_init(&reply->fields, reply->arena, 512, FIELDS_MOST);
    }
    buf_put(&reply->fields, name);
    buf_puts(&reply->fields, ": ");
    buf_put(&reply->fields, value);
    buf_puts(&reply->fields, "\r\n");
}

void http_reply_cookie(struct http_reply *reply, const struct http_cookie_options *cookie) {
    struct buf value;
    buf_init(&value, reply->arena, 256, 4096);
    buf_printf(&value, "%.*s=%.*s; Path=/; Secure; HttpOnly; SameSite=%s", STR_ARG(cookie->name),
               STR_ARG(cookie->value), cookie->same_site_none ? "None" : "Lax");
    if (cookie->max_age >= 0) {
        buf_printf(&value, "; Max-Age=%lld", (long long)cookie->max_age);
    }
    http_reply_field(reply, STR("Set-Cookie"), buf_str(&value));
}

void http_reply_redirect(struct http_reply *reply, struct str location) {
    reply->status = 303;
    http_reply_field(reply, STR("Location"), location);
}
