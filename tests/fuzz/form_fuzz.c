/* Queries and forms. */
#include "base/utf8.h"
#include "fuzz.h"
#include "http/request.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct http_params params = http_params_parse(arena, str_of(data, size), 50);
    for (size_t i = 0; !params.malformed && i < params.count; i++) {
        CHECK(utf8_valid(params.fields[i].name) && utf8_valid(params.fields[i].value));
        CHECK(!str_contains(params.fields[i].value, '\0'));
    }
    return 0;
}
