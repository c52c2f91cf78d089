/* Packed records, the claims parameter's JSON, percent and base64url text. */
#include "base/encode.h"
#include "fuzz.h"
#include "model/activity.h"
#include "model/grant.h"
#include "model/session.h"
#include "model/verified_request.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(data, size), bytes;
    struct code code;
    struct grant grant;
    struct session session;
    struct verified_request request;
    if (verified_request_unpack(arena, text, &request)) {
        CHECK(request.count <= VERIFIED_ELEMENTS_MOST);
    }
    code_unpack(text, &code);
    grant_unpack(text, &grant);
    session_unpack(text, &session);
    struct activity activity, sum = {0};
    if (activity_unpack(text, &activity)) {
        activity_merge(&sum, &activity);
        CHECK(sum.upstream_count <= activity.upstream_count);
    }
    if (base64url_decode(arena, text, &bytes)) {
        CHECK(str_equal(base64url_encode(arena, bytes), text)); /* one value, one spelling */
    }
    percent_decode(arena, text, true, &bytes);
    return 0;
}
