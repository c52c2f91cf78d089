/*
 * The reading of the national network identity's answers: the bytes as the whole answer, and as a package that is
 * signed as it should be.
 */
#include "base/arena.h"
#include "base/check.h"
#include "upstream/network_identity.h"

static void read_answer(struct arena *arena, const struct sm2_key *platform, struct str body, bool more) {
    const struct network_identity_expected expected = {.platform = platform,
                                                       .form = SM2_DER,
                                                       .org_id = STR("org"),
                                                       .biz_seq = STR("seq"),
                                                       .mode = STR("R01"),
                                                       .compared = more,
                                                       .attributes = more};
    struct network_identity_answer answer;
    if (network_identity_answer_read(arena, body, &expected, &answer)) {
        CHECK(answer.result < VERIFY_UPSTREAM_ERROR);
        CHECK((answer.result == VERIFY_MATCH) == (answer.subject.len > 0));
        CHECK(answer.subject.len <= 128 && answer.masked_name.len <= 64);
        CHECK(more || str_is_absent(answer.phone));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static struct sm2_key *platform;
    static struct arena *kept; /* of the key, as long as the fuzzer runs */
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(bytes, len), body;
    if (!platform) {
        kept = arena_new();
        platform = sm2_key_generate(kept);
    }
    read_answer(arena, platform, text, false);
    if (network_identity_package_sign(arena, platform, SM2_DER, text, &body)) {
        read_answer(arena, platform, body, false);
        read_answer(arena, platform, body, true);
    }
    return 0;
}
