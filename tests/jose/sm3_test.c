/* SM3 and HMAC-SM3 against published vectors and the openssl command line. */
#include "base/encode.h"
#include "jose/sm3.h"
#include "test.h"

#define SIXTEEN "abcdabcdabcdabcd"

/* The first two are those of GM/T 0004-2012, annex A. */
static void the_hash(void **state) {
    static const struct {
        const char *text, *digest;
    } rows[] = {
        {"abc", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"},
        {SIXTEEN SIXTEEN SIXTEEN SIXTEEN, "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"},
        {"", "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sm3 digest = sm3_of(str_from(rows[i].text));
        assert_str(hex_encode(arena, sm3_str(&digest)), rows[i].digest);
    }
}

#define LONG_KEY SIXTEEN SIXTEEN SIXTEEN SIXTEEN "x" /* longer than a block: hashed first */

static void the_keyed_hash(void **state) {
    static const struct {
        const char *key, *text, *mac;
    } rows[] = {
        {"key", "The quick brown fox jumps over the lazy dog",
         "bd4a34077888162b210645b8ebf74b9af357303789357a27c7fc457244ebd398"},
        {"k", "", "4c6033694d35de3efdf4b4889694915663bc4ca3c3bfc34a7f5e93890db1e65c"},
        {LONG_KEY, "text", "a34b8b486fb8d80642a1554bee0cf813352a4a050bda04c89de4544bbea268a2"},
    };
    struct arena *arena ARENA_AUTO = arena_new();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct sm3 mac = hmac_sm3(secret_copy(arena, str_from(rows[i].key)), str_from(rows[i].text));
        assert_str(hex_encode(arena, sm3_str(&mac)), rows[i].mac);
    }
}

RUN_TESTS(cmocka_unit_test(the_hash), cmocka_unit_test(the_keyed_hash))
