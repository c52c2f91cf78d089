/*
 * Alipay's gateway: takes signed forms as the real one does, finds the method, signs what it answers. It answers JSON
 * as text/html, as the real one does.
 */
#include "alipay.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "jose/certificate.h"
#include "upstream/alipay.h"
#include "upstream/alipay_face.h"

#include <stdlib.h>
#include <unistd.h>

#define GATEWAY_PATH "/gateway.do"
#define SKEW_S       600
#define CONTENT_MOST (16 * 1024)

/* --- keys --- */

static struct str key_file(const struct service *service, struct arena *arena, const char *name) {
    struct str folder = service->secret;
    if (!str_starts(folder, STR("/"))) {
        folder = str_concat(arena, service->simulator->folder, STR("/"), folder);
    }
    return str_format(arena, "%.*s/%s.pem", STR_ARG(folder), name);
}

static bool read_certificate(struct service *service, const char *name, struct certificate *ret_certificate,
                             struct fault *fault) {
    struct alipay *alipay = service->own;
    struct certificate *all;
    size_t count;
    if (!certificates_read(alipay->arena, key_file(service, alipay->arena, name), &all, &count, fault)) {
        return false;
    }
    *ret_certificate = all[0];
    return true;
}

static bool read_certificates(struct service *service, struct fault *fault) {
    struct alipay *alipay = service->own;
    struct certificate own, root, app;
    if (access(str_c(alipay->arena, key_file(service, alipay->arena, "app_certificate")), F_OK) != 0) {
        return true; /* key mode only */
    }
    if (!read_certificate(service, "alipay_certificate", &own, fault) ||
        !read_certificate(service, "alipay_root_certificate", &root, fault) ||
        !read_certificate(service, "app_certificate", &app, fault)) {
        return false;
    }
    if (!app.key || !own.key || !foreign_key_pair(alipay->own, own.key)) {
        return fault_set(fault, "alipay_certificate.pem is not of alipay_private_key.pem");
    }
    alipay->own_name = own.serial_name;
    alipay->root_name = root.serial_name;
    alipay->app_name = app.serial_name;
    alipay->app_by_certificate = app.key;
    return true;
}

static bool read_content_key(struct alipay *alipay, struct fault *fault) {
    struct str text = str_from(getenv("TONGXING_ALIPAY_ENCRYPT_KEY"));
    return str_is_empty(text) || alipay_content_key_read(alipay->arena, text, &alipay->content_key) ||
           fault_set(fault, "TONGXING_ALIPAY_ENCRYPT_KEY: must be 16 bytes in base64");
}

static bool open_service(struct service *service, struct fault *fault) {
    struct arena *arena = arena_new();
    struct alipay *alipay = arena_new_of(arena, struct alipay);
    alipay->arena = arena;
    service->own = alipay;
    return foreign_key_read_private(key_file(service, arena, "alipay_private_key"), FOREIGN_RSA, &alipay->own, fault) &&
           foreign_key_read_public(key_file(service, arena, "app_public_key"), FOREIGN_RSA, &alipay->app, fault) &&
           read_certificates(service, fault) && read_content_key(alipay, fault);
}

static void done(struct service *service) {
    struct alipay *alipay = service->own;
    if (alipay) {
        foreign_key_free(alipay->own);
        foreign_key_free(alipay->app);
        foreign_key_free(alipay->another);
        arena_free(alipay->arena);
    }
}

/* --- what is asked --- */

/* Each parameter once: two readers could take two differently. */
static bool are_single(const struct http_params *params) {
    for (size_t i = 0; i < params->count; i++) {
        if (http_params_count(params, params->fields[i].name) != 1) {
            return false;
        }
    }
    return params->count < ALIPAY_PARAMS_MOST && !params->malformed;
}

static bool is(const struct http_params *params, struct str name, struct str wanted) {
    return str_equal(str_or(http_params_get(params, name), STR("")), wanted);
}

/* "2026-01-05 10:03:04" in China, by trying the seconds that are near. */
static bool is_now(struct arena *arena, struct str timestamp) {
    int64_t now = clock_wall();
    struct str earliest = alipay_timestamp(arena, now - SKEW_S), latest = alipay_timestamp(arena, now + SKEW_S);
    return timestamp.len == 19 && str_compare(timestamp, earliest) >= 0 && str_compare(timestamp, latest) <= 0;
}

static const struct foreign_key *app_key(const struct alipay *alipay, const struct http_params *params) {
    struct str app = http_params_get(params, STR("app_cert_sn"));
    if (str_is_absent(app)) {
        return alipay->app;
    }
    bool known = !str_is_absent(alipay->app_name) && str_equal(app, alipay->app_name) &&
                 is(params, STR("alipay_root_cert_sn"), alipay->root_name);
    return known ? alipay->app_by_certificate : NULL;
}

static bool is_signed(const struct alipay *alipay, struct arena *arena, const struct http_params *params) {
    struct alipay_param list[ALIPAY_PARAMS_MOST];
    const struct foreign_key *key = app_key(alipay, params);
    for (size_t i = 0; i < params->count; i++) {
        list[i] = (struct alipay_param){params->fields[i].name, params->fields[i].value};
    }
    struct str text = alipay_signing_text(arena, list, params->count, ALIPAY_REQUEST);
    return key && alipay_signature_fits(arena, key, text, str_or(http_params_get(params, STR("sign")), STR("")));
}

/* What is wrong with a request, as the gateway calls it; NULL for nothing. */
static const char *mistake_in(const struct service *service, struct arena *arena, const struct http_params *params) {
    if (!are_single(params)) {
        return "isv.invalid-parameter";
    }
    if (!is(params, STR("app_id"), service->simulator->app_id)) {
        return "isv.invalid-app-id";
    }
    if (!is(params, STR("sign_type"), STR("RSA2"))) {
        return "isv.invalid-signature-type";
    }
    if (!is(params, STR("charset"), STR("utf-8")) || !is(params, STR("format"), STR("JSON")) ||
        !is(params, STR("version"), STR("1.0"))) {
        return "isv.invalid-format";
    }
    if (!is(params, STR("encrypt_type"), STR(ALIPAY_ENCRYPT_TYPE)) &&
        !str_is_absent(http_params_get(params, STR("encrypt_type")))) {
        return "isv.decryption-error-not-valid-encrypt-type";
    }
    if (!is_now(arena, str_or(http_params_get(params, STR("timestamp")), STR("")))) {
        return "isv.invalid-timestamp";
    }
    return is_signed(service->own, arena, params) ? NULL : "isv.invalid-signature";
}

/* --- what is answered --- */

struct alipay_told alipay_refusal(struct arena *arena, const char *code, const char *sub_code) {
    bool business = str_equal(str_from(code), STR("40004"));
    return (struct alipay_told){
        .content = str_format(arena, "{\"code\":\"%s\",\"msg\":\"%s\",\"sub_code\":\"%s\",\"sub_msg\":\"refused\"}",
                              code, business ? "Business Failed" : "Invalid Arguments", sub_code)};
}

static const struct foreign_key *signing_key(struct service *service) {
    struct alipay *alipay = service->own;
    if (service->mode != MODE_BAD_SIGNATURE) {
        return alipay->own;
    }
    if (!alipay->another) {
        alipay->another = foreign_key_generate(FOREIGN_RSA);
    }
    return alipay->another;
}

/* A text, quotes and all: so it is signed. */
static struct str sealed(struct arena *arena, const struct alipay *alipay, struct str content) {
    return str_concat(arena, STR("\""), alipay_content_seal(arena, secret_bytes(alipay->content_key), content),
                      STR("\""));
}

static void answer(const struct alipay_asked *asked, struct http_reply *reply, struct alipay_told told) {
    struct arena *arena = asked->request->arena;
    const struct alipay *alipay = asked->service->own;
    struct str method = http_params_get(asked->params, STR("method"));
    struct str name = told.error ? STR("error_response") : alipay_content_name(arena, method);
    struct str content = asked->sealed && !told.error ? sealed(arena, alipay, told.content) : told.content;
    struct str signature = alipay_sign(arena, signing_key(asked->service), content);
    CHECK(!str_is_absent(signature));
    buf_printf(&reply->body, "{\"%.*s\":", STR_ARG(name));
    buf_put(&reply->body, content);
    if (!str_is_absent(http_params_get(asked->params, STR("app_cert_sn")))) {
        buf_printf(&reply->body, ",\"alipay_cert_sn\":\"%.*s\"", STR_ARG(alipay->own_name));
    }
    buf_printf(&reply->body, ",\"sign\":\"%.*s\"}", STR_ARG(signature));
    reply->content_type = STR("text/html;charset=utf-8");
}

/* Nobody is known to be asking, so there is no key to sign for. */
static void answer_unsigned(struct arena *arena, struct http_reply *reply, const char *sub_code) {
    struct alipay_told told = alipay_refusal(arena, "40002", sub_code);
    buf_printf(&reply->body, "{\"error_response\":%.*s}", STR_ARG(told.content));
    reply->content_type = STR("text/html;charset=utf-8");
}

/* --- methods --- */

static const struct {
    const char *name;
    bool needs_biz;
    struct alipay_told (*tell)(const struct alipay_asked *asked);
} methods[] = {
    {ALIPAY_TOKEN_METHOD, false, alipay_tell_token},
    {ALIPAY_INFO_METHOD, false, alipay_tell_info},
    {ALIPAY_CERTIFY_INITIALIZE, true, alipay_tell_initialize},
    {ALIPAY_CERTIFY_QUERY, true, alipay_tell_query},
    {ALIPAY_VERIFICATION_INITIALIZE, true, alipay_tell_initialize},
    {ALIPAY_VERIFICATION_QUERY, true, alipay_tell_query},
    {ALIPAY_ZHIMA_INITIALIZE, true, alipay_tell_initialize},
    {ALIPAY_ZHIMA_QUERY, true, alipay_tell_query},
};

static void answer_method(const struct alipay_asked *asked, struct http_reply *reply) {
    struct arena *arena = asked->request->arena;
    struct str method = str_or(http_params_get(asked->params, STR("method")), STR(""));
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (!str_equal(method, str_from(methods[i].name))) {
            continue;
        }
        if (asked->service->mode == MODE_REFUSE) {
            answer(asked, reply, alipay_refusal(arena, "40005", "isv.app-call-limited"));
        } else if (methods[i].needs_biz && !asked->biz) {
            answer(asked, reply, alipay_refusal(arena, "40001", "isv.missing-biz-content"));
        } else {
            answer(asked, reply, methods[i].tell(asked));
        }
        return;
    }
    answer_unsigned(arena, reply, "isv.invalid-method");
}

/* False when it is encrypted and cannot be opened. */
static bool open_content(struct alipay_asked *asked, struct str *content) {
    const struct alipay *alipay = asked->service->own;
    struct str key = secret_bytes(alipay->content_key);
    if (str_is_absent(http_params_get(asked->params, STR("encrypt_type")))) {
        return true;
    }
    bool open =
        key.len > 0 && !str_is_absent(*content) && alipay_content_open(asked->request->arena, key, *content, content);
    asked->sealed = open;
    return open;
}

static void gateway(struct service *service, const struct http_request *request, struct http_reply *reply) {
    struct http_params params = request->query;
    bool page = request->method == HTTP_GET;
    if (!page && (request->method != HTTP_POST || http_form(request, &params) != HTTP_FORM_OK)) {
        reply->status = request->method == HTTP_POST ? 400 : 405;
        return;
    }
    const char *mistake = mistake_in(service, request->arena, &params);
    if (mistake) {
        answer_unsigned(request->arena, reply, mistake);
        return;
    }
    struct alipay_asked asked = {.service = service, .request = request, .params = &params};
    struct str biz = http_params_get(&params, STR("biz_content"));
    if (!open_content(&asked, &biz)) {
        answer(&asked, reply, alipay_refusal(request->arena, "40003", "isv.decryption-error-unknown"));
    } else if (!str_is_absent(biz) && !json_parse(request->arena, biz, JSON_LIMITS_TOKEN, &asked.biz)) {
        answer_unsigned(request->arena, reply, "isv.invalid-parameter");
    } else if (page) {
        alipay_check_page(&asked, reply);
    } else {
        answer_method(&asked, reply);
    }
}

static void handle(struct service *service, const struct http_request *request, struct http_reply *reply) {
    if (str_equal(request->path, STR(GATEWAY_PATH))) {
        gateway(service, request, reply);
    } else if (str_equal(request->path, STR(ALIPAY_AUTHORIZE_PATH))) {
        alipay_authorize_page(service, request, reply);
    } else if (str_equal(request->path, STR(ALIPAY_FACE_PAGE))) {
        alipay_face_page(service, request, reply);
    } else {
        reply->status = 404;
    }
}

static const struct service_path paths[] = {
    {GATEWAY_PATH, false},
    {ALIPAY_AUTHORIZE_PATH, true},
    {ALIPAY_FACE_PAGE, true},
};

const struct service_kind alipay_service = {.name = "alipay",
                                            .secret_variable = "TONGXING_ALIPAY_KEYS",
                                            .paths = paths,
                                            .path_count = ARRAY_LEN(paths),
                                            .open = open_service,
                                            .done = done,
                                            .handle = handle};
