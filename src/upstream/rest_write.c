/*
 * Writing a request: the values, the body, the signature, and what of the two needs the other first.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/utf8.h"
#include "jose/digest.h"
#include "jose/sm3.h"
#include "rest_inside.h"

#define VALUE_MOST   1024 /* bytes of one that is asked; model's own limits are far below */
#define ADDRESS_MOST (16 * 1024)
#define BODY_MOST    (64 * 1024)
#define TEXT_MOST    (128 * 1024) /* of what is signed */

/* --- the values --- */

/* UTF-8 without control characters: what could not end a line, a field or a string anywhere. */
static bool is_clean(struct str value) {
    uint32_t c;
    if (value.len > VALUE_MOST) {
        return false;
    }
    while (value.len > 0) {
        if (!utf8_next(&value, &c) || c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029) {
            return false;
        }
    }
    return true;
}

static struct str national(struct str phone) {
    if (!str_is_absent(phone)) {
        str_drop_prefix(&phone, STR("+86"));
    }
    return phone;
}

static bool put_asked(const struct rest *rest, const struct upstream_asked *asked, struct str *items) {
    const struct {
        enum template_value value;
        struct str text;
    } rows[] = {
        {TEMPLATE_NAME, asked->name},
        {TEMPLATE_ID_NUMBER, asked->id_number},
        {TEMPLATE_PHONE, asked->phone},
        {TEMPLATE_PHONE_NATIONAL, national(asked->phone)},
        {TEMPLATE_BANK_CARD, asked->bank_card},
        {TEMPLATE_SOCIAL_CARD, asked->social_card},
        {TEMPLATE_REGION, asked->region},
        {TEMPLATE_ORG_NAME, asked->org_name},
        {TEMPLATE_CREDIT_CODE, asked->credit_code},
        {TEMPLATE_REPRESENTATIVE_NAME, asked->representative_name},
        {TEMPLATE_REPRESENTATIVE_NUMBER, asked->representative_number},
        {TEMPLATE_REQUEST_ID, asked->request_id},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if (!is_clean(rows[i].text)) {
            return false;
        }
        /* Of what is asked an empty text is none: the register is not asked whether "" is right. */
        items[rows[i].value] = rows[i].text.len > 0 ? rows[i].text : STR_NONE;
    }
    items[TEMPLATE_ID_TYPE] =
        asked->id_type > ID_TYPE_NONE && asked->id_type < REST_ID_TYPES ? rest->id_types[asked->id_type] : STR_NONE;
    return true;
}

/* yyyyMMddHHmmss in China, which has one time zone without summer time. */
static struct str beijing(struct arena *arena, int64_t seconds) {
    struct str time = clock_rfc3339(arena, seconds + 8 * 3600);
    char *digits = arena_alloc(arena, time.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < time.len; i++) {
        if (time.ptr[i] >= '0' && time.ptr[i] <= '9') {
            digits[len++] = time.ptr[i];
        }
    }
    return str_of(digits, len);
}

static void put_ours(const struct rest *rest, struct arena *arena, const struct rest_question *question,
                     struct str *items) {
    int64_t seconds = question->now_ms / 1000;
    struct str transaction = question->asked->transaction;
    items[TEMPLATE_TRANSACTION] = str_is_absent(transaction) ? upstream_transaction(arena) : transaction;
    items[TEMPLATE_NONCE] = question->nonce;
    items[TEMPLATE_TIMESTAMP] = str_format(arena, "%lld", (long long)question->now_ms);
    items[TEMPLATE_TIMESTAMP_S] = str_format(arena, "%lld", (long long)seconds);
    items[TEMPLATE_TIME] = clock_rfc3339(arena, seconds);
    items[TEMPLATE_TIME_BEIJING] = beijing(arena, seconds);
    items[TEMPLATE_APP_ID] = str_or(rest->app_id, STR(""));
    items[TEMPLATE_SECRET] = rest->secret;
    items[TEMPLATE_METHOD] = rest->method;
}

/* A match is evidence of everything that is asked. */
static bool is_complete(const struct rest *rest, const struct upstream_asked *asked) {
    const struct {
        unsigned ask;
        struct str text;
    } rows[] = {
        {ASK_NAME, asked->name},
        {ASK_ID_NUMBER, asked->id_number},
        {ASK_PHONE, asked->phone},
        {ASK_BANK_CARD, asked->bank_card},
        {ASK_SOCIAL_CARD, asked->social_card},
        {ASK_REGION, asked->region},
        {ASK_ORGANISATION, asked->credit_code},
        {ASK_ORGANISATION, asked->org_name},
        {ASK_REPRESENTATIVE, asked->representative_name},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if ((rest->traits.asks & rows[i].ask) && str_is_empty(rows[i].text)) {
            return false;
        }
    }
    return true;
}

/* --- the request --- */

struct str rest_signature(const struct rest *rest, struct arena *arena, struct str text) {
    struct secret key = secret_copy(arena, rest->secret);
    struct sha256 sha256;
    struct sm3 sm3;
    struct str mac;
    if (rest->proof == REST_HMAC_SM3) {
        sm3 = hmac_sm3(key, text);
        mac = sm3_str(&sm3);
    } else {
        sha256 = hmac_sha256(key, text);
        mac = sha256_str(&sha256);
    }
    if (rest->encoding == REST_BASE64) {
        return base64_encode(arena, mac);
    }
    struct str hex = hex_encode(arena, mac);
    if (rest->encoding == REST_HEX) {
        return hex;
    }
    char *upper = str_c(arena, hex);
    for (size_t i = 0; i < hex.len; i++) {
        upper[i] = upper[i] >= 'a' && upper[i] <= 'f' ? (char)(upper[i] - 'a' + 'A') : upper[i];
    }
    return str_of(upper, hex.len);
}

struct writing {
    const struct rest *rest;
    struct arena *arena;
    struct rest_sent *sent;
};

static bool render(const struct writing *writing, const struct template *template, size_t most, struct str *ret_text) {
    struct buf buf;
    buf_init(&buf, writing->arena, 512, most);
    if (!template_render(template, &writing->sent->values, &buf)) {
        return false;
    }
    *ret_text = buf_str(&buf);
    return true;
}

static bool write_body(const struct writing *writing) {
    struct str *items = writing->sent->values.items;
    struct str body = STR("");
    if (!render(writing, &writing->rest->body, BODY_MOST, &body)) {
        return false;
    }
    struct sha256 sha256 = sha256_of(body);
    struct sm3 sm3 = sm3_of(body);
    items[TEMPLATE_BODY] = body;
    items[TEMPLATE_BODY_SHA256] = hex_encode(writing->arena, sha256_str(&sha256));
    items[TEMPLATE_BODY_SM3] = hex_encode(writing->arena, sm3_str(&sm3));
    writing->sent->request.body = writing->rest->has_body ? body : STR_NONE;
    return true;
}

/* libcurl, like browsers, walks up where a segment is "..": no value may lead elsewhere. */
static bool stays(struct str path) {
    struct str rest = path;
    while (!str_is_absent(rest)) {
        struct str segment = str_cut(rest, '/', &rest);
        if (str_equal(segment, STR(".")) || str_equal(segment, STR(".."))) {
            return false;
        }
    }
    return true;
}

static bool write_address(const struct writing *writing) {
    const struct rest *rest = writing->rest;
    struct str path, query;
    if (!render(writing, &rest->path, ADDRESS_MOST, &path) || !stays(path)) {
        return false;
    }
    if (rest->has_query) {
        if (!render(writing, &rest->query, ADDRESS_MOST, &query)) {
            return false;
        }
        path = str_concat(writing->arena, path, STR("?"), query);
    }
    struct str url = str_concat(writing->arena, rest->url, path), host = url;
    str_drop_prefix(&host, STR("https://"));
    str_drop_prefix(&host, STR("http://"));
    struct str whole;
    str_cut(host, '/', &whole);
    writing->sent->request.url = url;
    writing->sent->values.items[TEMPLATE_PATH] = str_concat(writing->arena, STR("/"), whole);
    return true;
}

static bool write_signature(const struct writing *writing) {
    const struct rest *rest = writing->rest;
    struct str text;
    if (rest->proof != REST_HMAC_SHA256 && rest->proof != REST_HMAC_SM3) {
        return true;
    }
    if (!render(writing, &rest->canonical, TEXT_MOST, &text)) {
        return false;
    }
    writing->sent->values.items[TEMPLATE_SIGNATURE] = rest_signature(rest, writing->arena, text);
    return true;
}

static void add_field(const struct writing *writing, struct str name, struct str value) {
    struct fetch_request *request = &writing->sent->request;
    CHECK(request->field_count < REST_FIELDS_MOST);
    writing->sent->fields[request->field_count++] = (struct fetch_field){name, value};
}

static bool write_fields(const struct writing *writing) {
    const struct rest *rest = writing->rest;
    bool typed = str_is_absent(rest->body_type);
    for (size_t i = 0; i < rest->header_count; i++) {
        struct str value;
        if (!render(writing, &rest->headers[i].value, ADDRESS_MOST, &value)) {
            return false;
        }
        typed = typed || str_equal_fold(rest->headers[i].name, STR("Content-Type"));
        add_field(writing, rest->headers[i].name, value);
    }
    if (!typed) {
        add_field(writing, STR("Content-Type"), rest->body_type);
    }
    if (!str_is_absent(rest->authorization)) {
        add_field(writing, STR("Authorization"), rest->authorization);
    }
    writing->sent->request.fields = writing->sent->fields;
    return true;
}

/* Which is first is the description's to say; that there is an order was checked when it was read. */
static bool write_all(const struct writing *writing) {
    const struct rest *rest = writing->rest;
    bool signature_first = rest->signature_in_body || (rest->query.uses & TEMPLATE_BIT(TEMPLATE_SIGNATURE));
    bool signs_path = rest->canonical.uses & TEMPLATE_BIT(TEMPLATE_PATH);
    if (rest->signature_in_body) {
        return (!signs_path || write_address(writing)) && write_signature(writing) && write_body(writing) &&
               (signs_path || write_address(writing)) && write_fields(writing);
    }
    return write_body(writing) && (signature_first || write_address(writing)) && write_signature(writing) &&
           (!signature_first || write_address(writing)) && write_fields(writing);
}

bool rest_write(const struct rest *rest, struct arena *arena, const struct rest_question *question,
                struct rest_sent *ret_sent, enum verify_result *ret_result) {
    const struct writing writing = {rest, arena, ret_sent};
    *ret_sent = (struct rest_sent){0};
    *ret_result = VERIFY_INVALID_INPUT;
    struct str *items = ret_sent->values.items;
    if (!is_complete(rest, question->asked) || !put_asked(rest, question->asked, items)) {
        return false;
    }
    put_ours(rest, arena, question, items);
    template_set uses = rest->path.uses | rest->query.uses | rest->body.uses | rest->canonical.uses;
    for (size_t i = 0; i < rest->header_count; i++) {
        uses |= rest->headers[i].value.uses;
    }
    if ((uses & TEMPLATE_BIT(TEMPLATE_ID_TYPE)) && str_is_absent(items[TEMPLATE_ID_TYPE])) {
        *ret_result = VERIFY_UNSUPPORTED;
        return false;
    }
    ret_sent->request = (struct fetch_request){
        .method = rest->method,
        .answer_ceiling = (size_t)rest->bytes_most,
        .client_cert = rest->certificate,
        .client_key = rest->certificate_key,
    };
    return write_all(&writing);
}
