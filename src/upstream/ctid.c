/*
 * The trusted identity platform (CTID): does this name belong to this number (mode 0x40), or is the person of this name
 * and number there (mode 0x42)?
 *
 * A face never passes through us: the person is sent to the platform's own page, which takes the picture, and we ask
 * afterwards what came of it. An answer counts only when the platform has signed it, for our nonce, about our serial
 * number.
 */
#include "upstream/ctid.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "base/secret.h"
#include "jose/aes_cbc.h"
#include "loop/fetch.h"
#include "loop/flight.h"
#include "upstream/adapter.h"

#include <stdlib.h>

#define ANSWER_MOST     (32 * 1024)
#define BODY_MOST       (8 * 1024)
#define TOKEN_SIZE      257
#define TOKEN_MARGIN_MS 60000

struct ctid {
    struct arena *arena; /* of the key */
    unsigned char key[AES128_KEY_SIZE];
    struct sm2_key *platform;
    bool face;
    struct str page_url;
    char token[TOKEN_SIZE];
    int64_t token_until; /* wall ms; 0 for a token that is not good any more, or none */
    struct flight renewal;
};

static struct str key_of(const struct ctid *ctid) {
    return str_of(ctid->key, sizeof(ctid->key));
}

/* --- settings --- */

static const struct upstream_option options[] = {
    {"key", OPTION_TEXT, true, "the application's encryption key: 32 hexadecimal digits; from the environment"},
    {"public_key", OPTION_PATH, true, "the platform's public key (SM2), PEM"},
    {"mode", OPTION_TEXT, false, "name: name and number (0x40); face: the person's presence (0x42)"},
    {"page_url", OPTION_ADDRESS, false, "mode face: what the addresses of the platform's pages start with"},
};

static bool check(const struct upstream_settings *settings, struct fault *fault) {
    unsigned char key[AES128_KEY_SIZE] = {0};
    struct str mode = str_or(upstream_option_text(settings, "mode"), STR("name"));
    struct str page_url = upstream_option_text(settings, "page_url");
    bool key_fine = ctid_key_read(upstream_option_text(settings, "key"), key);
    secret_wipe(key, sizeof(key));
    if (str_is_empty(settings->app_id) || settings->secret.len < 16) {
        return fault_set(fault, "upstreams.%.*s: app_id is missing, or secret is shorter than 16 characters",
                         STR_ARG(settings->name));
    }
    if (!key_fine) {
        return fault_set(fault, "upstreams.%.*s.key: must be 32 hexadecimal digits", STR_ARG(settings->name));
    }
    if (!str_equal(mode, STR("name")) && !str_equal(mode, STR("face"))) {
        return fault_set(fault, "upstreams.%.*s.mode: must be name or face", STR_ARG(settings->name));
    }
    if (str_equal(mode, STR("face")) && str_is_absent(page_url)) {
        return fault_set(fault, "upstreams.%.*s.page_url: is missing: mode face needs it", STR_ARG(settings->name));
    }
    return upstream_url_check(settings, fault);
}

static bool open_ctid(const struct upstream_settings *settings, void **ret_state, struct fault *fault) {
    struct arena *arena = arena_new();
    struct sm2_key *platform;
    struct fault inner;
    if (!sm2_key_read_public(arena, upstream_option_path(settings, arena, "public_key"), &platform, &inner)) {
        arena_free(arena);
        return fault_set(fault, "upstreams.%.*s.public_key: %s", STR_ARG(settings->name), inner.text);
    }
    struct ctid *ctid = check_calloc(1, sizeof(*ctid));
    CHECK(ctid_key_read(upstream_option_text(settings, "key"), ctid->key));
    ctid->arena = arena;
    ctid->platform = platform;
    ctid->face = str_equal(upstream_option_text(settings, "mode"), STR("face"));
    ctid->page_url = upstream_option_text(settings, "page_url");
    *ret_state = ctid;
    return true;
}

static void close_ctid(void *state) {
    struct ctid *ctid = state;
    if (ctid) {
        arena_free(ctid->arena);
        secret_wipe(ctid, sizeof(*ctid));
        free(ctid);
    }
}

/* --- asking --- */

/* One call of the platform, over several exchanges that share its time. */
struct asking {
    struct upstream_call *call;
    struct ctid *ctid;
    struct arena *arena;
    int64_t deadline; /* monotonic ms */
};

static struct asking asking_of(struct upstream_call *call) {
    return (struct asking){
        .call = call, .ctid = call->state, .arena = call->arena, .deadline = clock_monotonic_ms() + call->timeout_ms};
}

static bool post(struct asking *asking, const char *path, const char *mode, const struct fetch_field *fields,
                 size_t field_count, struct str body, struct str *ret_body) {
    struct fetch_answer answer = {0};
    struct str parameters;
    const struct fetch_request request = {
        .method = STR("POST"),
        .url = str_format(asking->arena, "%.*s%s%s", STR_ARG(asking->call->settings->url), path, mode),
        .fields = fields,
        .field_count = field_count,
        .body = body,
        .timeout_ms = asking->deadline - clock_monotonic_ms(),
        .answer_ceiling = ANSWER_MOST,
        .once = true,
    };
    if (upstream_fetch(asking->call, &request, &answer) != FETCH_DONE || answer.status != 200 ||
        !str_equal_fold(str_trim(str_cut(answer.content_type, ';', &parameters)), STR("application/json"))) {
        return false;
    }
    *ret_body = answer.body;
    return true;
}

static bool fetch_token(struct asking *asking) {
    const struct fetch_field fields[] = {{STR("Content-Type"), STR("application/json")}};
    const struct upstream_settings *settings = asking->call->settings;
    struct ctid *ctid = asking->ctid;
    struct buf body;
    struct str answered, token;
    int64_t until;
    buf_init(&body, asking->arena, 256, BODY_MOST);
    struct json_out out = json_out(&body);
    json_open_object(&out, NULL);
    json_put_str(&out, "appId", settings->app_id);
    json_put_str(&out, "appSecret", settings->secret);
    json_close_object(&out);
    if (body.failed || !post(asking, CTID_TOKEN_PATH, "", fields, ARRAY_LEN(fields), buf_str(&body), &answered) ||
        !ctid_token_read(asking->arena, answered, &token, &until) || token.len >= sizeof(ctid->token)) {
        return false;
    }
    memcpy(ctid->token, token.ptr, token.len);
    ctid->token[token.len] = '\0';
    ctid->token_until = until;
    return true;
}

/* One renewal at a time: of two, the slower would put its older token in the place of the newer one. */
static bool renew_token(struct asking *asking) {
    struct flight *renewal = &asking->ctid->renewal;
    enum flight_result result = flight_board(renewal, asking->deadline);
    if (result != FLIGHT_OURS) {
        return result == FLIGHT_DONE;
    }
    bool renewed = fetch_token(asking);
    flight_land(renewal, renewed);
    return renewed;
}

/* In the arena: another fiber may renew it while this one waits. */
static bool token_for(struct asking *asking, struct str *ret_token) {
    struct ctid *ctid = asking->ctid;
    if (clock_wall_ms() + TOKEN_MARGIN_MS >= ctid->token_until && !renew_token(asking)) {
        return false;
    }
    *ret_token = str_dup(asking->arena, str_from(ctid->token));
    return true;
}

/* Said of the token that was sent: there may be a newer one by now. */
static void token_refused(struct ctid *ctid, struct str token) {
    if (str_equal(token, str_from(ctid->token))) {
        ctid->token_until = 0;
    }
}

static bool exchange_with(struct asking *asking, struct str token, const char *path, const char *mode, struct str plain,
                          struct ctid_expected *expected, struct ctid_answer *ret_answer) {
    struct str answered;
    expected->key = key_of(asking->ctid);
    expected->platform = asking->ctid->platform;
    expected->nonce = random_text(asking->arena, 16);
    const struct fetch_field fields[] = {
        {STR("Content-Type"), STR("application/json")},
        {STR("Authorization"), token},
        {STR("appId"), asking->call->settings->app_id},
        {STR("nonce"), expected->nonce},
    };
    struct str body = ctid_body_seal(asking->arena, expected->key, plain);
    return post(asking, path, mode, fields, ARRAY_LEN(fields), body, &answered) &&
           ctid_answer_read(asking->arena, answered, expected, ret_answer);
}

/* A token that the platform does not know any more is renewed, once. Nothing was carried out with the old one. */
static bool exchange(struct asking *asking, const char *path, const char *mode, struct str plain,
                     struct ctid_expected *expected, struct ctid_answer *ret_answer) {
    struct str token;
    if (!token_for(asking, &token) || !exchange_with(asking, token, path, mode, plain, expected, ret_answer)) {
        return false;
    }
    if (!str_equal(ret_answer->code, STR(CTID_CODE_TOKEN))) {
        return true;
    }
    token_refused(asking->ctid, token);
    return token_for(asking, &token) && exchange_with(asking, token, path, mode, plain, expected, ret_answer);
}

/* VERIFY_MATCH: applied. `transaction` is how our question is called on both sides from here on. */
static enum verify_result apply(struct asking *asking, const char *mode, struct str transaction, struct str request_id,
                                struct ctid_answer *ret_applied) {
    struct ctid_expected expected = {.out_serial = transaction};
    struct buf plain;
    buf_init(&plain, asking->arena, 256, BODY_MOST);
    struct json_out out = json_out(&plain);
    json_open_object(&out, NULL);
    json_put_str(&out, "outSerial", transaction);
    json_put_str(&out, "requestId", str_or(request_id, STR("")));
    json_close_object(&out);
    if (plain.failed || !exchange(asking, CTID_APPLY_PATH, mode, buf_str(&plain), &expected, ret_applied)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    return str_equal(ret_applied->code, STR(CTID_CODE_DONE)) ? VERIFY_MATCH : ctid_code_result(ret_applied->code);
}

static void put_person(struct json_out *out, const struct upstream_asked *asked, const struct ctid_answer *applied) {
    json_put_str(out, "bizSerialNum", applied->serial);
    json_put_str(out, "randNum", applied->random);
    json_put_str(out, "name", asked->name);
    json_put_str(out, "number", asked->id_number);
}

/* --- name and number --- */

static enum verify_result verify(struct upstream_call *call, const struct upstream_asked *asked,
                                 struct upstream_found *ret_found) {
    struct asking asking = asking_of(call);
    struct ctid_answer applied, answer;
    struct buf plain;
    bool alert = false;
    if (asking.ctid->face) {
        return VERIFY_UNSUPPORTED;
    }
    struct str transaction = str_is_empty(asked->transaction) ? upstream_transaction(call->arena) : asked->transaction;
    enum verify_result result = apply(&asking, CTID_MODE_NAME, transaction, asked->request_id, &applied);
    if (result != VERIFY_MATCH) {
        return result;
    }
    struct ctid_expected expected = {.serial = applied.serial};
    buf_init(&plain, call->arena, 512, BODY_MOST);
    struct json_out out = json_out(&plain);
    json_open_object(&out, NULL);
    put_person(&out, asked, &applied);
    json_close_object(&out);
    if (plain.failed || !exchange(&asking, CTID_REQUEST_PATH, CTID_MODE_NAME, buf_str(&plain), &expected, &answer)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    result = str_equal(answer.code, STR(CTID_CODE_DONE)) ? ctid_result(answer.auth_result, false, &alert)
                                                         : ctid_code_result(answer.code);
    upstream_found_by(ret_found, METHOD_CTID_TWO_ELEMENT, result);
    ret_found->evidence.check_id = applied.serial;
    return result;
}

/* --- presence --- */

/* The platform signed it, and yet the browser goes nowhere but to the pages that were configured. */
static bool is_its_page(const struct ctid *ctid, struct str url) {
    for (size_t i = 0; i < url.len; i++) {
        if (url.ptr[i] <= ' ' || url.ptr[i] > '~') {
            return false;
        }
    }
    struct str behind = url;
    return str_drop_prefix(&behind, ctid->page_url) &&
           (str_ends(ctid->page_url, STR("/")) || str_starts(behind, STR("/")) || str_starts(behind, STR("?")));
}

static enum verify_result begin(struct upstream_call *call, const struct upstream_begin *begin,
                                struct upstream_begun *ret_begun) {
    struct asking asking = asking_of(call);
    struct ctid_answer applied, answer;
    struct buf plain;
    if (!asking.ctid->face || str_is_empty(begin->asked.name) || str_is_empty(begin->asked.id_number)) {
        return VERIFY_UNSUPPORTED;
    }
    enum verify_result result = apply(&asking, CTID_MODE_FACE, begin->transaction, begin->asked.request_id, &applied);
    if (result != VERIFY_MATCH) {
        return result;
    }
    struct ctid_expected expected = {.serial = applied.serial};
    buf_init(&plain, call->arena, 1024, BODY_MOST);
    struct json_out out = json_out(&plain);
    json_open_object(&out, NULL);
    put_person(&out, &begin->asked, &applied);
    json_put_str(&out, "returnUrl", begin->return_url);
    json_put_str(&out, "state", begin->transaction);
    json_put_str(&out, "language", begin->english ? STR("en") : STR("zh-CN"));
    json_close_object(&out);
    if (plain.failed || !exchange(&asking, CTID_REQUEST_PATH, CTID_MODE_FACE, buf_str(&plain), &expected, &answer)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    if (!str_equal(answer.code, STR(CTID_CODE_DONE))) {
        result = ctid_code_result(answer.code);
        return result == VERIFY_PENDING ? VERIFY_UPSTREAM_ERROR : result;
    }
    if (str_is_absent(answer.page_url) || !is_its_page(asking.ctid, answer.page_url)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    ret_begun->url = answer.page_url;
    ret_begun->kept = str_concat(call->arena, applied.serial, applied.random);
    return VERIFY_PENDING;
}

static enum verify_result finish(struct upstream_call *call, const struct upstream_returned *returned,
                                 struct upstream_found *ret_found) {
    struct asking asking = asking_of(call);
    struct ctid_answer answer;
    struct buf plain;
    bool alert = false;
    if (!asking.ctid->face || returned->kept.len != CTID_SERIAL_SIZE + CTID_RANDOM_SIZE) {
        return VERIFY_UNSUPPORTED;
    }
    struct str serial = str_sub(returned->kept, 0, CTID_SERIAL_SIZE);
    struct ctid_expected expected = {.serial = serial};
    buf_init(&plain, call->arena, 256, BODY_MOST);
    struct json_out out = json_out(&plain);
    json_open_object(&out, NULL);
    json_put_str(&out, "bizSerialNum", serial);
    json_put_str(&out, "randNum", str_sub(returned->kept, CTID_SERIAL_SIZE, CTID_RANDOM_SIZE));
    json_close_object(&out);
    if (plain.failed || !exchange(&asking, CTID_RESULT_PATH, CTID_MODE_FACE, buf_str(&plain), &expected, &answer)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    enum verify_result result = str_equal(answer.code, STR(CTID_CODE_DONE))
                                    ? ctid_result(answer.auth_result, true, &alert)
                                    : ctid_code_result(answer.code);
    upstream_found_by(ret_found, METHOD_CTID_FACE, result);
    ret_found->evidence.check_id = serial;
    ret_found->alert = alert;
    ret_found->amr = result == VERIFY_MATCH ? AMR_CTID | AMR_FACE : 0;
    return result;
}

static struct upstream_traits traits_of(const void *state) {
    const struct ctid *ctid = state;
    struct upstream_traits traits = ctid_adapter.traits;
    if (ctid->face) {
        traits.services = UPSTREAM_PRESENCE;
        traits.method = METHOD_CTID_FACE;
        traits.level = proof_of(METHOD_CTID_FACE)->level;
        traits.face = true;
        traits.title = STR("可信身份认证（CTID）人脸核验");
        traits.title_en = STR("Trusted identity with a face check (CTID)");
        traits.amr = AMR_CTID | AMR_FACE;
    }
    return traits;
}

const struct upstream_adapter ctid_adapter = {
    .name = "ctid",
    .authority = "ctid",
    .idempotent = false, /* each check is charged */
    .traits = {.services = UPSTREAM_PERSON,
               .asks = ASK_NAME | ASK_ID_NUMBER,
               .method = METHOD_CTID_TWO_ELEMENT,
               .level = 2,
               .title = STR_INIT("可信身份认证（CTID）"),
               .title_en = STR_INIT("Trusted identity (CTID)")},
    .options = options,
    .option_count = ARRAY_LEN(options),
    .check = check,
    .open = open_ctid,
    .close = close_ctid,
    .traits_of = traits_of,
    .verify = verify,
    .begin = begin,
    .finish = finish,
};
