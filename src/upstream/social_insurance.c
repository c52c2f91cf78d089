/*
 * The social-insurance platform: are this name and this number those of the social security card that this region
 * issued? One form whose personal part is encrypted with SM2 to the platform and whose whole is signed with HMAC-SM3;
 * one JSON answer, signed by the platform with SM2.
 *
 * An answer counts only when its signature fits and it repeats our serial number. All else is an error of the service,
 * never a no about the person.
 */
#include "upstream/social_insurance.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "jose/sm3.h"
#include "loop/fetch.h"
#include "model/cards.h"
#include "upstream/adapter.h"
#include "upstream/envelope.h"

#include <stdlib.h>

#define PLAIN_MOST    2048
#define BODY_MOST     (16 * 1024)
#define ANSWER_MOST   (16 * 1024)
#define NAME_MOST     200 /* bytes: 50 characters */
#define NUMBER_LENGTH 18
#define CHECK_ID_MOST 128
#define SECRET_LEAST  16
#define OPTION_MOST   128

static const struct upstream_option options[] = {
    {"platform_key", OPTION_PATH, true,
     "PEM file of the platform's public SM2 key: to encrypt to, and for its answers"},
    {"path", OPTION_TEXT, false, "what follows the url: " SOCIAL_INSURANCE_PATH " when it is not given"},
    {"api_name", OPTION_TEXT, false, "the name of the interface: " SOCIAL_INSURANCE_API_NAME " when it is not given"},
    {"cipher", OPTION_TEXT, false, "how encrypted texts are laid out: c1c3c2 (when it is not given), c1c2c3 or asn1"},
};

bool social_insurance_layout(struct str name, enum sm2_layout *ret_layout) {
    static const struct {
        struct str name;
        enum sm2_layout layout;
    } layouts[] = {{STR_INIT("asn1"), SM2_ASN1}, {STR_INIT("c1c3c2"), SM2_C1C3C2}, {STR_INIT("c1c2c3"), SM2_C1C2C3}};
    for (size_t i = 0; i < ARRAY_LEN(layouts); i++) {
        if (str_equal(layouts[i].name, name)) {
            *ret_layout = layouts[i].layout;
            return true;
        }
    }
    return false;
}

static struct str option_or(const struct upstream_settings *settings, const char *name, const char *otherwise) {
    return str_or(upstream_option_text(settings, name), str_from(otherwise));
}

/* --- settings --- */

/* Both go into a URL or a signed text: nothing but letters, digits and a few marks. */
static bool is_token(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        if (!letter && !strchr("/._-", c)) {
            return false;
        }
    }
    return text.len > 0 && text.len <= OPTION_MOST;
}

static bool check(const struct upstream_settings *settings, struct fault *fault) {
    enum sm2_layout layout;
    struct str path = option_or(settings, "path", SOCIAL_INSURANCE_PATH);
    if (!is_token(str_or(settings->app_id, STR(""))) || settings->secret.len < SECRET_LEAST) {
        return fault_set(fault,
                         "upstreams.%.*s: app_id is missing or has other marks than / . _ -, or secret is shorter "
                         "than %d characters",
                         STR_ARG(settings->name), SECRET_LEAST);
    }
    if (!is_token(path) || path.ptr[0] != '/') {
        return fault_set(fault, "upstreams.%.*s.path: must start with / and have no query", STR_ARG(settings->name));
    }
    if (!is_token(option_or(settings, "api_name", SOCIAL_INSURANCE_API_NAME))) {
        return fault_set(fault, "upstreams.%.*s.api_name: must be letters, digits and / . _ -",
                         STR_ARG(settings->name));
    }
    if (!social_insurance_layout(option_or(settings, "cipher", "c1c3c2"), &layout)) {
        return fault_set(fault, "upstreams.%.*s.cipher: must be c1c3c2, c1c2c3 or asn1", STR_ARG(settings->name));
    }
    return upstream_url_check(settings, fault);
}

struct platform {
    struct arena *arena;
    struct sm2_key *key;
};

static void close_platform(void *state) {
    struct platform *platform = state;
    if (platform) {
        arena_free(platform->arena);
        free(platform);
    }
}

static bool open_platform(const struct upstream_settings *settings, void **ret_state, struct fault *fault) {
    struct platform *platform = check_calloc(1, sizeof(*platform));
    struct fault why;
    platform->arena = arena_new();
    if (!sm2_key_read_public(platform->arena, upstream_option_path(settings, platform->arena, "platform_key"),
                             &platform->key, &why)) {
        close_platform(platform);
        return fault_set(fault, "upstreams.%.*s.platform_key: %s", STR_ARG(settings->name), why.text);
    }
    *ret_state = platform;
    return true;
}

/* --- asking --- */

struct str social_insurance_request_signature(struct arena *arena, struct str secret,
                                              const struct social_insurance_request *request) {
    struct str text =
        str_concat(arena, STR("_api_access_id="), request->access_id, STR("&_api_name="), request->api_name,
                   STR("&_api_timestamp="), request->timestamp, STR("&security="), request->security);
    struct sm3 mac = hmac_sm3(secret_copy(arena, secret), text);
    return hex_encode(arena, sm3_str(&mac));
}

static bool can_be_asked(const struct upstream_asked *asked) {
    char card[SOCIAL_CARD_MOST + 1], region[7];
    return asked->name.len > 0 && asked->name.len <= NAME_MOST && asked->id_number.len == NUMBER_LENGTH &&
           social_card_read(str_or(asked->social_card, STR("")), card) &&
           region_read(str_or(asked->region, STR("")), region);
}

static struct str write_plain(struct arena *arena, const struct upstream_asked *asked, struct str serial) {
    struct buf plain;
    buf_init(&plain, arena, 512, PLAIN_MOST);
    struct json_out out = json_out(&plain);
    json_open_object(&out, NULL);
    json_put_str(&out, SOCIAL_INSURANCE_SERIAL, serial);
    json_put_str(&out, SOCIAL_INSURANCE_NAME, asked->name);
    json_put_str(&out, SOCIAL_INSURANCE_NUMBER, asked->id_number);
    json_put_str(&out, SOCIAL_INSURANCE_CARD, asked->social_card);
    json_put_str(&out, SOCIAL_INSURANCE_REGION, asked->region);
    json_close_object(&out);
    CHECK(!plain.failed); /* can_be_asked */
    return buf_str(&plain);
}

static void put_parameter(struct buf *body, const char *name, struct str value) {
    buf_printf(body, "%s%s=", body->len > 0 ? "&" : "", name);
    buf_put_urlencoded(body, value);
}

/* False when it could not be encrypted. */
static bool write_body(struct upstream_call *call, const struct upstream_asked *asked, struct str serial,
                       struct str *ret_body) {
    struct arena *arena = call->arena;
    const struct platform *platform = call->state;
    enum sm2_layout layout;
    struct str sealed;
    struct buf body;
    CHECK(social_insurance_layout(option_or(call->settings, "cipher", "c1c3c2"), &layout));
    if (!sm2_encrypt(arena, platform->key, layout, write_plain(arena, asked, serial), &sealed)) {
        return false;
    }
    const struct social_insurance_request request = {
        .access_id = call->settings->app_id,
        .api_name = option_or(call->settings, "api_name", SOCIAL_INSURANCE_API_NAME),
        .timestamp = str_format(arena, "%lld", (long long)clock_wall_ms()),
        .security = base64_encode(arena, sealed),
    };
    buf_init(&body, arena, 2048, BODY_MOST);
    put_parameter(&body, "_api_name", request.api_name);
    put_parameter(&body, "_api_access_id", request.access_id);
    put_parameter(&body, "_api_timestamp", request.timestamp);
    put_parameter(&body, "security", request.security);
    put_parameter(&body, "_api_signature", social_insurance_request_signature(arena, call->settings->secret, &request));
    *ret_body = buf_str(&body);
    return !body.failed;
}

static bool send_body(struct upstream_call *call, struct str body, struct str *ret_answer) {
    const struct fetch_field headers[] = {
        {STR("Content-Type"), STR("application/x-www-form-urlencoded;charset=UTF-8")}};
    const struct fetch_request request = {
        .method = STR("POST"),
        .url = str_concat(call->arena, call->settings->url, option_or(call->settings, "path", SOCIAL_INSURANCE_PATH)),
        .fields = headers,
        .field_count = ARRAY_LEN(headers),
        .body = body,
        .timeout_ms = call->timeout_ms,
        .answer_ceiling = ANSWER_MOST,
    };
    struct fetch_answer answer = {0};
    enum fetch_result result = upstream_fetch(call, &request, &answer);
    *ret_answer = answer.body;
    return result == FETCH_DONE && answer.status == 200 && envelope_type_is(&answer, STR("application/json"));
}

/* --- reading the answer --- */

struct str social_insurance_reply_text(struct arena *arena, const struct social_insurance_reply *reply) {
    return str_concat(arena, STR("_api_access_id="), reply->access_id, STR("&_api_name="), reply->api_name,
                      STR("&_api_timestamp="), reply->timestamp, STR("&bizSn="), reply->serial, STR("&code="),
                      reply->code, STR("&data="), reply->data);
}

struct meaning {
    struct str code;
    enum verify_result result;
};

/* Codes that are not here are errors of the service. */
static enum verify_result meaning_of(const struct meaning *table, size_t count, struct str code) {
    for (size_t i = 0; i < count; i++) {
        if (str_equal(table[i].code, code)) {
            return table[i].result;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}

static const struct meaning codes[] = {
    {STR_INIT(SOCIAL_INSURANCE_OK), VERIFY_MATCH}, /* of the call; its data has the result */
    {STR_INIT(SOCIAL_INSURANCE_BAD_INPUT), VERIFY_INVALID_INPUT},
    {STR_INIT(SOCIAL_INSURANCE_TOO_OFTEN), VERIFY_RATE_LIMITED},
};
static const struct meaning results[] = {
    {STR_INIT(SOCIAL_INSURANCE_MATCH), VERIFY_MATCH},
    {STR_INIT(SOCIAL_INSURANCE_MISMATCH), VERIFY_MISMATCH},
    {STR_INIT(SOCIAL_INSURANCE_NOT_FOUND), VERIFY_NOT_FOUND},
    {STR_INIT(SOCIAL_INSURANCE_STATE_BAD), VERIFY_STATE_BAD},
    {STR_INIT(SOCIAL_INSURANCE_NOT_CONNECTED), VERIFY_UNSUPPORTED},
};

/* The signed parts of an answer: {"code": "…", "data": "<JSON text>", "_api_timestamp": "…", "_api_signature": "…"}. */
static bool open_reply(struct arena *arena, struct str body, const struct social_insurance_expected *expected,
                       struct social_insurance_reply *reply) {
    const struct json *object;
    struct str text, signature;
    *reply = (struct social_insurance_reply){
        .access_id = expected->access_id, .api_name = expected->api_name, .serial = expected->serial};
    return json_parse(arena, body, JSON_LIMITS_TOKEN, &object) && json_get_str(object, "code", &reply->code) &&
           json_get_str(object, "data", &reply->data) && json_get_str(object, "_api_timestamp", &reply->timestamp) &&
           json_get_str(object, "_api_signature", &text) && base64_decode(arena, text, &signature) &&
           sm2_verify(expected->platform, social_insurance_reply_text(arena, reply), signature);
}

static bool read_data(struct arena *arena, struct str data, struct str serial, struct social_insurance_answer *answer) {
    const struct json *object;
    struct str told, result;
    if (!json_parse(arena, data, JSON_LIMITS_TOKEN, &object) || !json_get_str(object, "bizSn", &told) ||
        !str_equal(told, serial) || !json_get_str(object, "result", &result) ||
        !json_get_str(object, "checkId", &answer->check_id) || answer->check_id.len == 0 ||
        answer->check_id.len > CHECK_ID_MOST) {
        return false;
    }
    answer->result = meaning_of(results, ARRAY_LEN(results), result);
    return true;
}

bool social_insurance_answer_read(struct arena *arena, struct str body,
                                  const struct social_insurance_expected *expected,
                                  struct social_insurance_answer *ret_answer) {
    struct social_insurance_reply reply;
    struct social_insurance_answer answer = {0};
    if (!open_reply(arena, body, expected, &reply)) {
        return false;
    }
    answer.result = meaning_of(codes, ARRAY_LEN(codes), reply.code);
    if ((answer.result == VERIFY_MATCH && !read_data(arena, reply.data, expected->serial, &answer)) ||
        answer.result == VERIFY_UPSTREAM_ERROR) {
        return false;
    }
    *ret_answer = answer;
    return true;
}

/* --- the adapter --- */

static enum verify_result verify(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct upstream_found *ret_found) {
    const struct platform *platform = call->state;
    struct social_insurance_answer answer;
    struct str body, told;
    if (!can_be_asked(asked)) {
        return VERIFY_INVALID_INPUT;
    }
    struct str serial = upstream_transaction(call->arena); /* a second attempt is another request */
    const struct social_insurance_expected expected = {call->settings->app_id,
                                                       option_or(call->settings, "api_name", SOCIAL_INSURANCE_API_NAME),
                                                       serial, platform->key};
    if (!write_body(call, asked, serial, &body) || !send_body(call, body, &told) ||
        !social_insurance_answer_read(call->arena, told, &expected, &answer)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    upstream_found_by(ret_found, METHOD_SOCIAL_INSURANCE, answer.result);
    ret_found->evidence.check_id = answer.check_id;
    return answer.result;
}

const struct upstream_adapter social_insurance_adapter = {
    .name = "social_insurance",
    .authority = "mohrss-social-insurance",
    .idempotent = true,
    .traits = {.services = UPSTREAM_PERSON,
               .asks = ASK_NAME | ASK_ID_NUMBER | ASK_SOCIAL_CARD | ASK_REGION,
               .method = METHOD_SOCIAL_INSURANCE,
               .level = 2,
               .title = STR_INIT("社会保障卡核验"),
               .title_en = STR_INIT("Social security card")},
    .options = options,
    .option_count = ARRAY_LEN(options),
    .check = check,
    .open = open_platform,
    .close = close_platform,
    .verify = verify,
};
