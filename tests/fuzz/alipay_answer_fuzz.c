/*
 * The reading of Alipay's answers: the bytes as the whole answer, and as the content of an answer that is signed as it
 * should be, plain and encrypted, since no mutation finds a signature.
 */
#include "base/buf.h"
#include "base/encode.h"
#include "fuzz.h"
#include "jose/foreign_key.h"
#include "upstream/alipay.h"
#include "upstream/alipay_face.h"

static const struct alipay_face_expected expected = {.check_id = STR_INIT("c0"),
                                                     .transaction = STR_INIT("0123456789abcdef0123456789abcdef"),
                                                     .name = STR_INIT("测试甲"),
                                                     .id_number = STR_INIT("110105188812310013")};

static void read_face(struct arena *arena, const struct json *content) {
    for (size_t i = 0; i < ALIPAY_FACE_PRODUCTS; i++) {
        const struct alipay_face_product *product = alipay_face_products[i];
        struct alipay_face_begun begun;
        bool alert;
        enum verify_result result = alipay_face_result_read(arena, product, content, &expected, &alert);
        CHECK(!alert || result == VERIFY_MISMATCH);
        if (alipay_face_begun_read(product, content, &begun)) {
            CHECK(begun.check_id.len > 0 && begun.check_id.len <= ALIPAY_CHECK_ID_MOST);
        }
    }
}

static void read_person(struct arena *arena, const struct json *content) {
    const struct alipay_token expected_token = {STR("t"), STR("open-1"), STR("")};
    struct alipay_token token;
    struct upstream_found found = {0};
    enum verify_result result = alipay_person_read(arena, content, &expected_token, 1767578584, &found);
    CHECK(!found.certified || (result == VERIFY_MATCH && found.id_number.len == 18 && found.name.len > 0));
    if (alipay_token_read(content, &token)) {
        CHECK(token.access_token.len > 0 && token.open_id.len + token.user_id.len > 0);
    }
}

#define CONTENT_KEY STR("0123456789abcdef")

/* With and without the key of encrypted content: what the one takes as done the other does not. */
static void read_answer(struct arena *arena, const struct alipay_key *key, struct str body, const char *method) {
    enum verify_result results[2];
    for (int sealed = 0; sealed < 2; sealed++) {
        const struct alipay_trust trust = {key, 1, sealed ? CONTENT_KEY : STR_NONE};
        struct alipay_answer answer;
        alipay_answer_read(arena, body, str_from(method), &trust, &answer);
        CHECK(answer.content ? answer.authentic : answer.result == VERIFY_UPSTREAM_ERROR);
        results[sealed] = answer.result;
        if (answer.result == VERIFY_MATCH) {
            read_face(arena, answer.content);
            read_person(arena, answer.content);
        }
    }
    CHECK(results[0] != VERIFY_MATCH || results[1] != VERIFY_MATCH);
}

/* One pair for all runs. */
static const struct alipay_key *fuzz_key(void) {
    static struct alipay_key key;
    if (!key.key) {
        key.key = foreign_key_generate(FOREIGN_RSA);
    }
    return &key;
}

static struct str sign(struct arena *arena, const struct alipay_key *key, const char *method, struct str content) {
    struct str signature = alipay_sign(arena, key->key, content);
    return str_concat(arena, STR("{\""), alipay_content_name(arena, str_from(method)), STR("\":"), content,
                      STR(",\"sign\":\""), signature, STR("\"}"));
}

static struct str quoted(struct arena *arena, struct str text) {
    return str_concat(arena, STR("\""), text, STR("\""));
}

/* The bytes as what was encrypted, and as the ciphertext. */
static void read_sealed(struct arena *arena, const struct alipay_key *key, struct str text) {
    struct str sealed = quoted(arena, alipay_content_seal(arena, CONTENT_KEY, text));
    struct str cipher = quoted(arena, base64_encode(arena, text));
    read_answer(arena, key, sign(arena, key, ALIPAY_INFO_METHOD, sealed), ALIPAY_INFO_METHOD);
    read_answer(arena, key, sign(arena, key, ALIPAY_INFO_METHOD, cipher), ALIPAY_INFO_METHOD);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    const struct alipay_key *key = fuzz_key();
    struct str text = str_of(data, size), member;
    alipay_member_text(text, STR("sign"), &member);
    read_answer(arena, key, text, ALIPAY_INFO_METHOD);
    read_answer(arena, key, sign(arena, key, ALIPAY_INFO_METHOD, text), ALIPAY_INFO_METHOD);
    read_answer(arena, key, sign(arena, key, ALIPAY_TOKEN_METHOD, text), ALIPAY_TOKEN_METHOD);
    read_sealed(arena, key, text);
    return 0;
}
