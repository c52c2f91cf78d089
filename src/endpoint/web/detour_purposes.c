/*
 * What a detour is for.
 */
#include "base/check.h"
#include "detour.h"

const struct detour_handler detour_handlers[] = {
    {DETOUR_SIGN_IN, false, sign_in_service_ended},
    {DETOUR_STEP_UP, true, step_up_ended},
};
const size_t detour_handler_count = ARRAY_LEN(detour_handlers);
