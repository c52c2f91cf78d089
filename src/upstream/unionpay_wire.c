/*
 * UnionPay's wire format: fields, what is signed over them, the holder's data, and what an answer means.
 *
 * The format is older than most: an answer is a form without any encoding, so that a + of a signature is a +, and
 * values in brackets hold fields of their own.
 */
#include "upstream/unionpay.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "jose/digest.h"

#include <stdlib.h>
#include <time.h>

#define TEXT_MOST        (64 * 1024)
#define BEIJING_OFFSET_S (8 * 3600)
#define CUSTOMER_MOST    4096
#define CERTIFICATE_TYPE "01" /* resident identity card */
#define NAME_LENGTH_MOST 64

struct str unionpay_field(const struct unionpay_fields *fields, const char *name) {
    for (size_t i = 0; i < fields->count; i++) {
        if (str_equal(fields->items[i].name, str_from(name))) {
            return fields->items[i].value;
        }
    }
    return STR_NONE;
}

struct str unionpay_time(struct arena *arena, int64_t wall_seconds) {
    time_t beijing = (time_t)(wall_seconds + BEIJING_OFFSET_S);
    struct tm parts;
    gmtime_r(&beijing, &parts);
    return str_format(arena, "%04d%02d%02d%02d%02d%02d", parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday,
                      parts.tm_hour, parts.tm_min, parts.tm_sec);
}

/* --- what is signed --- */

static int by_name(const void *a, const void *b) {
    return str_compare(((const struct unionpay_field *)a)->name, ((const struct unionpay_field *)b)->name);
}

struct str unionpay_digest(struct arena *arena, const struct unionpay_fields *fields) {
    struct unionpay_fields sorted = *fields;
    struct buf text;
    qsort(sorted.items, sorted.count, sizeof(sorted.items[0]), by_name);
    buf_init(&text, arena, 2048, TEXT_MOST);
    for (size_t i = 0; i < sorted.count; i++) {
        if (!str_equal(sorted.items[i].name, STR("signature"))) {
            buf_printf(&text, "%s%.*s=", text.len > 0 ? "&" : "", STR_ARG(sorted.items[i].name));
            buf_put(&text, sorted.items[i].value);
        }
    }
    CHECK(!text.failed); /* the fields' texts were limited when they were read or written */
    struct sha256 digest = sha256_of(buf_str(&text));
    return hex_encode(arena, sha256_str(&digest));
}

/* --- reading fields --- */

static bool is_name(struct str name) {
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_')) {
            return false;
        }
    }
    return name.len > 0 && name.len <= NAME_LENGTH_MOST;
}

/* Up to the next & outside of brackets. False when a bracket stays open. */
static bool take_value(struct str *rest, struct str *ret_value) {
    char closing = 0;
    size_t len = 0;
    for (; len < rest->len && (closing || rest->ptr[len] != '&'); len++) {
        char c = rest->ptr[len];
        if (closing) {
            closing = c == closing ? 0 : closing;
        } else if (c == '{' || c == '[') {
            closing = c == '{' ? '}' : ']';
        }
    }
    *ret_value = str_sub(*rest, 0, len);
    *rest = str_sub(*rest, len, rest->len - len);
    return closing == 0;
}

static bool take_field(struct str *rest, struct unionpay_field *field) {
    struct str after;
    field->name = str_cut(*rest, '=', &after);
    if (str_is_absent(after) || !is_name(field->name)) {
        return false;
    }
    *rest = after;
    return take_value(rest, &field->value);
}

static bool is_there(const struct unionpay_fields *fields, struct str name) {
    for (size_t i = 0; i < fields->count; i++) {
        if (str_equal(fields->items[i].name, name)) {
            return true;
        }
    }
    return false;
}

bool unionpay_fields_read(struct str body, struct unionpay_fields *ret_fields) {
    ret_fields->count = 0;
    if (body.len == 0 || body.len > TEXT_MOST || !utf8_valid(body) || str_contains(body, '\0')) {
        return false;
    }
    for (;;) {
        struct unionpay_field field;
        if (ret_fields->count == UNIONPAY_FIELDS_MOST || !take_field(&body, &field) ||
            is_there(ret_fields, field.name)) {
            return false;
        }
        ret_fields->items[ret_fields->count++] = field;
        if (body.len == 0) {
            return true;
        }
        body = str_sub(body, 1, body.len - 1); /* the & */
    }
}

/* --- the holder --- */

/* Nothing that the format has for itself may come out of what a person typed. */
static bool is_plain(struct str value) {
    for (size_t i = 0; i < value.len; i++) {
        unsigned char c = (unsigned char)value.ptr[i];
        if (c < 0x20 || c == 0x7f || strchr("&={}[]", c)) {
            return false;
        }
    }
    return value.len > 0;
}

bool unionpay_customer_info(struct arena *arena, const struct foreign_key *encrypt,
                            const struct unionpay_holder *holder, struct str *ret_text) {
    struct str sealed;
    struct buf text;
    if (!is_plain(holder->name) || !is_plain(holder->id_number) || !is_plain(holder->phone) ||
        !foreign_rsa_encrypt(encrypt, arena, str_concat(arena, STR("phoneNo="), holder->phone), &sealed)) {
        return false;
    }
    buf_init(&text, arena, 1024, CUSTOMER_MOST);
    buf_printf(&text, "{certifTp=" CERTIFICATE_TYPE "&certifId=%.*s&customerNm=%.*s&encryptedInfo=%.*s}",
               STR_ARG(holder->id_number), STR_ARG(holder->name), STR_ARG(base64_encode(arena, sealed)));
    if (text.failed) {
        return false;
    }
    *ret_text = base64_encode(arena, buf_str(&text));
    return true;
}

/* --- the answer --- */

/* Codes that are not here say something about the call, not about the card: errors. */
static const struct {
    struct str code;
    enum verify_result result;
} results[] = {
    {STR_INIT("00"), VERIFY_MATCH},
    {STR_INIT("37"), VERIFY_RATE_LIMITED},  /* too many or too frequent queries */
    {STR_INIT("38"), VERIFY_RATE_LIMITED},  /* limited by risk control */
    {STR_INIT("60"), VERIFY_UNSUPPORTED},   /* "ask the issuer": it cannot tell, which is no denial */
    {STR_INIT("61"), VERIFY_INVALID_INPUT}, /* no such card number */
    {STR_INIT("62"), VERIFY_UNSUPPORTED},   /* the issuer does not serve us */
    {STR_INIT("63"), VERIFY_STATE_BAD},     /* lost, frozen, closed */
    {STR_INIT("65"), VERIFY_UNSUPPORTED},   /* the issuer wants a PIN, a term or a CVN2, which are never asked for */
    {STR_INIT("66"), VERIFY_MISMATCH},      /* name, number or phone are not the holder's */
    {STR_INIT("67"), VERIFY_STATE_BAD},     /* locked after too many wrong PINs */
    {STR_INIT("68"), VERIFY_UNSUPPORTED},   /* not for this kind of card */
    {STR_INIT("72"), VERIFY_UNSUPPORTED},   /* the card is not enrolled for use without it */
};

static enum verify_result result_of(struct str code) {
    for (size_t i = 0; i < ARRAY_LEN(results); i++) {
        if (str_equal(results[i].code, code)) {
            return results[i].result;
        }
    }
    return VERIFY_UPSTREAM_ERROR;
}

static bool is_signed(struct arena *arena, const struct unionpay_fields *fields,
                      const struct unionpay_expected *expected) {
    struct str signature;
    if (!base64_decode(arena, str_or(unionpay_field(fields, "signature"), STR("")), &signature)) {
        return false;
    }
    struct str digest = unionpay_digest(arena, fields);
    for (size_t i = 0; i < ARRAY_LEN(expected->keys); i++) {
        if (expected->keys[i] && foreign_rsa_verify(expected->keys[i], digest, signature)) {
            return true;
        }
    }
    return false;
}

/* The certificate that comes along (signPubKeyCert) is one more signed text: whom to believe is configured. */
bool unionpay_answer_read(struct arena *arena, struct str body, const struct unionpay_expected *expected,
                          struct unionpay_answer *ret_answer) {
    struct unionpay_fields fields;
    if (!unionpay_fields_read(body, &fields) || !is_signed(arena, &fields, expected)) {
        return false;
    }
    const struct {
        const char *name;
        struct str value;
    } same[] = {
        {"version", STR(UNIONPAY_VERSION)},    {"signMethod", STR("01")},     {"txnType", STR(UNIONPAY_TYPE)},
        {"txnSubType", STR(UNIONPAY_SUBTYPE)}, {"merId", expected->merchant}, {"orderId", expected->order_id},
        {"txnTime", expected->time},
    };
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        if (!str_equal(str_or(unionpay_field(&fields, same[i].name), STR("")), same[i].value)) {
            return false;
        }
    }
    enum verify_result result = result_of(str_or(unionpay_field(&fields, "respCode"), STR("")));
    if (result == VERIFY_UPSTREAM_ERROR) {
        return false;
    }
    ret_answer->result = result;
    return true;
}
