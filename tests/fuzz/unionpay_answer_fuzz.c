/*
 * The reading of UnionPay's answers: the bytes as the whole answer, and, where they are fields, with the signature over
 * them as it should be, since no mutation finds one.
 */
#include "base/encode.h"
#include "fuzz.h"
#include "upstream/unionpay.h"

static struct foreign_key *key;

static void read_answer(struct arena *arena, struct str body) {
    const struct unionpay_expected expected = {
        STR("777290058110097"), STR("20260105102345"), STR("20260105102345"), {key, NULL}};
    struct unionpay_answer answer;
    if (unionpay_answer_read(arena, body, &expected, &answer)) {
        CHECK(answer.result >= VERIFY_MATCH && answer.result < VERIFY_UPSTREAM_ERROR);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(bytes, len);
    struct unionpay_fields fields;
    key = key ? key : foreign_key_generate(FOREIGN_RSA);
    read_answer(arena, text);
    if (unionpay_fields_read(text, &fields)) {
        CHECK(fields.count > 0 && fields.count <= UNIONPAY_FIELDS_MOST);
        struct str signature = foreign_rsa_sign(key, arena, unionpay_digest(arena, &fields));
        read_answer(arena, str_concat(arena, text, STR("&signature="), base64_encode(arena, signature)));
    }
    return 0;
}
