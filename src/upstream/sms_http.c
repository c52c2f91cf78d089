/*
 * One-time codes and notices as text messages, through any gateway that takes a POST: the names of its members, the
 * form of its body, how it knows us and how it says yes are options.
 *
 * A message may have been sent although no answer came, so nothing is sent twice. Number and code are in the body only.
 */
#include "upstream/sms_http.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "jose/digest.h"
#include "loop/fetch.h"
#include "upstream/adapter.h"

#include <stdlib.h>

#define BODY_MOST   4096
#define ANSWER_MOST (16 * 1024)
#define FIELDS_MOST 5

/* --- settings --- */

static const struct upstream_option options[] = {
    {"body", OPTION_TEXT, false, "form of the body: json, or form"},
    {"auth", OPTION_TEXT, false, "how it knows us: bearer, or hmac (app_id, time, nonce and a signature)"},
    {"phone_form", OPTION_TEXT, false, "how numbers are written: e164 (+86…), or national (11 digits)"},
    {"phone_member", OPTION_TEXT, false, "name of the number's member: phone"},
    {"code_member", OPTION_TEXT, false, "name of the code's member: code"},
    {"minutes_member", OPTION_TEXT, false, "name of a member for the minutes that the code is good; without it none"},
    {"template_member", OPTION_TEXT, false, "name of the template's member: template"},
    {"template", OPTION_TEXT, false, "the gateway's id of the message's text; without it none is sent"},
    {"template_en", OPTION_TEXT, false, "the same for people who read English"},
    {"template_recover", OPTION_TEXT, false,
     "the text for a code that gives an account back, and warns of that; needed where there is a template"},
    {"template_recover_en", OPTION_TEXT, false, "the same for people who read English"},
    {"template_phone_changed", OPTION_TEXT, false,
     "the text that tells a number that an account has another one now; without it people cannot change theirs"},
    {"transaction_member", OPTION_TEXT, false, "name of a member for our number of the message; without it none"},
    {"echo_member", OPTION_TEXT, false, "member of the answer that must repeat it"},
    {"success_member", OPTION_TEXT, false,
     "member of the answer that says whether it was taken; without it the status"},
    {"success_value", OPTION_TEXT, false, "its value for yes"},
    {"limited_values", OPTION_TEXT, false, "its values for too many messages"},
    {"refused_values", OPTION_TEXT, false, "its values for numbers that cannot be sent to"},
};

static struct str text_of(const struct upstream_settings *settings, const char *name, const char *otherwise) {
    return str_or(upstream_option_text(settings, name), str_from(otherwise));
}

static bool is_one_of(struct str value, const char *one, const char *other) {
    return str_equal(value, str_from(one)) || str_equal(value, str_from(other));
}

static bool check(const struct upstream_settings *settings, struct fault *fault) {
    static const struct {
        const char *name, *one, *other;
    } choices[] = {{"body", "json", "form"}, {"auth", "bearer", "hmac"}, {"phone_form", "e164", "national"}};
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        if (!is_one_of(text_of(settings, choices[i].name, choices[i].one), choices[i].one, choices[i].other)) {
            return fault_set(fault, "upstreams.%.*s.%s: must be %s or %s", STR_ARG(settings->name), choices[i].name,
                             choices[i].one, choices[i].other);
        }
    }
    if (settings->secret.len < 16) {
        return fault_set(fault, "upstreams.%.*s.secret: is missing, or shorter than 16 characters",
                         STR_ARG(settings->name));
    }
    if (str_equal(text_of(settings, "auth", "bearer"), STR("hmac")) && str_is_empty(settings->app_id)) {
        return fault_set(fault, "upstreams.%.*s.app_id: is missing: auth hmac needs it", STR_ARG(settings->name));
    }
    if (str_is_absent(upstream_option_text(settings, "template")) !=
        str_is_absent(upstream_option_text(settings, "template_recover"))) {
        return fault_set(fault, "upstreams.%.*s.template_recover: needs template, and the other way round",
                         STR_ARG(settings->name));
    }
    if (str_is_absent(upstream_option_text(settings, "success_member")) !=
        str_is_absent(upstream_option_text(settings, "success_value"))) {
        return fault_set(fault, "upstreams.%.*s.success_member: needs success_value, and the other way round",
                         STR_ARG(settings->name));
    }
    if (!str_is_absent(upstream_option_text(settings, "echo_member")) &&
        str_is_absent(upstream_option_text(settings, "transaction_member"))) {
        return fault_set(fault, "upstreams.%.*s.echo_member: needs transaction_member", STR_ARG(settings->name));
    }
    return upstream_url_check(settings, fault);
}

/* --- the request --- */

struct member {
    struct str name, value;
};

/* Whoever changes a number does not choose the language in which its owner is told. */
static struct str template_of(const struct upstream_settings *settings, const struct upstream_message *message) {
    static const struct {
        const char *name, *name_en;
    } templates[] = {
        [MESSAGE_CODE] = {"template", "template_en"},
        [MESSAGE_ACCOUNT_CODE] = {"template_recover", "template_recover_en"},
        [MESSAGE_PHONE_CHANGED] = {"template_phone_changed", "template_phone_changed"},
    };
    struct str template = upstream_option_text(settings, templates[message->kind].name);
    return message->english ? str_or(upstream_option_text(settings, templates[message->kind].name_en), template)
                            : template;
}

static bool is_whole(const struct upstream_settings *settings, const struct upstream_message *message) {
    bool notice = message->kind == MESSAGE_PHONE_CHANGED;
    return !str_is_empty(message->phone) &&
           (notice ? !str_is_empty(template_of(settings, message)) : !str_is_empty(message->code));
}

/* Those that have a name and a value. */
static size_t members_of(struct upstream_call *call, const struct upstream_message *message, struct member members[5]) {
    const struct upstream_settings *settings = call->settings;
    struct str phone = message->phone;
    size_t count = 0;
    if (str_equal(text_of(settings, "phone_form", "e164"), STR("national"))) {
        str_drop_prefix(&phone, STR("+86"));
    }
    bool is_code = message->kind != MESSAGE_PHONE_CHANGED;
    struct str minutes = is_code ? str_format(call->arena, "%lld", (long long)(message->valid_s / 60)) : STR_NONE;
    const struct member all[] = {
        {text_of(settings, "phone_member", "phone"), phone},
        {text_of(settings, "code_member", "code"), is_code ? message->code : STR_NONE},
        {text_of(settings, "template_member", "template"), template_of(settings, message)},
        {upstream_option_text(settings, "minutes_member"), minutes},
        {upstream_option_text(settings, "transaction_member"), message->transaction},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (!str_is_empty(all[i].name) && !str_is_empty(all[i].value)) {
            members[count++] = all[i];
        }
    }
    return count;
}

static void put_json(struct buf *body, const struct member *members, size_t count) {
    buf_putc(body, '{');
    for (size_t i = 0; i < count; i++) {
        buf_puts(body, "\"");
        buf_put_json(body, members[i].name);
        buf_puts(body, "\":\"");
        buf_put_json(body, members[i].value);
        buf_put(body, i + 1 < count ? STR("\",") : STR("\""));
    }
    buf_putc(body, '}');
}

static void put_form(struct buf *body, const struct member *members, size_t count) {
    for (size_t i = 0; i < count; i++) {
        buf_put(body, i > 0 ? STR("&") : STR(""));
        buf_put_urlencoded(body, members[i].name);
        buf_putc(body, '=');
        buf_put_urlencoded(body, members[i].value);
    }
}

struct str sms_http_signature(struct arena *arena, struct str secret, const struct sms_http_signed *parts) {
    struct sha256 body = sha256_of(parts->body);
    struct str text = str_format(arena, "%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(parts->app_id), STR_ARG(parts->timestamp),
                                 STR_ARG(parts->nonce), STR_ARG(hex_encode(arena, sha256_str(&body))));
    struct sha256 mac = hmac_sha256(secret_copy(arena, secret), text);
    return hex_encode(arena, sha256_str(&mac));
}

static size_t fields_of(struct upstream_call *call, bool form, struct str body,
                        struct fetch_field fields[FIELDS_MOST]) {
    const struct upstream_settings *settings = call->settings;
    size_t count = 0;
    fields[count++] = (struct fetch_field){STR("Content-Type"),
                                           form ? STR("application/x-www-form-urlencoded") : STR("application/json")};
    if (str_equal(text_of(settings, "auth", "bearer"), STR("bearer"))) {
        fields[count++] =
            (struct fetch_field){STR("Authorization"), str_concat(call->arena, STR("Bearer "), settings->secret)};
        return count;
    }
    const struct sms_http_signed parts = {.app_id = settings->app_id,
                                          .timestamp = str_format(call->arena, "%lld", (long long)clock_wall_ms()),
                                          .nonce = random_text(call->arena, 16),
                                          .body = body};
    fields[count++] = (struct fetch_field){STR("X-App-Id"), parts.app_id};
    fields[count++] = (struct fetch_field){STR("X-Timestamp"), parts.timestamp};
    fields[count++] = (struct fetch_field){STR("X-Nonce"), parts.nonce};
    fields[count++] =
        (struct fetch_field){STR("X-Signature"), sms_http_signature(call->arena, settings->secret, &parts)};
    return count;
}

/* --- the answer --- */

/* By the status alone: what any gateway means by it. */
static const struct {
    int status;
    enum verify_result result;
} statuses[] = {
    {400, VERIFY_INVALID_INPUT},
    {422, VERIFY_INVALID_INPUT},
    {429, VERIFY_RATE_LIMITED},
};

static bool value_as_text(struct arena *arena, const struct json *value, struct str *ret_text) {
    int64_t number;
    bool flag;
    if (json_str(value, ret_text)) {
        return true;
    }
    if (json_int(value, &number)) {
        *ret_text = str_format(arena, "%lld", (long long)number);
        return true;
    }
    if (json_bool(value, &flag)) {
        *ret_text = flag ? STR("true") : STR("false");
        return true;
    }
    return false;
}

static enum verify_result result_of_members(struct arena *arena, struct str body,
                                            const struct sms_http_expected *expected) {
    const struct json *object;
    struct str value, echo;
    if (!json_parse(arena, body, JSON_LIMITS_TOKEN, &object) || json_kind(object) != JSON_KIND_OBJECT ||
        (!str_is_absent(expected->echo_member) && (!json_get_str(object, str_c(arena, expected->echo_member), &echo) ||
                                                   !str_equal(echo, expected->transaction)))) {
        return VERIFY_UPSTREAM_ERROR;
    }
    if (str_is_absent(expected->success_member)) {
        return VERIFY_MATCH;
    }
    if (!value_as_text(arena, json_member(object, str_c(arena, expected->success_member)), &value)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    if (str_equal(value, expected->success_value)) {
        return VERIFY_MATCH;
    }
    return str_has_word(expected->limited_values, value)   ? VERIFY_RATE_LIMITED
           : str_has_word(expected->refused_values, value) ? VERIFY_INVALID_INPUT
                                                           : VERIFY_UPSTREAM_ERROR;
}

enum verify_result sms_http_result(struct arena *arena, int status, bool json, struct str body,
                                   const struct sms_http_expected *expected) {
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (statuses[i].status == status) {
            return statuses[i].result;
        }
    }
    if (status < 200 || status > 299) {
        return VERIFY_UPSTREAM_ERROR;
    }
    if (str_is_absent(expected->success_member) && str_is_absent(expected->echo_member)) {
        return VERIFY_MATCH;
    }
    return json ? result_of_members(arena, body, expected) : VERIFY_UPSTREAM_ERROR;
}

/* --- the adapter --- */

/* What is kept of the settings: whether there is a text for notices. */
static bool open_gateway(const struct upstream_settings *settings, void **ret_state, struct fault *fault) {
    bool *notices = check_calloc(1, sizeof(*notices));
    *notices = !str_is_empty(upstream_option_text(settings, "template_phone_changed"));
    *ret_state = notices;
    return true;
}

static struct upstream_traits traits_of(const void *state) {
    const bool *notices = state;
    struct upstream_traits traits = sms_http_adapter.traits;
    traits.services |= *notices ? UPSTREAM_NOTICE : 0;
    return traits;
}

static enum verify_result send_message(struct upstream_call *call, const struct upstream_message *message) {
    const struct upstream_settings *settings = call->settings;
    struct member members[5];
    struct fetch_field fields[FIELDS_MOST];
    struct fetch_answer answer = {0};
    struct str parameters;
    struct buf body;
    bool form = str_equal(text_of(settings, "body", "json"), STR("form"));
    size_t count = members_of(call, message, members);
    buf_init(&body, call->arena, 256, BODY_MOST);
    (form ? put_form : put_json)(&body, members, count);
    if (body.failed || !is_whole(settings, message)) {
        return VERIFY_INVALID_INPUT;
    }
    const struct fetch_request request = {
        .method = STR("POST"),
        .url = settings->url,
        .fields = fields,
        .field_count = fields_of(call, form, buf_str(&body), fields),
        .body = buf_str(&body),
        .timeout_ms = call->timeout_ms,
        .answer_ceiling = ANSWER_MOST,
        .once = true,
    };
    if (upstream_fetch(call, &request, &answer) != FETCH_DONE) {
        return VERIFY_UPSTREAM_ERROR;
    }
    const struct sms_http_expected expected = {
        .success_member = upstream_option_text(settings, "success_member"),
        .success_value = upstream_option_text(settings, "success_value"),
        .limited_values = upstream_option_text(settings, "limited_values"),
        .refused_values = upstream_option_text(settings, "refused_values"),
        .echo_member = upstream_option_text(settings, "echo_member"),
        .transaction = message->transaction,
    };
    bool json = str_equal_fold(str_trim(str_cut(answer.content_type, ';', &parameters)), STR("application/json"));
    return sms_http_result(call->arena, answer.status, json, answer.body, &expected);
}

const struct upstream_adapter sms_http_adapter = {
    .name = "sms_http",
    .authority = "sms",
    .idempotent = false,
    .traits = {.services = UPSTREAM_MESSAGE,
               .asks = ASK_PHONE,
               .method = METHOD_PHONE,
               .level = 1,
               .amr = AMR_SMS,
               .title = STR_INIT("短信验证码"),
               .title_en = STR_INIT("Text message")},
    .options = options,
    .option_count = ARRAY_LEN(options),
    .check = check,
    .open = open_gateway,
    .close = free,
    .traits_of = traits_of,
    .send = send_message,
};
