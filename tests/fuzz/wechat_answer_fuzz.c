/* The reading of WeChat's answers: nothing is signed in them, so every byte may be anything. */
#include "fuzz.h"
#include "upstream/wechat.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str body = str_of(bytes, len);
    struct wechat_tokens tokens = {0};
    struct wechat_profile profile = {0};
    if (wechat_tokens_read(arena, body, STR("snsapi_login"), &tokens) == VERIFY_MATCH) {
        struct str subject = wechat_subject(arena, STR("wx0000000000000001"), &tokens, STR_NONE);
        CHECK(tokens.openid.len > 0 && tokens.access_token.len > 0 && subject.len <= 255);
    }
    const struct wechat_tokens expected = {STR("token"), STR("o1"), STR("u1")};
    if (wechat_profile_read(arena, body, &expected, &profile) == VERIFY_MATCH) {
        CHECK(profile.nickname.len <= 64);
        CHECK(str_is_absent(profile.unionid) || str_equal(profile.unionid, expected.unionid));
    }
    return 0;
}
