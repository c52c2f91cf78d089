/*
 * The reading of the social-insurance platform's answers: the bytes as the whole answer, and as the data of an answer
 * that is signed as it should be, since no mutation finds a signature.
 */
#include "base/encode.h"
#include "base/json.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "upstream/social_insurance.h"

static struct sm2_key *key;

static void read_answer(struct arena *arena, struct str body) {
    const struct social_insurance_expected expected = {STR("tongxing"), STR("person.cardVerify"), STR("serial-1"), key};
    struct social_insurance_answer answer;
    if (social_insurance_answer_read(arena, body, &expected, &answer)) {
        CHECK(answer.result >= VERIFY_MATCH && answer.result < VERIFY_UPSTREAM_ERROR);
        CHECK(answer.result != VERIFY_MATCH || (answer.check_id.len > 0 && answer.check_id.len <= 128));
    }
}

static struct str sign(struct arena *arena, struct str data) {
    const struct social_insurance_reply reply = {.access_id = STR("tongxing"),
                                                 .api_name = STR("person.cardVerify"),
                                                 .timestamp = STR("1767578584000"),
                                                 .serial = STR("serial-1"),
                                                 .code = STR("0"),
                                                 .data = data};
    struct buf out;
    buf_init(&out, arena, 1024, 1024 * 1024);
    struct json_out json = json_out(&out);
    json_open_object(&json, NULL);
    json_put_str(&json, "code", reply.code);
    json_put_str(&json, "data", data);
    json_put_str(&json, "_api_timestamp", reply.timestamp);
    json_put_str(&json, "_api_signature",
                 base64_encode(arena, sm2_sign(arena, key, social_insurance_reply_text(arena, &reply))));
    json_close_object(&json);
    return buf_str(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(bytes, len);
    key = key ? key : sm2_key_generate(arena_new());
    read_answer(arena, text);
    if (utf8_valid(text)) {
        read_answer(arena, sign(arena, text));
    }
    return 0;
}
