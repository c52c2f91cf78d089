/*
 * The gateway: keys from the configuration, requests signed and sent as forms. Everything is in the body, nothing of
 * it in an address, save for the pages that the browser is sent to, which hold no personal data.
 */
#include "upstream/alipay_gateway.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "jose/certificate.h"
#include "loop/fetch.h"
#include "upstream/adapter.h"

#include <stdlib.h>
#include <time.h>

#define BODY_MOST    (32 * 1024)
#define APP_ID_MOST  32
#define KEYS_MOST    8
#define SIGNING_MOST (32 * 1024)

struct alipay_gateway {
    struct arena *arena;
    struct foreign_key *app_key;
    struct alipay_key keys[KEYS_MOST]; /* Alipay's */
    size_t key_count;
    struct secret content_key;            /* empty: contents are not encrypted */
    struct str app_cert_sn, root_cert_sn; /* absent in key mode */
};

/* --- signing --- */

static int by_name(const void *a, const void *b) {
    return str_compare(((const struct alipay_param *)a)->name, ((const struct alipay_param *)b)->name);
}

static bool is_signed(const struct alipay_param *param, enum alipay_direction direction) {
    if (str_is_empty(param->value) || str_equal(param->name, STR("sign"))) {
        return false;
    }
    return direction == ALIPAY_REQUEST ||
           !(str_equal(param->name, STR("sign_type")) || str_equal(param->name, STR("alipay_cert_sn")));
}

struct str alipay_signing_text(struct arena *arena, const struct alipay_param *params, size_t count,
                               enum alipay_direction direction) {
    struct alipay_param sorted[ALIPAY_PARAMS_MOST];
    size_t kept = 0;
    CHECK(count <= ALIPAY_PARAMS_MOST);
    for (size_t i = 0; i < count; i++) {
        if (is_signed(&params[i], direction)) {
            sorted[kept++] = params[i];
        }
    }
    qsort(sorted, kept, sizeof(sorted[0]), by_name);
    struct buf text;
    buf_init(&text, arena, 1024, SIGNING_MOST);
    for (size_t i = 0; i < kept; i++) {
        buf_put(&text, i > 0 ? STR("&") : STR(""));
        buf_put(&text, sorted[i].name);
        buf_putc(&text, '=');
        buf_put(&text, sorted[i].value);
    }
    return text.failed ? STR_NONE : buf_str(&text);
}

struct str alipay_sign(struct arena *arena, const struct foreign_key *key, struct str text) {
    struct str signature = str_is_absent(text) ? STR_NONE : foreign_rsa_sign(key, arena, text);
    return str_is_absent(signature) ? STR_NONE : base64_encode(arena, signature);
}

bool alipay_signature_fits(struct arena *arena, const struct foreign_key *key, struct str text, struct str signature) {
    struct str bytes;
    return !str_is_absent(text) && signature.len <= 1024 && base64_decode(arena, signature, &bytes) &&
           foreign_rsa_verify(key, text, bytes);
}

struct str alipay_timestamp(struct arena *arena, int64_t wall_seconds) {
    time_t there = (time_t)(wall_seconds + ALIPAY_ZONE_S);
    struct tm parts;
    char text[32];
    CHECK(gmtime_r(&there, &parts) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &parts) == 19);
    return str_dup(arena, str_from(text));
}

struct str alipay_form(struct arena *arena, const struct alipay_param *params, size_t count) {
    struct buf form;
    buf_init(&form, arena, 2048, BODY_MOST);
    for (size_t i = 0; i < count; i++) {
        buf_put(&form, i > 0 ? STR("&") : STR(""));
        buf_put_urlencoded(&form, params[i].name);
        buf_putc(&form, '=');
        buf_put_urlencoded(&form, params[i].value);
    }
    return form.failed ? STR_NONE : buf_str(&form);
}

/* --- settings --- */

static bool is_app_id(struct str id) {
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))) {
            return false;
        }
    }
    return id.len > 0 && id.len <= APP_ID_MOST;
}

static bool has(const struct upstream_settings *settings, const char *option) {
    return !str_is_absent(upstream_option_text(settings, option));
}

static bool is_content_key(struct str text) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct secret key;
    return alipay_content_key_read(arena, text, &key);
}

bool alipay_gateway_check(const struct upstream_settings *settings, struct fault *fault) {
    struct str name = settings->name;
    if (!is_app_id(settings->app_id)) {
        return fault_set(fault, "upstreams.%.*s.app_id: must be 1 to %d letters and digits", STR_ARG(name),
                         APP_ID_MOST);
    }
    int parts = has(settings, "app_certificate") + has(settings, "alipay_certificate") +
                has(settings, "alipay_root_certificate");
    if (parts != 0 && parts != 3) {
        return fault_set(fault,
                         "upstreams.%.*s: certificate mode needs app_certificate, alipay_certificate and "
                         "alipay_root_certificate, all three",
                         STR_ARG(name));
    }
    if ((parts == 3) == has(settings, "alipay_public_key")) {
        return fault_set(fault, "upstreams.%.*s: give either alipay_public_key or the three certificates",
                         STR_ARG(name));
    }
    if (has(settings, "encrypt_key") && !is_content_key(upstream_option_text(settings, "encrypt_key"))) {
        return fault_set(fault, "upstreams.%.*s.encrypt_key: must be 16 bytes in base64", STR_ARG(name));
    }
    return upstream_url_check(settings, fault);
}

/* --- keys --- */

static void release_key(void *handle) {
    foreign_key_free(handle);
}

/* Puts the option's name before what is wrong with its file. */
static bool name_option(const struct upstream_settings *settings, const char *option, struct fault *fault) {
    struct fault inner = *fault;
    return fault_set(fault, "upstreams.%.*s.%s: %s", STR_ARG(settings->name), option, inner.text);
}

static bool read_public(struct alipay_gateway *gateway, const struct upstream_settings *settings, struct fault *fault) {
    struct foreign_key *key;
    struct str path = upstream_option_path(settings, gateway->arena, "alipay_public_key");
    if (!foreign_key_read_public(path, FOREIGN_RSA, &key, fault)) {
        return name_option(settings, "alipay_public_key", fault);
    }
    arena_defer(gateway->arena, release_key, key);
    if (foreign_key_pair(gateway->app_key, key)) {
        return fault_set(fault,
                         "upstreams.%.*s.alipay_public_key: is the app's own public key; it must be the one that "
                         "Alipay gave for it",
                         STR_ARG(settings->name));
    }
    gateway->keys[gateway->key_count++] = (struct alipay_key){STR_NONE, key};
    return true;
}

static bool read_certificates(struct alipay_gateway *gateway, const struct upstream_settings *settings,
                              const char *option, struct certificate **ret_certificates, size_t *ret_count,
                              struct fault *fault) {
    struct str path = upstream_option_path(settings, gateway->arena, option);
    return certificates_read(gateway->arena, path, ret_certificates, ret_count, fault) ||
           name_option(settings, option, fault);
}

static bool read_app_certificate(struct alipay_gateway *gateway, const struct upstream_settings *settings,
                                 struct fault *fault) {
    struct certificate *certificates;
    size_t count;
    if (!read_certificates(gateway, settings, "app_certificate", &certificates, &count, fault)) {
        return false;
    }
    if (!certificates[0].key || !foreign_key_pair(gateway->app_key, certificates[0].key)) {
        return fault_set(fault, "upstreams.%.*s.app_certificate: is not of app_private_key", STR_ARG(settings->name));
    }
    gateway->app_cert_sn = certificates[0].serial_name;
    return true;
}

static bool read_alipay_certificates(struct alipay_gateway *gateway, const struct upstream_settings *settings,
                                     struct fault *fault) {
    struct certificate *certificates;
    size_t count;
    if (!read_certificates(gateway, settings, "alipay_certificate", &certificates, &count, fault)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (certificates[i].key && gateway->key_count < KEYS_MOST) {
            gateway->keys[gateway->key_count++] = (struct alipay_key){certificates[i].serial_name, certificates[i].key};
        }
    }
    return gateway->key_count > 0 ||
           fault_set(fault, "upstreams.%.*s.alipay_certificate: holds no RSA certificate", STR_ARG(settings->name));
}

/* The names of those roots that sign with RSA, joined: the file has others too. */
static bool read_roots(struct alipay_gateway *gateway, const struct upstream_settings *settings, struct fault *fault) {
    struct certificate *certificates;
    size_t count;
    struct buf names;
    if (!read_certificates(gateway, settings, "alipay_root_certificate", &certificates, &count, fault)) {
        return false;
    }
    buf_init(&names, gateway->arena, 128, CERTIFICATES_MOST * 40);
    for (size_t i = 0; i < count; i++) {
        if (certificates[i].signed_with_rsa) {
            buf_put(&names, names.len > 0 ? STR("_") : STR(""));
            buf_put(&names, certificates[i].serial_name);
        }
    }
    CHECK(!names.failed);
    gateway->root_cert_sn = buf_str(&names);
    return names.len > 0 || fault_set(fault,
                                      "upstreams.%.*s.alipay_root_certificate: holds no certificate that is signed "
                                      "with RSA",
                                      STR_ARG(settings->name));
}

static bool read_keys(struct alipay_gateway *gateway, const struct upstream_settings *settings, struct fault *fault) {
    struct str path = upstream_option_path(settings, gateway->arena, "app_private_key");
    if (!foreign_key_read_private(path, FOREIGN_RSA, &gateway->app_key, fault)) {
        return name_option(settings, "app_private_key", fault);
    }
    arena_defer(gateway->arena, release_key, gateway->app_key);
    if (has(settings, "alipay_public_key")) {
        return read_public(gateway, settings, fault);
    }
    return read_app_certificate(gateway, settings, fault) && read_alipay_certificates(gateway, settings, fault) &&
           read_roots(gateway, settings, fault);
}

bool alipay_gateway_open(const struct upstream_settings *settings, struct alipay_gateway **ret_gateway,
                         struct fault *fault) {
    struct arena *arena = arena_new();
    struct alipay_gateway *gateway = arena_new_of(arena, struct alipay_gateway);
    gateway->arena = arena;
    if (has(settings, "encrypt_key")) {
        CHECK(alipay_content_key_read(arena, upstream_option_text(settings, "encrypt_key"), &gateway->content_key));
    }
    if (!read_keys(gateway, settings, fault)) {
        arena_free(arena);
        return false;
    }
    *ret_gateway = gateway;
    return true;
}

void alipay_gateway_free(struct alipay_gateway *gateway) {
    if (gateway) {
        arena_free(gateway->arena);
    }
}

/* --- requests --- */

/* Absent where contents are not encrypted. */
static struct str content_key_of(const struct alipay_gateway *gateway) {
    return gateway->content_key.len > 0 ? secret_bytes(gateway->content_key) : STR_NONE;
}

/* Encrypted, a method that has no content has an empty one: its answer comes encrypted for that. */
static struct str content_of(struct arena *arena, const struct alipay_gateway *gateway,
                             const struct alipay_request *request) {
    struct str key = content_key_of(gateway);
    return str_is_absent(key) ? request->biz_content
                              : alipay_content_seal(arena, key, str_or(request->biz_content, STR("{}")));
}

/* The whole of a signed request; 0 when it cannot be signed. */
static size_t write_params(struct arena *arena, struct str app_id, const struct alipay_gateway *gateway,
                           const struct alipay_request *request, struct alipay_param *params) {
    const struct alipay_param common[] = {
        {STR("app_id"), app_id},
        {STR("method"), request->method},
        {STR("format"), STR("JSON")},
        {STR("charset"), STR("utf-8")},
        {STR("sign_type"), STR("RSA2")},
        {STR("timestamp"), alipay_timestamp(arena, clock_wall())},
        {STR("version"), STR("1.0")},
        {STR("app_cert_sn"), gateway->app_cert_sn},
        {STR("alipay_root_cert_sn"), gateway->root_cert_sn},
        {STR("encrypt_type"), gateway->content_key.len > 0 ? STR(ALIPAY_ENCRYPT_TYPE) : STR_NONE},
        {STR("biz_content"), content_of(arena, gateway, request)},
    };
    size_t count = 0;
    CHECK(ARRAY_LEN(common) + request->param_count < ALIPAY_PARAMS_MOST);
    for (size_t i = 0; i < ARRAY_LEN(common) + request->param_count; i++) {
        const struct alipay_param *param = i < ARRAY_LEN(common) ? &common[i] : &request->params[i - ARRAY_LEN(common)];
        if (!str_is_empty(param->value)) {
            params[count++] = *param;
        }
    }
    struct str text = alipay_signing_text(arena, params, count, ALIPAY_REQUEST);
    struct str signature = alipay_sign(arena, gateway->app_key, text);
    params[count++] = (struct alipay_param){STR("sign"), signature};
    return str_is_absent(signature) ? 0 : count;
}

static struct str form_of(struct arena *arena, struct str app_id, const struct alipay_gateway *gateway,
                          const struct alipay_request *request) {
    struct alipay_param params[ALIPAY_PARAMS_MOST];
    size_t count = write_params(arena, app_id, gateway, request, params);
    return count > 0 ? alipay_form(arena, params, count) : STR_NONE;
}

struct str alipay_page_url(struct arena *arena, const struct upstream_settings *settings,
                           const struct alipay_gateway *gateway, const struct alipay_request *request) {
    struct str query = form_of(arena, settings->app_id, gateway, request);
    return str_is_absent(query) ? STR_NONE : str_concat(arena, settings->url, STR("?"), query);
}

static enum fetch_result send_form(struct upstream_call *call, struct str form, struct fetch_answer *answer) {
    static const struct fetch_field fields[] = {
        {STR_INIT("Content-Type"), STR_INIT("application/x-www-form-urlencoded;charset=utf-8")},
    };
    const struct fetch_request request = {
        .method = STR("POST"),
        .url = call->settings->url,
        .fields = fields,
        .field_count = ARRAY_LEN(fields),
        .body = form,
        .timeout_ms = call->timeout_ms,
        .answer_ceiling = ALIPAY_ANSWER_MOST,
        .once = true,
    };
    int64_t started = clock_monotonic_ms();
    enum fetch_result result = upstream_fetch(call, &request, answer);
    call->timeout_ms -= clock_monotonic_ms() - started;
    return result;
}

/* So that a set-up that the gateway refuses can be put right. The codes are its own words, limited to those letters. */
static void tell_refusal(const struct upstream_call *call, const struct alipay_request *request,
                         const struct alipay_answer *answer) {
    if (answer->result == VERIFY_MATCH) {
        return;
    }
    log_warn("alipay.refused", log_str("upstream", call->settings->name), log_str("method", request->method),
             log_str("code", answer->code), log_str("sub_code", answer->sub_code),
             log_text("authentic", answer->authentic ? "yes" : "no"));
}

/* The media type is not looked at: the gateway gives its JSON as text/html, and promises none. */
enum verify_result alipay_ask(struct upstream_call *call, const struct alipay_gateway *gateway,
                              const struct alipay_request *request, struct alipay_answer *ret_answer) {
    const struct alipay_trust trust = {gateway->keys, gateway->key_count, content_key_of(gateway)};
    struct fetch_answer fetched = {0};
    struct str form = form_of(call->arena, call->settings->app_id, gateway, request);
    if (str_is_absent(form) || send_form(call, form, &fetched) != FETCH_DONE || fetched.status != 200) {
        return VERIFY_UPSTREAM_ERROR;
    }
    alipay_answer_read(call->arena, fetched.body, request->method, &trust, ret_answer);
    tell_refusal(call, request, ret_answer);
    return ret_answer->result;
}
