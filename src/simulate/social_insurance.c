/*
 * The social-insurance platform: checks the channel's signature, opens what was encrypted to it, looks the card up,
 * signs its answer.
 *
 * TONGXING_SOCIAL_INSURANCE_KEY names the PEM file of the platform's private SM2 key.
 */
#include "upstream/social_insurance.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "model/cards.h"
#include "model/identity.h"
#include "simulate.h"

#include <stdlib.h>

#define SKEW_MS       300000
#define BAD_SIGNATURE "1001"
#define REPEATED      "1004"

struct platform {
    struct sm2_key *key, *other; /* the other is somebody else's */
};

static bool open_platform(struct service *service, struct fault *fault) {
    struct str path = str_from(getenv("TONGXING_SOCIAL_INSURANCE_KEY"));
    struct platform *platform = arena_new_of(service->simulator->arena, struct platform);
    service->own = platform;
    if (str_is_empty(path)) {
        return fault_set(fault, "TONGXING_SOCIAL_INSURANCE_KEY is not set");
    }
    platform->other = sm2_key_generate(service->simulator->arena);
    return sm2_key_read_private(service->simulator->arena, path, &platform->key, fault);
}

/* --- the request --- */

static bool read_request(const struct http_request *request, struct social_insurance_request *asked,
                         struct str *ret_signature) {
    struct http_params form;
    if (http_form(request, &form) != HTTP_FORM_OK || form.count != 5) {
        return false;
    }
    asked->access_id = http_params_get(&form, STR("_api_access_id"));
    asked->api_name = http_params_get(&form, STR("_api_name"));
    asked->timestamp = http_params_get(&form, STR("_api_timestamp"));
    asked->security = http_params_get(&form, STR("security"));
    *ret_signature = http_params_get(&form, STR("_api_signature"));
    return !str_is_empty(asked->access_id) && !str_is_empty(asked->api_name) && !str_is_empty(asked->timestamp) &&
           !str_is_empty(asked->security) && !str_is_empty(*ret_signature);
}

static bool is_signed(const struct service *service, struct arena *arena, const struct social_insurance_request *asked,
                      struct str signature) {
    int64_t sent_at, now = clock_wall_ms();
    return str_equal(asked->access_id, service->simulator->app_id) && str_to_i64(asked->timestamp, &sent_at) &&
           sent_at >= now - SKEW_MS && sent_at <= now + SKEW_MS &&
           str_equal_secret(social_insurance_request_signature(arena, service->secret, asked), signature);
}

struct person_asked {
    struct str serial, name, number, card, region;
};

/* In whichever layout it was encrypted. */
static bool open_security(const struct platform *platform, struct arena *arena, struct str security,
                          struct person_asked *person) {
    struct str sealed, plain;
    const struct json *object;
    bool opened = false;
    if (!base64_decode(arena, security, &sealed)) {
        return false;
    }
    for (enum sm2_layout layout = SM2_ASN1; !opened && layout <= SM2_C1C2C3; layout++) {
        opened = sm2_decrypt(arena, platform->key, layout, sealed, &plain);
    }
    return opened && json_parse(arena, plain, JSON_LIMITS_TOKEN, &object) && json_length(object) == 5 &&
           json_get_str(object, SOCIAL_INSURANCE_SERIAL, &person->serial) &&
           json_get_str(object, SOCIAL_INSURANCE_NAME, &person->name) &&
           json_get_str(object, SOCIAL_INSURANCE_NUMBER, &person->number) &&
           json_get_str(object, SOCIAL_INSURANCE_CARD, &person->card) &&
           json_get_str(object, SOCIAL_INSURANCE_REGION, &person->region);
}

/* --- the register --- */

static bool is_not_connected(const struct simulator *simulator, struct str region) {
    const struct yaml *list = simulate_list(simulator, "social_regions_not_connected");
    for (size_t i = 0; list && i < list->count; i++) {
        if (str_equal(list->items[i]->text, region)) {
            return true;
        }
    }
    return false;
}

/* The card that a region has issued to the owner of a number. */
static const struct yaml *find_card(const struct simulator *simulator, const struct person_asked *asked) {
    const struct yaml *list = simulate_list(simulator, "social_cards");
    for (size_t i = 0; list && i < list->count; i++) {
        if (str_equal(simulate_text(list->items[i], "id_number", STR("")), asked->number) &&
            str_equal(simulate_text(list->items[i], "region", STR("")), asked->region)) {
            return list->items[i];
        }
    }
    return NULL;
}

static const char *look_up(const struct simulator *simulator, struct arena *arena, const struct person_asked *asked) {
    struct str key;
    if (is_not_connected(simulator, asked->region)) {
        return SOCIAL_INSURANCE_NOT_CONNECTED;
    }
    const struct person *person = simulate_person(simulator, asked->number);
    const struct yaml *card = find_card(simulator, asked);
    if (!person || !card) {
        return SOCIAL_INSURANCE_NOT_FOUND;
    }
    bool same = str_equal(simulate_text(card, "card", STR("")), asked->card) &&
                person_name_key(arena, asked->name, &key) == PERSON_NAME_OK && str_equal(key, person->key);
    if (!same) {
        return SOCIAL_INSURANCE_MISMATCH;
    }
    bool normal = str_equal(simulate_text(card, "state", STR("normal")), STR("normal"));
    return normal ? SOCIAL_INSURANCE_MATCH : SOCIAL_INSURANCE_STATE_BAD;
}

static bool is_well_formed(const struct person_asked *asked) {
    struct id_number number;
    char card[SOCIAL_CARD_MOST + 1], region[7];
    return id_number_read(asked->number, clock_wall(), &number) == ID_NUMBER_OK &&
           social_card_read(asked->card, card) && region_read(asked->region, region);
}

/* --- the answer --- */

static struct str write_data(const struct service *service, struct arena *arena, const struct person_asked *asked) {
    struct buf data;
    bool wrong = service->mode == MODE_WRONG_TRANSACTION;
    buf_init(&data, arena, 256, 2048);
    struct json_out out = json_out(&data);
    json_open_object(&out, NULL);
    json_put_str(&out, "bizSn", wrong ? STR("another transaction") : asked->serial);
    json_put_str(&out, "result", str_from(look_up(service->simulator, arena, asked)));
    json_put_str(&out, "checkId", str_format(arena, "sic-%.*s", STR_ARG(random_text(arena, 12))));
    json_close_object(&out);
    return buf_str(&data);
}

static void write_answer(const struct service *service, const struct social_insurance_request *asked,
                         const struct person_asked *person, const char *code, struct http_reply *reply) {
    const struct platform *platform = service->own;
    struct arena *arena = reply->arena;
    bool fine = strcmp(code, SOCIAL_INSURANCE_OK) == 0;
    const struct social_insurance_reply parts = {
        .access_id = asked->access_id,
        .api_name = asked->api_name,
        .timestamp = str_format(arena, "%lld", (long long)clock_wall_ms()),
        .serial = str_or(person->serial, STR("")),
        .code = str_from(code),
        .data = fine ? write_data(service, arena, person) : STR("{}"),
    };
    const struct sm2_key *key = service->mode == MODE_BAD_SIGNATURE ? platform->other : platform->key;
    struct str signature = sm2_sign(arena, key, social_insurance_reply_text(arena, &parts));
    struct json_out out = json_out(&reply->body);
    json_open_object(&out, NULL);
    json_put_str(&out, "code", parts.code);
    json_put_str(&out, "message", fine ? STR("success") : STR("refused"));
    json_put_str(&out, "data", parts.data);
    json_put_str(&out, "_api_timestamp", parts.timestamp);
    json_put_str(&out, "_api_signature", base64_encode(arena, signature));
    json_close_object(&out);
    reply->content_type = STR("application/json;charset=UTF-8");
}

static const char *code_for(struct service *service, const struct http_request *request,
                            const struct social_insurance_request *asked, struct str signature,
                            struct person_asked *person) {
    if (!is_signed(service, request->arena, asked, signature)) {
        return BAD_SIGNATURE;
    }
    if (!str_equal(asked->api_name, STR(SOCIAL_INSURANCE_API_NAME)) ||
        !open_security(service->own, request->arena, asked->security, person) || !is_well_formed(person)) {
        return SOCIAL_INSURANCE_BAD_INPUT;
    }
    if (!simulate_nonce_is_new(service, person->serial)) {
        return REPEATED;
    }
    return service->mode == MODE_REFUSE ? SOCIAL_INSURANCE_TOO_OFTEN : SOCIAL_INSURANCE_OK;
}

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct social_insurance_request asked;
    struct person_asked person = {0};
    struct str signature;
    if (request->method != HTTP_POST) {
        reply->status = 405;
    } else if (!read_request(request, &asked, &signature)) {
        reply->status = 400;
    } else {
        write_answer(service, &asked, &person, code_for(service, request, &asked, signature, &person), reply);
    }
}

static const struct service_path paths[] = {{SOCIAL_INSURANCE_PATH, false}};

const struct service_kind social_insurance_service = {.name = "social_insurance",
                                                      .secret_variable = "TONGXING_SOCIAL_INSURANCE_SECRET",
                                                      .paths = paths,
                                                      .path_count = ARRAY_LEN(paths),
                                                      .open = open_platform,
                                                      .handle = handle};
