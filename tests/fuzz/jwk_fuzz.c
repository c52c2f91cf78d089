/* Key sets of clients. */
#include "fuzz.h"
#include "jose/key.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct json *value;
    struct jose_key_set *set;
    struct jose_key *key;
    if (!json_parse(arena, str_of(data, size), JSON_LIMITS_DOCUMENT, &value)) {
        return 0;
    }
    if (jose_key_set_read(value, &set)) {
        jose_key_set_free(set);
    }
    if (jose_key_read_public(value, JOSE_RS256, &key)) {
        jose_key_free(key);
    }
    return 0;
}
