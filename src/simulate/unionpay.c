/*
 * UnionPay's back-office gateway: checks the merchant's signature, opens what was encrypted to it, asks the card's
 * issuer, signs its answer.
 *
 * TONGXING_UNIONPAY_KEYS names a folder: merchant.crt, encrypt.crt, encrypt.key, sign.crt, sign.key.
 */
#include "upstream/unionpay.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "model/cards.h"
#include "model/identity.h"
#include "simulate.h"

#include <stdio.h>

#define SKEW_S           3600
#define CERTIFICATE_MOST (16 * 1024)

#define OK             STR("00")
#define BAD_FORMAT     STR("10")
#define BAD_SIGNATURE  STR("11")
#define REPEATED       STR("12")
#define MISSING        STR("13")
#define TOO_OFTEN      STR("37")
#define NO_SUCH_CARD   STR("61")
#define NOT_SERVED     STR("62")
#define NOT_THE_HOLDER STR("66")

struct gateway {
    struct foreign_key *merchant, *encrypt_cert, *encrypt, *sign;
    struct str certificate; /* sign.crt, as it is sent along */
};

/* --- keys --- */

static struct str path_of(const struct service *service, const char *file) {
    return str_format(service->simulator->arena, "%.*s/%s", STR_ARG(service->secret), file);
}

static bool read_text(struct arena *arena, struct str path, struct str *ret_text, struct fault *fault) {
    FILE *file = fopen(str_c(arena, path), "re");
    char *text = arena_alloc(arena, CERTIFICATE_MOST);
    size_t len = file ? fread(text, 1, CERTIFICATE_MOST, file) : 0;
    if (file) {
        fclose(file);
    }
    *ret_text = str_of(text, len);
    return (len > 0 && len < CERTIFICATE_MOST) || fault_set(fault, "%.*s cannot be read", STR_ARG(path));
}

static bool open_gateway(struct service *service, struct fault *fault) {
    struct gateway *gateway = arena_new_of(service->simulator->arena, struct gateway);
    service->own = gateway;
    return foreign_key_read_public(path_of(service, "merchant.crt"), FOREIGN_RSA, &gateway->merchant, fault) &&
           foreign_key_read_public(path_of(service, "encrypt.crt"), FOREIGN_RSA, &gateway->encrypt_cert, fault) &&
           foreign_key_read_private(path_of(service, "encrypt.key"), FOREIGN_RSA, &gateway->encrypt, fault) &&
           foreign_key_read_private(path_of(service, "sign.key"), FOREIGN_RSA, &gateway->sign, fault) &&
           read_text(service->simulator->arena, path_of(service, "sign.crt"), &gateway->certificate, fault);
}

static void done(struct service *service) {
    struct gateway *gateway = service->own;
    if (gateway) {
        foreign_key_free(gateway->merchant);
        foreign_key_free(gateway->encrypt_cert);
        foreign_key_free(gateway->encrypt);
        foreign_key_free(gateway->sign);
    }
}

/* --- the request --- */

static struct str value_of(const struct unionpay_fields *fields, const char *name) {
    return str_or(unionpay_field(fields, name), STR(""));
}

static bool read_form(const struct http_request *request, struct unionpay_fields *fields) {
    struct http_params form;
    fields->count = 0;
    if (http_form(request, &form) != HTTP_FORM_OK || form.count == 0 || form.count > UNIONPAY_FIELDS_MOST) {
        return false;
    }
    for (size_t i = 0; i < form.count; i++) {
        if (!str_is_absent(unionpay_field(fields, str_c(request->arena, form.fields[i].name)))) {
            return false;
        }
        fields->items[fields->count++] = (struct unionpay_field){form.fields[i].name, form.fields[i].value};
    }
    return true;
}

static bool is_signed(const struct gateway *gateway, struct arena *arena, const struct unionpay_fields *fields) {
    struct str signature;
    return str_equal(value_of(fields, "certId"), str_or(foreign_key_serial(gateway->merchant), STR("?"))) &&
           base64_decode(arena, value_of(fields, "signature"), &signature) &&
           foreign_rsa_verify(gateway->merchant, unionpay_digest(arena, fields), signature);
}

static bool has_what_is_fixed(const struct gateway *gateway, const struct unionpay_fields *fields) {
    const struct {
        const char *name;
        struct str value;
    } fixed[] = {
        {"version", STR(UNIONPAY_VERSION)},
        {"encoding", STR("utf-8")},
        {"signMethod", STR("01")},
        {"txnType", STR(UNIONPAY_TYPE)},
        {"txnSubType", STR(UNIONPAY_SUBTYPE)},
        {"bizType", STR("001001")},
        {"accessType", STR("0")},
        {"encryptCertId", foreign_key_serial(gateway->encrypt_cert)},
    };
    for (size_t i = 0; i < ARRAY_LEN(fixed); i++) {
        if (!str_equal(value_of(fields, fixed[i].name), fixed[i].value)) {
            return false;
        }
    }
    struct str channel = value_of(fields, "channelType");
    return str_equal(channel, STR("07")) || str_equal(channel, STR("08"));
}

/* Letters and digits: "no - or _". */
static bool is_order(struct str order) {
    for (size_t i = 0; i < order.len; i++) {
        char c = order.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))) {
            return false;
        }
    }
    return order.len >= 8 && order.len <= 32;
}

/* Its time is one of the last or next hour, in Beijing. */
static bool is_timely(struct arena *arena, struct str time) {
    int64_t now = clock_wall();
    return str_compare(time, unionpay_time(arena, now - SKEW_S)) >= 0 &&
           str_compare(time, unionpay_time(arena, now + SKEW_S)) <= 0 && time.len == 14;
}

struct holder {
    struct str card, name, number, phone;
};

static bool open_holder(const struct gateway *gateway, struct arena *arena, const struct unionpay_fields *fields,
                        struct holder *holder) {
    struct str sealed, text, phone;
    struct unionpay_fields inner;
    if (!base64_decode(arena, value_of(fields, "accNo"), &sealed) ||
        !foreign_rsa_decrypt(gateway->encrypt, arena, sealed, &holder->card) ||
        !base64_decode(arena, value_of(fields, "customerInfo"), &text) || !str_starts(text, STR("{")) ||
        !str_ends(text, STR("}")) || !unionpay_fields_read(str_sub(text, 1, text.len - 2), &inner) ||
        !str_equal(value_of(&inner, "certifTp"), STR("01")) ||
        !base64_decode(arena, value_of(&inner, "encryptedInfo"), &sealed) ||
        !foreign_rsa_decrypt(gateway->encrypt, arena, sealed, &phone) || !str_drop_prefix(&phone, STR("phoneNo="))) {
        return false;
    }
    holder->name = value_of(&inner, "customerNm");
    holder->number = value_of(&inner, "certifId");
    holder->phone = phone;
    return true;
}

/* --- the issuer --- */

static const struct yaml *find_card(const struct simulator *simulator, struct str number) {
    const struct yaml *list = simulate_list(simulator, "bank_cards");
    for (size_t i = 0; list && i < list->count; i++) {
        if (str_equal(simulate_text(list->items[i], "card", STR("")), number)) {
            return list->items[i];
        }
    }
    return NULL;
}

static struct str ask_issuer(const struct simulator *simulator, struct arena *arena, const struct holder *holder) {
    char number[BANK_CARD_MOST + 1];
    struct str key;
    if (bank_card_read(holder->card, number) != BANK_CARD_OK) {
        return NO_SUCH_CARD;
    }
    const struct yaml *card = find_card(simulator, holder->card);
    if (!card) {
        return NOT_SERVED;
    }
    const struct person *person = simulate_person(simulator, simulate_text(card, "id_number", STR("")));
    bool same = person && str_equal(person->id_number, holder->number) &&
                str_equal(simulate_text(card, "phone", STR("")), holder->phone) &&
                person_name_key(arena, holder->name, &key) == PERSON_NAME_OK && str_equal(key, person->key);
    return same ? simulate_text(card, "answer", OK) : NOT_THE_HOLDER;
}

static struct str answer_to(struct service *service, struct arena *arena, const struct unionpay_fields *fields) {
    const struct gateway *gateway = service->own;
    struct holder holder;
    struct str order = value_of(fields, "orderId");
    if (!is_signed(gateway, arena, fields)) {
        return BAD_SIGNATURE;
    }
    if (!has_what_is_fixed(gateway, fields) || !str_equal(value_of(fields, "merId"), service->simulator->app_id)) {
        return MISSING;
    }
    if (!is_order(order) || !is_timely(arena, value_of(fields, "txnTime")) ||
        !open_holder(gateway, arena, fields, &holder)) {
        return BAD_FORMAT;
    }
    if (!simulate_nonce_is_new(service, str_format(arena, "order-of-merchant-%.*s", STR_ARG(order)))) {
        return REPEATED;
    }
    return service->mode == MODE_REFUSE ? TOO_OFTEN : ask_issuer(service->simulator, arena, &holder);
}

/* --- the answer --- */

static void add(struct unionpay_fields *fields, const char *name, struct str value) {
    CHECK(fields->count < UNIONPAY_FIELDS_MOST);
    fields->items[fields->count++] = (struct unionpay_field){str_from(name), value};
}

static void write_answer(const struct service *service, struct arena *arena, const struct unionpay_fields *asked,
                         struct str code, struct http_reply *reply) {
    static const char *const repeated[] = {"version", "encoding",   "signMethod", "txnType", "txnSubType",
                                           "bizType", "accessType", "merId",      "txnTime"};
    const struct gateway *gateway = service->own;
    struct unionpay_fields fields = {.count = 0};
    for (size_t i = 0; i < ARRAY_LEN(repeated); i++) {
        add(&fields, repeated[i], value_of(asked, repeated[i]));
    }
    bool wrong = service->mode == MODE_WRONG_TRANSACTION;
    add(&fields, "orderId", wrong ? STR("00000000000000000000000000000000") : value_of(asked, "orderId"));
    add(&fields, "respCode", code);
    add(&fields, "respMsg", str_format(arena, "%s[%.*s00000]", str_equal(code, OK) ? "成功" : "失败", STR_ARG(code)));
    add(&fields, "signPubKeyCert", gateway->certificate);
    const struct foreign_key *key = service->mode == MODE_BAD_SIGNATURE ? gateway->encrypt : gateway->sign;
    add(&fields, "signature", base64_encode(arena, foreign_rsa_sign(key, arena, unionpay_digest(arena, &fields))));
    for (size_t i = 0; i < fields.count; i++) {
        buf_printf(&reply->body, "%s%.*s=", i > 0 ? "&" : "", STR_ARG(fields.items[i].name));
        buf_put(&reply->body, fields.items[i].value);
    }
    reply->content_type = STR("text/html;charset=utf-8");
}

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct unionpay_fields fields;
    if (request->method != HTTP_POST) {
        reply->status = 405;
    } else if (!read_form(request, &fields)) {
        reply->status = 400;
    } else {
        write_answer(service, request->arena, &fields, answer_to(service, request->arena, &fields), reply);
    }
}

static const struct service_path paths[] = {{UNIONPAY_PATH, false}};

const struct service_kind unionpay_service = {.name = "unionpay",
                                              .secret_variable = "TONGXING_UNIONPAY_KEYS",
                                              .paths = paths,
                                              .path_count = ARRAY_LEN(paths),
                                              .open = open_gateway,
                                              .done = done,
                                              .handle = handle};
