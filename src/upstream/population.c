/*
 * The population register: does this name belong to this identity number? One signed JSON request, one signed JSON
 * answer.
 *
 * An answer counts only when its signature fits, it repeats our nonce and serial number, and every member has the type
 * it must have. All else is an error of the service, never a no about the person.
 */
#include "upstream/population.h"

#include "base/check.h"
#include "base/json.h"
#include "base/random.h"
#include "upstream/adapter.h"

#define BODY_MOST     4096
#define CHECK_ID_MOST 128

/* --- asking --- */

static struct str write_body(struct arena *arena, const struct upstream_asked *asked, struct str serial) {
    struct buf body;
    buf_init(&body, arena, 512, BODY_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "bizSn", serial);
    json_put_str(&out, "requestId", asked->request_id);
    json_put_str(&out, "name", asked->name);
    json_put_str(&out, "idNumber", asked->id_number);
    json_put_int(&out, "idType", asked->id_type);
    json_close_object(&out);
    CHECK(!body.failed); /* name and number were limited by model */
    return buf_str(&body);
}

/* --- reading the answer --- */

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

bool population_answer_read(struct arena *arena, struct str body, const struct envelope_expected *expected,
                            struct population_answer *ret_answer) {
    const struct json *object;
    struct population_answer answer = {0};
    struct str data, serial;
    int64_t result;
    if (!envelope_open(arena, body, expected, &data) || !json_parse(arena, data, JSON_LIMITS_TOKEN, &object) ||
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

/* --- the adapter --- */

static enum verify_result verify(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct upstream_found *ret_found) {
    struct str serial = random_text(call->arena, 16);
    struct envelope_answer sent;
    struct population_answer answer;
    if (!envelope_post(call, POPULATION_PATH, write_body(call->arena, asked, serial), &sent)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    const struct envelope_expected expected = {call->settings->app_id, call->settings->secret, sent.nonce, serial};
    if (!population_answer_read(call->arena, sent.body, &expected, &answer)) {
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
               .title_en = STR_INIT("Population register")},
    .check = envelope_check,
    .verify = verify,
};
