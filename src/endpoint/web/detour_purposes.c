/*
 * What a detour is for.
 */
#include "base/check.h"
#include "detour.h"

const struct detour_handler detour_handlers[] = {
    {DETOUR_SIGN_IN, "/login", .ended = sign_in_service_ended},
    {DETOUR_STEP_UP, "/verify", .presence = true, .ended = step_up_ended},
    {DETOUR_LINK, "/account/methods", .ended = link_ended},
    {DETOUR_RECOVER, "/recover", .presence = true, .takes_account = true, .ended = recover_presence_ended},
    {DETOUR_MERGE, "/account/merge", .presence = true, .takes_account = true, .ended = merge_ended},
    {DETOUR_RECOVER_SERVICE, "/recover", .ended = recover_service_ended},
};
const size_t detour_handler_count = ARRAY_LEN(detour_handlers);
