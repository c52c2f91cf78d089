/*
 * What a detour is for.
 */
#include "base/check.h"
#include "detour.h"

const struct detour_handler detour_handlers[] = {
    {DETOUR_SIGN_IN, .ended = sign_in_service_ended},
    {DETOUR_STEP_UP, .presence = true, .ended = step_up_ended},
    {DETOUR_LINK, .ended = link_ended},
    {DETOUR_RECOVER, .presence = true, .takes_account = true, .ended = recover_presence_ended},
    {DETOUR_MERGE, .presence = true, .takes_account = true, .ended = merge_ended},
    {DETOUR_RECOVER_SERVICE, .ended = recover_service_ended},
};
const size_t detour_handler_count = ARRAY_LEN(detour_handlers);
