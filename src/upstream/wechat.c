/*
 * WeChat: the person scans the QR code of WeChat's page, or taps a button inside WeChat; the code that the browser
 * comes back with is exchanged for who it was.
 *
 * It says which account of WeChat it is and nothing about the person: a way to sign in to an account that was verified
 * otherwise. The app's secret travels in the query string by WeChat's design; our side logs no address that is called.
 */
#include "upstream/wechat.h"

#include "base/byte.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "loop/fetch.h"
#include "upstream/adapter.h"

#define ANSWER_MOST (16 * 1024)
#define URL_MOST    4096
#define ID_MOST     100 /* of an openid, a unionid, an app id; they have 28 and 18 characters */
#define TOKEN_MOST  512
#define CODE_MOST   256

/* --- reading answers --- */

enum verify_result wechat_result(int64_t errcode) {
    static const struct {
        enum wechat_error theirs;
        enum verify_result ours;
    } results[] = {
        {WECHAT_BUSY, VERIFY_RATE_LIMITED},  {WECHAT_BAD_CODE, VERIFY_MISMATCH},
        {WECHAT_CODE_USED, VERIFY_MISMATCH}, {WECHAT_CODE_EXPIRED, VERIFY_MISMATCH},
        {WECHAT_BLOCKED, VERIFY_STATE_BAD},  {WECHAT_PASSWORD_CHANGED, VERIFY_MISMATCH},
        {WECHAT_QUOTA, VERIFY_RATE_LIMITED}, {WECHAT_TOO_OFTEN, VERIFY_RATE_LIMITED},
        {WECHAT_NO_API, VERIFY_UNSUPPORTED}, {WECHAT_NOT_GRANTED, VERIFY_MISMATCH},
    };
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        if (results[i].theirs == errcode) {
            return results[i].ours;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}

/* An answer is an error when it has an errcode other than 0, and only then: a success may have one of 0. */
static enum verify_result read_object(struct arena *arena, struct str body, const struct json **ret_object) {
    int64_t errcode = 0;
    if (!json_parse(arena, body, JSON_LIMITS_TOKEN, ret_object) || json_kind(*ret_object) != JSON_KIND_OBJECT ||
        (json_member(*ret_object, "errcode") && !json_get_int(*ret_object, "errcode", &errcode))) {
        return VERIFY_UPSTREAM_ERROR;
    }
    return errcode == 0 ? VERIFY_MATCH : wechat_result(errcode);
}

static bool is_id(struct str id) {
    return id.len > 0 && id.len <= ID_MOST && bytes_all(id, BYTE_BASE64URL);
}

/* An empty unionid is told by some apps that have none. */
static bool read_unionid(const struct json *object, struct str *ret_unionid) {
    struct str unionid = STR_NONE;
    if (json_member(object, "unionid") && !json_get_str(object, "unionid", &unionid)) {
        return false;
    }
    *ret_unionid = str_is_empty(unionid) ? STR_NONE : unionid;
    return str_is_empty(unionid) || is_id(unionid);
}

/* RFC 6749 would put spaces. */
static bool has_scope(struct str scopes, struct str wanted) {
    while (!str_is_absent(scopes)) {
        if (str_equal(str_cut(scopes, ',', &scopes), wanted)) {
            return true;
        }
    }
    return false;
}

/* A snapshot of an account is made by WeChat for people who only look: it is nobody's account. */
static enum verify_result read_snapshot(const struct json *object) {
    int64_t snapshot = 0;
    if (json_member(object, "is_snapshotuser") && !json_get_int(object, "is_snapshotuser", &snapshot)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    return snapshot == 0 ? VERIFY_MATCH : VERIFY_UNSUPPORTED;
}

enum verify_result wechat_tokens_read(struct arena *arena, struct str body, struct str scope,
                                      struct wechat_tokens *ret_tokens) {
    const struct json *object;
    struct wechat_tokens tokens = {0};
    struct str scopes;
    enum verify_result result = read_object(arena, body, &object);
    if (result != VERIFY_MATCH) {
        return result;
    }
    if (!json_get_str(object, "access_token", &tokens.access_token) || tokens.access_token.len == 0 ||
        tokens.access_token.len > TOKEN_MOST || !json_get_str(object, "openid", &tokens.openid) ||
        !is_id(tokens.openid) || !read_unionid(object, &tokens.unionid) || !json_get_str(object, "scope", &scopes) ||
        !has_scope(scopes, scope)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    result = read_snapshot(object);
    if (result == VERIFY_MATCH) {
        *ret_tokens = tokens;
    }
    return result;
}

enum verify_result wechat_profile_read(struct arena *arena, struct str body, const struct wechat_tokens *tokens,
                                       struct wechat_profile *ret_profile) {
    const struct json *object;
    struct wechat_profile profile = {0};
    struct str openid, nickname;
    enum verify_result result = read_object(arena, body, &object);
    if (result != VERIFY_MATCH) {
        return result;
    }
    if (!json_get_str(object, "openid", &openid) || !str_equal(openid, tokens->openid) ||
        !read_unionid(object, &profile.unionid) ||
        (!str_is_absent(tokens->unionid) && !str_is_absent(profile.unionid) &&
         !str_equal(tokens->unionid, profile.unionid))) {
        return VERIFY_UPSTREAM_ERROR;
    }
    if (json_get_str(object, "nickname", &nickname)) {
        profile.nickname = upstream_nickname(arena, nickname);
    }
    *ret_profile = profile;
    return VERIFY_MATCH;
}

struct str wechat_subject(struct arena *arena, struct str app_id, const struct wechat_tokens *tokens,
                          struct str unionid) {
    struct str common = str_or(tokens->unionid, unionid);
    return str_is_absent(common) ? str_concat(arena, STR("openid:"), app_id, STR(":"), tokens->openid)
                                 : str_concat(arena, STR("unionid:"), common);
}

/* --- options --- */

static const struct upstream_option options[] = {
    {"open_url", OPTION_ADDRESS, false, "where the browser goes; " WECHAT_OPEN_URL " unless said"},
    {"in_app_id", OPTION_TEXT, false, "the official account's app id, for browsers inside WeChat; app_id unless said"},
    {"in_app_secret", OPTION_TEXT, false, "its secret, from the environment"},
};

struct app {
    struct str id, secret, scope;
};

/* A website and an official account are two apps of WeChat. */
static struct app app_of(const struct upstream_settings *settings, bool in_app) {
    struct app app = {settings->app_id, settings->secret, STR(WECHAT_QR_SCOPE)};
    if (in_app) {
        app.id = str_or(upstream_option_text(settings, "in_app_id"), app.id);
        app.secret = str_or(upstream_option_text(settings, "in_app_secret"), app.secret);
        app.scope = STR(WECHAT_IN_APP_SCOPE);
    }
    return app;
}

static struct str open_url(const struct upstream_settings *settings) {
    return str_or(upstream_option_text(settings, "open_url"), STR(WECHAT_OPEN_URL));
}

static bool check_open_url(const struct upstream_settings *settings, struct fault *fault) {
    return !str_ends(open_url(settings), STR("/")) ||
           fault_set(fault, "upstreams.%.*s.open_url: ends with a slash, which the paths begin with",
                     STR_ARG(settings->name));
}

static bool check(const struct upstream_settings *settings, struct fault *fault) {
    bool one = str_is_absent(upstream_option_text(settings, "in_app_id"));
    if (one != str_is_absent(upstream_option_text(settings, "in_app_secret"))) {
        return fault_set(fault, "upstreams.%.*s: in_app_id and in_app_secret go together", STR_ARG(settings->name));
    }
    const struct app apps[] = {app_of(settings, false), app_of(settings, true)};
    for (size_t i = 0; i < ARRAY_LEN(apps); i++) {
        if (!is_id(apps[i].id) || apps[i].secret.len < 16) {
            return fault_set(fault,
                             "upstreams.%.*s: %s is missing or not one, or its secret is shorter than 16 characters",
                             STR_ARG(settings->name), i == 0 ? "app_id" : "in_app_id");
        }
    }
    return check_open_url(settings, fault) && upstream_url_check(settings, fault);
}

/* --- going there --- */

/* WeChat compares the address against a pattern: these parameters in this order, and the fragment. */
static enum verify_result begin(struct upstream_call *call, const struct upstream_begin *begin,
                                struct upstream_begun *ret_begun) {
    bool in_app = begin->inside == UPSTREAM_APP_WECHAT;
    struct app app = app_of(call->settings, in_app);
    struct buf url;
    buf_init(&url, call->arena, 512, URL_MOST);
    buf_put(&url, open_url(call->settings));
    buf_put(&url, in_app ? STR(WECHAT_IN_APP_PATH) : STR(WECHAT_QR_PATH));
    buf_puts(&url, "?appid=");
    buf_put_urlencoded(&url, app.id);
    buf_puts(&url, "&redirect_uri=");
    buf_put_urlencoded(&url, begin->return_url);
    buf_puts(&url, "&response_type=code&scope=");
    buf_put(&url, app.scope);
    buf_puts(&url, "&state=");
    buf_put_urlencoded(&url, begin->transaction);
    if (begin->english && !in_app) {
        buf_puts(&url, "&lang=en");
    }
    buf_puts(&url, "#wechat_redirect");
    if (url.failed) {
        return VERIFY_INVALID_INPUT;
    }
    *ret_begun = (struct upstream_begun){.url = buf_str(&url), .kept = in_app ? STR("in_app") : STR("qr")};
    return VERIFY_PENDING;
}

/* --- coming back --- */

/* A JSON answer has the type text/plain; a page is none, whatever its text. */
static bool may_be_json(struct str content_type) {
    struct str parameters;
    struct str type = str_trim(str_cut(str_or(content_type, STR("text/plain")), ';', &parameters));
    return str_equal_fold(type, STR("text/plain")) || str_equal_fold(type, STR("application/json"));
}

static bool get(struct upstream_call *call, struct str url, bool once, int64_t until, struct str *ret_body) {
    const struct fetch_request request = {.method = STR("GET"),
                                          .url = url,
                                          .timeout_ms = until - clock_monotonic_ms(),
                                          .answer_ceiling = ANSWER_MOST,
                                          .once = once};
    struct fetch_answer answer = {0};
    enum fetch_result result = upstream_fetch(call, &request, &answer);
    *ret_body = answer.body;
    return result == FETCH_DONE && answer.status == 200 && may_be_json(answer.content_type);
}

static enum verify_result ask_tokens(struct upstream_call *call, const struct app *app, struct str code, int64_t until,
                                     struct wechat_tokens *ret_tokens) {
    struct buf url;
    struct str body;
    buf_init(&url, call->arena, 512, URL_MOST);
    buf_put(&url, call->settings->url);
    buf_puts(&url, WECHAT_TOKEN_PATH "?appid=");
    buf_put_urlencoded(&url, app->id);
    buf_puts(&url, "&secret=");
    buf_put_urlencoded(&url, app->secret);
    buf_puts(&url, "&code=");
    buf_put_urlencoded(&url, code);
    buf_puts(&url, "&grant_type=authorization_code");
    if (url.failed || !get(call, buf_str(&url), true, until, &body)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    return wechat_tokens_read(call->arena, body, app->scope, ret_tokens);
}

static enum verify_result ask_profile(struct upstream_call *call, const struct wechat_tokens *tokens, int64_t until,
                                      struct wechat_profile *ret_profile) {
    struct buf url;
    struct str body;
    buf_init(&url, call->arena, 512, URL_MOST);
    buf_put(&url, call->settings->url);
    buf_puts(&url, WECHAT_PROFILE_PATH "?access_token=");
    buf_put_urlencoded(&url, tokens->access_token);
    buf_puts(&url, "&openid=");
    buf_put_urlencoded(&url, tokens->openid);
    buf_puts(&url, "&lang=zh_CN");
    if (url.failed || !get(call, buf_str(&url), false, until, &body)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    return wechat_profile_read(call->arena, body, tokens, ret_profile);
}

/* What the browser brings may be of anybody's making: what is wrong with it is no error of WeChat's. Who refuses may
 * come back with the state alone. */
static enum verify_result read_return(const struct upstream_returned *returned, struct str *ret_code) {
    if (returned->param_count == 0) {
        return VERIFY_PENDING;
    }
    if (!str_equal_secret(str_or(upstream_param(returned, "state"), STR("")), returned->begun.transaction)) {
        return VERIFY_INVALID_INPUT;
    }
    for (size_t i = 0; i < returned->param_count; i++) {
        if (str_equal(returned->params[i].name, STR("code"))) {
            *ret_code = upstream_param(returned, "code");
            return ret_code->len > 0 && ret_code->len <= CODE_MOST ? VERIFY_MATCH : VERIFY_INVALID_INPUT;
        }
    }
    return VERIFY_MISMATCH;
}

static enum verify_result finish(struct upstream_call *call, const struct upstream_returned *returned,
                                 struct upstream_found *ret_found) {
    int64_t until = clock_monotonic_ms() + call->timeout_ms;
    struct app app = app_of(call->settings, str_equal(returned->kept, STR("in_app")));
    struct wechat_tokens tokens;
    struct wechat_profile profile;
    struct str code;
    enum verify_result result = read_return(returned, &code);
    result = result == VERIFY_MATCH ? ask_tokens(call, &app, code, until, &tokens) : result;
    result = result == VERIFY_MATCH ? ask_profile(call, &tokens, until, &profile) : result;
    if (result == VERIFY_MATCH) {
        ret_found->subject = wechat_subject(call->arena, app.id, &tokens, profile.unionid);
        ret_found->nickname = profile.nickname;
        ret_found->amr = AMR_WX;
    }
    return result;
}

const struct upstream_adapter wechat_adapter = {
    .name = "wechat",
    .authority = "wechat",
    .url = WECHAT_API_URL,
    .traits = {.services = UPSTREAM_SIGN_IN, .amr = AMR_WX, .title = STR_INIT("微信"), .title_en = STR_INIT("WeChat")},
    .options = options,
    .option_count = ARRAY_LEN(options),
    .check = check,
    .begin = begin,
    .finish = finish,
};
