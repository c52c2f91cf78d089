/*
 * The services there are.
 */
#include "base/check.h"
#include "simulate.h"

const struct service_kind *const service_kinds[] = {
    &population_service,
    &corporate_service,
    &unionpay_service,
    &alipay_service,
    &wechat_service,
};
const size_t service_kind_count = ARRAY_LEN(service_kinds);
