/*
 * alipay.user.certify.open.*: the face check that Alipay offers for itself.
 */
#include "base/check.h"
#include "upstream/alipay_face.h"

static bool write(struct arena *arena, struct json_out *out, const struct alipay_face_asked *asked) {
    (void)arena;
    json_put_str(out, "outer_order_no", asked->transaction);
    json_put_str(out, "biz_code", asked->biz_code);
    json_open_object(out, "identity_param");
    alipay_face_put_person(out, asked);
    json_close_object(out);
    json_open_object(out, "merchant_config");
    json_put_str(out, "return_url", asked->return_url);
    json_put_str(out, "face_reserve_strategy", STR("never"));
    json_close_object(out);
    return true;
}

static enum verify_result judge(const struct json *content, bool came_back) {
    return alipay_face_passed(content, STR("T"), STR("F"), "fail_reason", came_back);
}

const struct alipay_face_product alipay_face_certify = {
    .name = STR_INIT("certify"),
    .initialize = STR_INIT(ALIPAY_CERTIFY_INITIALIZE),
    .page = STR_INIT(ALIPAY_CERTIFY_PAGE),
    .query = STR_INIT(ALIPAY_CERTIFY_QUERY),
    .check_id = "certify_id",
    .order = "outer_order_no",
    .takes_permits = true,
    .write = write,
    .judge = judge,
};
