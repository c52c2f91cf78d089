/*
 * The gateway's answers: {"<method>_response": {…}, "sign": "…", "alipay_cert_sn": "…"}. What is signed is the
 * content's very bytes, so they are cut out of the text and not written anew; and what is read is what was verified.
 * Encrypted content is a text, signed with its quotes (alipay_content.c).
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/json.h"
#include "jose/foreign_key.h"
#include "upstream/alipay_gateway.h"

#define LIMITS    ((struct json_limits){.bytes = ALIPAY_ANSWER_MOST, .depth = 8})
#define CODE_MOST 64
#define SIGN_MOST 1024

/* --- the content's bytes --- */

/* A place in a JSON text. Moving past its end stays there. */
struct place {
    struct str text;
    size_t at;
};

static char here(const struct place *place) {
    return place->at < place->text.len ? place->text.ptr[place->at] : '\0';
}

static void skip_space(struct place *place) {
    char c;
    while ((c = here(place)) == ' ' || c == '\t' || c == '\n' || c == '\r') {
        place->at++;
    }
}

static bool take(struct place *place, char wanted) {
    skip_space(place);
    bool there = place->at < place->text.len && here(place) == wanted;
    place->at += there;
    return there;
}

/* The bytes between the quotes, escapes as written. */
static bool take_string(struct place *place, struct str *ret_inside) {
    if (!take(place, '"')) {
        return false;
    }
    size_t start = place->at;
    while (place->at < place->text.len && here(place) != '"') {
        place->at += here(place) == '\\' ? 2 : 1;
    }
    if (place->at >= place->text.len) {
        return false;
    }
    *ret_inside = str_sub(place->text, start, place->at++ - start);
    return true;
}

/* To the end of a value: the comma or bracket at the depth where it began. */
static bool take_value(struct place *place, struct str *ret_value) {
    struct str inside;
    int depth = 0;
    skip_space(place);
    size_t start = place->at, end = start;
    while (place->at < place->text.len) {
        char c = here(place);
        if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
            break;
        }
        if (c == '"') {
            if (!take_string(place, &inside)) {
                return false;
            }
        } else {
            depth += (c == '{' || c == '[') - (c == '}' || c == ']');
            place->at++;
        }
        end = c == ' ' || c == '\t' || c == '\n' || c == '\r' ? end : place->at;
    }
    *ret_value = str_sub(place->text, start, end - start);
    return end > start && depth == 0;
}

bool alipay_member_text(struct str text, struct str name, struct str *ret_value) {
    struct place place = {text, 0};
    struct str found = STR_NONE, own, value;
    if (!take(&place, '{')) {
        return false;
    }
    do {
        if (!take_string(&place, &own) || !take(&place, ':') || !take_value(&place, &value)) {
            return false;
        }
        if (str_equal(own, name)) {
            if (!str_is_absent(found)) {
                return false;
            }
            found = value;
        }
    } while (take(&place, ','));
    if (!take(&place, '}') || str_is_absent(found)) {
        return false;
    }
    *ret_value = found;
    return true;
}

struct str alipay_content_name(struct arena *arena, struct str method) {
    char *name = str_c(arena, str_concat(arena, method, STR("_response")));
    for (char *c = name; *c; c++) {
        *c = (char)(*c == '.' ? '_' : *c);
    }
    return str_from(name);
}

/* --- codes --- */

static const struct {
    const char *code, *sub_code; /* sub_code NULL: any other of the code */
    enum verify_result result;
} results[] = {
    {ALIPAY_CODE_DONE, NULL, VERIFY_MATCH},
    {"20000", NULL, VERIFY_UPSTREAM_ERROR}, /* service unavailable */
    {"20001", NULL, VERIFY_UPSTREAM_ERROR}, /* the token that was just given is not taken */
    {"40001", NULL, VERIFY_UPSTREAM_ERROR}, /* a parameter is missing */
    /* The code that the browser brought is wrong, used or old. Anybody can bring one: it is no error of the service. */
    {"40002", "isv.code-invalid", VERIFY_MISMATCH},
    {"40002", NULL, VERIFY_UPSTREAM_ERROR}, /* our signature, app id or key: set up wrong */
    {"40003", NULL, VERIFY_UPSTREAM_ERROR}, /* conditions are not met */
    {"40004", "INVALID_PARAMETER", VERIFY_INVALID_INPUT},
    {"40004", "OPEN_CERTIFY_BILL_NOT_EXIST", VERIFY_NOT_FOUND}, /* the check was given up: certify_id is too old */
    {"40004", NULL, VERIFY_UPSTREAM_ERROR},                     /* business failure: cannot tell */
    {"40005", NULL, VERIFY_RATE_LIMITED},
    {"40006", NULL, VERIFY_UPSTREAM_ERROR}, /* the app has no permission */
};

enum verify_result alipay_result_of(struct str code, struct str sub_code) {
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        if (str_equal(code, str_from(results[i].code)) &&
            (!results[i].sub_code || str_equal(sub_code, str_from(results[i].sub_code)))) {
            return results[i].result;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}

static struct str code_of(const struct json *content, const char *name) {
    struct str code = STR("");
    json_get_str(content, name, &code);
    bool fine = code.len <= CODE_MOST;
    for (size_t i = 0; fine && i < code.len; i++) {
        char c = code.ptr[i];
        fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' ||
               c == '-';
    }
    return fine ? code : STR("");
}

/* --- the whole --- */

struct cut {
    struct str content;   /* its bytes; absent when there is none, or two */
    struct str signature; /* base64; absent without */
    struct str serial_name;
    bool refused; /* it is an error_response */
};

static bool cut_apart(struct arena *arena, struct str body, struct str method, struct cut *cut) {
    const struct json *whole;
    struct str error;
    *cut = (struct cut){0};
    if (!json_parse(arena, body, LIMITS, &whole) || json_kind(whole) != JSON_KIND_OBJECT) {
        return false;
    }
    json_get_str(whole, "sign", &cut->signature);
    json_get_str(whole, "alipay_cert_sn", &cut->serial_name);
    bool answered = alipay_member_text(body, alipay_content_name(arena, method), &cut->content);
    cut->refused = alipay_member_text(body, STR("error_response"), &error);
    if (cut->refused) {
        cut->content = error;
    }
    return answered != cut->refused;
}

/* In certificate mode the answer names its key, and no other will do. */
static bool is_authentic(struct arena *arena, const struct cut *cut, const struct alipay_trust *trust) {
    for (size_t i = 0; i < trust->key_count && !str_is_absent(cut->signature); i++) {
        const struct alipay_key *key = &trust->keys[i];
        if (str_is_absent(key->serial_name) || str_equal(key->serial_name, cut->serial_name)) {
            return alipay_signature_fits(arena, key->key, cut->content, cut->signature);
        }
    }
    return false;
}

static bool open_sealed(struct arena *arena, const struct alipay_trust *trust, struct str sealed,
                        const struct json **ret_content) {
    struct str plain;
    return !str_is_absent(trust->content_key) && alipay_content_open(arena, trust->content_key, sealed, &plain) &&
           json_parse(arena, plain, LIMITS, ret_content);
}

/* The content, opened where it is encrypted. What is not authentic stays closed: nobody learns from us what would open
 * it. */
static bool read_content(struct arena *arena, const struct cut *cut, const struct alipay_trust *trust, bool authentic,
                         const struct json **ret_content) {
    const struct json *content;
    struct str sealed;
    if (!json_parse(arena, cut->content, LIMITS, &content) ||
        (json_str(content, &sealed) && !(authentic && open_sealed(arena, trust, sealed, &content)))) {
        return false;
    }
    *ret_content = content;
    return json_kind(content) == JSON_KIND_OBJECT;
}

/* alipay.system.oauth.token answers without a code when it is done; a refusal always has one. */
static struct str code_or_done(const struct json *content, struct str method) {
    bool may_lack = str_equal(method, STR("alipay.system.oauth.token"));
    return may_lack && !json_member(content, "code") && !json_member(content, "sub_code") ? STR(ALIPAY_CODE_DONE)
                                                                                          : code_of(content, "code");
}

/* An error that says it is done is none; and where encryption is agreed, only a refusal may come without. */
static bool may_say(const struct cut *cut, const struct alipay_trust *trust, enum verify_result result) {
    bool sealed = str_starts(cut->content, STR("\""));
    return result != VERIFY_MATCH || (!cut->refused && sealed == !str_is_absent(trust->content_key));
}

void alipay_answer_read(struct arena *arena, struct str body, struct str method, const struct alipay_trust *trust,
                        struct alipay_answer *ret_answer) {
    const struct json *content;
    struct cut cut;
    *ret_answer = (struct alipay_answer){.result = VERIFY_UPSTREAM_ERROR, .code = STR(""), .sub_code = STR("")};
    if (!cut_apart(arena, body, method, &cut)) {
        return;
    }
    ret_answer->authentic = is_authentic(arena, &cut, trust);
    if (!read_content(arena, &cut, trust, ret_answer->authentic, &content)) {
        return;
    }
    ret_answer->code = code_or_done(content, method);
    ret_answer->sub_code = code_of(content, "sub_code");
    if (ret_answer->authentic) {
        enum verify_result result = alipay_result_of(ret_answer->code, ret_answer->sub_code);
        ret_answer->result = may_say(&cut, trust, result) ? result : VERIFY_UPSTREAM_ERROR;
        ret_answer->content = content;
    }
}

/* --- of both adapters --- */

bool alipay_text(const struct json *content, const char *name, size_t most, struct str *ret_text) {
    const struct json *member = json_member(content, name);
    struct str text = STR("");
    if (member && json_kind(member) != JSON_KIND_NULL && (!json_str(member, &text) || text.len > most)) {
        return false;
    }
    *ret_text = text;
    return true;
}

bool alipay_is_id(struct str text, size_t most) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c && str_contains(STR("-_.~=/+"), c)))) {
            return false;
        }
    }
    return text.len > 0 && text.len <= most;
}
