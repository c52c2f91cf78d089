/*
 * The services there are.
 */
#include "base/check.h"
#include "simulate.h"

/* One on each line, whatever would fit. */
/* clang-format off */
const struct service_kind *const service_kinds[] = {
    &population_service,
    &corporate_service,
    &unionpay_service,
    &social_insurance_service,
    &alipay_service,
    &wechat_service,
    &ctid_service,
    &network_identity_service,
    &sms_service,
};
/* clang-format on */
const size_t service_kind_count = ARRAY_LEN(service_kinds);
