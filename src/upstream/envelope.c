/*
 * Signed envelopes: signing a request, sending it, opening the answer.
 */
#include "upstream/envelope.h"

#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "jose/digest.h"
#include "loop/fetch.h"
#include "upstream/adapter.h"

#define ANSWER_MOST  (16 * 1024)
#define SECRET_LEAST 16

struct str envelope_signature(struct arena *arena, struct str secret, const struct envelope_signed *parts) {
    struct sha256 body = sha256_of(parts->body);
    struct str text = str_format(arena, "%.*s\n%.*s\n%.*s\n%.*s", STR_ARG(parts->app_id), STR_ARG(parts->timestamp),
                                 STR_ARG(parts->nonce), STR_ARG(hex_encode(arena, sha256_str(&body))));
    struct sha256 mac = hmac_sha256(secret_copy(arena, secret), text);
    return hex_encode(arena, sha256_str(&mac));
}

bool envelope_check(const struct upstream_settings *settings, struct fault *fault) {
    if (str_is_empty(settings->app_id) || settings->secret.len < SECRET_LEAST) {
        return fault_set(fault, "upstreams.%.*s: app_id is missing, or secret is shorter than %d characters",
                         STR_ARG(settings->name), SECRET_LEAST);
    }
    return upstream_url_check(settings, fault);
}

bool envelope_open(struct arena *arena, struct str body, const struct envelope_expected *expected,
                   struct str *ret_data) {
    const struct json *envelope;
    struct str data, timestamp, signature;
    if (!json_parse(arena, body, JSON_LIMITS_TOKEN, &envelope) || !json_get_str(envelope, "data", &data) ||
        !json_get_str(envelope, "timestamp", &timestamp) || !json_get_str(envelope, "signature", &signature)) {
        return false;
    }
    const struct envelope_signed parts = {expected->app_id, timestamp, expected->nonce, data};
    if (!str_equal_secret(envelope_signature(arena, expected->secret, &parts), signature)) {
        return false;
    }
    *ret_data = data;
    return true;
}

bool envelope_type_is(const struct fetch_answer *answer, struct str media_type) {
    struct str parameters;
    return str_equal_fold(str_trim(str_cut(answer->content_type, ';', &parameters)), media_type);
}

bool envelope_post(struct upstream_call *call, const char *path, struct str body, struct envelope_answer *ret_answer) {
    struct arena *arena = call->arena;
    struct fetch_answer answer = {0};
    const struct envelope_signed parts = {
        .app_id = call->settings->app_id,
        .timestamp = str_format(arena, "%lld", (long long)clock_wall_ms()),
        .nonce = random_text(arena, 16),
        .body = body,
    };
    const struct fetch_field fields[] = {
        {STR("Content-Type"), STR("application/json")},
        {STR("X-App-Id"), parts.app_id},
        {STR("X-Timestamp"), parts.timestamp},
        {STR("X-Nonce"), parts.nonce},
        {STR("X-Signature"), envelope_signature(arena, call->settings->secret, &parts)},
    };
    const struct fetch_request request = {
        .method = STR("POST"),
        .url = str_format(arena, "%.*s%s", STR_ARG(call->settings->url), path),
        .fields = fields,
        .field_count = sizeof(fields) / sizeof(fields[0]),
        .body = body,
        .timeout_ms = call->timeout_ms,
        .answer_ceiling = ANSWER_MOST,
    };
    enum fetch_result result = upstream_fetch(call, &request, &answer);
    *ret_answer = (struct envelope_answer){parts.nonce, answer.body};
    return result == FETCH_DONE && answer.status == 200 && envelope_type_is(&answer, STR("application/json"));
}
