/*
 * The face check of Alipay: begun at the gateway with the person's name and number, done by the person on a phone, and
 * decided by the answer to our own query. What the browser brings back is a hint that it is time to ask.
 *
 * The photo is asked not to be kept, and is not asked for.
 */
#include "upstream/alipay_face.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "jose/digest.h"
#include "model/session.h"
#include "upstream/adapter.h"

#include <stdlib.h>

#define CONTENT_MOST (8 * 1024)
#define ORDER_MOST   32
#define BIZ_CODE     STR("FACE")
#define RETURN_MARK  "checked"

const struct alipay_face_product *const alipay_face_products[ALIPAY_FACE_PRODUCTS] = {
    &alipay_face_certify, /* unless said */
    &alipay_face_verification,
    &alipay_face_zhima,
};

struct state {
    struct alipay_gateway *gateway;
    const struct alipay_face_product *product;
    struct str biz_code;
    struct alipay_checks_seen seen;
};

/* --- settings --- */

/* NULL for a name that none has. */
static const struct alipay_face_product *product_of(const struct upstream_settings *settings) {
    struct str name = str_or(upstream_option_text(settings, "product"), alipay_face_products[0]->name);
    for (size_t i = 0; i < ALIPAY_FACE_PRODUCTS; i++) {
        if (str_equal(name, alipay_face_products[i]->name)) {
            return alipay_face_products[i];
        }
    }
    return NULL;
}

static bool check(const struct upstream_settings *settings, struct fault *fault) {
    struct str biz_code = str_or(upstream_option_text(settings, "biz_code"), BIZ_CODE);
    if (!product_of(settings)) {
        return fault_set(fault, "upstreams.%.*s.product: must be certify, verification or zhima",
                         STR_ARG(settings->name));
    }
    /* The other codes of the gateway may be met without a face. */
    if (!str_equal(biz_code, STR("FACE")) && !str_equal(biz_code, STR("CERT_PHOTO_FACE"))) {
        return fault_set(fault, "upstreams.%.*s.biz_code: must be FACE or CERT_PHOTO_FACE", STR_ARG(settings->name));
    }
    return alipay_gateway_check(settings, fault);
}

static bool open_state(const struct upstream_settings *settings, void **ret_state, struct fault *fault) {
    struct alipay_gateway *gateway;
    if (!alipay_gateway_open(settings, &gateway, fault)) {
        return false;
    }
    struct state *state = check_calloc(1, sizeof(*state));
    state->gateway = gateway;
    state->product = product_of(settings);
    state->biz_code = str_or(upstream_option_text(settings, "biz_code"), BIZ_CODE);
    *ret_state = state;
    return true;
}

static void close_state(void *arg) {
    struct state *state = arg;
    alipay_gateway_free(state->gateway);
    free(state);
}

/* --- beginning --- */

/* Empty for a document that the product does not take. */
static struct str cert_type_of(const struct alipay_face_product *product, const struct upstream_asked *asked) {
    if (asked->id_type == ID_TYPE_RESIDENT) {
        return STR("IDENTITY_CARD");
    }
    if (!product->takes_permits || asked->id_type != ID_TYPE_RESIDENCE_PERMIT) {
        return STR("");
    }
    return str_starts(asked->id_number, STR("83")) ? STR("RESIDENCE_PERMIT_TAIWAN") : STR("RESIDENCE_PERMIT_HK_MC");
}

void alipay_face_put_person(struct json_out *out, const struct alipay_face_asked *asked) {
    json_put_str(out, "identity_type", STR("CERT_INFO"));
    json_put_str(out, "cert_type", asked->cert_type);
    json_put_str(out, "cert_name", asked->name);
    json_put_str(out, "cert_no", asked->id_number);
}

/* It carries the transaction, by which the flow is found again, and our mark that it was Alipay who sent the browser
 * there: the waiting page asks again at the same address without it. */
static struct str return_address(struct arena *arena, const struct upstream_begin *begin) {
    return str_concat(arena, begin->return_url, STR("?" RETURN_MARK "=1&state="), begin->transaction);
}

static struct str initialize_content(struct arena *arena, const struct state *state, const struct upstream_begin *begin,
                                     struct str cert_type) {
    const struct alipay_face_asked asked = {
        .transaction = begin->transaction,
        .cert_type = cert_type,
        .name = begin->asked.name,
        .id_number = begin->asked.id_number,
        .biz_code = state->biz_code,
        .return_url = return_address(arena, begin),
    };
    struct buf content;
    buf_init(&content, arena, 1024, CONTENT_MOST);
    struct json_out out = json_out(&content);
    json_open_object(&out, NULL);
    bool written = state->product->write(arena, &out, &asked);
    json_close_object(&out);
    return written && !content.failed ? buf_str(&content) : STR_NONE;
}

static enum verify_result initialize(struct upstream_call *call, const struct upstream_begin *begin,
                                     struct alipay_face_begun *ret_begun) {
    struct state *state = call->state;
    struct str cert_type = cert_type_of(state->product, &begin->asked);
    if (str_is_empty(cert_type)) {
        return VERIFY_UNSUPPORTED;
    }
    const struct alipay_request request = {
        .method = state->product->initialize,
        .biz_content = initialize_content(call->arena, state, begin, cert_type),
    };
    struct alipay_answer answer;
    if (str_is_absent(request.biz_content)) {
        return VERIFY_INVALID_INPUT;
    }
    enum verify_result result = alipay_ask(call, state->gateway, &request, &answer);
    if (result == VERIFY_MATCH && !(alipay_face_begun_read(state->product, answer.content, ret_begun) &&
                                    alipay_check_is_new(&state->seen, ret_begun->check_id))) {
        return VERIFY_UPSTREAM_ERROR;
    }
    return result;
}

/* The content of what is asked about a check: letters that need no escape. */
static struct str check_content(struct arena *arena, const struct alipay_face_product *product, struct str check_id) {
    return str_format(arena, "{\"%s\":\"%.*s\"}", product->check_id, STR_ARG(check_id));
}

/* Where the person goes; absent when it cannot be said. */
static struct str page_address(struct upstream_call *call, const struct upstream_begin *begin,
                               const struct alipay_face_begun *begun) {
    const struct state *state = call->state;
    const struct alipay_face_product *product = state->product;
    const struct alipay_param back = {STR("return_url"), return_address(call->arena, begin)};
    const struct alipay_request page = {
        .method = product->page,
        .biz_content = check_content(call->arena, product, begun->check_id),
        .params = &back,
        .param_count = product->returns_by_page,
    };
    return str_is_empty(product->page) ? begun->url
                                       : alipay_page_url(call->arena, call->settings, state->gateway, &page);
}

/* --- what is kept: the name of the check, and what binds it to this transaction and this person --- */

static struct str binding_of(struct arena *arena, const struct upstream_begin *begin, struct str check_id) {
    const struct str parts[] = {check_id, begin->transaction, begin->asked.name, begin->asked.id_number};
    struct sha256 digest = sha256_of_parts(parts, ARRAY_LEN(parts));
    return hex_encode(arena, sha256_str(&digest));
}

static struct str keep(struct arena *arena, const struct upstream_begin *begin, struct str check_id) {
    return str_concat(arena, check_id, STR(" "), binding_of(arena, begin, check_id));
}

static bool read_kept(struct arena *arena, const struct upstream_returned *returned, struct str *ret_check_id) {
    struct str binding, check_id = str_cut(returned->kept, ' ', &binding);
    if (!alipay_is_id(check_id, ALIPAY_CHECK_ID_MOST) || str_is_absent(binding) ||
        !str_equal_secret(binding, binding_of(arena, &returned->begun, check_id))) {
        return false;
    }
    *ret_check_id = check_id;
    return true;
}

static enum verify_result begin(struct upstream_call *call, const struct upstream_begin *begin,
                                struct upstream_begun *ret_begun) {
    struct alipay_face_begun begun;
    if (str_is_empty(begin->asked.name) || str_is_empty(begin->asked.id_number) ||
        !alipay_is_id(begin->transaction, ORDER_MOST)) {
        return VERIFY_INVALID_INPUT;
    }
    enum verify_result result = initialize(call, begin, &begun);
    if (result != VERIFY_MATCH) {
        return result;
    }
    ret_begun->url = page_address(call, begin, &begun);
    ret_begun->kept = keep(call->arena, begin, begun.check_id);
    ret_begun->other_device = true;
    return str_is_empty(ret_begun->url) ? VERIFY_UPSTREAM_ERROR : VERIFY_PENDING;
}

/* --- finishing --- */

static enum verify_result query(struct upstream_call *call, const struct alipay_face_expected *expected,
                                bool *ret_alert) {
    const struct state *state = call->state;
    const struct alipay_request request = {
        .method = state->product->query,
        .biz_content = check_content(call->arena, state->product, expected->check_id),
    };
    struct alipay_answer answer;
    enum verify_result result = alipay_ask(call, state->gateway, &request, &answer);
    return result == VERIFY_MATCH
               ? alipay_face_result_read(call->arena, state->product, answer.content, expected, ret_alert)
               : result;
}

static enum verify_result finish(struct upstream_call *call, const struct upstream_returned *returned,
                                 struct upstream_found *ret_found) {
    const struct state *state = call->state;
    const struct upstream_begin *begun = &returned->begun;
    struct alipay_face_expected expected = {
        .transaction = begun->transaction,
        .name = begun->asked.name,
        .id_number = begun->asked.id_number,
        .came_back = str_equal(upstream_param(returned, "state"), begun->transaction) &&
                     str_equal(upstream_param(returned, RETURN_MARK), STR("1")),
    };
    if (!read_kept(call->arena, returned, &expected.check_id)) {
        return VERIFY_INVALID_INPUT;
    }
    enum verify_result result = query(call, &expected, &ret_found->alert);
    upstream_found_by(ret_found, METHOD_FACE, result);
    ret_found->evidence.authority = state->product->authority;
    ret_found->evidence.check_id = expected.check_id;
    ret_found->amr = result == VERIFY_MATCH ? AMR_FACE : 0;
    return result;
}

static struct upstream_traits traits_of(const void *arg) {
    const struct state *state = arg;
    struct upstream_traits traits = alipay_face_adapter.traits;
    traits.title = str_or(state->product->title, traits.title);
    traits.title_en = str_or(state->product->title_en, traits.title_en);
    return traits;
}

static const struct upstream_option options[] = {
    ALIPAY_GATEWAY_OPTIONS,
    {"product", OPTION_TEXT, false,
     "certify (alipay.user.certify.open) unless said, verification (datadigital), or zhima, for old contracts"},
    {"biz_code", OPTION_TEXT, false, "of certify: FACE unless said, or CERT_PHOTO_FACE, as the contract has it"},
};

const struct upstream_adapter alipay_face_adapter = {
    .name = "alipay_face",
    .authority = "alipay-face",
    .traits = {.services = UPSTREAM_PRESENCE,
               .asks = ASK_NAME | ASK_ID_NUMBER,
               .method = METHOD_FACE,
               .level = 3,
               .face = true,
               .other_device = true,
               .amr = AMR_FACE,
               .title = STR_INIT("支付宝刷脸核身"),
               .title_en = STR_INIT("Alipay face check")},
    .options = options,
    .option_count = ARRAY_LEN(options),
    .check = check,
    .open = open_state,
    .close = close_state,
    .traits_of = traits_of,
    .begin = begin,
    .finish = finish,
};
