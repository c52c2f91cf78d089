/*
 * Bearer tokens in the header.
 */
#include "bearer.h"

#include "base/byte.h"

enum bearer bearer_of_header(const struct call *call, struct str *ret_token) {
    size_t count = http_field_count(call->request, STR("authorization"));
    if (count == 0) {
        return BEARER_NONE;
    }
    struct str rest;
    struct str scheme = str_cut(http_field_value(call->request, STR("authorization")), ' ', &rest);
    if (count > 1) {
        return BEARER_MALFORMED;
    }
    if (!str_equal_fold(scheme, STR("Bearer")) || str_is_empty(rest)) {
        return BEARER_NONE;
    }
    *ret_token = rest;
    return bytes_all(rest, BYTE_TOKEN68) ? BEARER_GIVEN : BEARER_MALFORMED;
}
