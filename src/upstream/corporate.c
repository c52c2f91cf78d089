/*
 * The corporate register: do this name, this credit code and this legal representative belong together, and does the
 * organisation still operate? One signed JSON request, one signed JSON answer, in the shape of a published check
 * (EntElementVerify), since the register's own interface is not.
 *
 * An answer counts only when its signature fits and it repeats our nonce and serial number. Which of the elements
 * differs is told by the service and kept by nobody: it would be an oracle.
 */
#include "upstream/corporate.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "model/credit_code.h"
#include "upstream/adapter.h"

#define BODY_MOST     4096
#define ID_MOST       128
#define TYPE_MOST     128
#define NAME_MOST     (ORGANISATION_NAME_MOST * 4)
#define NUMBER_MOST   32
#define PERSON_MOST   200
#define SCENE         "tongxing"
#define AUTHORISATION "1" /* the organisation's person has agreed to the check: they have asked for it */

/* --- asking --- */

/* What the register would refuse is refused here: a refused call costs as much as an answered one. */
static bool can_be_asked(const struct upstream_asked *asked) {
    char code[CREDIT_CODE_LENGTH + 1];
    return asked->org_name.len > 0 && asked->org_name.len <= NAME_MOST && asked->representative_name.len > 0 &&
           asked->representative_name.len <= PERSON_MOST && asked->representative_number.len <= NUMBER_MOST &&
           credit_code_read(str_or(asked->credit_code, STR("")), code) < CREDIT_CODE_BAD_FORMAT;
}

static struct str write_body(struct arena *arena, const struct upstream_asked *asked, struct str serial) {
    struct buf body;
    bool four = asked->representative_number.len > 0;
    buf_init(&body, arena, 1024, BODY_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "SceneCode", STR(SCENE));
    json_put_str(&out, "MerchantBizId", serial);
    json_put_str(&out, "UserAuthorization", STR(AUTHORISATION));
    json_put_str(&out, "InfoVerifyType", four ? STR(CORPORATE_FOUR) : STR(CORPORATE_THREE));
    json_put_str(&out, "LicenseNo", asked->credit_code);
    json_put_str(&out, "EntName", asked->org_name);
    json_put_str(&out, "LegalPersonName", asked->representative_name);
    if (four) {
        json_put_str(&out, "LegalPersonCertNo", asked->representative_number);
    }
    json_close_object(&out);
    CHECK(!body.failed); /* can_be_asked */
    return buf_str(&body);
}

/* --- reading the answer --- */

static const struct {
    const char *code;
    enum organisation_status status;
} statuses[] = {
    {"1", ORGANISATION_OPERATING}, {"2", ORGANISATION_MOVED},     {"3", ORGANISATION_CANCELLED},
    {"4", ORGANISATION_REVOKED},   {"5", ORGANISATION_WITHDRAWN}, {"6", ORGANISATION_CLOSED},
    {"0", ORGANISATION_UNKNOWN},
};

struct str corporate_status_code(enum organisation_status status) {
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (statuses[i].status == status) {
            return str_from(statuses[i].code);
        }
    }
    return STR("0");
}

static bool status_from(struct str code, enum organisation_status *ret_status) {
    for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
        if (str_equal(code, str_from(statuses[i].code))) {
            *ret_status = statuses[i].status;
            return true;
        }
    }
    return false;
}

/* What the service says about the call. Codes that are not here are errors of the service. */
static enum verify_result result_of_call(struct str code) {
    static const struct {
        struct str code;
        enum verify_result result;
    } codes[] = {
        {STR_INIT("200"), VERIFY_MATCH},
        {STR_INIT("Success"), VERIFY_MATCH},
        {STR_INIT("MissingParameter"), VERIFY_INVALID_INPUT},
        {STR_INIT("InvalidParameter"), VERIFY_INVALID_INPUT},
        {STR_INIT("Throttling"), VERIFY_RATE_LIMITED},
        {STR_INIT("Throttling.User"), VERIFY_RATE_LIMITED},
        {STR_INIT("Throttling.Api"), VERIFY_RATE_LIMITED},
    };
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (str_equal(codes[i].code, code)) {
            return codes[i].result;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}

/* What it says about the elements. A register that has not heard of a new organisation says "not found", which is no
 * denial. */
static enum verify_result result_of_check(struct str code, enum organisation_status status) {
    if (str_equal(code, STR("2"))) {
        return VERIFY_MISMATCH;
    }
    if (str_equal(code, STR("3"))) {
        return VERIFY_NOT_FOUND;
    }
    if (!str_equal(code, STR("1"))) {
        return VERIFY_UPSTREAM_ERROR;
    }
    if (status == ORGANISATION_UNKNOWN) {
        return VERIFY_UNSUPPORTED;
    }
    return organisation_works(status) ? VERIFY_MATCH : VERIFY_STATE_BAD;
}

/* A member that need not be there, but if it is must be text of a bounded length. Null and empty are not there. */
static bool read_optional(const struct json *object, const char *name, size_t most, struct str *ret_text) {
    const struct json *member = json_member(object, name);
    struct str text;
    if (json_kind(member) == JSON_KIND_NULL) {
        return true;
    }
    if (!json_str(member, &text) || text.len > most) {
        return false;
    }
    *ret_text = text.len > 0 ? text : STR_NONE;
    return true;
}

static bool read_data_time(const struct json *object, int64_t *ret_as_of) {
    struct str text = STR_NONE;
    return read_optional(object, "DataTime", ID_MOST, &text) &&
           (str_is_absent(text) || clock_read_rfc3339(text, ret_as_of));
}

static bool read_check(const struct json *object, struct corporate_answer *answer) {
    struct str code, status = STR_NONE, reason = STR_NONE;
    if (json_kind(object) != JSON_KIND_OBJECT || !json_get_str(object, "BizCode", &code) ||
        !read_optional(object, "Status", ID_MOST, &status) ||
        !read_optional(object, "ReasonDetail", ID_MOST, &reason) ||
        !read_optional(object, "EntName", NAME_MOST, &answer->name) ||
        !read_optional(object, "EntType", TYPE_MOST, &answer->type) || !read_data_time(object, &answer->as_of)) {
        return false;
    }
    if (!str_is_absent(status) && !status_from(status, &answer->status)) {
        return false;
    }
    answer->result = result_of_check(code, answer->status);
    /* "All match, but the name differs" is nonsense, and so is "all match" of an organisation in no state at all. */
    bool sound = !str_equal(code, STR("1")) || (str_is_absent(reason) && !str_is_absent(status));
    return sound && answer->result != VERIFY_UPSTREAM_ERROR;
}

bool corporate_answer_read(struct arena *arena, struct str body, const struct envelope_expected *expected,
                           struct corporate_answer *ret_answer) {
    const struct json *object;
    struct corporate_answer answer = {0};
    struct str data, serial, code;
    if (!envelope_open(arena, body, expected, &data) || !json_parse(arena, data, JSON_LIMITS_TOKEN, &object) ||
        !json_get_str(object, "MerchantBizId", &serial) || !str_equal(serial, expected->serial) ||
        !json_get_str(object, "Code", &code) || !json_get_str(object, "RequestId", &answer.check_id) ||
        answer.check_id.len == 0 || answer.check_id.len > ID_MOST) {
        return false;
    }
    answer.result = result_of_call(code);
    if (answer.result == VERIFY_UPSTREAM_ERROR ||
        (answer.result == VERIFY_MATCH && !read_check(json_member(object, "Result"), &answer))) {
        return false;
    }
    *ret_answer = answer;
    return true;
}

/* --- the adapter --- */

/* Is the register's writing of the name another than what was asked, although it found them equal? */
static bool is_folded(const struct corporate_answer *answer, const struct upstream_asked *asked) {
    return answer->result == VERIFY_MATCH && !str_is_absent(answer->name) && !str_equal(answer->name, asked->org_name);
}

static enum verify_result verify(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct upstream_found *ret_found) {
    struct envelope_answer sent;
    struct corporate_answer answer;
    if (!can_be_asked(asked)) {
        return VERIFY_INVALID_INPUT;
    }
    struct str serial = upstream_transaction(call->arena); /* a second attempt is another request */
    if (!envelope_post(call, CORPORATE_PATH, write_body(call->arena, asked, serial), &sent)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    const struct envelope_expected expected = {call->settings->app_id, call->settings->secret, sent.nonce, serial};
    if (!corporate_answer_read(call->arena, sent.body, &expected, &answer)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    bool four = asked->representative_number.len > 0;
    upstream_found_by(ret_found, four ? METHOD_ENTERPRISE_FOUR : METHOD_ENTERPRISE_THREE, answer.result);
    ret_found->evidence.check_id = answer.check_id;
    ret_found->evidence.folded = is_folded(&answer, asked);
    ret_found->status = answer.status;
    ret_found->org_name = answer.name;
    ret_found->org_type = answer.type;
    ret_found->as_of = answer.as_of;
    return answer.result;
}

const struct upstream_adapter corporate_adapter = {
    .name = "corporate",
    .authority = "samr-corporate",
    .idempotent = true,
    .traits = {.services = UPSTREAM_ORGANISATION,
               .asks = ASK_ORGANISATION | ASK_REPRESENTATIVE,
               .method = METHOD_ENTERPRISE_FOUR,
               .level = 1,
               .title = STR_INIT("市场监管法人库核验"),
               .title_en = STR_INIT("Corporate register")},
    .check = envelope_check,
    .verify = verify,
};
