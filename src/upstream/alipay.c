/*
 * Signing in with Alipay: the browser goes to the authorize page and brings back a code; the gateway gives a token for
 * it, and for the token who it is.
 *
 * What it tells is level 0 by itself: the person's name and number count when a register has said so too. The subject
 * is bound to the app, since an open_id is.
 */
#include "upstream/alipay.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "model/identity.h"
#include "model/session.h"
#include "upstream/adapter.h"

#include <stdlib.h>

#define AUTHORIZE_URL STR("https://openauth.alipay.com" ALIPAY_AUTHORIZE_PATH)
#define SCOPE         STR("auth_user")
#define SCOPE_MOST    256
#define TEXT_MOST     256
#define NICKNAME_MOST 128

struct state {
    struct alipay_gateway *gateway;
    struct str authorize_url, scope;
    bool by_user_id; /* the subject */
    bool asks_info;
};

/* --- settings --- */

static bool is_scope(struct str scope) {
    for (size_t i = 0; i < scope.len; i++) {
        char c = scope.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == ',')) {
            return false;
        }
    }
    return scope.len > 0 && scope.len <= SCOPE_MOST;
}

static bool check(const struct upstream_settings *settings, struct fault *fault) {
    struct str subject = str_or(upstream_option_text(settings, "subject"), STR("open_id"));
    if (!is_scope(str_or(upstream_option_text(settings, "scope"), SCOPE))) {
        return fault_set(fault, "upstreams.%.*s.scope: must be Alipay's names of scopes, joined with commas",
                         STR_ARG(settings->name));
    }
    if (!str_equal(subject, STR("open_id")) && !str_equal(subject, STR("user_id"))) {
        return fault_set(fault, "upstreams.%.*s.subject: must be open_id or user_id", STR_ARG(settings->name));
    }
    return alipay_gateway_check(settings, fault);
}

static bool open_state(const struct upstream_settings *settings, void **ret_state, struct fault *fault) {
    struct alipay_gateway *gateway;
    if (!alipay_gateway_open(settings, &gateway, fault)) {
        return false;
    }
    struct state *state = check_calloc(1, sizeof(*state));
    state->gateway = gateway;
    state->authorize_url = str_or(upstream_option_text(settings, "authorize_url"), AUTHORIZE_URL);
    state->scope = str_or(upstream_option_text(settings, "scope"), SCOPE);
    state->by_user_id = str_equal(upstream_option_text(settings, "subject"), STR("user_id"));
    state->asks_info = !str_equal(state->scope, STR("auth_base"));
    *ret_state = state;
    return true;
}

static void close_state(void *arg) {
    struct state *state = arg;
    alipay_gateway_free(state->gateway);
    free(state);
}

/* --- there --- */

static enum verify_result begin(struct upstream_call *call, const struct upstream_begin *begin,
                                struct upstream_begun *ret_begun) {
    const struct state *state = call->state;
    const struct alipay_param params[] = {
        {STR("app_id"), call->settings->app_id},
        {STR("scope"), state->scope},
        {STR("redirect_uri"), begin->return_url},
        {STR("state"), begin->transaction},
    };
    struct str query = alipay_form(call->arena, params, ARRAY_LEN(params));
    if (str_is_absent(query)) {
        return VERIFY_INVALID_INPUT;
    }
    ret_begun->url = str_concat(call->arena, state->authorize_url, STR("?"), query);
    ret_begun->kept = STR("");
    return VERIFY_PENDING;
}

/* --- and back: reading --- */

/* An identifier that may be lacking. */
static bool read_id(const struct json *content, const char *name, struct str *ret_id) {
    return alipay_text(content, name, ALIPAY_ID_MOST, ret_id) &&
           (str_is_empty(*ret_id) || alipay_is_id(*ret_id, ALIPAY_ID_MOST));
}

bool alipay_token_read(const struct json *content, struct alipay_token *ret_token) {
    struct alipay_token token;
    if (!read_id(content, "access_token", &token.access_token) || !read_id(content, "open_id", &token.open_id) ||
        !read_id(content, "user_id", &token.user_id) || str_is_empty(token.access_token) ||
        (str_is_empty(token.open_id) && str_is_empty(token.user_id))) {
        return false;
    }
    *ret_token = token;
    return true;
}

/* At least one of the names is told again, and none is another. */
static bool is_of(const struct json *content, const struct alipay_token *token) {
    struct str open_id, user_id;
    if (!read_id(content, "open_id", &open_id) || !read_id(content, "user_id", &user_id)) {
        return false;
    }
    bool other_open = !str_is_empty(open_id) && !str_is_empty(token->open_id) && !str_equal(open_id, token->open_id);
    bool other_user = !str_is_empty(user_id) && !str_is_empty(token->user_id) && !str_equal(user_id, token->user_id);
    bool same_open = !str_is_empty(open_id) && str_equal(open_id, token->open_id);
    bool same_user = !str_is_empty(user_id) && str_equal(user_id, token->user_id);
    return !other_open && !other_user && (same_open || same_user);
}

/* What is not of the expected form is as if it had not been told. */
static struct str told(const struct json *content, const char *name, size_t most) {
    struct str text;
    return alipay_text(content, name, most, &text) ? text : STR("");
}

static bool is_identity_card(struct str type) {
    return str_equal(type, STR("0")) || str_equal(type, STR("IDENTITY_CARD"));
}

/* user_type 1 is a company's account: its name and number are not a person's. */
static void read_certified(struct arena *arena, const struct json *content, int64_t today,
                           struct upstream_found *found) {
    struct str name = str_trim(told(content, "user_name", TEXT_MOST)), key;
    struct id_number number;
    if (!str_equal(told(content, "is_certified", 8), STR("T")) || str_equal(told(content, "user_type", 8), STR("1")) ||
        !is_identity_card(told(content, "cert_type", 32)) ||
        id_number_read(told(content, "cert_no", 64), today, &number) != ID_NUMBER_OK ||
        number.type != ID_TYPE_RESIDENT || person_name_key(arena, name, &key) != PERSON_NAME_OK) {
        return;
    }
    found->certified = true;
    found->name = name;
    found->id_number = str_dup(arena, str_from(number.text));
    found->id_type = number.type;
    found->birthdate = str_format(arena, "%04d-%02d-%02d", number.year, number.month, number.day);
    found->gender = number.male ? STR("male") : STR("female");
    found->evidence.method = proof_of(METHOD_ALIPAY_CERTIFIED)->name;
}

enum verify_result alipay_person_read(struct arena *arena, const struct json *content, const struct alipay_token *token,
                                      int64_t today, struct upstream_found *ret_found) {
    struct str phone, nickname = told(content, "nick_name", NICKNAME_MOST);
    if (!is_of(content, token)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    if (str_equal(told(content, "user_status", 8), STR("B"))) {
        return VERIFY_STATE_BAD;
    }
    read_certified(arena, content, today, ret_found);
    ret_found->nickname = str_is_empty(nickname) ? STR_NONE : nickname;
    if (phone_read(arena, told(content, "mobile", 32), &phone)) {
        ret_found->phone = phone;
    }
    return VERIFY_MATCH;
}

/* --- and back: asking --- */

static enum verify_result ask_token(struct upstream_call *call, struct str auth_code, struct alipay_token *ret_token) {
    const struct state *state = call->state;
    const struct alipay_param params[] = {{STR("grant_type"), STR("authorization_code")}, {STR("code"), auth_code}};
    const struct alipay_request request = {STR(ALIPAY_TOKEN_METHOD), STR_NONE, params, ARRAY_LEN(params)};
    struct alipay_answer answer;
    enum verify_result result = alipay_ask(call, state->gateway, &request, &answer);
    return result != VERIFY_MATCH || alipay_token_read(answer.content, ret_token) ? result : VERIFY_UPSTREAM_ERROR;
}

static enum verify_result ask_person(struct upstream_call *call, const struct alipay_token *token,
                                     struct upstream_found *found) {
    const struct state *state = call->state;
    const struct alipay_param params[] = {{STR("auth_token"), token->access_token}};
    const struct alipay_request request = {STR(ALIPAY_INFO_METHOD), STR_NONE, params, ARRAY_LEN(params)};
    struct alipay_answer answer;
    enum verify_result result = alipay_ask(call, state->gateway, &request, &answer);
    return result == VERIFY_MATCH ? alipay_person_read(call->arena, answer.content, token, clock_wall(), found)
                                  : result;
}

/* Empty when the app does not get the one that is configured: that must be put right, not guessed. */
static struct str subject_of(struct upstream_call *call, const struct alipay_token *token) {
    const struct state *state = call->state;
    struct str id = state->by_user_id ? token->user_id : token->open_id;
    return str_is_empty(id) ? STR("")
                            : str_concat(call->arena, call->settings->app_id,
                                         state->by_user_id ? STR(":user_id:") : STR(":open_id:"), id);
}

/* What the browser brought, before anybody is asked. VERIFY_MATCH: a code that may be one. */
static enum verify_result read_return(const struct upstream_call *call, const struct upstream_returned *returned,
                                      struct str *ret_code) {
    struct str app_id = upstream_param(returned, "app_id"), code = upstream_param(returned, "auth_code");
    if (returned->param_count == 0) {
        return VERIFY_PENDING;
    }
    if (!str_equal(upstream_param(returned, "state"), returned->begun.transaction) ||
        (!str_is_absent(app_id) && !str_equal(app_id, call->settings->app_id))) {
        return VERIFY_INVALID_INPUT;
    }
    *ret_code = code;
    return str_is_absent(code)                  ? VERIFY_MISMATCH
           : alipay_is_id(code, ALIPAY_ID_MOST) ? VERIFY_MATCH
                                                : VERIFY_INVALID_INPUT;
}

static enum verify_result finish(struct upstream_call *call, const struct upstream_returned *returned,
                                 struct upstream_found *ret_found) {
    const struct state *state = call->state;
    struct upstream_found found = {0};
    struct alipay_token token;
    struct str code;
    enum verify_result result = read_return(call, returned, &code);
    if (result == VERIFY_MATCH) {
        result = ask_token(call, code, &token);
    }
    if (result == VERIFY_MATCH && state->asks_info) {
        result = ask_person(call, &token, &found);
    }
    if (result != VERIFY_MATCH) {
        return result;
    }
    found.subject = subject_of(call, &token);
    found.amr = AMR_ALI;
    if (str_is_empty(found.subject)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    *ret_found = found;
    return VERIFY_MATCH;
}

static const struct upstream_option options[] = {
    ALIPAY_GATEWAY_OPTIONS,
    {"authorize_url", OPTION_ADDRESS, false, "the page where people sign in; Alipay's own unless said"},
    {"scope", OPTION_TEXT, false, "what people are asked for: auth_user unless said; auth_base tells only who it is"},
    {"subject", OPTION_TEXT, false, "what people are told apart by: open_id unless said; user_id for older apps"},
};

const struct upstream_adapter alipay_adapter = {
    .name = "alipay",
    .authority = "alipay",
    .traits = {.services = UPSTREAM_SIGN_IN,
               .method = METHOD_ALIPAY_CERTIFIED,
               .level = 0,
               .amr = AMR_ALI,
               .title = STR_INIT("支付宝"),
               .title_en = STR_INIT("Alipay")},
    .options = options,
    .option_count = ARRAY_LEN(options),
    .check = check,
    .open = open_state,
    .close = close_state,
    .begin = begin,
    .finish = finish,
};
