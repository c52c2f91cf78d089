/*
 * The reading of the corporate register's answers: the bytes as the whole answer, and as the data of an answer that is
 * signed as it should be, since no mutation finds a signature.
 */
#include "base/buf.h"
#include "fuzz.h"
#include "upstream/corporate.h"

static const struct envelope_expected expected = {STR_INIT("tongxing"), STR_INIT("a secret for tests only"),
                                                  STR_INIT("nonce-0123456789"), STR_INIT("serial-1")};

static void read_answer(struct arena *arena, struct str body) {
    struct corporate_answer answer;
    if (corporate_answer_read(arena, body, &expected, &answer)) {
        CHECK(answer.result >= VERIFY_MATCH && answer.result < VERIFY_UPSTREAM_ERROR);
        CHECK(answer.check_id.len > 0 && answer.check_id.len <= 128);
        CHECK(answer.result != VERIFY_MATCH || organisation_works(answer.status));
    }
}

static struct str sign(struct arena *arena, struct str data) {
    const struct envelope_signed parts = {expected.app_id, STR("1767578584000"), expected.nonce, data};
    struct buf out;
    buf_init(&out, arena, 1024, 1024 * 1024);
    buf_puts(&out, "{\"data\":\"");
    buf_put_json(&out, data);
    buf_puts(&out, "\",\"timestamp\":\"1767578584000\",\"signature\":\"");
    buf_put(&out, envelope_signature(arena, expected.secret, &parts));
    buf_puts(&out, "\"}");
    return buf_str(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(bytes, len);
    read_answer(arena, text);
    read_answer(arena, sign(arena, text));
    return 0;
}
