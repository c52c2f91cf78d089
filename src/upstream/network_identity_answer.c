/*
 * Packages of the national network identity service: signing, opening, and what an answer means.
 */
#include "upstream/network_identity.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/json.h"
#include "model/identity.h"

#define PACKAGE_MOST (16 * 1024)
#define ID_MOST      64
#define SUBJECT_MOST 128
#define NAME_MOST    64

static const struct network_identity_mode modes[] = {
    {STR_INIT("R01"), STR_INIT("0"), false},
    {STR_INIT("R02"), STR_INIT("1"), false},
    {STR_INIT("R03"), STR_INIT("0"), true},
    {STR_INIT("R04"), STR_INIT("1"), true},
};

const struct network_identity_mode *network_identity_mode(int64_t number) {
    return number >= 1 && number <= (int64_t)ARRAY_LEN(modes) ? &modes[number - 1] : NULL;
}

/* --- packages --- */

bool network_identity_package_sign(struct arena *arena, const struct sm2_key *key, enum sm2_form form,
                                   struct str package, struct str *ret_body) {
    struct buf body;
    buf_init(&body, arena, 1024, 2 * PACKAGE_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "bizPackage", package);
    json_put_str(&out, "sign", base64_encode(arena, sm2_sign_as(key, arena, package, form)));
    json_close_object(&out);
    *ret_body = buf_str(&body);
    return !body.failed;
}

bool network_identity_package_open(struct arena *arena, const struct sm2_key *key, enum sm2_form form, struct str body,
                                   struct str *ret_package) {
    const struct json_limits limits = {.bytes = 2 * PACKAGE_MOST, .depth = 2};
    const struct json *envelope;
    struct str package, sign, signature;
    if (!json_parse(arena, body, limits, &envelope) || !json_get_str(envelope, "bizPackage", &package) ||
        !json_get_str(envelope, "sign", &sign) || !base64_decode(arena, sign, &signature) ||
        !sm2_verify_as(key, package, form, signature)) {
        return false;
    }
    *ret_package = package;
    return true;
}

/* --- what it means --- */

static const struct {
    struct str code;
    enum verify_result result;
} results[] = {
    {STR_INIT(NETWORK_IDENTITY_DONE), VERIFY_MATCH},
    {STR_INIT("C0100001"), VERIFY_INVALID_INPUT}, /* malformed */
    {STR_INIT("C0100002"), VERIFY_MISMATCH},    /* the credential is another serial number's, was used, or is too old */
    {STR_INIT("C0100003"), VERIFY_STATE_BAD},   /* the person's network identity is frozen or was given up */
    {STR_INIT("C0100004"), VERIFY_NOT_FOUND},   /* the person has none */
    {STR_INIT("C0100005"), VERIFY_UNSUPPORTED}, /* we may not use this mode */
    {STR_INIT("C0100006"), VERIFY_MISMATCH},    /* the person refused */
    {STR_INIT("C0200001"), VERIFY_RATE_LIMITED},
    {STR_INIT("C0200002"), VERIFY_PENDING}, /* the face has not come yet */
};

enum verify_result network_identity_result(struct str code) {
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        if (str_equal(results[i].code, code)) {
            return results[i].result;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}

/* --- answers --- */

static bool is_name(struct str text, size_t most) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '_')) {
            return false;
        }
    }
    return text.len > 0 && text.len <= most;
}

static bool repeats(const struct json *object, const char *name, struct str expected) {
    struct str told;
    return json_get_str(object, name, &told) && str_equal(told, expected);
}

/* "0" yes, "1" no, and nothing else. */
static bool get_verdict(const struct json *object, const char *name, bool *ret_yes) {
    struct str text;
    if (!json_get_str(object, name, &text) || (!str_equal(text, STR("0")) && !str_equal(text, STR("1")))) {
        return false;
    }
    *ret_yes = str_equal(text, STR("0"));
    return true;
}

/* Codes of GB/T 2261.1: others are not told on. */
static struct str gender_of(const struct json *attributes) {
    struct str sex = STR_NONE;
    json_get_str(attributes, "sex", &sex);
    return str_equal(sex, STR("1")) ? STR("male") : str_equal(sex, STR("2")) ? STR("female") : STR_NONE;
}

static void read_attributes(struct arena *arena, const struct json *attributes,
                            struct network_identity_answer *answer) {
    struct str phone = STR_NONE, canonical, masked_name;
    answer->gender = gender_of(attributes);
    if (json_get_str(attributes, "phone", &phone) && phone_read(arena, phone, &canonical)) {
        answer->phone = canonical;
    }
    if (json_get_str(attributes, "maskedName", &masked_name) && masked_name.len > 0 && masked_name.len <= NAME_MOST) {
        answer->masked_name = masked_name;
    }
}

static bool read_credential(struct arena *arena, const struct json *object,
                            const struct network_identity_expected *expected, struct network_identity_answer *answer) {
    bool passed, is_same = true;
    if (!json_get_str(object, "credentialID", &answer->credential_id) || !is_name(answer->credential_id, ID_MOST) ||
        !get_verdict(object, "authResult", &passed)) {
        return false;
    }
    if (!passed) {
        answer->result = VERIFY_MISMATCH;
        return true;
    }
    if (!json_get_str(object, "appSubject", &answer->subject) || !is_name(answer->subject, SUBJECT_MOST) ||
        (expected->compared && !get_verdict(object, "idMatch", &is_same))) {
        return false;
    }
    if (!is_same) {
        *answer = (struct network_identity_answer){.result = VERIFY_MISMATCH, .credential_id = answer->credential_id};
        return true;
    }
    if (expected->attributes) {
        read_attributes(arena, json_member(object, "attributes"), answer);
    }
    return true;
}

bool network_identity_answer_read(struct arena *arena, struct str body,
                                  const struct network_identity_expected *expected,
                                  struct network_identity_answer *ret_answer) {
    struct network_identity_answer answer = {0};
    const struct json *object;
    struct str package, code;
    if (!network_identity_package_open(arena, expected->platform, expected->form, body, &package) ||
        !json_parse(arena, package, JSON_LIMITS_TOKEN, &object) || !repeats(object, "orgID", expected->org_id) ||
        !repeats(object, "bizSeq", expected->biz_seq) || !repeats(object, "authMode", expected->mode) ||
        !json_get_str(object, "resultCode", &code)) {
        return false;
    }
    answer.result = network_identity_result(code);
    if (answer.result == VERIFY_UPSTREAM_ERROR ||
        (answer.result == VERIFY_MATCH && !read_credential(arena, object, expected, &answer))) {
        return false;
    }
    *ret_answer = answer;
    return true;
}
