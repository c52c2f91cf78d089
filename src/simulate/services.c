/*
 * The services there are, one a line.
 */
#include "base/check.h"
#include "simulate.h"

/* clang-format off */
const struct service_kind *const service_kinds[] = {
    &population_service,
    &corporate_service,
    &unionpay_service,
    &alipay_service,
    &wechat_service,
};
/* clang-format on */
const size_t service_kind_count = ARRAY_LEN(service_kinds);
