/*
 * What the face check's answers say. An answer does not repeat what was asked, so whatever it does tell about whose
 * check it is must be this person's and this transaction's.
 */
#include "upstream/alipay_face.h"

#include "base/check.h"
#include "jose/digest.h"
#include "model/identity.h"
#include "upstream/adapter.h"

#define IDENTITY_MOST 4096
#define TEXT_MOST     256

/* --- of initialize --- */

static bool is_page(struct str url) {
    for (size_t i = 0; i < url.len; i++) {
        if (url.ptr[i] <= ' ' || url.ptr[i] > '~') {
            return false;
        }
    }
    return str_starts(url, STR("https://")) || upstream_is_private(url);
}

bool alipay_face_begun_read(const struct alipay_face_product *product, const struct json *content,
                            struct alipay_face_begun *ret_begun) {
    struct alipay_face_begun begun = {0};
    if (!alipay_text(content, product->check_id, ALIPAY_CHECK_ID_MOST, &begun.check_id) ||
        !alipay_is_id(begun.check_id, ALIPAY_CHECK_ID_MOST)) {
        return false;
    }
    if (str_is_empty(product->page) &&
        (!alipay_text(content, "web_url", ALIPAY_FACE_URL_MOST, &begun.url) || !is_page(begun.url))) {
        return false;
    }
    *ret_begun = begun;
    return true;
}

bool alipay_check_is_new(struct alipay_checks_seen *seen, struct str check_id) {
    struct sha256 digest = sha256_of(check_id);
    uint64_t mark;
    memcpy(&mark, digest.bytes, sizeof(mark));
    for (size_t i = 0; i < ALIPAY_CHECKS_SEEN; i++) {
        if (seen->marks[i] == mark) {
            return false;
        }
    }
    seen->marks[seen->next] = mark;
    seen->next = (seen->next + 1) % ALIPAY_CHECKS_SEEN;
    return true;
}

/* --- whose check it is --- */

/* Stars stand for what is not shown. */
static bool agrees(struct str told, struct str known) {
    if (str_is_empty(told)) {
        return true;
    }
    if (told.len != known.len) {
        return false;
    }
    for (size_t i = 0; i < told.len; i++) {
        if (told.ptr[i] != '*' && told.ptr[i] != known.ptr[i]) {
            return false;
        }
    }
    return true;
}

/* A name with stars has not as many bytes as the name: only a whole one is compared. */
static bool name_agrees(struct arena *arena, struct str told, struct str known) {
    struct str told_key, known_key;
    if (str_is_empty(told) || str_contains(told, '*')) {
        return true;
    }
    return person_name_key(arena, told, &told_key) != PERSON_NAME_BAD &&
           person_name_key(arena, known, &known_key) != PERSON_NAME_BAD && str_equal(told_key, known_key);
}

/* identity_info is an object, or the text of one, and most often empty. */
static bool identity_of(struct arena *arena, const struct json *content, const struct json **ret_identity) {
    const struct json_limits limits = {.bytes = IDENTITY_MOST, .depth = 4};
    const struct json *member = json_member(content, "identity_info");
    struct str text;
    *ret_identity = NULL;
    if (!member || json_kind(member) == JSON_KIND_NULL) {
        return true;
    }
    if (json_str(member, &text)) {
        if (str_is_empty(text)) {
            return true;
        }
        if (!json_parse(arena, text, limits, &member)) {
            return false;
        }
    }
    *ret_identity = member;
    return json_kind(member) == JSON_KIND_OBJECT;
}

static bool is_of(struct arena *arena, const struct alipay_face_product *product, const struct json *content,
                  const struct alipay_face_expected *expected) {
    const struct json *identity;
    struct str check_id, order, number, name;
    return alipay_text(content, product->check_id, TEXT_MOST, &check_id) &&
           (str_is_empty(check_id) || str_equal(check_id, expected->check_id)) &&
           alipay_text(content, product->order, TEXT_MOST, &order) &&
           (str_is_empty(order) || str_equal(order, expected->transaction)) && identity_of(arena, content, &identity) &&
           alipay_text(identity, "cert_no", TEXT_MOST, &number) && agrees(number, expected->id_number) &&
           alipay_text(identity, "cert_name", TEXT_MOST, &name) && name_agrees(arena, name, expected->name);
}

/* --- results --- */

enum verify_result alipay_face_passed(const struct json *content, struct str yes, struct str no, const char *reason,
                                      bool came_back) {
    struct str passed, why;
    if (!alipay_text(content, "passed", TEXT_MOST, &passed) || !alipay_text(content, reason, TEXT_MOST, &why)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    if (str_equal(passed, no)) {
        return str_is_empty(why) && !came_back ? VERIFY_PENDING : VERIFY_MISMATCH;
    }
    return str_equal(passed, yes) ? VERIFY_MATCH : VERIFY_UPSTREAM_ERROR;
}

/* "true", "false", or not told; a flag of JSON does as well. Anything else cannot be judged. */
static bool read_attack(const struct json *content, bool *ret_attack) {
    const struct json *member = json_member(content, "attack_flag");
    struct str text = STR("");
    *ret_attack = false;
    if (!member || json_kind(member) == JSON_KIND_NULL || json_bool(member, ret_attack)) {
        return true;
    }
    if (!json_str(member, &text)) {
        return false;
    }
    *ret_attack = str_equal(text, STR("true")) || str_equal(text, STR("T"));
    return *ret_attack || str_is_empty(text) || str_equal(text, STR("false")) || str_equal(text, STR("F"));
}

enum verify_result alipay_face_result_read(struct arena *arena, const struct alipay_face_product *product,
                                           const struct json *content, const struct alipay_face_expected *expected,
                                           bool *ret_alert) {
    bool attack;
    *ret_alert = false;
    if (!is_of(arena, product, content, expected) || !read_attack(content, &attack)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    enum verify_result result = product->judge(content, expected->came_back);
    if (result == VERIFY_UPSTREAM_ERROR || !attack) {
        return result;
    }
    *ret_alert = true;
    return VERIFY_MISMATCH;
}
