/*
 * The calls to a provider: what it publishes, kept for a while; the exchange of a code; userinfo.
 */
#include "openid_calls.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/random.h"

#include <stdlib.h>

#define METADATA_MOST (64 * 1024)
#define KEYS_MOST     (128 * 1024)
#define ANSWER_MOST   (64 * 1024)
#define BODY_MOST     (16 * 1024)
#define ASSERTION_S   60
#define FRESH_S       3600
#define PAUSE_S       30
#define STALE_S       86400 /* a provider whose documents cannot be had for a day is not asked from memory */

/* --- what the provider publishes --- */

struct kept_metadata {
    struct arena *arena;
    struct openid_metadata metadata;
};

static void *read_metadata(void *ctx, struct str body) {
    const struct openid_state *state = ctx;
    struct kept_metadata *kept = check_calloc(1, sizeof(*kept));
    struct arena *scratch ARENA_AUTO = arena_new();
    struct openid_metadata metadata;
    if (!openid_metadata_read(scratch, body, state->issuer, &metadata)) {
        free(kept);
        return NULL;
    }
    kept->arena = arena_new();
    kept->metadata = (struct openid_metadata){.authorization = str_dup(kept->arena, metadata.authorization),
                                              .token = str_dup(kept->arena, metadata.token),
                                              .jwks = str_dup(kept->arena, metadata.jwks),
                                              .says_iss = metadata.says_iss};
    if (!str_is_absent(metadata.userinfo)) {
        kept->metadata.userinfo = str_dup(kept->arena, metadata.userinfo);
    }
    return kept;
}

static void release_metadata(void *document) {
    struct kept_metadata *kept = document;
    arena_free(kept->arena);
    free(kept);
}

static void tell_failed(void *ctx, enum fetch_result result, int status) {
    const struct openid_state *state = ctx;
    log_warn("upstream.metadata_failed", log_str("upstream", state->upstream),
             log_text("result", fetch_result_name(result)), log_int("status", status));
}

static void tell_keys_failed(void *ctx, enum fetch_result result, int status) {
    const struct openid_state *state = ctx;
    log_warn("upstream.jwks_failed", log_str("upstream", state->upstream),
             log_text("result", fetch_result_name(result)), log_int("status", status));
}

/* Discovery §4.1: a slash at the issuer's end goes. */
static struct str discovery_address(struct openid_state *state) {
    struct str base = state->issuer;
    base.len -= str_ends(base, STR("/"));
    return str_concat(state->arena, base, STR(OPENID_DISCOVERY_PATH));
}

void openid_calls_open(struct openid_state *state) {
    const struct published_options options = {.url = discovery_address(state),
                                              .fresh_s = FRESH_S,
                                              .pause_s = PAUSE_S,
                                              .stale_s = STALE_S,
                                              .answer_ceiling = METADATA_MOST,
                                              .read = read_metadata,
                                              .release = release_metadata,
                                              .failed = tell_failed,
                                              .ctx = state};
    state->metadata = published_new(&options);
}

void openid_calls_close(struct openid_state *state) {
    published_free(state->metadata);
    published_free(state->keys);
}

static struct published *keys_of(struct openid_state *state, const struct openid_metadata *metadata) {
    if (state->keys && str_equal(published_url(state->keys), metadata->jwks)) {
        return state->keys;
    }
    const struct published_options options = {.url = metadata->jwks,
                                              .guarded = openid_is_elsewhere(state->issuer, metadata->jwks),
                                              .fresh_s = FRESH_S,
                                              .pause_s = PAUSE_S,
                                              .stale_s = STALE_S,
                                              .answer_ceiling = KEYS_MOST,
                                              .failed = tell_keys_failed,
                                              .ctx = state};
    published_free(state->keys);
    state->keys = published_keys_new(&options);
    return state->keys;
}

enum verify_result openid_ask_metadata(struct upstream_call *call, struct openid_state *state, int64_t until,
                                       struct openid_metadata *ret_metadata) {
    const struct kept_metadata *kept =
        published_get(state->metadata, call->fetcher, call->arena, until - clock_monotonic_ms(), PUBLISHED_FRESH);
    if (!kept) {
        return VERIFY_UPSTREAM_ERROR;
    }
    /* Copied: what is kept may be replaced while this call waits. */
    *ret_metadata = kept->metadata;
    ret_metadata->authorization = str_dup(call->arena, kept->metadata.authorization);
    ret_metadata->token = str_dup(call->arena, kept->metadata.token);
    ret_metadata->jwks = str_dup(call->arena, kept->metadata.jwks);
    if (!str_is_absent(kept->metadata.userinfo)) {
        ret_metadata->userinfo = str_dup(call->arena, kept->metadata.userinfo);
    }
    return VERIFY_MATCH;
}

enum verify_result openid_check_signature(struct upstream_call *call, struct openid_state *state,
                                          const struct openid_metadata *metadata, struct str id_token, int64_t until,
                                          struct jws *ret_jws) {
    enum jws_result result = published_keys_verify(keys_of(state, metadata), call->fetcher, call->arena,
                                                   until - clock_monotonic_ms(), id_token, state->algs, ret_jws);
    if (result == JWS_UNKNOWN_KEY) {
        call->heard = HEARD_SILENCE; /* its keys cannot be had, in which the one who brought the code has no hand */
    }
    return result == JWS_VALID ? VERIFY_MATCH : VERIFY_UPSTREAM_ERROR;
}

/* --- the exchange of a code --- */

static bool is_json(const struct fetch_answer *answer) {
    struct str parameters;
    return str_equal_fold(str_trim(str_cut(answer->content_type, ';', &parameters)), STR("application/json"));
}

static void put_field(struct buf *body, const char *name, struct str value) {
    if (body->len > 0) {
        buf_putc(body, '&');
    }
    buf_put(body, str_from(name));
    buf_putc(body, '=');
    buf_put_urlencoded(body, value);
}

/* RFC 7523 §2.2 and §3. */
static bool put_assertion(struct upstream_call *call, struct openid_state *state,
                          const struct openid_metadata *metadata, struct buf *body) {
    struct buf claims, assertion;
    int64_t now = clock_wall();
    buf_init(&claims, call->arena, 512, BODY_MOST);
    buf_init(&assertion, call->arena, 1024, BODY_MOST);
    struct json_out out = json_out(&claims);
    json_open_object(&out, NULL);
    json_put_str(&out, "iss", state->client_id);
    json_put_str(&out, "sub", state->client_id);
    json_put_str(&out, "aud", state->audience_is_endpoint ? metadata->token : state->issuer);
    json_put_str(&out, "jti", random_text(call->arena, 16));
    json_put_int(&out, "iat", now);
    json_put_int(&out, "exp", now + ASSERTION_S);
    json_close_object(&out);
    if (claims.failed || !jws_sign(state->signer, STR("JWT"), buf_str(&claims), &assertion)) {
        return false;
    }
    put_field(body, "client_id", state->client_id);
    put_field(body, "client_assertion_type", STR("urn:ietf:params:oauth:client-assertion-type:jwt-bearer"));
    put_field(body, "client_assertion", buf_str(&assertion));
    return true;
}

/* RFC 6749 §2.3.1: both are form-encoded before they are put together. */
static struct str basic_credentials(struct upstream_call *call, const struct openid_state *state) {
    struct arena *arena = call->arena;
    struct str pair = str_concat(arena, percent_encode(arena, state->client_id), STR(":"),
                                 percent_encode(arena, call->settings->secret));
    return str_concat(arena, STR("Basic "), base64_encode(arena, pair));
}

static bool write_exchange(struct upstream_call *call, struct openid_state *state,
                           const struct openid_metadata *metadata, const struct upstream_returned *returned,
                           struct str code, struct str verifier, struct buf *body) {
    buf_init(body, call->arena, 1024, BODY_MOST);
    put_field(body, "grant_type", STR("authorization_code"));
    put_field(body, "code", code);
    put_field(body, "redirect_uri", returned->begun.return_url);
    put_field(body, "code_verifier", verifier);
    bool fine = state->auth == OPENID_AUTH_BASIC || put_assertion(call, state, metadata, body);
    return fine && !body->failed;
}

static bool send(struct upstream_call *call, struct openid_state *state, struct fetch_request *request, int64_t until,
                 struct fetch_answer *answer) {
    request->timeout_ms = until - clock_monotonic_ms();
    request->answer_ceiling = ANSWER_MOST;
    request->guarded = openid_is_elsewhere(state->issuer, request->url);
    return upstream_fetch(call, request, answer) == FETCH_DONE && is_json(answer);
}

enum verify_result openid_ask_tokens(struct upstream_call *call, struct openid_state *state,
                                     const struct openid_metadata *metadata, const struct upstream_returned *returned,
                                     struct str code, struct str verifier, int64_t until,
                                     struct openid_tokens *ret_tokens) {
    struct buf body;
    struct fetch_answer answer = {0};
    if (!write_exchange(call, state, metadata, returned, code, verifier, &body)) {
        return VERIFY_UPSTREAM_ERROR;
    }
    const struct fetch_field fields[] = {
        {STR("Content-Type"), STR("application/x-www-form-urlencoded")},
        {STR("Accept"), STR("application/json")},
        {STR("Authorization"), state->auth == OPENID_AUTH_BASIC ? basic_credentials(call, state) : STR("")}};
    struct fetch_request request = {.method = STR("POST"),
                                    .url = metadata->token,
                                    .fields = fields,
                                    .field_count = ARRAY_LEN(fields) - (state->auth != OPENID_AUTH_BASIC),
                                    .body = buf_str(&body),
                                    .once = true};
    return send(call, state, &request, until, &answer)
               ? openid_tokens_read(call->arena, answer.status, answer.body, ret_tokens)
               : VERIFY_UPSTREAM_ERROR;
}

enum verify_result openid_ask_userinfo(struct upstream_call *call, struct openid_state *state,
                                       const struct openid_metadata *metadata, struct str access_token,
                                       struct str subject, int64_t until, const struct json **ret_claims) {
    const struct fetch_field fields[] = {{STR("Accept"), STR("application/json")},
                                         {STR("Authorization"), str_concat(call->arena, STR("Bearer "), access_token)}};
    struct fetch_request request = {
        .method = STR("GET"), .url = metadata->userinfo, .fields = fields, .field_count = ARRAY_LEN(fields)};
    struct fetch_answer answer = {0};
    bool fine = !str_is_absent(metadata->userinfo) && send(call, state, &request, until, &answer) &&
                answer.status == 200 && openid_userinfo_read(call->arena, answer.body, subject, ret_claims);
    return fine ? VERIFY_MATCH : VERIFY_UPSTREAM_ERROR;
}
