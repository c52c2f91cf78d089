/* JSON: what is read can be written and read again. */
#include "base/json.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct json *value, *again;
    if (json_parse(arena, str_of(data, size), JSON_LIMITS_TOKEN, &value)) {
        struct buf buf;
        buf_init(&buf, arena, 1024, 1 << 20);
        json_write_value(&buf, value);
        CHECK(!buf.failed && json_parse(arena, buf_str(&buf), JSON_LIMITS_DOCUMENT, &again));
    }
    return 0;
}
