/*
 * The national network identity (网号, 网证): the person proves with the national app who they are, and we are told a
 * pseudonym that is ours alone. Name and number stay unknown: an account can be proven without either.
 *
 * The browser brings back the credential that the app made for our serial number; what it is worth the service says.
 * What the browser brings is a stranger's to forge, so nothing in it is ever counted as an error of the service.
 */
#include "upstream/network_identity.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "loop/fetch.h"
#include "upstream/adapter.h"

#include <stdlib.h>

#define BODY_MOST   (16 * 1024)
#define ANSWER_MOST (32 * 1024)

struct network_identity {
    struct arena *arena; /* of the keys */
    struct sm2_key *own, *platform;
    enum sm2_form form;
    const struct network_identity_mode *mode;
    struct str business_id, page_url, path;
    struct str attributes; /* words; absent for none */
};

/* --- settings --- */

static const struct upstream_option options[] = {
    {"business_id", OPTION_TEXT, true,
     "the application's number within the organisation (app_id is the organisation's)"},
    {"private_key", OPTION_PATH, true, "our private key (SM2), PEM, mode 0600"},
    {"public_key", OPTION_PATH, true, "the service's public key (SM2), PEM"},
    {"page_url", OPTION_TEXT, true, "what launches the national app: a page, or an address of the app's own scheme"},
    {"mode", OPTION_INT, false, "1 credential, 2 and password, 3 credential and face, 4 and password"},
    {"signature", OPTION_TEXT, false, "form of signatures: der, or raw (r and s)"},
    {"path", OPTION_TEXT, false, "path of the service behind url"},
    {"attributes", OPTION_TEXT, false, "what else the person is asked to release: sex phone maskedName"},
};

static bool is_text(const struct upstream_settings *settings, const char *name, const char *one, const char *other) {
    struct str text = upstream_option_text(settings, name);
    return str_is_absent(text) || str_equal(text, str_from(one)) || str_equal(text, str_from(other));
}

static bool attributes_fine(struct str attributes) {
    struct str word;
    while (str_next_word(&attributes, &word)) {
        if (!str_equal(word, STR("sex")) && !str_equal(word, STR("phone")) && !str_equal(word, STR("maskedName"))) {
            return false;
        }
    }
    return true;
}

/* An address of the app's own scheme stays on the person's phone. */
static bool check_page_url(const struct upstream_settings *settings, struct fault *fault) {
    struct str page_url = upstream_option_text(settings, "page_url"), rest;
    struct str scheme = str_cut(page_url, ':', &rest);
    if (str_equal_fold(scheme, STR("http")) || str_equal_fold(scheme, STR("https"))) {
        return upstream_address_check(settings, "page_url", page_url, fault);
    }
    bool fine = str_starts(str_or(rest, STR("")), STR("//"));
    for (size_t i = 0; i < page_url.len; i++) {
        fine = fine && page_url.ptr[i] > ' ' && page_url.ptr[i] <= '~' && !str_contains(STR("?#@"), page_url.ptr[i]);
    }
    return fine || fault_set(fault, "upstreams.%.*s.page_url: must be an address without user, query and fragment",
                             STR_ARG(settings->name));
}

static bool check(const struct upstream_settings *settings, struct fault *fault) {
    struct str path = str_or(upstream_option_text(settings, "path"), STR(NETWORK_IDENTITY_PATH));
    int64_t mode;
    if (str_is_empty(settings->app_id)) {
        return fault_set(fault, "upstreams.%.*s.app_id: is missing", STR_ARG(settings->name));
    }
    if (!check_page_url(settings, fault)) {
        return false;
    }
    if (!is_text(settings, "signature", "der", "raw")) {
        return fault_set(fault, "upstreams.%.*s.signature: must be der or raw", STR_ARG(settings->name));
    }
    if (!str_starts(path, STR("/")) || str_contains(path, '?') || str_contains(path, '#')) {
        return fault_set(fault, "upstreams.%.*s.path: must start with a slash and have no query",
                         STR_ARG(settings->name));
    }
    if (!attributes_fine(upstream_option_text(settings, "attributes"))) {
        return fault_set(fault, "upstreams.%.*s.attributes: must be words of sex, phone, maskedName",
                         STR_ARG(settings->name));
    }
    return upstream_option_int(settings, "mode", 1, 1, 4, &mode, fault) && upstream_url_check(settings, fault);
}

static void close_identity(void *state) {
    struct network_identity *identity = state;
    if (identity) {
        arena_free(identity->arena);
        free(identity);
    }
}

static bool load_key(struct arena *arena, const struct upstream_settings *settings, const char *name, bool is_private,
                     struct sm2_key **ret_key, struct fault *fault) {
    struct fault inner;
    struct str path = upstream_option_path(settings, arena, name);
    return (is_private ? sm2_key_read_private(arena, path, ret_key, &inner)
                       : sm2_key_read_public(arena, path, ret_key, &inner)) ||
           fault_set(fault, "upstreams.%.*s.%s: %s", STR_ARG(settings->name), name, inner.text);
}

static bool open_identity(const struct upstream_settings *settings, void **ret_state, struct fault *fault) {
    struct network_identity *identity = check_calloc(1, sizeof(*identity));
    int64_t mode;
    identity->arena = arena_new();
    if (!load_key(identity->arena, settings, "private_key", true, &identity->own, fault) ||
        !load_key(identity->arena, settings, "public_key", false, &identity->platform, fault) ||
        !upstream_option_int(settings, "mode", 1, 1, 4, &mode, fault)) {
        close_identity(identity);
        return false;
    }
    identity->mode = network_identity_mode(mode);
    identity->form = str_equal(upstream_option_text(settings, "signature"), STR("raw")) ? SM2_RAW : SM2_DER;
    identity->business_id = upstream_option_text(settings, "business_id");
    identity->page_url = upstream_option_text(settings, "page_url");
    identity->path = str_or(upstream_option_text(settings, "path"), STR(NETWORK_IDENTITY_PATH));
    identity->attributes = upstream_option_text(settings, "attributes");
    *ret_state = identity;
    return true;
}

/* --- to the app --- */

static void put_param(struct buf *url, const char *name, struct str value) {
    buf_putc(url, str_contains(buf_str(url), '?') ? '&' : '?');
    buf_put(url, str_from(name));
    buf_putc(url, '=');
    buf_put_urlencoded(url, value);
}

static enum verify_result begin(struct upstream_call *call, const struct upstream_begin *begin,
                                struct upstream_begun *ret_begun) {
    const struct network_identity *identity = call->state;
    struct buf url;
    buf_init(&url, call->arena, 512, BODY_MOST);
    buf_put(&url, identity->page_url);
    put_param(&url, "orgID", call->settings->app_id);
    put_param(&url, "businessID", identity->business_id);
    put_param(&url, "bizSeq", begin->transaction);
    put_param(&url, "type", identity->mode->app_type);
    put_param(&url, "authMode", identity->mode->name);
    put_param(&url, "returnUrl", begin->return_url);
    put_param(&url, "state", begin->transaction);
    put_param(&url, "language", begin->english ? STR("en") : STR("zh-CN"));
    if (url.failed) {
        return VERIFY_INVALID_INPUT;
    }
    ret_begun->url = buf_str(&url);
    ret_begun->kept = STR("");
    return VERIFY_PENDING;
}

/* --- and back --- */

struct credential {
    struct str id_card, password; /* as the app made them */
};

/* base64 in either alphabet, as far as it can be an app's: what it holds is the service's to say. */
static bool is_credential(struct str text) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] <= ' ' || text.ptr[i] > '~' || text.ptr[i] == '"' || text.ptr[i] == '\\') {
            return false;
        }
    }
    return text.len <= NETWORK_IDENTITY_CREDENTIAL_MOST;
}

static bool wants_password(const struct network_identity *identity) {
    return str_equal(identity->mode->app_type, STR("1"));
}

/* VERIFY_MATCH: there is a credential. */
static enum verify_result read_returned(const struct network_identity *identity,
                                        const struct upstream_returned *returned, struct credential *ret_credential) {
    if (returned->param_count == 0) {
        return VERIFY_PENDING;
    }
    struct str code = upstream_param(returned, "resultCode"), state = upstream_param(returned, "state");
    if (!str_equal(state, returned->begun.transaction)) {
        return VERIFY_INVALID_INPUT;
    }
    if (!str_is_absent(code) && !str_equal(code, STR(NETWORK_IDENTITY_DONE))) {
        return VERIFY_MISMATCH; /* the person refused, or has no app */
    }
    struct credential credential = {upstream_param(returned, "idCardAuthData"),
                                    str_or(upstream_param(returned, "certPwdData"), STR(""))};
    if (str_is_empty(credential.id_card) || !is_credential(credential.id_card) || !is_credential(credential.password) ||
        (wants_password(identity) && str_is_empty(credential.password))) {
        return VERIFY_INVALID_INPUT;
    }
    *ret_credential = credential;
    return VERIFY_MATCH;
}

/* In Beijing, as "20260105100304123". */
static struct str timestamp(struct arena *arena) {
    int64_t now = clock_wall_ms();
    struct str utc = clock_rfc3339(arena, now / 1000 + 8 * 3600);
    struct buf text;
    buf_init(&text, arena, 32, 32);
    for (size_t i = 0; i < utc.len; i++) {
        if (utc.ptr[i] >= '0' && utc.ptr[i] <= '9') {
            buf_putc(&text, utc.ptr[i]);
        }
    }
    buf_printf(&text, "%03d", (int)(now % 1000));
    return buf_str(&text);
}

static bool is_compared(const struct upstream_asked *asked) {
    return !str_is_empty(asked->name) && !str_is_empty(asked->id_number);
}

static bool write_request(struct upstream_call *call, const struct upstream_returned *returned,
                          const struct credential *credential, struct str *ret_body) {
    const struct network_identity *identity = call->state;
    const struct upstream_asked *asked = &returned->begun.asked;
    struct buf package;
    buf_init(&package, call->arena, 4096, BODY_MOST);
    struct json_out out = json_out(&package);
    json_open_object(&out, NULL);
    json_put_str(&out, "orgID", call->settings->app_id);
    json_put_str(&out, "businessID", identity->business_id);
    json_put_str(&out, "bizSeq", returned->begun.transaction);
    json_put_str(&out, "authMode", identity->mode->name);
    json_put_str(&out, "timeStamp", timestamp(call->arena));
    json_put_str(&out, "requestID", str_or(asked->request_id, STR("")));
    json_put_str(&out, "idCardAuthData", credential->id_card);
    json_put_str(&out, "certPwdData", credential->password);
    if (is_compared(asked)) {
        json_put_str(&out, "name", asked->name);
        json_put_str(&out, "idNumber", asked->id_number);
    }
    if (!str_is_empty(identity->attributes)) {
        json_put_str(&out, "attributes", identity->attributes);
    }
    json_close_object(&out);
    return !package.failed &&
           network_identity_package_sign(call->arena, identity->own, identity->form, buf_str(&package), ret_body);
}

static bool ask(struct upstream_call *call, struct str body, struct str *ret_body) {
    const struct network_identity *identity = call->state;
    const struct fetch_field fields[] = {{STR("Content-Type"), STR("application/json")}};
    struct fetch_answer answer = {0};
    struct str parameters;
    const struct fetch_request request = {
        .method = STR("POST"),
        .url = str_concat(call->arena, call->settings->url, identity->path),
        .fields = fields,
        .field_count = ARRAY_LEN(fields),
        .body = body,
        .timeout_ms = call->timeout_ms,
        .answer_ceiling = ANSWER_MOST,
        .once = true,
    };
    if (upstream_fetch(call, &request, &answer) != FETCH_DONE || answer.status != 200 ||
        !str_equal_fold(str_trim(str_cut(answer.content_type, ';', &parameters)), STR("application/json"))) {
        return false;
    }
    *ret_body = answer.body;
    return true;
}

static enum verify_result tell(const struct network_identity *identity, const struct network_identity_answer *answer,
                               struct upstream_found *ret_found) {
    bool face = identity->mode->face;
    upstream_found_by(ret_found, face ? METHOD_NETWORK_CREDENTIAL_FACE : METHOD_NETWORK_CREDENTIAL, answer->result);
    ret_found->evidence.check_id = answer->credential_id;
    if (answer->result == VERIFY_MATCH) {
        ret_found->subject = answer->subject;
        ret_found->gender = answer->gender;
        ret_found->phone = answer->phone;
        ret_found->nickname = answer->masked_name;
        ret_found->amr = AMR_NCID | (face ? AMR_FACE : 0u);
    }
    return answer->result;
}

static enum verify_result finish(struct upstream_call *call, const struct upstream_returned *returned,
                                 struct upstream_found *ret_found) {
    const struct network_identity *identity = call->state;
    struct network_identity_answer answer;
    struct credential credential;
    struct str body, answered;
    enum verify_result result = read_returned(identity, returned, &credential);
    if (result != VERIFY_MATCH) {
        return result;
    }
    const struct network_identity_expected expected = {
        .platform = identity->platform,
        .form = identity->form,
        .org_id = call->settings->app_id,
        .biz_seq = returned->begun.transaction,
        .mode = identity->mode->name,
        .compared = is_compared(&returned->begun.asked),
        .attributes = !str_is_empty(identity->attributes),
    };
    if (!write_request(call, returned, &credential, &body)) {
        return VERIFY_INVALID_INPUT;
    }
    if (!ask(call, body, &answered) || !network_identity_answer_read(call->arena, answered, &expected, &answer)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    return tell(identity, &answer, ret_found);
}

static struct upstream_traits traits_of(const void *state) {
    const struct network_identity *identity = state;
    struct upstream_traits traits = network_identity_adapter.traits;
    if (identity->mode->face) {
        traits.services |= UPSTREAM_PRESENCE;
        traits.asks = ASK_NAME | ASK_ID_NUMBER;
        traits.method = METHOD_NETWORK_CREDENTIAL_FACE;
        traits.level = proof_of(METHOD_NETWORK_CREDENTIAL_FACE)->level;
        traits.face = true;
        traits.title = STR("国家网络身份认证（人脸）");
        traits.title_en = STR("National network identity with a face check");
        traits.amr |= AMR_FACE;
    }
    return traits;
}

const struct upstream_adapter network_identity_adapter = {
    .name = "network_identity",
    .authority = "national-network-identity",
    .idempotent = false, /* a credential is good once */
    .traits = {.services = UPSTREAM_SIGN_IN,
               .method = METHOD_NETWORK_CREDENTIAL,
               .level = 2,
               .amr = AMR_NCID,
               .title = STR_INIT("国家网络身份认证"),
               .title_en = STR_INIT("National network identity")},
    .options = options,
    .option_count = ARRAY_LEN(options),
    .check = check,
    .open = open_identity,
    .close = close_identity,
    .traits_of = traits_of,
    .begin = begin,
    .finish = finish,
};
