/*
 * The reading of a described register's answers: the bytes as the whole body, and as the content of an answer that is
 * signed as it should be, since no mutation finds a signature; and as an unsigned register's.
 */
#include "../upstream/rest_fixture.h"
#include "fuzz.h"

#include "base/encode.h"
#include "jose/sm3.h"

static const struct upstream_asked person = {
    .name = STR_INIT("测试甲"),
    .id_type = ID_TYPE_RESIDENT,
    .id_number = STR_INIT("110105188812310013"),
    .phone = STR_INIT("+8613800138000"),
    .transaction = STR_INIT(REST_SERIAL),
};
static const struct upstream_asked company = {
    .org_name = STR_INIT("示例公司"),
    .credit_code = STR_INIT("91990000MA00TEXT06"),
    .representative_name = STR_INIT("李示例"),
};

static void read_answer(struct arena *arena, const char *description, const struct upstream_asked *asked,
                        struct str body) {
    struct upstream_settings settings = rest_settings();
    const struct rest_question question = {asked, STR(REST_NONCE), REST_NOW_MS};
    struct rest *rest;
    struct fault fault;
    struct rest_sent sent;
    enum verify_result result;
    CHECK(rest_of_text(arena, str_from(description), &settings, &rest, &fault));
    CHECK(rest_write(rest, arena, &question, &sent, &result));
    struct sm3 mac =
        hmac_sm3(secret_copy(arena, STR(REST_SECRET)), str_format(arena, "17\n" REST_NONCE "\n%.*s", STR_ARG(body)));
    const struct fetch_field fields[] = {{STR("X-Time"), STR("17")}, {STR("X-Sign"), hex_encode(arena, sm3_str(&mac))}};
    const struct fetch_answer answer = {
        .status = 200, .content_type = STR("application/json"), .body = body, .fields = fields, .field_count = 2};
    struct upstream_found found = {0};
    result = rest_read(rest, arena, &sent, &answer, &found);
    CHECK(result != VERIFY_MATCH || found.evidence.level > 0);
    CHECK(result == VERIFY_MATCH || found.evidence.level == 0);
    CHECK(found.evidence.check_id.len <= 128 && found.org_name.len <= 512);
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str text = str_of(data, size);
    struct buf envelope;
    buf_init(&envelope, arena, size + 64, 8 * 1024 * 1024);
    buf_puts(&envelope, "{\"data\":\"");
    buf_put_json(&envelope, text);
    buf_puts(&envelope, "\"}");
    read_answer(arena, rest_signed_description, &person, text);
    read_answer(arena, rest_signed_description, &person, buf_str(&envelope));
    read_answer(arena, rest_short_description, &company, text);
    return 0;
}
