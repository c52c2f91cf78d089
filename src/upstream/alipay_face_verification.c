/*
 * datadigital.fincloud.generalsaas.face.verification.*: the face check of Alipay's cloud. It tells the page's address
 * itself.
 */
#include "base/check.h"
#include "upstream/alipay_face.h"

#define STATE_MOST 64

static bool write(struct arena *arena, struct json_out *out, const struct alipay_face_asked *asked) {
    (void)arena;
    json_put_str(out, "outer_order_no", asked->transaction);
    json_put_str(out, "biz_code", STR(ALIPAY_VERIFICATION_BIZ_CODE));
    alipay_face_put_person(out, asked);
    json_put_str(out, "face_reserve_strategy", STR("never"));
    return true;
}

static const struct {
    const char *text;
    enum verify_result result;
} states[] = {
    {"SUCCESS", VERIFY_MATCH},
    {"FAIL", VERIFY_MISMATCH},
    {"PROCESSING", VERIFY_PENDING},
};

static enum verify_result judge(const struct json *content, bool came_back) {
    struct str state = STR("");
    (void)came_back;
    if (!alipay_text(content, "certify_state", STATE_MOST, &state)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    for (size_t i = 0; i < ARRAY_LEN(states); i++) {
        if (str_equal(state, str_from(states[i].text))) {
            return states[i].result;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}

const struct alipay_face_product alipay_face_verification = {
    .name = STR_INIT("verification"),
    .initialize = STR_INIT(ALIPAY_VERIFICATION_INITIALIZE),
    .page = STR_INIT(""),
    .query = STR_INIT(ALIPAY_VERIFICATION_QUERY),
    .check_id = "certify_id",
    .order = "outer_order_no",
    .write = write,
    .judge = judge,
};
