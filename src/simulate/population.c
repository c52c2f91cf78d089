/*
 * The population register: checks the request's signature as the real one would, looks the person up, signs its answer.
 */
#include "upstream/population.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "loop/fiber.h"
#include "model/identity.h"
#include "simulate.h"

#include <stdlib.h>
#include <uthash.h>

#define SKEW_MS     300000
#define NONCE_SIZE  64
#define HANG_MS     60000
#define OVERSIZED   (1024 * 1024)
#define NONCES_MOST 100000

struct seen_nonce {
    char nonce[NONCE_SIZE];
    UT_hash_handle hh;
};

void simulate_population_done(struct simulator *simulator) {
    struct seen_nonce *seen, *next;
    HASH_ITER(hh, simulator->nonces, seen, next) {
        HASH_DEL(simulator->nonces, seen);
        free(seen);
    }
}

/* A nonce is good once. The memory of them is dropped when it is full: this is a simulator. */
static bool nonce_is_new(struct simulator *simulator, struct str nonce) {
    struct seen_nonce *seen;
    if (nonce.len < 16 || nonce.len >= NONCE_SIZE) {
        return false;
    }
    HASH_FIND(hh, simulator->nonces, nonce.ptr, nonce.len, seen);
    if (seen) {
        return false;
    }
    if (HASH_COUNT(simulator->nonces) >= NONCES_MOST) {
        simulate_population_done(simulator);
    }
    seen = check_calloc(1, sizeof(*seen));
    memcpy(seen->nonce, nonce.ptr, nonce.len);
    HASH_ADD_KEYPTR(hh, simulator->nonces, seen->nonce, nonce.len, seen);
    return true;
}

static bool request_is_signed(struct simulator *simulator, const struct http_request *request) {
    const struct population_signed parts = {
        .app_id = http_field_value(request, STR("x-app-id")),
        .timestamp = http_field_value(request, STR("x-timestamp")),
        .nonce = http_field_value(request, STR("x-nonce")),
        .body = request->body,
    };
    struct str signature = http_field_value(request, STR("x-signature"));
    int64_t sent_at, now = clock_wall_ms();
    if (!str_equal(parts.app_id, simulator->app_id) || !str_to_i64(parts.timestamp, &sent_at) ||
        sent_at < now - SKEW_MS || sent_at > now + SKEW_MS) {
        return false;
    }
    return str_equal_secret(population_signature(request->arena, simulator->secret, &parts), signature) &&
           nonce_is_new(simulator, parts.nonce);
}

static enum population_result look_up(const struct simulator *simulator, struct arena *arena, struct str name,
                                      struct str id_number, bool *ret_folded) {
    struct id_number number;
    struct str key;
    if (id_number_read(id_number, clock_wall(), &number) != ID_NUMBER_OK ||
        person_name_key(arena, name, &key) == PERSON_NAME_BAD) {
        return POPULATION_INVALID_INPUT;
    }
    for (size_t i = 0; i < simulator->people_count; i++) {
        const struct person *person = &simulator->people[i];
        if (!str_equal(person->id_number, str_from(number.text))) {
            continue;
        }
        *ret_folded = !str_equal(person->name, name);
        if (!str_equal(person->key, key)) {
            return POPULATION_MISMATCH;
        }
        return str_equal(person->state, STR("normal")) ? POPULATION_MATCH : POPULATION_STATE_BAD;
    }
    return POPULATION_NOT_FOUND;
}

static struct str write_data(struct simulator *simulator, const struct http_request *request, const struct json *body) {
    struct arena *arena = request->arena;
    struct str name = STR(""), id_number = STR(""), serial = STR("");
    bool folded = false;
    json_get_str(body, "name", &name);
    json_get_str(body, "idNumber", &id_number);
    json_get_str(body, "bizSn", &serial);
    enum population_result result =
        simulator->mode == MODE_REFUSE ? POPULATION_RATE_LIMITED : look_up(simulator, arena, name, id_number, &folded);
    struct buf data;
    buf_init(&data, arena, 512, 4096);
    struct json_out out = json_out(&data);
    json_open_object(&out, NULL);
    json_put_str(&out, "bizSn", serial);
    json_put_int(&out, "result", result);
    json_put_bool(&out, "folded", folded && result == POPULATION_MATCH);
    json_put_str(&out, "checkId", str_format(arena, "chk-%.*s", STR_ARG(random_text(arena, 12))));
    json_close_object(&out);
    return buf_str(&data);
}

static struct str write_envelope(struct simulator *simulator, const struct http_request *request, struct str data) {
    struct arena *arena = request->arena;
    const struct population_signed parts = {
        .app_id = simulator->app_id,
        .timestamp = str_format(arena, "%lld", (long long)clock_wall_ms()),
        .nonce = http_field_value(request, STR("x-nonce")),
        .body = data,
    };
    struct str secret = simulator->mode == MODE_BAD_SIGNATURE ? STR("somebody else's secret") : simulator->secret;
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

/* The good answer, made as wrong as the mode wants it. */
static void reply_by_mode(struct simulator *simulator, struct http_reply *reply, struct str envelope) {
    reply->content_type = simulator->mode == MODE_WRONG_TYPE ? STR("text/html") : STR("application/json");
    switch (simulator->mode) {
    case MODE_GARBAGE:
        buf_puts(&reply->body, "\xff\xfe<<garbage>>{{{");
        break;
    case MODE_TRUNCATED:
        buf_put(&reply->body, str_sub(envelope, 0, envelope.len / 2));
        break;
    case MODE_OVERSIZED:
        for (size_t i = 0; i < OVERSIZED; i++) {
            buf_putc(&reply->body, ' ');
        }
        break;
    case MODE_REPLAY:
        buf_put(&reply->body,
                simulator->last_answer_len > 0 ? str_of(simulator->last_answer, simulator->last_answer_len) : envelope);
        break;
    case MODE_NORMAL:
    case MODE_SLOW:
    case MODE_ERROR:
    case MODE_HANG:
    case MODE_WRONG_TYPE:
    case MODE_BAD_SIGNATURE:
    case MODE_REFUSE:
        buf_put(&reply->body, envelope);
        break;
    }
    if (simulator->mode == MODE_NORMAL && envelope.len <= sizeof(simulator->last_answer)) {
        memcpy(simulator->last_answer, envelope.ptr, envelope.len);
        simulator->last_answer_len = envelope.len;
    }
}

void simulate_population(struct simulator *simulator, const struct http_request *request, struct http_reply *reply) {
    const struct json *body;
    simulator->calls++;
    if (simulator->mode == MODE_HANG || simulator->mode == MODE_SLOW) {
        fiber_set_deadline(INT64_MAX);
        fiber_sleep(simulator->mode == MODE_HANG ? HANG_MS : simulator->delay_ms);
    }
    if (simulator->mode == MODE_ERROR) {
        reply->status = 503;
        return;
    }
    if (!request_is_signed(simulator, request)) {
        reply->status = 401;
        return;
    }
    if (!json_parse(request->arena, request->body, JSON_LIMITS_TOKEN, &body)) {
        reply->status = 400;
        return;
    }
    struct str data = write_data(simulator, request, body);
    reply_by_mode(simulator, reply, write_envelope(simulator, request, data));
}
