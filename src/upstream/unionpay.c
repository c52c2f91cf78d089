/*
 * UnionPay: are this name, this identity number and this phone those of the bank card's holder? One signed form, one
 * signed answer, and never asked again: each call may be charged and counts against the card's own limits.
 *
 * An answer counts only when it is signed with the key that is configured as UnionPay's and names our merchant, order
 * and time. Its media type is not promised by the gateway and not looked at: the signature is.
 */
#include "upstream/unionpay.h"

#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "loop/fetch.h"
#include "model/cards.h"
#include "upstream/adapter.h"

#include <stdlib.h>

#define BODY_MOST     (16 * 1024)
#define ANSWER_MOST   (16 * 1024)
#define NAME_MOST     200 /* bytes: 50 characters */
#define ORDER_LEAST   8
#define ORDER_MOST    32
#define PHONE_DIGITS  11
#define MERCHANT_MOST 15

struct keys {
    struct foreign_key *sign, *sign_cert, *encrypt, *verify, *verify_next;
};

static const struct upstream_option options[] = {
    {"sign_key", OPTION_PATH, true, "PEM file of the merchant's private key, RSA, without a passphrase"},
    {"sign_cert", OPTION_PATH, true, "PEM file of the merchant's certificate, whose serial number names the key"},
    {"encrypt_cert", OPTION_PATH, true, "PEM file of UnionPay's certificate for what is encrypted to it"},
    {"verify_cert", OPTION_PATH, true, "PEM file of UnionPay's certificate that answers are signed with"},
    {"verify_cert_next", OPTION_PATH, false, "PEM file of the certificate that follows it, in the weeks of a change"},
    {"channel", OPTION_TEXT, false, "07 for browsers (what is said when it is not given), 08 for mobile devices"},
};

/* --- settings --- */

static bool is_alphanumeric(struct str text, size_t least, size_t most) {
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return text.len >= least && text.len <= most;
}

static bool check(const struct upstream_settings *settings, struct fault *fault) {
    struct str channel = str_or(upstream_option_text(settings, "channel"), STR("07"));
    if (!is_alphanumeric(str_or(settings->app_id, STR("")), 1, MERCHANT_MOST)) {
        return fault_set(fault, "upstreams.%.*s.app_id: must be the merchant's number, at most %d letters and digits",
                         STR_ARG(settings->name), MERCHANT_MOST);
    }
    if (!str_equal(channel, STR("07")) && !str_equal(channel, STR("08"))) {
        return fault_set(fault, "upstreams.%.*s.channel: must be \"07\" or \"08\"", STR_ARG(settings->name));
    }
    return upstream_url_check(settings, fault);
}

static void close_keys(void *state) {
    struct keys *keys = state;
    if (keys) {
        foreign_key_free(keys->sign);
        foreign_key_free(keys->sign_cert);
        foreign_key_free(keys->encrypt);
        foreign_key_free(keys->verify);
        foreign_key_free(keys->verify_next);
        free(keys);
    }
}

static bool named(const struct upstream_settings *settings, const char *option, const struct fault *why,
                  struct fault *fault) {
    return fault_set(fault, "upstreams.%.*s.%s: %s", STR_ARG(settings->name), option, why->text);
}

static bool read_key(const struct upstream_settings *settings, const char *option, bool private,
                     struct foreign_key **ret_key, struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str path = upstream_option_path(settings, arena, option);
    struct fault why;
    if (str_is_absent(path)) {
        return true;
    }
    bool fine = private ? foreign_key_read_private(path, FOREIGN_RSA, ret_key, &why)
                        : foreign_key_read_public(path, FOREIGN_RSA, ret_key, &why);
    return fine || named(settings, option, &why, fault);
}

static bool read_keys(const struct upstream_settings *settings, struct keys *keys, struct fault *fault) {
    if (!read_key(settings, "sign_key", true, &keys->sign, fault) ||
        !read_key(settings, "sign_cert", false, &keys->sign_cert, fault) ||
        !read_key(settings, "encrypt_cert", false, &keys->encrypt, fault) ||
        !read_key(settings, "verify_cert", false, &keys->verify, fault) ||
        !read_key(settings, "verify_cert_next", false, &keys->verify_next, fault)) {
        return false;
    }
    if (str_is_absent(foreign_key_serial(keys->sign_cert)) || str_is_absent(foreign_key_serial(keys->encrypt))) {
        return fault_set(fault,
                         "upstreams.%.*s: sign_cert and encrypt_cert must be certificates: their serial numbers "
                         "name the keys",
                         STR_ARG(settings->name));
    }
    return foreign_key_pair(keys->sign, keys->sign_cert) ||
           fault_set(fault, "upstreams.%.*s: sign_cert is not the certificate of sign_key", STR_ARG(settings->name));
}

static bool open_keys(const struct upstream_settings *settings, void **ret_state, struct fault *fault) {
    struct keys *keys = check_calloc(1, sizeof(*keys));
    if (!read_keys(settings, keys, fault)) {
        close_keys(keys);
        return false;
    }
    *ret_state = keys;
    return true;
}

/* --- asking --- */

/* Of one request. */
struct order {
    struct str id, time, card;
    struct unionpay_holder holder;
};

static enum verify_result read_order(struct arena *arena, const struct upstream_asked *asked, struct order *order) {
    char card[BANK_CARD_MOST + 1];
    struct str phone = str_or(asked->phone, STR(""));
    if (asked->id_type != ID_TYPE_RESIDENT) {
        return VERIFY_UNSUPPORTED; /* how issuers keep the other cards is not known: a no would say nothing */
    }
    if (bank_card_read(str_or(asked->bank_card, STR("")), card) == BANK_CARD_BAD ||
        !str_drop_prefix(&phone, STR("+86")) || phone.len != PHONE_DIGITS || asked->name.len > NAME_MOST) {
        return VERIFY_INVALID_INPUT;
    }
    bool given = is_alphanumeric(str_or(asked->transaction, STR("")), ORDER_LEAST, ORDER_MOST);
    *order = (struct order){.id = given ? asked->transaction : upstream_transaction(arena),
                            .time = unionpay_time(arena, clock_wall()),
                            .card = str_dup(arena, str_from(card)),
                            .holder = {str_or(asked->name, STR("")), str_or(asked->id_number, STR("")), phone}};
    return VERIFY_MATCH;
}

static void add(struct unionpay_fields *fields, const char *name, struct str value) {
    CHECK(fields->count < UNIONPAY_FIELDS_MOST);
    fields->items[fields->count++] = (struct unionpay_field){str_from(name), value};
}

/* False when a value does not fit the format. */
static bool write_fields(struct upstream_call *call, const struct order *order, struct unionpay_fields *fields) {
    const struct keys *keys = call->state;
    struct str customer, card;
    if (!unionpay_customer_info(call->arena, keys->encrypt, &order->holder, &customer) ||
        !foreign_rsa_encrypt(keys->encrypt, call->arena, order->card, &card)) {
        return false;
    }
    fields->count = 0;
    add(fields, "version", STR(UNIONPAY_VERSION));
    add(fields, "encoding", STR("utf-8"));
    add(fields, "signMethod", STR("01"));
    add(fields, "txnType", STR(UNIONPAY_TYPE));
    add(fields, "txnSubType", STR(UNIONPAY_SUBTYPE));
    add(fields, "bizType", STR("001001"));
    add(fields, "accessType", STR("0"));
    add(fields, "channelType", str_or(upstream_option_text(call->settings, "channel"), STR("07")));
    add(fields, "certId", foreign_key_serial(keys->sign_cert));
    add(fields, "encryptCertId", foreign_key_serial(keys->encrypt));
    add(fields, "merId", call->settings->app_id);
    add(fields, "orderId", order->id);
    add(fields, "txnTime", order->time);
    add(fields, "accNo", base64_encode(call->arena, card));
    add(fields, "customerInfo", customer);
    struct str signature = foreign_rsa_sign(keys->sign, call->arena, unionpay_digest(call->arena, fields));
    add(fields, "signature", base64_encode(call->arena, signature));
    return true;
}

static struct str write_body(struct arena *arena, const struct unionpay_fields *fields) {
    struct buf body;
    buf_init(&body, arena, 4096, BODY_MOST);
    for (size_t i = 0; i < fields->count; i++) {
        buf_printf(&body, "%s%.*s=", i > 0 ? "&" : "", STR_ARG(fields->items[i].name));
        buf_put_urlencoded(&body, fields->items[i].value);
    }
    CHECK(!body.failed); /* customerInfo has its ceiling, all else is of fixed size */
    return buf_str(&body);
}

static bool send_fields(struct upstream_call *call, const struct unionpay_fields *fields, struct str *ret_body) {
    const struct fetch_field headers[] = {
        {STR("Content-Type"), STR("application/x-www-form-urlencoded;charset=UTF-8")}};
    const struct fetch_request request = {
        .method = STR("POST"),
        .url = str_format(call->arena, "%.*s" UNIONPAY_PATH, STR_ARG(call->settings->url)),
        .fields = headers,
        .field_count = ARRAY_LEN(headers),
        .body = write_body(call->arena, fields),
        .timeout_ms = call->timeout_ms,
        .answer_ceiling = ANSWER_MOST,
        .once = true,
    };
    struct fetch_answer answer = {0};
    enum fetch_result result = upstream_fetch(call, &request, &answer);
    *ret_body = answer.body;
    return result == FETCH_DONE && answer.status == 200;
}

/* --- the adapter --- */

static enum verify_result verify(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct upstream_found *ret_found) {
    const struct keys *keys = call->state;
    struct order order;
    struct unionpay_fields fields;
    struct unionpay_answer answer;
    struct str body;
    enum verify_result refused = read_order(call->arena, asked, &order);
    if (refused != VERIFY_MATCH) {
        return refused;
    }
    if (!write_fields(call, &order, &fields)) {
        return VERIFY_INVALID_INPUT;
    }
    const struct unionpay_expected expected = {
        call->settings->app_id, order.id, order.time, {keys->verify, keys->verify_next}};
    if (!send_fields(call, &fields, &body) || !unionpay_answer_read(call->arena, body, &expected, &answer)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    upstream_found_by(ret_found, METHOD_BANK_CARD, answer.result);
    ret_found->evidence.check_id = order.id;
    return answer.result;
}

const struct upstream_adapter unionpay_adapter = {
    .name = "unionpay",
    .authority = "unionpay",
    .idempotent = false,
    .traits = {.services = UPSTREAM_PERSON,
               .asks = ASK_NAME | ASK_ID_NUMBER | ASK_BANK_CARD | ASK_PHONE,
               .method = METHOD_BANK_CARD,
               .level = 2,
               .title = STR_INIT("银联银行卡核验"),
               .title_en = STR_INIT("Bank card (UnionPay)")},
    .options = options,
    .option_count = ARRAY_LEN(options),
    .check = check,
    .open = open_keys,
    .close = close_keys,
    .verify = verify,
};
