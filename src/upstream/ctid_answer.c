/*
 * What goes to the identity platform and comes from it: encryption, signatures, and what its codes mean.
 *
 * The signature is looked at before anything is decrypted: CBC alone would tell whoever stands between us about its
 * padding, and vouches for nothing.
 */
#include "upstream/ctid.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/json.h"
#include "jose/aes_cbc.h"

#define BODY_MOST   (16 * 1024)
#define CODE_MOST   16
#define TOKEN_MOST  256
#define PAGE_MOST   2048
#define RANDOM_MARK "\x00\x0f" /* between the characters and the signature */
#define MARK_SIZE   2

/* --- bodies --- */

bool ctid_key_read(struct str text, unsigned char key[CTID_KEY_SIZE]) {
    if (text.len != (size_t)2 * CTID_KEY_SIZE) {
        return false;
    }
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return false;
        }
        key[i / 2] = (unsigned char)(key[i / 2] << 4 | digit);
    }
    return true;
}

struct str ctid_body_seal(struct arena *arena, struct str key, struct str plain) {
    struct buf body;
    buf_init(&body, arena, 1024, 2 * BODY_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "data", base64_encode(arena, aes128_cbc_seal(arena, key, plain)));
    json_close_object(&out);
    CHECK(!body.failed);
    return buf_str(&body);
}

static bool data_open(struct arena *arena, struct str key, struct str data, struct str *ret_plain) {
    struct str sealed;
    return base64_decode(arena, data, &sealed) && aes128_cbc_open(arena, key, sealed, ret_plain);
}

bool ctid_body_open(struct arena *arena, struct str key, struct str body, struct str *ret_plain) {
    const struct json *object;
    struct str data;
    return json_parse(arena, body, JSON_LIMITS_TOKEN, &object) && json_get_str(object, "data", &data) &&
           data_open(arena, key, data, ret_plain);
}

struct str ctid_signed_text(struct arena *arena, struct str nonce, struct str code, struct str data) {
    return str_concat(arena, code, STR("\n"), nonce, STR("\n"), data);
}

/* --- the random number --- */

struct str ctid_random_write(struct arena *arena, const struct sm2_key *platform, struct str random) {
    CHECK(random.len == CTID_RANDOM_SIZE);
    struct str signature = sm2_sign_as(platform, arena, random, SM2_DER);
    return base64_encode(arena, str_concat(arena, random, str_of(RANDOM_MARK, MARK_SIZE), signature));
}

bool ctid_random_read(struct arena *arena, const struct sm2_key *platform, struct str text, struct str *ret_random) {
    struct str bytes;
    size_t before = CTID_RANDOM_SIZE + MARK_SIZE;
    if (!base64_decode(arena, text, &bytes) || bytes.len <= before) {
        return false;
    }
    struct str random = str_sub(bytes, 0, CTID_RANDOM_SIZE);
    if (!str_equal(str_sub(bytes, CTID_RANDOM_SIZE, MARK_SIZE), str_of(RANDOM_MARK, MARK_SIZE)) ||
        !sm2_verify_as(platform, random, SM2_DER, str_sub(bytes, before, bytes.len - before))) {
        return false;
    }
    *ret_random = random;
    return true;
}

/* --- answers --- */

static bool is_letters_and_digits(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return text.len > 0;
}

/* Absent, or text of at most `most` bytes. */
static bool optional(const struct json *object, const char *name, size_t most, struct str *ret_text) {
    return !json_member(object, name) || (json_get_str(object, name, ret_text) && ret_text->len <= most);
}

static bool read_envelope(struct arena *arena, struct str body, const struct ctid_expected *expected,
                          struct str *ret_code, struct str *ret_data) {
    const struct json *envelope;
    struct str code, sign, signature, data = STR_NONE;
    if (!json_parse(arena, body, JSON_LIMITS_TOKEN, &envelope) || !json_get_str(envelope, "code", &code) ||
        !is_letters_and_digits(code) || code.len > CODE_MOST || !optional(envelope, "data", BODY_MOST, &data) ||
        !json_get_str(envelope, "sign", &sign) || !base64_decode(arena, sign, &signature)) {
        return false;
    }
    struct str text = ctid_signed_text(arena, expected->nonce, code, str_or(data, STR("")));
    if (!sm2_verify_as(expected->platform, text, SM2_DER, signature)) {
        return false;
    }
    *ret_code = code;
    *ret_data = data;
    return true;
}

/* Of a member that an answer to this request must have: what was asked comes back. */
static bool repeats(const struct json *object, const char *name, struct str expected) {
    struct str told;
    return str_is_absent(expected) || (json_get_str(object, name, &told) && str_equal(told, expected));
}

static bool read_members(struct arena *arena, const struct json *object, const struct ctid_expected *expected,
                         struct ctid_answer *answer) {
    struct str random;
    if (!json_get_str(object, "bizSerialNum", &answer->serial) || answer->serial.len != CTID_SERIAL_SIZE ||
        !is_letters_and_digits(answer->serial) || !repeats(object, "bizSerialNum", expected->serial) ||
        !repeats(object, "outSerial", expected->out_serial) ||
        !optional(object, "authResult", CODE_MOST, &answer->auth_result) ||
        !optional(object, "pageUrl", PAGE_MOST, &answer->page_url)) {
        return false;
    }
    return str_is_absent(expected->out_serial) ||
           (json_get_str(object, "randNum", &random) &&
            ctid_random_read(arena, expected->platform, random, &answer->random));
}

bool ctid_answer_read(struct arena *arena, struct str body, const struct ctid_expected *expected,
                      struct ctid_answer *ret_answer) {
    struct ctid_answer answer = {0};
    struct str data, plain;
    const struct json *object;
    if (!read_envelope(arena, body, expected, &answer.code, &data)) {
        return false;
    }
    if (str_equal(answer.code, STR(CTID_CODE_DONE)) &&
        (str_is_absent(data) || !data_open(arena, expected->key, data, &plain) ||
         !json_parse(arena, plain, JSON_LIMITS_TOKEN, &object) || !read_members(arena, object, expected, &answer))) {
        return false;
    }
    *ret_answer = answer;
    return true;
}

/* It goes into a header field: nothing but visible ASCII. */
static bool is_visible(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~') {
            return false;
        }
    }
    return text.len > 0;
}

bool ctid_token_read(struct arena *arena, struct str body, struct str *ret_token, int64_t *ret_until_ms) {
    const struct json *object;
    struct str code, token;
    int64_t until;
    if (!json_parse(arena, body, JSON_LIMITS_TOKEN, &object) || !json_get_str(object, "code", &code) ||
        !str_equal(code, STR(CTID_CODE_DONE))) {
        return false;
    }
    const struct json *data = json_member(object, "data");
    if (!json_get_str(data, "token", &token) || token.len > TOKEN_MOST || !is_visible(token) ||
        !json_get_int(data, "expireTime", &until)) {
        return false;
    }
    *ret_token = token;
    *ret_until_ms = until;
    return true;
}

/* --- what it means --- */

struct meaning {
    char character;
    enum verify_result result;
    bool alert;
};

/* "Does not exist or does not match" is one value there. */
static const struct meaning identity[] = {
    {'0', VERIFY_MATCH, false},          /* valid */
    {'5', VERIFY_MISMATCH, false},       /* not valid */
    {'6', VERIFY_INVALID_INPUT, false},  /* malformed */
    {'9', VERIFY_RATE_LIMITED, false},   /* the platform's quota of the day is used up */
    {'Z', VERIFY_RATE_LIMITED, false},   /* ours is */
    {'7', VERIFY_UPSTREAM_ERROR, false}, /* system error */
    {'A', VERIFY_UPSTREAM_ERROR, false}, /* timeouts within the platform */
    {'E', VERIFY_UPSTREAM_ERROR, false}, {'T', VERIFY_UPSTREAM_ERROR, false},
    {'X', VERIFY_UPSTREAM_ERROR, false}, /* not carried out */
};

/* "Perhaps the same" (2) cannot tell: no denial, and no proof. */
static const struct meaning face[] = {
    {'0', VERIFY_MATCH, false},         /* the same person */
    {'1', VERIFY_MISMATCH, false},      /* not the same person */
    {'2', VERIFY_UNSUPPORTED, false},   /* perhaps */
    {'D', VERIFY_NOT_FOUND, false},     /* no picture there */
    {'K', VERIFY_UNSUPPORTED, false},   /* the picture there is not good enough */
    {'E', VERIFY_INVALID_INPUT, false}, /* the picture taken is not JPEG, cannot be read, is bad, is too small */
    {'F', VERIFY_INVALID_INPUT, false},
    {'G', VERIFY_INVALID_INPUT, false},
    {'J', VERIFY_INVALID_INPUT, false},
    {'I', VERIFY_INVALID_INPUT, true},   /* the data of the live check was not whole: altered on the way */
    {'A', VERIFY_UPSTREAM_ERROR, false}, /* errors and timeouts within the platform */
    {'B', VERIFY_UPSTREAM_ERROR, false},
    {'C', VERIFY_UPSTREAM_ERROR, false},
    {'H', VERIFY_UPSTREAM_ERROR, false},
    {'T', VERIFY_UPSTREAM_ERROR, false},
    {'W', VERIFY_UPSTREAM_ERROR, false},
    {'X', VERIFY_UPSTREAM_ERROR, false}, /* not carried out */
};

/* Of the whole text, in place of the single characters. */
static const struct {
    struct str text;
    enum verify_result result;
} whole[] = {
    {STR_INIT("CCCC"), VERIFY_INVALID_INPUT},  /* name or number malformed */
    {STR_INIT("DDDD"), VERIFY_INVALID_INPUT},  /* term of validity malformed */
    {STR_INIT("AAAA"), VERIFY_UPSTREAM_ERROR}, /* no serial number, timeout, exception, decryption, system */
    {STR_INIT("BBBB"), VERIFY_UPSTREAM_ERROR}, {STR_INIT("EEEE"), VERIFY_UPSTREAM_ERROR},
    {STR_INIT("FFFF"), VERIFY_UPSTREAM_ERROR}, {STR_INIT("XXXX"), VERIFY_UPSTREAM_ERROR},
};

static const struct {
    struct str code;
    enum verify_result result;
} codes[] = {
    {STR_INIT(CTID_CODE_PENDING), VERIFY_PENDING},
    {STR_INIT(CTID_CODE_GAVE_UP), VERIFY_MISMATCH},
    {STR_INIT(CTID_CODE_LIMITED), VERIFY_RATE_LIMITED},
    {STR_INIT(CTID_CODE_INPUT), VERIFY_INVALID_INPUT},
};

static enum verify_result meaning_of(const struct meaning *meanings, size_t count, char character, bool *ret_alert) {
    for (size_t i = 0; i < count; i++) {
        if (meanings[i].character == character) {
            *ret_alert = meanings[i].alert;
            return meanings[i].result;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}

static bool not_carried_out(char character) {
    return character == 'X';
}

enum verify_result ctid_result(struct str auth_result, bool with_face, bool *ret_alert) {
    *ret_alert = false;
    for (size_t i = 0; i < ARRAY_LEN(whole); i++) {
        if (str_equal(whole[i].text, auth_result)) {
            return whole[i].result;
        }
    }
    /* What was not asked must not have been carried out: it would be the answer to another question. */
    if (auth_result.len != 4 || !not_carried_out(auth_result.ptr[2]) || !not_carried_out(auth_result.ptr[3]) ||
        (!with_face && !not_carried_out(auth_result.ptr[1]))) {
        return VERIFY_UPSTREAM_ERROR;
    }
    enum verify_result result = meaning_of(identity, ARRAY_LEN(identity), auth_result.ptr[0], ret_alert);
    if (result != VERIFY_MATCH || !with_face) {
        return result;
    }
    return meaning_of(face, ARRAY_LEN(face), auth_result.ptr[1], ret_alert);
}

enum verify_result ctid_code_result(struct str code) {
    for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
        if (str_equal(codes[i].code, code)) {
            return codes[i].result;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}
