/* The head of a request. */
#include "../../src/http/head.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct http_limits limits = http_limits_default();
    struct http_head head;
    int status = http_head_read(arena, str_of(data, size), &limits, &head);
    CHECK(status == 0 || (status >= 400 && status < 600));
    CHECK(status != 0 || (head.path.len > 0 && head.path.ptr[0] == '/' && head.content_length <= limits.body_bytes));
    return 0;
}
