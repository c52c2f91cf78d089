/*
 * The portal's pages.
 */
#include "portal.h"

#define STYLE                                                                                                          \
    "body{font:16px/1.6 system-ui,\"PingFang SC\",\"Microsoft YaHei\",\"WenQuanYi Micro "                              \
    "Hei\",sans-serif;max-width:44rem;"                                                                                \
    "margin:0 auto;padding:2rem "                                                                                      \
    "1.25rem;color:#1c2430}h1{font-size:1.5rem}a.button,button{display:inline-block;padding:.5rem 1.5rem;"             \
    "border:0;border-radius:.375rem;background:#b3261e;color:#fff;font:inherit;text-decoration:none;cursor:pointer}"   \
    "table{border-collapse:collapse;margin:1rem 0;width:100%}th,td{padding:.375rem .75rem .375rem 0;text-align:left;"  \
    "border-bottom:1px solid #c3ccd9;overflow-wrap:anywhere}th{font-weight:600;white-space:nowrap;width:1%}"

static void open_page(const struct portal *portal, struct http_reply *reply) {
    struct buf *body = &reply->body;
    reply->content_type = STR("text/html; charset=utf-8");
    http_reply_field(reply, STR("Content-Security-Policy"),
                     STR("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"));
    buf_puts(body, "<!doctype html><html lang=\"zh-CN\"><meta charset=\"utf-8\">"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>");
    buf_put_html(body, portal->settings.name);
    buf_puts(body, "</title><style>" STYLE "</style><h1>");
    buf_put_html(body, portal->settings.name);
    buf_puts(body, "</h1>");
}

static void put_row(struct buf *body, struct str name, struct str value) {
    buf_puts(body, "<tr><th>");
    buf_put_html(body, name);
    buf_puts(body, "</th><td>");
    buf_put_html(body, value);
    buf_puts(body, "</td></tr>");
}

struct table {
    struct buf *body;
    struct arena *arena;
};

static bool put_claim(void *ctx, struct str name, const struct json *value) {
    struct table *table = ctx;
    struct str text;
    if (!json_str(value, &text)) {
        struct buf json;
        buf_init(&json, table->arena, 256, 16384);
        json_write_value(&json, value);
        text = buf_str(&json);
    }
    put_row(table->body, name, text);
    return true;
}

static void put_claims(struct http_reply *reply, const char *title, const struct json *claims) {
    struct table table = {&reply->body, reply->arena};
    buf_printf(&reply->body, "<h2>%s</h2><table>", title);
    json_each(claims, put_claim, &table);
    buf_puts(&reply->body, "</table>");
}

void portal_home(const struct portal *portal, const struct portal_session *session, struct http_reply *reply) {
    struct buf *body = &reply->body;
    open_page(portal, reply);
    if (!session || !session->signed_in) {
        buf_puts(body,
                 "<p>您尚未登录。</p><p><a class=\"button\" id=\"portal-sign-in\" href=\"/sign-in\">登录</a></p>");
        return;
    }
    buf_puts(body, "<p><strong id=\"portal-name\">");
    buf_put_html(body, session->name);
    buf_puts(body, "</strong>，您好！</p><p>认证等级：<code id=\"portal-level\">");
    buf_put_html(body, session->acr);
    buf_puts(body, "</code></p><form method=\"post\" action=\"/sign-out\"><button "
                   "id=\"portal-sign-out\">退出登录</button></form>");
    put_claims(reply, "ID Token", session->id_token_claims);
    put_claims(reply, "UserInfo", session->userinfo);
}

void portal_problem(const struct portal *portal, int status, const char *text, struct http_reply *reply) {
    reply->status = status;
    open_page(portal, reply);
    buf_printf(&reply->body, "<p role=\"alert\" id=\"portal-problem\">%s</p><p><a href=\"/\">返回首页</a></p>", text);
}
