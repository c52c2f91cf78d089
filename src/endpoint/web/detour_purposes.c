/*
 * What a detour is for.
 */
#include "base/check.h"
#include "detour.h"

const struct detour_handler detour_handlers[] = {
    {DETOUR_SIGN_IN, false, sign_in_service_ended},
    {DETOUR_STEP_UP, true, step_up_ended},
    {DETOUR_LINK, false, link_ended},
    {DETOUR_RECOVER, true, recover_presence_ended},
    {DETOUR_MERGE, true, merge_ended},
    {DETOUR_RECOVER_SERVICE, false, recover_service_ended},
};
const size_t detour_handler_count = ARRAY_LEN(detour_handlers);
