/*
 * zhima.customer.certification.*: Zhima's face certification, for contracts of before: Alipay offers the other products
 * instead.
 */
#include "base/check.h"
#include "upstream/alipay_face.h"

#define IDENTITY_MOST 4096

/* Objects inside are JSON texts here. An authorization of the person would tell nothing that is needed: none is asked
 * for. */
static bool write(struct arena *arena, struct json_out *out, const struct alipay_face_asked *asked) {
    struct buf identity;
    buf_init(&identity, arena, 512, IDENTITY_MOST);
    struct json_out person = json_out(&identity);
    json_open_object(&person, NULL);
    alipay_face_put_person(&person, asked);
    json_close_object(&person);
    json_put_str(out, "transaction_id", asked->transaction);
    json_put_str(out, "product_code", STR(ALIPAY_ZHIMA_PRODUCT_CODE));
    json_put_str(out, "biz_code", STR("FACE"));
    json_put_str(out, "identity_param", buf_str(&identity));
    json_put_str(out, "merchant_config", STR("{\"need_user_authorization\":\"false\"}"));
    json_put_str(out, "ext_biz_param", STR("{}"));
    return !identity.failed;
}

static enum verify_result judge(const struct json *content, bool came_back) {
    return alipay_face_passed(content, STR("true"), STR("false"), "failed_reason", came_back);
}

const struct alipay_face_product alipay_face_zhima = {
    .name = STR_INIT("zhima"),
    .initialize = STR_INIT(ALIPAY_ZHIMA_INITIALIZE),
    .page = STR_INIT(ALIPAY_ZHIMA_PAGE),
    .query = STR_INIT(ALIPAY_ZHIMA_QUERY),
    .check_id = "biz_no",
    .order = "transaction_id",
    .returns_by_page = true,
    .authority = STR_INIT("zhima"),
    .title = STR_INIT("芝麻认证"),
    .title_en = STR_INIT("Zhima face certification"),
    .write = write,
    .judge = judge,
};
