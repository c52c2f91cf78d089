/* Client metadata, and redirect URIs compared with what was accepted. */
#include "fuzz.h"
#include "model/client.h"
#include "model/uri.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    static struct client_problems problems;
    const struct json *value;
    struct client client;
    struct uri uri;
    if (json_parse(arena, str_of(data, size), JSON_LIMITS_DOCUMENT, &value) &&
        client_read(arena, value, &client, &problems)) {
        for (size_t i = 0; i < client.redirect_uri_count; i++) {
            CHECK(client_has_redirect_uri(&client, client.redirect_uris[i]));
        }
    }
    uri_read(str_of(data, size), &uri);
    return 0;
}
