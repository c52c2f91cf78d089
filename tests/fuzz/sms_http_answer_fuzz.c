/* The reading of a text message gateway's answers. */
#include "base/arena.h"
#include "base/check.h"
#include "upstream/sms_http.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct sms_http_expected expected = {.success_member = STR("code"),
                                               .success_value = STR("OK"),
                                               .limited_values = STR("LIMITED BUSY"),
                                               .refused_values = STR("GONE"),
                                               .echo_member = STR("id"),
                                               .transaction = STR("t-1")};
    struct str body = str_of(bytes, len);
    CHECK(sms_http_result(arena, 500, true, body, &expected) == VERIFY_UPSTREAM_ERROR);
    CHECK(sms_http_result(arena, 200, false, body, &expected) == VERIFY_UPSTREAM_ERROR);
    if (sms_http_result(arena, 200, true, body, &expected) == VERIFY_MATCH) {
        CHECK(len >= strlen("{\"code\":\"OK\",\"id\":\"t-1\"}"));
    }
    return 0;
}
