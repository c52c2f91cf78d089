/*
 * The population register: checks the request's signature as the real one would, looks the person up, signs its answer.
 */
#include "upstream/population.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "model/identity.h"
#include "simulate.h"

#define SKEW_MS 300000

static bool request_is_signed(struct service *service, const struct http_request *request) {
    const struct population_signed parts = {
        .app_id = http_field_value(request, STR("x-app-id")),
        .timestamp = http_field_value(request, STR("x-timestamp")),
        .nonce = http_field_value(request, STR("x-nonce")),
        .body = request->body,
    };
    struct str signature = http_field_value(request, STR("x-signature"));
    int64_t sent_at, now = clock_wall_ms();
    if (!str_equal(parts.app_id, service->simulator->app_id) || !str_to_i64(parts.timestamp, &sent_at) ||
        sent_at < now - SKEW_MS || sent_at > now + SKEW_MS) {
        return false;
    }
    return str_equal_secret(population_signature(request->arena, service->secret, &parts), signature) &&
           simulate_nonce_is_new(service, parts.nonce);
}

static enum population_result look_up(const struct simulator *simulator, struct arena *arena, struct str name,
                                      struct str id_number, bool *ret_folded) {
    struct id_number number;
    struct str key;
    if (id_number_read(id_number, clock_wall(), &number) != ID_NUMBER_OK ||
        person_name_key(arena, name, &key) == PERSON_NAME_BAD) {
        return POPULATION_INVALID_INPUT;
    }
    const struct person *person = simulate_person(simulator, str_from(number.text));
    if (!person) {
        return POPULATION_NOT_FOUND;
    }
    *ret_folded = !str_equal(person->name, name);
    if (!str_equal(person->key, key)) {
        return POPULATION_MISMATCH;
    }
    return str_equal(person->state, STR("normal")) ? POPULATION_MATCH : POPULATION_STATE_BAD;
}

static struct str write_data(struct service *service, const struct http_request *request, const struct json *body) {
    struct arena *arena = request->arena;
    struct str name = STR(""), id_number = STR(""), serial = STR("");
    bool folded = false;
    json_get_str(body, "name", &name);
    json_get_str(body, "idNumber", &id_number);
    json_get_str(body, "bizSn", &serial);
    enum population_result result = service->mode == MODE_REFUSE
                                        ? POPULATION_RATE_LIMITED
                                        : look_up(service->simulator, arena, name, id_number, &folded);
    struct buf data;
    buf_init(&data, arena, 512, 4096);
    struct json_out out = json_out(&data);
    json_open_object(&out, NULL);
    json_put_str(&out, "bizSn", service->mode == MODE_WRONG_TRANSACTION ? STR("another transaction") : serial);
    json_put_int(&out, "result", result);
    json_put_bool(&out, "folded", folded && result == POPULATION_MATCH);
    json_put_str(&out, "checkId", str_format(arena, "chk-%.*s", STR_ARG(random_text(arena, 12))));
    json_close_object(&out);
    return buf_str(&data);
}

static struct str write_envelope(struct service *service, const struct http_request *request, struct str data) {
    struct arena *arena = request->arena;
    const struct population_signed parts = {
        .app_id = service->simulator->app_id,
        .timestamp = str_format(arena, "%lld", (long long)clock_wall_ms()),
        .nonce = http_field_value(request, STR("x-nonce")),
        .body = data,
    };
    struct str secret = service->mode == MODE_BAD_SIGNATURE ? STR("somebody else's secret") : service->secret;
    struct buf envelope;
    buf_init(&envelope, arena, 1024, 8192);
    struct json_out out = json_out(&envelope);
    json_open_object(&out, NULL);
    json_put_str(&out, "data", data);
    json_put_str(&out, "timestamp", parts.timestamp);
    json_put_str(&out, "signature", population_signature(arena, secret, &parts));
    json_close_object(&out);
    return buf_str(&envelope);
}

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    const struct json *body;
    if (request->method != HTTP_POST) {
        reply->status = 405;
        return;
    }
    if (!request_is_signed(service, request)) {
        reply->status = 401;
        return;
    }
    if (!json_parse(request->arena, request->body, JSON_LIMITS_TOKEN, &body)) {
        reply->status = 400;
        return;
    }
    reply->content_type = STR("application/json");
    buf_put(&reply->body, write_envelope(service, request, write_data(service, request, body)));
}

static const struct service_path paths[] = {{POPULATION_PATH, false}};

const struct service_kind population_service = {.name = "population",
                                                .secret_variable = "TONGXING_POPULATION_SECRET",
                                                .paths = paths,
                                                .path_count = ARRAY_LEN(paths),
                                                .handle = handle};
