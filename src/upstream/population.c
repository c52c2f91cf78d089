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
    return upstream_url_check(settings, fault);
}

/* --- asking --- */

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

static enum fetch_result send_exchange(struct upstream_call *call, const struct exchange *exchange,
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
        .timeout_ms = call->timeout_ms,
        .answer_ceiling = ANSWER_MOST,
    };
    return fetch(call->fetcher, arena, &request, answer);
}

/* --- reading the answer --- */

/* The envelope: {"data": "<JSON text>", "timestamp": "…", "signature": "…"}. */
static bool open_envelope(struct arena *arena, struct str body, const struct population_expected *expected,
                          struct str *ret_data) {
    const struct json *envelope;
    struct str data, timestamp, signature;
    if (!json_parse(arena, body, JSON_LIMITS_TOKEN, &envelope) || !json_get_str(envelope, "data", &data) ||
        !json_get_str(envelope, "timestamp", &timestamp) || !json_get_str(envelope, "signature", &signature)) {
        return false;
    }
    const struct population_signed parts = {expected->app_id, timestamp, expected->nonce, data};
    if (!str_equal_secret(population_signature(arena, expected->secret, &parts), signature)) {
        return false;
    }
    *ret_data = data;
    return true;
}

/* Compared as it came: made an enum first, 2^32 + 1 would be a match. */
static enum verify_result result_of(int64_t result) {
    switch (result) {
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
    default:
        return VERIFY_UPSTREAM_ERROR;
    }
}

bool population_answer_read(struct arena *arena, struct str body, const struct population_expected *expected,
                            struct population_answer *ret_answer) {
    const struct json *object;
    struct population_answer answer = {0};
    struct str data, serial;
    int64_t result;
    if (!open_envelope(arena, body, expected, &data) || !json_parse(arena, data, JSON_LIMITS_TOKEN, &object) ||
        !json_get_str(object, "bizSn", &serial) || !str_equal(serial, expected->serial) ||
        !json_get_int(object, "result", &result) || !json_get_str(object, "checkId", &answer.check_id) ||
        answer.check_id.len == 0 || answer.check_id.len > CHECK_ID_MOST ||
        (json_member(object, "folded") && !json_get_bool(object, "folded", &answer.folded))) {
        return false;
    }
    answer.result = result_of(result);
    if (answer.result == VERIFY_UPSTREAM_ERROR) {
        return false;
    }
    *ret_answer = answer;
    return true;
}

static bool is_json(const struct fetch_answer *answer) {
    struct str parameters;
    return str_equal_fold(str_trim(str_cut(answer->content_type, ';', &parameters)), STR("application/json"));
}

/* --- the adapter --- */

static enum verify_result verify(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct upstream_found *ret_found) {
    struct exchange exchange;
    struct fetch_answer fetched = {0};
    struct population_answer answer;
    write_exchange(call->arena, asked, &exchange);
    enum fetch_result result = send_exchange(call, &exchange, &fetched);
    if (result != FETCH_DONE) {
        call->unreachable = result == FETCH_UNREACHABLE;
        return VERIFY_UPSTREAM_ERROR;
    }
    const struct population_expected expected = {call->settings->app_id, call->settings->secret, exchange.nonce,
                                                 exchange.serial};
    if (fetched.status != 200 || !is_json(&fetched) ||
        !population_answer_read(call->arena, fetched.body, &expected, &answer)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    upstream_found_by(ret_found, METHOD_TWO_ELEMENT, answer.result);
    ret_found->evidence.check_id = answer.check_id;
    ret_found->evidence.folded = answer.folded;
    return answer.result;
}

const struct upstream_adapter population_adapter = {
    .name = "population",
    .authority = "mps-population",
    .idempotent = true,
    .traits = {.services = UPSTREAM_PERSON,
               .asks = ASK_NAME | ASK_ID_NUMBER,
               .method = METHOD_TWO_ELEMENT,
               .level = 2,
               .title = STR_INIT("公安人口库核验"),
               .title_en = STR_INIT("population register")},
    .check = check,
    .verify = verify,
};
