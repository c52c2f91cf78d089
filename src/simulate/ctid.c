/*
 * The trusted identity platform: gives tokens, serial numbers and signed random numbers, looks people up, and has a
 * page that takes the place of the face check. Each serial number is good for one question of one mode.
 */
#include "upstream/ctid.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "jose/digest.h"
#include "model/identity.h"
#include "simulate.h"

#include <stdlib.h>

#define PATH_FRONT        "/idauth"
#define PAGE_FRONT        "/ctid"
#define PAGE_PATH         PAGE_FRONT "/face"
#define TOKEN_LIFE_MS     3600000
#define TRANSACTIONS_MOST 256
#define URL_SIZE          1024

struct transaction {
    char serial[CTID_SERIAL_SIZE + 1], random[CTID_RANDOM_SIZE + 1];
    bool face, asked;
    char identity; /* of the result: '0', '5', '6' */
    char outcome;  /* of the face; 0 while the person is not done, 'c' when they gave up */
    char return_url[URL_SIZE], state[64];
};

struct ctid_platform {
    unsigned char key[CTID_KEY_SIZE];
    struct sm2_key *signs;
    struct transaction transactions[TRANSACTIONS_MOST];
    size_t next;
};

/* --- opening --- */

static bool open_platform(struct service *service, struct fault *fault) {
    struct ctid_platform *platform = check_calloc(1, sizeof(*platform));
    service->own = platform;
    const char *key = getenv("TONGXING_CTID_KEY");
    if (!ctid_key_read(str_from(key ? key : ""), platform->key)) {
        return fault_set(fault, "TONGXING_CTID_KEY: must be 32 hexadecimal digits");
    }
    const char *path = getenv("TONGXING_CTID_PRIVATE_KEY");
    return sm2_key_read_private(service->simulator->arena, str_from(path ? path : ""), &platform->signs, fault);
}

static void close_platform(struct service *service) {
    struct ctid_platform *platform = service->own;
    if (platform) {
        free(platform);
    }
}

/* --- tokens --- */

static struct str token_of(struct service *service, struct arena *arena, int64_t until) {
    struct str text = str_format(arena, "token %lld", (long long)until);
    struct sha256 mac = hmac_sha256(secret_copy(arena, service->secret), text);
    return str_format(arena, "%lld.%.*s", (long long)until, STR_ARG(hex_encode(arena, sha256_str(&mac))));
}

static bool token_is_good(struct service *service, struct arena *arena, struct str token) {
    struct str rest;
    int64_t until;
    return !str_is_absent(token) && str_to_i64(str_cut(token, '.', &rest), &until) && until > clock_wall_ms() &&
           str_equal_secret(token_of(service, arena, until), token);
}

static void give_token(struct service *service, const struct http_request *request, struct http_reply *reply) {
    const struct json *object;
    struct str app_id, app_secret;
    if (!json_parse(request->arena, request->body, JSON_LIMITS_TOKEN, &object) ||
        !json_get_str(object, "appId", &app_id) || !json_get_str(object, "appSecret", &app_secret) ||
        !str_equal(app_id, service->simulator->app_id) || !str_equal_secret(app_secret, service->secret)) {
        buf_puts(&reply->body, "{\"code\":\"1000\",\"msg\":\"unknown application\"}");
        return;
    }
    int64_t until = clock_wall_ms() + TOKEN_LIFE_MS;
    struct json_out out = json_out(&reply->body);
    json_open_object(&out, NULL);
    json_put_str(&out, "code", STR(CTID_CODE_DONE));
    json_put_str(&out, "msg", STR("ok"));
    json_open_object(&out, "data");
    json_put_int(&out, "expireTime", until);
    json_put_str(&out, "token", token_of(service, request->arena, until));
    json_close_object(&out);
    json_close_object(&out);
}

/* --- answers --- */

static void answer(struct service *service, const struct http_request *request, const char *code, struct str plain,
                   struct http_reply *reply) {
    struct ctid_platform *platform = service->own;
    struct arena *arena = request->arena;
    struct str key = str_of(platform->key, CTID_KEY_SIZE), data = STR_NONE;
    if (!str_is_absent(plain)) {
        const struct json *sealed;
        CHECK(json_parse(arena, ctid_body_seal(arena, key, plain), JSON_LIMITS_TOKEN, &sealed) &&
              json_get_str(sealed, "data", &data));
    }
    struct str nonce = service->mode == MODE_BAD_SIGNATURE ? STR("somebody else's nonce")
                                                           : str_or(http_field_value(request, STR("nonce")), STR(""));
    struct str text = ctid_signed_text(arena, nonce, str_from(code), str_or(data, STR("")));
    struct json_out out = json_out(&reply->body);
    json_open_object(&out, NULL);
    json_put_str(&out, "code", str_from(code));
    json_put_str(&out, "msg", STR(""));
    if (!str_is_absent(data)) {
        json_put_str(&out, "data", data);
    }
    json_put_str(&out, "sign", base64_encode(arena, sm2_sign_as(platform->signs, arena, text, SM2_DER)));
    json_close_object(&out);
}

/* --- transactions --- */

static void fill(char *to, size_t len, struct arena *arena) {
    unsigned char bytes[CTID_SERIAL_SIZE];
    random_bytes(bytes, sizeof(bytes));
    memcpy(to, hex_encode(arena, str_of(bytes, sizeof(bytes))).ptr, len);
    to[len] = '\0';
}

static struct transaction *transaction_of(struct ctid_platform *platform, struct str serial, struct str random) {
    for (size_t i = 0; i < TRANSACTIONS_MOST; i++) {
        struct transaction *transaction = &platform->transactions[i];
        if (transaction->serial[0] && str_equal(str_from(transaction->serial), serial) &&
            (str_is_absent(random) || str_equal(str_from(transaction->random), random))) {
            return transaction;
        }
    }
    return NULL;
}

static void apply(struct service *service, const struct http_request *request, const struct json *object, bool face,
                  struct http_reply *reply) {
    struct ctid_platform *platform = service->own;
    struct arena *arena = request->arena;
    struct transaction *transaction = &platform->transactions[platform->next++ % TRANSACTIONS_MOST];
    struct str out_serial = STR("");
    json_get_str(object, "outSerial", &out_serial);
    if (service->mode == MODE_REFUSE || out_serial.len != 32 || !simulate_nonce_is_new(service, out_serial)) {
        answer(service, request, service->mode == MODE_REFUSE ? CTID_CODE_LIMITED : CTID_CODE_INPUT, STR_NONE, reply);
        return;
    }
    *transaction = (struct transaction){.face = face};
    fill(transaction->serial, CTID_SERIAL_SIZE, arena);
    fill(transaction->random, CTID_RANDOM_SIZE, arena);
    struct buf plain;
    buf_init(&plain, arena, 512, 4096);
    struct json_out out = json_out(&plain);
    json_open_object(&out, NULL);
    json_put_str(&out, "bizSerialNum", str_from(transaction->serial));
    json_put_str(&out, "randNum", ctid_random_write(arena, platform->signs, str_from(transaction->random)));
    json_put_str(&out, "outSerial", out_serial);
    json_close_object(&out);
    answer(service, request, CTID_CODE_DONE, buf_str(&plain), reply);
}

/* --- asking about a person --- */

static char look_up(const struct simulator *simulator, struct arena *arena, const struct json *object) {
    struct str name = STR(""), id_number = STR(""), key;
    struct id_number number;
    json_get_str(object, "name", &name);
    json_get_str(object, "number", &id_number);
    if (id_number_read(id_number, clock_wall(), &number) != ID_NUMBER_OK ||
        person_name_key(arena, name, &key) == PERSON_NAME_BAD) {
        return '6';
    }
    const struct person *person = simulate_person(simulator, str_from(number.text));
    return person && str_equal(person->key, key) && str_equal(person->state, STR("normal")) ? '0' : '5';
}

static void put_result(struct service *service, const struct http_request *request,
                       const struct transaction *transaction, struct str auth_result, struct str page_url,
                       struct http_reply *reply) {
    struct buf plain;
    buf_init(&plain, request->arena, 512, 4096);
    struct json_out out = json_out(&plain);
    json_open_object(&out, NULL);
    json_put_str(&out, "bizSerialNum",
                 service->mode == MODE_WRONG_TRANSACTION ? STR("ANOTHERSERIALNUM01") : str_from(transaction->serial));
    if (!str_is_absent(auth_result)) {
        json_put_str(&out, "authResult", auth_result);
    }
    if (!str_is_absent(page_url)) {
        json_put_str(&out, "pageUrl", page_url);
    }
    json_close_object(&out);
    answer(service, request, CTID_CODE_DONE, buf_str(&plain), reply);
}

static bool keep_return(struct transaction *transaction, const struct json *object) {
    struct str return_url, state;
    if (!json_get_str(object, "returnUrl", &return_url) || !json_get_str(object, "state", &state) ||
        return_url.len >= sizeof(transaction->return_url) || state.len >= sizeof(transaction->state) ||
        (!str_starts(return_url, STR("https://")) && !str_starts(return_url, STR("http://")))) {
        return false;
    }
    memcpy(transaction->return_url, return_url.ptr, return_url.len);
    memcpy(transaction->state, state.ptr, state.len);
    return true;
}

static void ask(struct service *service, const struct http_request *request, const struct json *object,
                struct transaction *transaction, struct http_reply *reply) {
    struct arena *arena = request->arena;
    if (transaction->asked || (transaction->face && !keep_return(transaction, object))) {
        answer(service, request, CTID_CODE_INPUT, STR_NONE, reply);
        return;
    }
    transaction->asked = true;
    transaction->identity = look_up(service->simulator, arena, object);
    if (!transaction->face) {
        put_result(service, request, transaction, str_format(arena, "%cXXX", transaction->identity), STR_NONE, reply);
        return;
    }
    struct str host = str_or(http_field_value(request, STR("host")), STR("127.0.0.1"));
    struct str page = str_format(arena, "%s://%.*s" PAGE_PATH "?bizSerialNum=%s", request->secure ? "https" : "http",
                                 STR_ARG(host), transaction->serial);
    put_result(service, request, transaction, STR_NONE, page, reply);
}

static void tell_outcome(struct service *service, const struct http_request *request,
                         const struct transaction *transaction, struct http_reply *reply) {
    if (!transaction->face || !transaction->asked) {
        answer(service, request, CTID_CODE_INPUT, STR_NONE, reply);
    } else if (transaction->outcome == 0) {
        answer(service, request, CTID_CODE_PENDING, STR_NONE, reply);
    } else if (transaction->outcome == 'c') {
        answer(service, request, CTID_CODE_GAVE_UP, STR_NONE, reply);
    } else {
        char face = transaction->identity == '0' ? transaction->outcome : 'X';
        put_result(service, request, transaction, str_format(request->arena, "%c%cXX", transaction->identity, face),
                   STR_NONE, reply);
    }
}

static void interface(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct ctid_platform *platform = service->own;
    struct str path = str_sub(request->path, strlen(PATH_FRONT), request->path.len - strlen(PATH_FRONT)), plain;
    const struct json *object;
    reply->content_type = STR("application/json");
    if (request->method != HTTP_POST) {
        reply->status = 405;
    } else if (str_equal(path, STR(CTID_TOKEN_PATH))) {
        give_token(service, request, reply);
    } else if (!token_is_good(service, request->arena, http_field_value(request, STR("authorization"))) ||
               !str_equal(str_or(http_field_value(request, STR("appid")), STR("")), service->simulator->app_id)) {
        answer(service, request, CTID_CODE_TOKEN, STR_NONE, reply);
    } else if (!simulate_nonce_is_new(service, str_or(http_field_value(request, STR("nonce")), STR(""))) ||
               !ctid_body_open(request->arena, str_of(platform->key, CTID_KEY_SIZE), request->body, &plain) ||
               !json_parse(request->arena, plain, JSON_LIMITS_TOKEN, &object)) {
        answer(service, request, CTID_CODE_INPUT, STR_NONE, reply);
    } else {
        bool face = str_ends(path, STR("/" CTID_MODE_FACE));
        struct str serial = STR(""), random = STR("");
        json_get_str(object, "bizSerialNum", &serial);
        json_get_str(object, "randNum", &random);
        struct transaction *transaction = transaction_of(platform, serial, random);
        if (!face && !str_ends(path, STR("/" CTID_MODE_NAME))) {
            reply->status = 404;
        } else if (str_starts(path, STR(CTID_APPLY_PATH))) {
            apply(service, request, object, face, reply);
        } else if (!transaction || transaction->face != face) {
            answer(service, request, CTID_CODE_INPUT, STR_NONE, reply);
        } else if (str_starts(path, STR(CTID_REQUEST_PATH))) {
            ask(service, request, object, transaction, reply);
        } else if (str_starts(path, STR(CTID_RESULT_PATH))) {
            tell_outcome(service, request, transaction, reply);
        } else {
            reply->status = 404;
        }
    }
}

/* --- the page --- */

static void show_page(const struct transaction *transaction, struct http_reply *reply) {
    static const struct {
        const char *outcome, *text;
    } choices[] = {{"0", "本人 / the person"},  {"1", "非本人 / somebody else"},
                   {"2", "疑似 / cannot tell"}, {"F", "照片不合格 / a bad picture"},
                   {"c", "取消 / give up"},     {"b", "返回，尚未完成 / go back, not done"}};
    struct buf body;
    buf_init(&body, reply->arena, 1024, 8192);
    buf_puts(&body, "<h1>人像核验（模拟） / face check (simulated)</h1>");
    for (size_t i = 0; i < ARRAY_LEN(choices); i++) {
        buf_printf(&body, "<p><a id=\"outcome-%s\" href=\"" PAGE_PATH "?bizSerialNum=%s&amp;outcome=%s\">%s</a></p>",
                   choices[i].outcome, transaction->serial, choices[i].outcome, choices[i].text);
    }
    simulate_page(reply, "face", buf_str(&body));
}

static void page(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct str serial = http_params_get(&request->query, STR("bizSerialNum"));
    struct str outcome = http_params_get(&request->query, STR("outcome"));
    struct transaction *transaction = str_is_absent(serial) ? NULL : transaction_of(service->own, serial, STR_NONE);
    if (!transaction || !transaction->face || !transaction->asked) {
        reply->status = 404;
        return;
    }
    if (outcome.len != 1) {
        show_page(transaction, reply);
        return;
    }
    if (!transaction->outcome && outcome.ptr[0] != 'b') {
        transaction->outcome = outcome.ptr[0];
    }
    http_reply_redirect(reply, str_format(request->arena, "%s?state=%s", transaction->return_url, transaction->state));
}

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    if (str_starts(request->path, STR(PAGE_FRONT "/"))) {
        page(service, request, reply);
    } else {
        interface(service, request, reply);
    }
}

static const struct service_path paths[] = {{PATH_FRONT "/", false}, {PAGE_FRONT "/", true}};

const struct service_kind ctid_service = {.name = "ctid",
                                          .secret_variable = "TONGXING_CTID_SECRET",
                                          .paths = paths,
                                          .path_count = ARRAY_LEN(paths),
                                          .open = open_platform,
                                          .done = close_platform,
                                          .handle = handle};
