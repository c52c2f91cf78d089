/*
 * The reading of CTID's answers: the bytes as the whole answer, as a token, as a random number, and as the data of an
 * answer that is encrypted and signed as it should be, since no mutation finds a signature.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "jose/aes_cbc.h"
#include "upstream/ctid.h"

#define KEY    STR("0123456789abcdef")
#define NONCE  STR("nonce-0123456789")
#define SERIAL STR("49C825540937201000")

static void read_answer(struct arena *arena, const struct sm2_key *platform, struct str body) {
    const struct ctid_expected expected = {.key = KEY, .platform = platform, .nonce = NONCE, .serial = SERIAL};
    struct ctid_answer answer;
    bool alert;
    if (ctid_answer_read(arena, body, &expected, &answer)) {
        CHECK(str_equal(answer.code, STR(CTID_CODE_DONE)) ? str_equal(answer.serial, SERIAL)
                                                          : str_is_absent(answer.serial));
        ctid_result(str_or(answer.auth_result, STR("")), true, &alert);
        ctid_code_result(answer.code);
    }
}

static struct str sign(struct arena *arena, const struct sm2_key *platform, struct str plain) {
    struct str data = base64_encode(arena, aes128_cbc_seal(arena, KEY, plain));
    struct str text = ctid_signed_text(arena, NONCE, STR(CTID_CODE_DONE), data);
    return str_concat(arena, STR("{\"code\":\"0\",\"data\":\""), data, STR("\",\"sign\":\""),
                      base64_encode(arena, sm2_sign_as(platform, arena, text, SM2_DER)), STR("\"}"));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    static struct sm2_key *platform;
    static struct arena *kept; /* of the key, as long as the fuzzer runs */
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(bytes, len), out = STR_NONE;
    int64_t until;
    if (!platform) {
        kept = arena_new();
        platform = sm2_key_generate(kept);
    }
    read_answer(arena, platform, text);
    read_answer(arena, platform, sign(arena, platform, str_sub(text, 0, len < 16384 ? len : 16384)));
    ctid_token_read(arena, text, &out, &until);
    ctid_random_read(arena, platform, text, &out);
    ctid_body_open(arena, KEY, text, &out);
    return 0;
}
