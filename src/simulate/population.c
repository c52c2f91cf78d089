/*
 * The population register: checks the request's signature as the real one would, looks the person up, signs its answer.
 */
#include "upstream/population.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "envelope.h"
#include "model/identity.h"

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

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    const struct json *body;
    if (simulate_envelope_read(service, request, &body, reply)) {
        simulate_envelope_write(service, request, write_data(service, request, body), reply);
    }
}

static const struct service_path paths[] = {{POPULATION_PATH, false}};

const struct service_kind population_service = {.name = "population",
                                                .secret_variable = "TONGXING_POPULATION_SECRET",
                                                .paths = paths,
                                                .path_count = ARRAY_LEN(paths),
                                                .handle = handle};
