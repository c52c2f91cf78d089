/* Tokens: nothing made up verifies. */
#include "fuzz.h"
#include "jose/jws.h"

static struct jose_key_set *keys(void) {
    static struct jose_key_set *set;
    if (!set) {
        struct arena *arena ARENA_AUTO = arena_new();
        const struct json *jwks;
        CHECK(json_parse(arena,
                         STR("{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
                             "\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                             "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}"),
                         JSON_LIMITS_DOCUMENT, &jwks) &&
              jose_key_set_read(jwks, &set));
    }
    return set;
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct jws jws;
    struct str token = str_of(data, size);
    jws_peek(arena, token, &jws);
    jws_verify(arena, token, keys(), ~0u, &jws);
    CHECK(jws_verify_hs256(arena, token, STR("a secret that no corpus was ever signed with"), &jws) != JWS_VALID);
    return 0;
}
