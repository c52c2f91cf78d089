/*
 * The adapters there are.
 */
#include "base/check.h"
#include "upstream/adapter.h"

/* One on each line, whatever would fit. */
/* clang-format off */
static const struct upstream_adapter *const adapters[] = {
    &population_adapter,
    &corporate_adapter,
    &unionpay_adapter,
    &social_insurance_adapter,
    &rest_adapter,
    &alipay_adapter,
    &alipay_face_adapter,
    &openid_adapter,
    &wechat_adapter,
    &ctid_adapter,
    &network_identity_adapter,
    &sms_http_adapter,
};
/* clang-format on */

const struct upstream_adapter *upstream_adapter_find(struct str name) {
    for (size_t i = 0; i < ARRAY_LEN(adapters); i++) {
        if (str_equal(str_from(adapters[i]->name), name)) {
            return adapters[i];
        }
    }
    return NULL;
}
