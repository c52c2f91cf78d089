/*
 * The national network identity: a page in the place of the national app, where one chooses who one is, and the service
 * that credentials are handed to. A credential is made for one serial number and is good once.
 *
 * People have a network identity where the register says `network_identity: active` (or frozen).
 */
#include "upstream/network_identity.h"

#include "base/check.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/random.h"
#include "jose/digest.h"
#include "model/identity.h"
#include "simulate.h"

#include <stdio.h>
#include <stdlib.h>

#define FRONT            "/ncid"
#define LAUNCH_PATH      FRONT "/launch"
#define CHOOSE_PATH      FRONT "/choose"
#define CREDENTIALS_MOST 256

struct credential {
    char text[65], biz_seq[64], mode[4];
    const struct person *person;
    bool is_other_face;
};

struct network_service {
    struct sm2_key *signs, *client;
    enum sm2_form form;
    struct credential credentials[CREDENTIALS_MOST];
    size_t next;
};

static bool open_service(struct service *service, struct fault *fault) {
    struct network_service *own = check_calloc(1, sizeof(*own));
    const char *client = getenv("TONGXING_NETWORK_IDENTITY_CLIENT_KEY");
    service->own = own;
    own->form = str_equal(str_or(str_from(getenv("TONGXING_NETWORK_IDENTITY_SIGNATURE")), STR("der")), STR("raw"))
                    ? SM2_RAW
                    : SM2_DER;
    return sm2_key_read_private(service->simulator->arena, service->secret, &own->signs, fault) &&
           sm2_key_read_public(service->simulator->arena, str_from(client ? client : ""), &own->client, fault);
}

static void close_service(struct service *service) {
    struct network_service *own = service->own;
    if (own) {
        free(own);
    }
}

/* --- the app --- */

static struct str state_of(const struct person *person) {
    return simulate_text(person->entry, "network_identity", STR("none"));
}

static const char *const passed_on[] = {"orgID", "businessID", "bizSeq", "type", "authMode", "returnUrl", "state"};

static void put_choice(struct buf *body, const struct http_request *request, const char *who, struct str text) {
    buf_printf(body, "<p><a id=\"choose-%s\" href=\"" CHOOSE_PATH "?who=%s", who, who);
    for (size_t i = 0; i < ARRAY_LEN(passed_on); i++) {
        struct str value = http_params_get(&request->query, str_from(passed_on[i]));
        buf_printf(body, "&amp;%s=", passed_on[i]);
        buf_put_urlencoded(body, str_or(value, STR("")));
    }
    buf_puts(body, "\">");
    buf_put_html(body, text);
    buf_puts(body, "</a></p>");
}

static void launch(struct service *service, const struct http_request *request, struct http_reply *reply) {
    const struct simulator *simulator = service->simulator;
    struct buf body;
    char who[16];
    buf_init(&body, request->arena, 8192, 256 * 1024);
    buf_puts(&body, "<h1>国家网络身份认证（模拟） / national network identity (simulated)</h1>");
    for (size_t i = 0; i < simulator->people_count; i++) {
        if (!str_equal(state_of(&simulator->people[i]), STR("none"))) {
            snprintf(who, sizeof(who), "%zu", i);
            put_choice(&body, request, who, simulator->people[i].name);
        }
    }
    put_choice(&body, request, "nobody", STR("没有网证 / without a network credential"));
    put_choice(&body, request, "other", STR("人脸不符 / another face"));
    put_choice(&body, request, "cancel", STR("取消 / give up"));
    simulate_page(reply, "network identity", buf_str(&body));
}

static const struct person *chosen(const struct simulator *simulator, struct str who) {
    uint64_t index;
    if (str_equal(who, STR("other"))) {
        index = 0;
        while (index < simulator->people_count && !str_equal(state_of(&simulator->people[index]), STR("active"))) {
            index++;
        }
        return index < simulator->people_count ? &simulator->people[index] : NULL;
    }
    return str_to_u64(who, &index) && index < simulator->people_count ? &simulator->people[index] : NULL;
}

static struct str make_credential(struct network_service *own, const struct http_request *request,
                                  const struct person *person, struct str who) {
    struct credential *credential = &own->credentials[own->next++ % CREDENTIALS_MOST];
    struct str biz_seq = str_or(http_params_get(&request->query, STR("bizSeq")), STR(""));
    struct str mode = str_or(http_params_get(&request->query, STR("authMode")), STR(""));
    unsigned char bytes[32];
    random_bytes(bytes, sizeof(bytes));
    *credential = (struct credential){.person = person, .is_other_face = str_equal(who, STR("other"))};
    memcpy(credential->text, hex_encode(request->arena, str_of(bytes, sizeof(bytes))).ptr, 64);
    memcpy(credential->biz_seq, biz_seq.ptr, biz_seq.len < 63 ? biz_seq.len : 63);
    memcpy(credential->mode, mode.ptr, mode.len < 3 ? mode.len : 3);
    return str_from(credential->text);
}

static void choose(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct str who = str_or(http_params_get(&request->query, STR("who")), STR(""));
    struct str return_url = str_or(http_params_get(&request->query, STR("returnUrl")), STR(""));
    struct str state = str_or(http_params_get(&request->query, STR("state")), STR(""));
    struct str type = str_or(http_params_get(&request->query, STR("type")), STR(""));
    struct buf url;
    if (!str_starts(return_url, STR("http"))) {
        reply->status = 400;
        return;
    }
    buf_init(&url, request->arena, 1024, 8192);
    buf_put(&url, return_url);
    buf_puts(&url, "?state=");
    buf_put_urlencoded(&url, state);
    if (str_equal(who, STR("cancel"))) {
        buf_puts(&url, "&resultCode=C0412002&resultDesc=cancelled");
    } else {
        buf_puts(&url, "&resultCode=" NETWORK_IDENTITY_DONE "&idCardAuthData=");
        buf_put(&url, make_credential(service->own, request, chosen(service->simulator, who), who));
        buf_puts(&url, "&certPwdData=");
        buf_put(&url, str_equal(type, STR("1")) ? STR("cGFzc3dvcmQ=") : STR(""));
    }
    http_reply_redirect(reply, buf_str(&url));
}

/* --- the service --- */

struct asked {
    struct str org_id, business_id, biz_seq, mode, id_card, password, name, id_number, attributes;
};

static bool read_asked(const struct json *object, struct asked *asked) {
    *asked = (struct asked){0};
    json_get_str(object, "name", &asked->name);
    json_get_str(object, "idNumber", &asked->id_number);
    json_get_str(object, "attributes", &asked->attributes);
    return json_get_str(object, "orgID", &asked->org_id) && json_get_str(object, "businessID", &asked->business_id) &&
           json_get_str(object, "bizSeq", &asked->biz_seq) && json_get_str(object, "authMode", &asked->mode) &&
           json_get_str(object, "idCardAuthData", &asked->id_card) &&
           json_get_str(object, "certPwdData", &asked->password) && asked->biz_seq.len == 32;
}

static struct credential *take(struct network_service *own, const struct asked *asked) {
    for (size_t i = 0; i < CREDENTIALS_MOST; i++) {
        struct credential *credential = &own->credentials[i];
        if (credential->text[0] && str_equal_secret(str_from(credential->text), asked->id_card)) {
            credential->text[0] = '\0';
            return str_equal(str_from(credential->biz_seq), asked->biz_seq) &&
                           str_equal(str_from(credential->mode), asked->mode)
                       ? credential
                       : NULL;
        }
    }
    return NULL;
}

static const char *code_of(struct service *service, const struct asked *asked, const struct credential *credential) {
    bool wants_password = str_equal(asked->mode, STR("R02")) || str_equal(asked->mode, STR("R04"));
    if (service->mode == MODE_REFUSE) {
        return "C0200001";
    }
    if (!credential || (wants_password && str_is_empty(asked->password))) {
        return "C0100002";
    }
    if (!credential->person) {
        return "C0100004";
    }
    return str_equal(state_of(credential->person), STR("active")) ? NETWORK_IDENTITY_DONE : "C0100003";
}

static bool is_same(struct arena *arena, const struct person *person, const struct asked *asked) {
    struct str key;
    return str_equal(person->id_number, asked->id_number) &&
           person_name_key(arena, asked->name, &key) == PERSON_NAME_OK && str_equal(key, person->key);
}

/* "测*": the first letter alone. */
static struct str masked(struct arena *arena, struct str name) {
    size_t len = 1;
    while (len < name.len && ((unsigned char)name.ptr[len] & 0xc0) == 0x80) {
        len++;
    }
    return str_concat(arena, str_sub(name, 0, len), STR("*"));
}

static void put_attributes(struct arena *arena, struct json_out *out, const struct person *person,
                           const struct asked *asked) {
    json_open_object(out, "attributes");
    if (str_has_word(asked->attributes, STR("sex"))) {
        json_put_str(out, "sex", (person->id_number.ptr[16] - '0') % 2 == 1 ? STR("1") : STR("2"));
    }
    if (str_has_word(asked->attributes, STR("phone")) && !str_is_absent(person->phone)) {
        json_put_str(out, "phone", person->phone);
    }
    if (str_has_word(asked->attributes, STR("maskedName"))) {
        json_put_str(out, "maskedName", masked(arena, person->name));
    }
    json_close_object(out);
}

/* Of the person and of who asks: another organisation is told another. */
static struct str subject_of(struct arena *arena, const struct person *person, struct str org_id) {
    struct sha256 mac = hmac_sha256(secret_copy(arena, STR("pseudonyms of the simulator")),
                                    str_concat(arena, org_id, person->id_number));
    return str_sub(hex_encode(arena, sha256_str(&mac)), 0, 40);
}

static void put_credential(struct arena *arena, struct json_out *out, const struct credential *credential,
                           const struct asked *asked) {
    bool passed = !credential->is_other_face || !network_identity_mode(asked->mode.ptr[2] - '0')->face;
    json_put_str(out, "credentialID", str_concat(arena, STR("NC-"), random_text(arena, 12)));
    json_put_str(out, "authResult", passed ? STR("0") : STR("1"));
    if (!passed) {
        return;
    }
    json_put_str(out, "appSubject", subject_of(arena, credential->person, asked->org_id));
    if (!str_is_absent(asked->id_number)) {
        json_put_str(out, "idMatch", is_same(arena, credential->person, asked) ? STR("0") : STR("1"));
    }
    if (!str_is_absent(asked->attributes)) {
        put_attributes(arena, out, credential->person, asked);
    }
}

static void authenticate(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct network_service *own = service->own;
    struct arena *arena = request->arena;
    const struct json *object;
    struct asked asked;
    struct str package, body;
    if (request->method != HTTP_POST ||
        !network_identity_package_open(arena, own->client, own->form, request->body, &package) ||
        !json_parse(arena, package, JSON_LIMITS_TOKEN, &object) || !read_asked(object, &asked) ||
        !str_equal(asked.org_id, service->simulator->app_id)) {
        reply->status = 401;
        return;
    }
    const struct credential *credential = take(own, &asked);
    const char *code = code_of(service, &asked, credential);
    struct buf answer;
    buf_init(&answer, arena, 1024, 8192);
    struct json_out out = json_out(&answer);
    json_open_object(&out, NULL);
    json_put_str(&out, "orgID", asked.org_id);
    json_put_str(&out, "bizSeq",
                 service->mode == MODE_WRONG_TRANSACTION ? STR("00000000000000000000000000000000") : asked.biz_seq);
    json_put_str(&out, "authMode", asked.mode);
    json_put_str(&out, "resultCode", str_from(code));
    if (strcmp(code, NETWORK_IDENTITY_DONE) == 0) {
        put_credential(arena, &out, credential, &asked);
    }
    json_close_object(&out);
    CHECK(network_identity_package_sign(arena, own->signs, own->form, buf_str(&answer), &body));
    if (service->mode == MODE_BAD_SIGNATURE) {
        /* A good signature, of another text. */
        struct str other;
        const struct json *signed_other;
        CHECK(network_identity_package_sign(arena, own->signs, own->form, STR("{}"), &other) &&
              json_parse(arena, other, JSON_LIMITS_TOKEN, &signed_other) && json_get_str(signed_other, "sign", &other));
        out = json_out(&reply->body);
        json_open_object(&out, NULL);
        json_put_str(&out, "bizPackage", buf_str(&answer));
        json_put_str(&out, "sign", other);
        json_close_object(&out);
    } else {
        buf_put(&reply->body, body);
    }
    reply->content_type = STR("application/json");
}

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    if (str_equal(request->path, STR(LAUNCH_PATH))) {
        launch(service, request, reply);
    } else if (str_equal(request->path, STR(CHOOSE_PATH))) {
        choose(service, request, reply);
    } else {
        authenticate(service, request, reply);
    }
}

static const struct service_path paths[] = {{NETWORK_IDENTITY_PATH, false}, {LAUNCH_PATH, true}, {CHOOSE_PATH, true}};

const struct service_kind network_identity_service = {.name = "network_identity",
                                                      .secret_variable = "TONGXING_NETWORK_IDENTITY_PRIVATE_KEY",
                                                      .paths = paths,
                                                      .path_count = ARRAY_LEN(paths),
                                                      .open = open_service,
                                                      .done = close_service,
                                                      .handle = handle};
