/*
 * Signing in with the simulated Alipay: the page where somebody is chosen, the code and the token that come of it.
 */
#include "alipay.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "model/identity.h"
#include "upstream/alipay.h"

#include <stdio.h>

#define CODE_S  300
#define TOKEN_S 3600

static void set_text(char *to, size_t size, struct str text) {
    CHECK(text.len < size);
    memcpy(to, text.ptr, text.len);
    to[text.len] = '\0';
}

/* --- accounts and grants --- */

static const struct yaml *account_at(const struct simulator *simulator, size_t index) {
    const struct yaml *list = simulate_list(simulator, "alipay_accounts");
    return list && index < list->count ? list->items[index] : NULL;
}

static const struct yaml *account_named(const struct simulator *simulator, struct str open_id) {
    const struct yaml *account;
    for (size_t i = 0; (account = account_at(simulator, i)); i++) {
        if (str_equal(simulate_text(account, "open_id", STR("")), open_id)) {
            return account;
        }
    }
    return NULL;
}

/* For mode wrong_transaction. */
static const struct yaml *another_account(const struct simulator *simulator, const struct yaml *account) {
    const struct yaml *first = account_at(simulator, 0);
    return first != account ? first : account_at(simulator, 1);
}

static struct alipay_grant *grant_new(struct alipay *alipay, struct arena *arena, const struct yaml *account,
                                      struct str scope) {
    struct alipay_grant *grant = &alipay->grants[alipay->grants_made++ % GRANTS_MOST];
    *grant = (struct alipay_grant){.account = account, .made_at = clock_wall()};
    set_text(grant->code, sizeof(grant->code), random_text(arena, 24));
    set_text(grant->token, sizeof(grant->token), str_concat(arena, STR("authusrB"), random_text(arena, 24)));
    set_text(grant->scope, sizeof(grant->scope), scope);
    return grant;
}

/* A code is good once and for a while. */
static struct alipay_grant *take_code(struct alipay *alipay, struct str code) {
    for (size_t i = 0; i < GRANTS_MOST; i++) {
        struct alipay_grant *grant = &alipay->grants[i];
        if (grant->account && str_equal(str_from(grant->code), code)) {
            bool good = !grant->code_used && clock_wall() - grant->made_at <= CODE_S;
            grant->code_used = true;
            return good ? grant : NULL;
        }
    }
    return NULL;
}

static const struct alipay_grant *grant_of_token(const struct alipay *alipay, struct str token) {
    for (size_t i = 0; i < GRANTS_MOST; i++) {
        const struct alipay_grant *grant = &alipay->grants[i];
        if (grant->account && grant->code_used && str_equal(str_from(grant->token), token)) {
            return clock_wall() - grant->made_at <= TOKEN_S ? grant : NULL;
        }
    }
    return NULL;
}

/* --- the methods --- */

static void put_ids(struct json_out *out, const struct yaml *account) {
    struct str user_id = simulate_text(account, "user_id", STR(""));
    json_put_str(out, "open_id", simulate_text(account, "open_id", STR("")));
    if (!str_is_empty(user_id)) {
        json_put_str(out, "user_id", user_id);
    }
}

/* As the real one: without a code when it is done. */
struct alipay_told alipay_tell_token(const struct alipay_asked *asked) {
    struct arena *arena = asked->request->arena;
    struct str type = http_params_get(asked->params, STR("grant_type"));
    struct str code = str_or(http_params_get(asked->params, STR("code")), STR(""));
    struct alipay_grant *grant =
        str_equal(type, STR("authorization_code")) ? take_code(asked->service->own, code) : NULL;
    struct alipay_told told;
    if (!grant) {
        told = alipay_refusal(arena, "40002", "isv.code-invalid");
        told.error = true;
        return told;
    }
    struct buf content;
    buf_init(&content, arena, 512, 4096);
    struct json_out out = json_out(&content);
    json_open_object(&out, NULL);
    json_put_str(&out, "access_token", str_from(grant->token));
    json_put_str(&out, "auth_start", alipay_timestamp(arena, clock_wall()));
    json_put_int(&out, "expires_in", TOKEN_S);
    json_put_int(&out, "re_expires_in", TOKEN_S);
    json_put_str(&out, "refresh_token", random_text(arena, 24));
    put_ids(&out, grant->account);
    json_close_object(&out);
    return (struct alipay_told){.content = buf_str(&content)};
}

/* What the app has permission for, in the register: all of it. */
static void put_certified(struct json_out *out, struct arena *arena, const struct simulator *simulator,
                          const struct yaml *account) {
    struct str number = simulate_text(account, "id_number", STR(""));
    const struct person *person = simulate_person(simulator, number);
    struct id_number read;
    json_put_str(out, "is_certified", simulate_text(account, "is_certified", STR("T")));
    json_put_str(out, "user_type", simulate_text(account, "user_type", STR("2")));
    json_put_str(out, "user_status", simulate_text(account, "user_status", STR("T")));
    json_put_str(out, "cert_type", simulate_text(account, "cert_type", STR("0")));
    json_put_str(out, "cert_no", number);
    json_put_str(out, "user_name", simulate_text(account, "user_name", person ? person->name : STR("")));
    json_put_str(out, "mobile", simulate_text(account, "mobile", STR("")));
    if (id_number_read(number, clock_wall(), &read) == ID_NUMBER_OK) {
        json_put_str(out, "gender", read.male ? STR("m") : STR("f"));
        json_put_str(out, "person_birthday", str_format(arena, "%04d%02d%02d", read.year, read.month, read.day));
    }
}

struct alipay_told alipay_tell_info(const struct alipay_asked *asked) {
    struct arena *arena = asked->request->arena;
    struct str token = str_or(http_params_get(asked->params, STR("auth_token")), STR(""));
    const struct alipay_grant *grant = grant_of_token(asked->service->own, token);
    if (!grant) {
        return alipay_refusal(arena, "20001", "aop.invalid-auth-token");
    }
    if (str_equal(str_from(grant->scope), STR("auth_base"))) {
        return alipay_refusal(arena, "40006", "isv.insufficient-user-permissions");
    }
    const struct simulator *simulator = asked->service->simulator;
    const struct yaml *account =
        asked->service->mode == MODE_WRONG_TRANSACTION ? another_account(simulator, grant->account) : grant->account;
    struct buf content;
    buf_init(&content, arena, 1024, 8192);
    struct json_out out = json_out(&content);
    json_open_object(&out, NULL);
    json_put_str(&out, "code", STR(ALIPAY_CODE_DONE));
    json_put_str(&out, "msg", STR("Success"));
    json_put_raw(&out, "avatar", STR("\"https:\\/\\/tfs.example\\/avatar.jpg\"")); /* escaped as the real one does */
    json_put_str(&out, "nick_name", simulate_text(account, "nick_name", STR("")));
    put_ids(&out, account);
    put_certified(&out, arena, simulator, account);
    json_close_object(&out);
    return (struct alipay_told){.content = buf_str(&content)};
}

/* --- the page --- */

struct wanted {
    struct str app_id, scope, redirect_uri, state;
};

static bool read_wanted(const struct service *service, const struct http_params *params, struct wanted *wanted) {
    wanted->app_id = str_or(http_params_get(params, STR("app_id")), STR(""));
    wanted->scope = str_or(http_params_get(params, STR("scope")), STR(""));
    wanted->redirect_uri = str_or(http_params_get(params, STR("redirect_uri")), STR(""));
    wanted->state = str_or(http_params_get(params, STR("state")), STR(""));
    bool address =
        str_starts(wanted->redirect_uri, STR("http://")) || str_starts(wanted->redirect_uri, STR("https://"));
    return !params->malformed && str_equal(wanted->app_id, service->simulator->app_id) && address &&
           wanted->scope.len > 0 && wanted->scope.len < 256;
}

static void put_hidden(struct buf *body, const char *name, struct str value) {
    buf_printf(body, "<input type=hidden name=%s value=\"", name);
    buf_put_html(body, value);
    buf_puts(body, "\">");
}

static void show_choice(const struct service *service, const struct wanted *wanted, struct http_reply *reply) {
    const struct yaml *account;
    struct buf body;
    buf_init(&body, reply->arena, 4096, 64 * 1024);
    buf_puts(&body,
             "<h1>支付宝 (simulated)</h1><p>Who signs in?<form method=post action=\"" ALIPAY_AUTHORIZE_PATH "\">");
    put_hidden(&body, "app_id", wanted->app_id);
    put_hidden(&body, "scope", wanted->scope);
    put_hidden(&body, "redirect_uri", wanted->redirect_uri);
    put_hidden(&body, "state", wanted->state);
    for (size_t i = 0; (account = account_at(service->simulator, i)); i++) {
        buf_puts(&body, "<p><button name=account value=\"");
        buf_put_html(&body, simulate_text(account, "open_id", STR("")));
        buf_puts(&body, "\">");
        buf_put_html(&body, simulate_text(account, "nick_name", STR("")));
        buf_puts(&body, "</button>");
    }
    buf_puts(&body, "<p><button name=refuse value=1>拒绝 Refuse</button></form>");
    simulate_page(reply, "支付宝", buf_str(&body));
}

/* Without a code when it was refused. */
static void send_back(const struct wanted *wanted, struct str code, struct http_reply *reply) {
    const struct alipay_param params[] = {
        {STR("app_id"), wanted->app_id}, {STR("source"), STR("alipay_wallet")},
        {STR("scope"), wanted->scope},   {STR("state"), wanted->state},
        {STR("auth_code"), code},
    };
    struct str query = alipay_form(reply->arena, params, ARRAY_LEN(params) - str_is_empty(code));
    struct str joint = str_contains(wanted->redirect_uri, '?') ? STR("&") : STR("?");
    http_reply_redirect(reply, str_concat(reply->arena, wanted->redirect_uri, joint, query));
}

void alipay_authorize_page(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct http_params params = request->query;
    struct wanted wanted;
    bool chosen = request->method == HTTP_POST;
    if ((chosen && http_form(request, &params) != HTTP_FORM_OK) || !read_wanted(service, &params, &wanted)) {
        reply->status = 400;
        simulate_page(reply, "支付宝", STR("<p>app_id, scope or redirect_uri is wrong."));
        return;
    }
    if (!chosen) {
        show_choice(service, &wanted, reply);
        return;
    }
    const struct yaml *account = account_named(service->simulator, http_params_get(&params, STR("account")));
    bool refused = !str_is_absent(http_params_get(&params, STR("refuse")));
    if (!account && !refused) {
        reply->status = 400;
        return;
    }
    struct str code = refused ? STR("") : str_from(grant_new(service->own, reply->arena, account, wanted.scope)->code);
    send_back(&wanted, code, reply);
}
