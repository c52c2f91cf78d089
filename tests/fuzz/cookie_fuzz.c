/* The Cookie field, Accept-Language and forwarded addresses. */
#include "../../src/http/proxy.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    static const struct str supported[] = {STR_INIT("zh-CN"), STR_INIT("en")};
    struct str text = str_of(data, size), trusted = STR("10.0.0.0/8"), address = STR("10.0.0.1");
    const struct http_field fields[] = {{STR("cookie"), text}, {STR("x-forwarded-for"), text}};
    const struct http_request request = {.arena = arena, .fields = fields, .field_count = 2};
    struct http_networks *networks;
    struct fault fault;
    bool secure;
    http_cookie(&request, STR("__Host-session"));
    CHECK(http_accept_language(text, supported, 2, 0) < 2);
    CHECK(http_networks_new(&trusted, 1, &networks, &fault));
    http_forwarded(networks, &request, address, &address, &secure);
    http_networks_free(networks);
    return 0;
}
