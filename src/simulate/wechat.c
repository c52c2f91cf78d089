/*
 * WeChat's sign-in: the page with the QR code, the page inside WeChat, and the API that exchanges codes, with its own
 * manners: errors with status 200, JSON as text/plain, comma-separated scopes.
 *
 * Whose phone scans is chosen on the page. Refusing redirects nowhere, as WeChat does not. There is nothing signed in
 * its answers, so the mode bad_signature is as normal; wrong_transaction tells the profile of somebody else.
 *
 * TONGXING_WECHAT_SECRET is the website's (app id: --app-id). With TONGXING_WECHAT_IN_APP_SECRET there is an official
 * account too, "<app id>-in-app", and pages inside WeChat are for that one only.
 */
#include "upstream/wechat.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "jose/digest.h"
#include "simulate.h"

#include <stdlib.h>
#include <uthash.h>

#define CONFIRM_PATH "/connect/confirm"
#define CODE_S       600
#define TOKEN_S      7200
#define GRANTS_MOST  10000
#define KEY_SIZE     48
#define TEXT_MOST    1024
#define OPENID_CHARS 27

/* A page that was shown, a code, or an access token: what has been handed out under a random key. */
enum grant_kind { GRANT_PAGE, GRANT_CODE, GRANT_TOKEN };
struct grant {
    char key[KEY_SIZE];
    enum grant_kind kind;
    bool in_app, used;
    int64_t until;  /* wall seconds */
    size_t account; /* of the register's list; not of a page */
    char scope[32];
    char redirect[TEXT_MOST]; /* of a page */
    char state[TEXT_MOST];
    UT_hash_handle hh;
};

struct wechat {
    struct str app_id, in_app_id, in_app_secret; /* the same app for both unless there is a second secret */
    const struct yaml *accounts;
    struct grant *grants;
};

static bool open(struct service *service, struct fault *fault) {
    struct simulator *simulator = service->simulator;
    struct wechat *wechat = arena_new_of(simulator->arena, struct wechat);
    struct str secret = str_from(getenv("TONGXING_WECHAT_IN_APP_SECRET"));
    wechat->app_id = simulator->app_id;
    wechat->in_app_id =
        str_is_absent(secret) ? simulator->app_id : str_concat(simulator->arena, simulator->app_id, STR("-in-app"));
    wechat->in_app_secret = str_or(secret, service->secret);
    wechat->accounts = simulate_list(simulator, "wechat");
    service->own = wechat;
    return wechat->accounts || fault_set(fault, "the register has no list of wechat accounts");
}

/* --- what has been handed out --- */

static void forget_all(struct wechat *wechat) {
    struct grant *grant, *next;
    HASH_ITER(hh, wechat->grants, grant, next) {
        HASH_DEL(wechat->grants, grant);
        free(grant);
    }
}

static void done(struct service *service) {
    forget_all(service->own);
}

/* The memory of them is dropped when it is full: this is a simulator. */
static struct grant *grant_new(struct wechat *wechat, enum grant_kind kind, int64_t seconds) {
    struct arena *arena ARENA_AUTO = arena_new();
    if (HASH_COUNT(wechat->grants) >= GRANTS_MOST) {
        forget_all(wechat);
    }
    struct grant *grant = check_calloc(1, sizeof(*grant));
    struct str key = random_text(arena, 24);
    memcpy(grant->key, key.ptr, key.len);
    grant->kind = kind;
    grant->until = clock_wall() + seconds;
    HASH_ADD_STR(wechat->grants, key, grant);
    return grant;
}

static struct grant *grant_find(struct wechat *wechat, enum grant_kind kind, struct str key) {
    struct grant *grant = NULL;
    if (key.len > 0) {
        HASH_FIND(hh, wechat->grants, key.ptr, key.len, grant);
    }
    return grant && grant->kind == kind ? grant : NULL;
}

static bool keep(char *to, size_t size, struct str text) {
    if (text.len >= size) {
        return false;
    }
    memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
    return true;
}

/* --- the pages --- */

static const char *const parameters_in_order[] = {"appid", "redirect_uri", "response_type", "scope", "state"};

/* WeChat holds the address against a pattern: the parameters in this order, each once. */
static bool are_in_order(const struct http_params *query) {
    size_t wanted = ARRAY_LEN(parameters_in_order);
    for (size_t i = 0; i < wanted; i++) {
        if (i >= query->count || !str_equal(query->fields[i].name, str_from(parameters_in_order[i]))) {
            return false;
        }
    }
    return query->count == wanted || (query->count == wanted + 1 && str_equal(query->fields[wanted].name, STR("lang")));
}

static bool scope_fits(bool in_app, struct str scope) {
    return in_app ? str_equal(scope, STR(WECHAT_IN_APP_SCOPE)) || str_equal(scope, STR("snsapi_base"))
                  : str_equal(scope, STR(WECHAT_QR_SCOPE));
}

static struct grant *page_read(struct wechat *wechat, const struct http_request *request, bool in_app) {
    const struct http_params *query = &request->query;
    struct str redirect = http_params_get(query, STR("redirect_uri"));
    bool fine = are_in_order(query) &&
                str_equal(http_params_get(query, STR("appid")), in_app ? wechat->in_app_id : wechat->app_id) &&
                str_equal(http_params_get(query, STR("response_type")), STR("code")) &&
                scope_fits(in_app, http_params_get(query, STR("scope"))) &&
                (str_starts(redirect, STR("https://")) || str_starts(redirect, STR("http://"))) &&
                !str_contains(redirect, '#');
    struct grant *page = fine ? grant_new(wechat, GRANT_PAGE, CODE_S) : NULL;
    if (!page) {
        return NULL;
    }
    page->in_app = in_app;
    bool kept = keep(page->redirect, sizeof(page->redirect), redirect) &&
                keep(page->state, sizeof(page->state), http_params_get(query, STR("state"))) &&
                keep(page->scope, sizeof(page->scope), http_params_get(query, STR("scope")));
    return kept ? page : NULL;
}

static void put_button(struct buf *html, const struct grant *page, struct str account, struct str label) {
    buf_puts(html, "<form method=post action=" CONFIRM_PATH "><input type=hidden name=uuid value=\"");
    buf_put(html, str_from(page->key));
    buf_puts(html, "\"><input type=hidden name=account value=\"");
    buf_put_html(html, account);
    buf_puts(html, "\"><button>");
    buf_put_html(html, label);
    buf_puts(html, "</button></form>");
}

static void show_page(struct service *service, const struct http_request *request, struct http_reply *reply,
                      bool in_app) {
    struct wechat *wechat = service->own;
    struct grant *page = page_read(wechat, request, in_app);
    struct buf html;
    if (!page) {
        reply->status = 400;
        simulate_page(reply, "微信登录", STR("<p>参数错误 The address is not one that WeChat takes.</p>"));
        return;
    }
    buf_init(&html, request->arena, 4096, 64 * 1024);
    buf_put(&html, in_app ? STR("<h1>微信授权登录</h1><p>Inside WeChat: who taps?</p>")
                          : STR("<h1>微信扫码登录</h1><p>Whose phone scans the code?</p>"));
    for (size_t i = 0; i < wechat->accounts->count; i++) {
        struct str account = simulate_text(wechat->accounts->items[i], "account", STR(""));
        put_button(&html, page, account, simulate_text(wechat->accounts->items[i], "nickname", account));
    }
    put_button(&html, page, STR(""), STR("拒绝 Refuse"));
    simulate_page(reply, "微信登录", buf_str(&html));
}

static bool account_named(const struct wechat *wechat, struct str name, size_t *ret_account) {
    for (size_t i = 0; i < wechat->accounts->count; i++) {
        if (str_equal(simulate_text(wechat->accounts->items[i], "account", STR("")), name)) {
            *ret_account = i;
            return true;
        }
    }
    return false;
}

static void redirect_back(struct http_reply *reply, struct arena *arena, const struct grant *page,
                          const struct grant *code) {
    struct buf address;
    buf_init(&address, arena, 1024, 8192);
    buf_put(&address, str_from(page->redirect));
    buf_putc(&address, str_contains(str_from(page->redirect), '?') ? '&' : '?');
    buf_puts(&address, "code=");
    buf_put(&address, str_from(code->key));
    buf_puts(&address, "&state=");
    buf_put_urlencoded(&address, str_from(page->state));
    reply->status = 302;
    http_reply_field(reply, STR("Location"), buf_str(&address));
}

static void confirm(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct wechat *wechat = service->own;
    struct http_params form;
    size_t account;
    struct grant *page = NULL;
    if (request->method == HTTP_POST && http_form(request, &form) == HTTP_FORM_OK) {
        page = grant_find(wechat, GRANT_PAGE, http_params_get(&form, STR("uuid")));
    }
    if (!page || page->used || page->until < clock_wall()) {
        reply->status = 400;
        return;
    }
    page->used = true;
    if (!account_named(wechat, http_params_get(&form, STR("account")), &account)) {
        simulate_page(reply, "微信登录", STR("<p>已拒绝 Refused. Nobody is told.</p>"));
        return;
    }
    struct grant from = *page; /* a new one may drop all others */
    struct grant *code = grant_new(wechat, GRANT_CODE, CODE_S);
    code->account = account;
    code->in_app = from.in_app;
    memcpy(code->scope, from.scope, sizeof(code->scope));
    redirect_back(reply, request->arena, &from, code);
}

/* --- the API --- */

static void put_error(struct json_out *out, enum wechat_error error, struct str message) {
    json_open_object(out, NULL);
    json_put_int(out, "errcode", error);
    json_put_str(out, "errmsg", message);
    json_close_object(out);
}

/* One person has another openid for each app: 28 characters that start with o. */
static struct str openid_of(struct arena *arena, const struct wechat *wechat, bool in_app, struct str account) {
    const struct str parts[] = {in_app ? wechat->in_app_id : wechat->app_id, account};
    struct sha256 digest = sha256_of_parts(parts, ARRAY_LEN(parts));
    struct str text = base64url_encode(arena, sha256_str(&digest));
    return str_concat(arena, STR("o"), str_sub(text, 0, OPENID_CHARS));
}

/* 0, or what is wrong with who asks. */
static enum wechat_error check_app(const struct service *service, const struct http_params *query, bool *ret_in_app) {
    const struct wechat *wechat = service->own;
    struct str app_id = http_params_get(query, STR("appid"));
    struct str secret = http_params_get(query, STR("secret"));
    if (str_is_empty(app_id)) {
        return WECHAT_NO_APPID;
    }
    if (str_is_empty(secret)) {
        return WECHAT_NO_SECRET;
    }
    bool website = str_equal(app_id, wechat->app_id);
    if (!website && !str_equal(app_id, wechat->in_app_id)) {
        return WECHAT_BAD_APPID;
    }
    *ret_in_app = !website;
    return str_equal_secret(secret, website ? service->secret : wechat->in_app_secret) ? 0 : WECHAT_BAD_SECRET;
}

static enum wechat_error take_code(struct wechat *wechat, struct str code, bool in_app, struct grant **ret_grant) {
    struct grant *grant = grant_find(wechat, GRANT_CODE, code);
    bool one_app = str_equal(wechat->app_id, wechat->in_app_id);
    if (str_is_empty(code)) {
        return WECHAT_NO_CODE;
    }
    if (!grant || (!one_app && grant->in_app != in_app)) {
        return WECHAT_BAD_CODE;
    }
    if (grant->used) {
        return WECHAT_CODE_USED;
    }
    grant->used = true;
    *ret_grant = grant;
    return grant->until < clock_wall() ? WECHAT_CODE_EXPIRED : 0;
}

static enum wechat_error blocked(const struct yaml *account) {
    return str_equal(simulate_text(account, "blocked", STR("")), STR("true")) ? WECHAT_BLOCKED : 0;
}

static void put_unionid(struct json_out *out, const struct yaml *account, const char *scope) {
    struct str unionid = simulate_text(account, "unionid", STR(""));
    if (unionid.len > 0 && strcmp(scope, "snsapi_base") != 0) {
        json_put_str(out, "unionid", unionid);
    }
}

static void put_tokens(struct json_out *out, struct wechat *wechat, struct arena *arena, const struct grant *code) {
    struct grant from = *code; /* a new one may drop all others */
    const struct yaml *account = wechat->accounts->items[from.account];
    struct grant *token = grant_new(wechat, GRANT_TOKEN, TOKEN_S);
    token->account = from.account;
    token->in_app = from.in_app;
    memcpy(token->scope, from.scope, sizeof(token->scope));
    json_open_object(out, NULL);
    json_put_str(out, "access_token", str_from(token->key));
    json_put_int(out, "expires_in", TOKEN_S);
    json_put_str(out, "refresh_token", random_text(arena, 24));
    json_put_str(out, "openid", openid_of(arena, wechat, from.in_app, simulate_text(account, "account", STR(""))));
    json_put_str(out, "scope", str_from(from.scope));
    put_unionid(out, account, from.scope);
    if (from.in_app && str_equal(simulate_text(account, "snapshot", STR("")), STR("true"))) {
        json_put_int(out, "is_snapshotuser", 1);
    }
    json_close_object(out);
}

static void answer_tokens(struct service *service, const struct http_request *request, struct json_out *out) {
    struct wechat *wechat = service->own;
    const struct http_params *query = &request->query;
    struct grant *code = NULL;
    bool in_app = false;
    enum wechat_error error = check_app(service, query, &in_app);
    if (error == 0 && !str_equal(http_params_get(query, STR("grant_type")), STR("authorization_code"))) {
        error = WECHAT_BAD_GRANT_TYPE;
    }
    error = error == 0 ? take_code(wechat, http_params_get(query, STR("code")), in_app, &code) : error;
    error = error == 0 ? blocked(wechat->accounts->items[code->account]) : error;
    if (error != 0) {
        put_error(out, error, STR("refused, rid: 00000000-simulated"));
        return;
    }
    put_tokens(out, wechat, request->arena, code);
}

static enum wechat_error check_profile(struct wechat *wechat, struct arena *arena, const struct http_params *query,
                                       struct grant **ret_token) {
    struct grant *token = grant_find(wechat, GRANT_TOKEN, http_params_get(query, STR("access_token")));
    struct str openid = http_params_get(query, STR("openid"));
    if (!token) {
        return WECHAT_BAD_TOKEN;
    }
    if (token->until < clock_wall()) {
        return WECHAT_TOKEN_EXPIRED;
    }
    if (str_is_empty(openid)) {
        return WECHAT_NO_OPENID;
    }
    struct str account = simulate_text(wechat->accounts->items[token->account], "account", STR(""));
    if (!str_equal(openid, openid_of(arena, wechat, token->in_app, account))) {
        return WECHAT_BAD_OPENID;
    }
    *ret_token = token;
    return strcmp(token->scope, "snsapi_base") == 0 ? WECHAT_NO_API : 0;
}

static void answer_profile(struct service *service, const struct http_request *request, struct json_out *out) {
    struct wechat *wechat = service->own;
    struct grant *token = NULL;
    enum wechat_error error = check_profile(wechat, request->arena, &request->query, &token);
    if (error != 0) {
        put_error(out, error, STR("refused, rid: 00000000-simulated"));
        return;
    }
    size_t whose = token->account;
    if (service->mode == MODE_WRONG_TRANSACTION) {
        whose = (whose + 1) % wechat->accounts->count;
    }
    const struct yaml *account = wechat->accounts->items[whose];
    struct str name = simulate_text(account, "account", STR(""));
    json_open_object(out, NULL);
    json_put_str(out, "openid", openid_of(request->arena, wechat, token->in_app, name));
    json_put_str(out, "nickname", simulate_text(account, "nickname", STR("")));
    json_put_int(out, "sex", 0);
    json_put_str(out, "language", STR(""));
    json_put_str(out, "city", STR(""));
    json_put_str(out, "province", STR(""));
    json_put_str(out, "country", STR(""));
    json_put_str(out, "headimgurl", STR(""));
    json_open_array(out, "privilege");
    json_close_array(out);
    put_unionid(out, account, token->scope);
    json_close_object(out);
}

static void answer(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct json_out out = json_out(&reply->body);
    reply->content_type = STR("text/plain");
    if (request->method != HTTP_GET) {
        put_error(&out, WECHAT_NOT_GET, STR("require GET method"));
    } else if (service->mode == MODE_REFUSE) {
        put_error(&out, WECHAT_QUOTA, STR("reach max api daily quota limit"));
    } else if (str_equal(request->path, STR(WECHAT_TOKEN_PATH))) {
        answer_tokens(service, request, &out);
    } else if (str_equal(request->path, STR(WECHAT_PROFILE_PATH))) {
        answer_profile(service, request, &out);
    } else {
        reply->status = 404;
    }
}

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    if (str_equal(request->path, STR(CONFIRM_PATH))) {
        confirm(service, request, reply);
    } else if (str_equal(request->path, STR(WECHAT_QR_PATH)) || str_equal(request->path, STR(WECHAT_IN_APP_PATH))) {
        show_page(service, request, reply, str_equal(request->path, STR(WECHAT_IN_APP_PATH)));
    } else {
        answer(service, request, reply);
    }
}

static const struct service_path paths[] = {{"/connect/", true}, {"/sns/", false}};

const struct service_kind wechat_service = {.name = "wechat",
                                            .secret_variable = "TONGXING_WECHAT_SECRET",
                                            .paths = paths,
                                            .path_count = ARRAY_LEN(paths),
                                            .open = open,
                                            .done = done,
                                            .handle = handle};
