/*
 * The reading of another provider's answers: the same bytes as metadata, as a token answer, as the claims of an ID
 * token whose signature was right, as userinfo, and as what begin kept.
 */
#include "fuzz.h"
#include "upstream/openid.h"

static const struct openid_expected expected = {.issuer = STR_INIT("https://op.example"),
                                                .client_id = STR_INIT("us"),
                                                .nonce = STR_INIT("n1"),
                                                .begun_at = 1000,
                                                .now = 1010,
                                                .skew_s = 60};
static const struct openid_map map = {.name = STR_INIT("name"),
                                      .id_number = STR_INIT("cn_id_number"),
                                      .phone = STR_INIT("phone_number"),
                                      .rules = {{.trust_framework = {.items = {STR_INIT("f")}, .count = 1},
                                                 .check_method = {.items = {STR_INIT("bvr")}, .count = 1},
                                                 .days = 365,
                                                 .level = 3},
                                                {.plain = true, .level = 2}},
                                      .rule_count = 2};

static void read_claims(struct arena *arena, struct str text) {
    struct jws jws = {.alg = JOSE_ES256};
    struct str subject;
    struct upstream_found found = {0};
    if (!json_parse(arena, text, JSON_LIMITS_TOKEN, &jws.claims)) {
        return;
    }
    if (openid_id_token_fits(&jws, STR("token"), &expected, &subject)) {
        CHECK(subject.len > 0 && subject.len <= 255);
    }
    openid_map_apply(&map, arena, jws.claims, jws.claims, 1770000000, &found);
    CHECK(found.certified == (found.evidence.level > 0));
    CHECK(!found.certified || (found.id_number.len == 18 && found.name.len > 0));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(bytes, len);
    struct openid_metadata metadata;
    struct openid_tokens tokens;
    struct openid_kept kept;
    const struct json *userinfo;
    if (openid_metadata_read(arena, text, expected.issuer, &metadata)) {
        CHECK(str_starts(metadata.token, STR("https://")) && str_starts(metadata.jwks, STR("https://")));
    }
    if (openid_tokens_read(arena, 200, text, &tokens) == VERIFY_MATCH) {
        CHECK(tokens.access_token.len > 0);
    }
    openid_userinfo_read(arena, text, STR("s1"), &userinfo);
    CHECK(!openid_kept_read(text, &kept) || kept.nonce.len == 43);
    read_claims(arena, text);
    return 0;
}
