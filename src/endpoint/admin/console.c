/*
 * Serving the administration console (admin/console/): static files under a policy that lets nothing in but themselves,
 * and no script but those files (CSP Level 3, Trusted Types).
 */
#include "console.h"

#define POLICY                                                                                                         \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "   \
    "form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

/* The modules of one version belong together, so browsers ask each time; the entity tag makes that cheap. */
#define CACHING "no-cache"

static void reply_wrong_method(struct call *call) {
    reply_error_page(call, 405, "error.method_not_allowed", NULL);
    http_reply_field(call->reply, STR("Allow"), STR("GET, HEAD"));
}

static void reply_console_file(struct call *call, const struct page_asset *file) {
    call->reply->cache_control = STR(CACHING);
    http_reply_field(call->reply, STR("Content-Security-Policy"), STR(POLICY));
    http_reply_field(call->reply, STR("Cross-Origin-Resource-Policy"), STR("same-origin"));
    reply_file(call, file);
}

bool console_serve(struct call *call) {
    struct str name = call->request->path;
    bool folder_itself = str_equal(name, STR("/admin"));
    struct page_asset file;
    if (!folder_itself && !str_drop_prefix(&name, STR("/admin/"))) {
        return false;
    }
    if (!folder_itself &&
        !pages_console_file(call->endpoint->pages, str_is_empty(name) ? STR("index.html") : name, &file)) {
        return false;
    }
    if (!((HTTP_GET | HTTP_HEAD) & call->request->method)) {
        reply_wrong_method(call);
    } else if (folder_itself) {
        http_reply_redirect(call->reply,
                            str_format(call->arena, "%.*s/admin/", STR_ARG(call->domain->settings->issuer)));
    } else {
        reply_console_file(call, &file);
    }
    return true;
}
