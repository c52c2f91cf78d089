/*
 * The population register: does this name belong to this identity number? One signed JSON request, one signed JSON
 * answer.
 *
 * An answer counts only when its signature fits, it repeats our nonce and serial number, and every member has the type
 * it must have. All else is an error of the service, never a no about the person.
 */
#include "upstream/population.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "jose/digest.h"
#include "loop/fetch.h"
#include "upstream/adapter.h"

#define BODY_MOST     4096
#define ANSWER_MOST   (16 * 1024)
#define CHECK_ID_MOST 128
#define LEVEL         2 /* name and number matched at a register */

struct str population_signature(struct arena *arena, struct str secret, const struct population_signed *parts) {
    struct sha256 body = sha256_of(parts->body);
    struct str text = str_format(arena, "%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(parts->app_id), STR_ARG(parts->timestamp),
                                 STR_ARG(parts->nonce), STR_ARG(hex_encode(arena, sha256_str(&body))));
    struct sha256 mac = hmac_sha256(secret_copy(arena, secret), text);
    return hex_encode(arena, sha256_str(&mac));
}

static bool check(const struct upstream_settings *settings, struct fault *fault) {
    if (str_is_empty(settings->app_id) || settings->secret.len < 16) {
        return fault_set(fault, "upstreams.%.*s: app_id is missing, or secret is shorter than 16 characters",
                         STR_ARG(settings->name));
    }
    if (!str_starts(settings->url, STR("https://")) && !str_starts(settings->url, STR("http://"))) {
        return fault_set(fault, "upstreams.%.*s: url must start with https:// or http://", STR_ARG(settings->name));
    }
    return true;
}

struct exchange {
    struct str serial, nonce, timestamp, body;
};

static void write_exchange(struct arena *arena, const struct upstream_asked *asked, struct exchange *exchange) {
    exchange->serial = random_text(arena, 16);
    exchange->nonce = random_text(arena, 16);
    exchange->timestamp = str_format(arena, "%lld", (long long)clock_wall_ms());
    struct buf body;
    buf_init(&body, arena, 512, BODY_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "bizSn", exchange->serial);
    json_put_str(&out, "requestId", asked->request_id);
    json_put_str(&out, "name", asked->name);
    json_put_str(&out, "idNumber", asked->id_number);
    json_put_int(&out, "idType", asked->id_type);
    json_close_object(&out);
    CHECK(!body.failed); /* name and number were limited by model */
    exchange->body = buf_str(&body);
}

static enum fetch_result send(struct upstream_call *call, const struct exchange *exchange,
                              struct fetch_answer *answer) {
    struct arena *arena = call->arena;
    const struct population_signed parts = {call->settings->app_id, exchange->timestamp, exchange->nonce,
                                            exchange->body};
    const struct fetch_field fields[] = {
        {STR("Content-Type"), STR("application/json")},
        {STR("X-App-Id"), call->settings->app_id},
        {STR("X-Timestamp"), exchange->timestamp},
        {STR("X-Nonce"), exchange->nonce},
        {STR("X-Signature"), population_signature(arena, call->settings->secret, &parts)},
    };
    const struct fetch_request request = {
        .method = STR("POST"),
        .url = str_format(arena, "%.*s" POPULATION_PATH, STR_ARG(call->settings->url)),
        .fields = fields,
        .field_count = ARRAY_LEN(fields),
        .body = exchange->body,
        .timeout_ms = call->settings->timeout_ms,
        .answer_ceiling = ANSWER_MOST,
    };
    return fetch(call->fetcher, arena, &request, answer);
}

/* The envelope: {"data": "<JSON text>", "timestamp": "…", "signature": "…"}. */
static bool open_envelope(struct upstream_call *call, const struct exchange *exchange,
                          const struct fetch_answer *answer, struct str *ret_data) {
    const struct json *envelope;
    struct str timestamp, signature;
    struct str parameters;
    struct str type = str_trim(str_cut(answer->content_type, ';', &parameters));
    if (answer->status != 200 || !str_equal_fold(type, STR("application/json")) ||
        !json_parse(call->arena, answer->body, JSON_LIMITS_TOKEN, &envelope) ||
        !json_get_str(envelope, "data", ret_data) || !json_get_str(envelope, "timestamp", &timestamp) ||
        !json_get_str(envelope, "signature", &signature)) {
        return false;
    }
    const struct population_signed parts = {call->settings->app_id, timestamp, exchange->nonce, *ret_data};
    return str_equal_secret(population_signature(call->arena, call->settings->secret, &parts), signature);
}

static enum verify_result result_of(int64_t result) {
    switch ((enum population_result)result) {
    case POPULATION_MATCH:
        return VERIFY_MATCH;
    case POPULATION_MISMATCH:
        return VERIFY_MISMATCH;
    case POPULATION_NOT_FOUND:
        return VERIFY_NOT_FOUND;
    case POPULATION_UNSUPPORTED:
        return VERIFY_UNSUPPORTED;
    case POPULATION_STATE_BAD:
        return VERIFY_STATE_BAD;
    case POPULATION_INVALID_INPUT:
        return VERIFY_INVALID_INPUT;
    case POPULATION_RATE_LIMITED:
        return VERIFY_RATE_LIMITED;
    case POPULATION_PENDING:
        return VERIFY_PENDING;
    }
    return VERIFY_UPSTREAM_ERROR;
}

static enum verify_result read_data(struct upstream_call *call, const struct exchange *exchange, struct str data,
                                    struct evidence *evidence) {
    const struct json *object;
    struct str serial, check_id;
    int64_t result;
    bool folded = false;
    if (!json_parse(call->arena, data, JSON_LIMITS_TOKEN, &object) || !json_get_str(object, "bizSn", &serial) ||
        !str_equal(serial, exchange->serial) || !json_get_int(object, "result", &result) ||
        !json_get_str(object, "checkId", &check_id) || check_id.len == 0 || check_id.len > CHECK_ID_MOST ||
        (json_member(object, "folded") && !json_get_bool(object, "folded", &folded))) {
        return VERIFY_UPSTREAM_ERROR;
    }
    evidence->method = STR("two_element_match");
    evidence->check_id = check_id;
    evidence->folded = folded;
    evidence->level = LEVEL;
    return result_of(result);
}

static enum verify_result verify(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct evidence *ret_evidence) {
    struct exchange exchange;
    struct fetch_answer answer = {0};
    struct str data;
    write_exchange(call->arena, asked, &exchange);
    enum fetch_result fetched = send(call, &exchange, &answer);
    if (fetched != FETCH_DONE) {
        call->unreachable = fetched == FETCH_UNREACHABLE;
        return VERIFY_UPSTREAM_ERROR;
    }
    if (!open_envelope(call, &exchange, &answer, &data)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    return read_data(call, &exchange, data, ret_evidence);
}

const struct upstream_adapter population_adapter = {
    .name = "population", .authority = "mps-population", .idempotent = true, .check = check, .verify = verify};
