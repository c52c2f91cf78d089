/*
 * Another OpenID Provider as a way to sign in: a province's, a hub's, an agency's. Authorization code with PKCE, nonce
 * and state; the ID token is checked as Core §3.1.3.7 has it and more; what of its claims is believed, rules say
 * (openid_map.c).
 */
#include "base/byte.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "config/yaml.h"
#include "jose/digest.h"
#include "openid_calls.h"

#include <stdlib.h>

#define URL_MOST        8192
#define SECRET_LEAST    16
#define SKEW_STANDARD_S 60
#define ASYMMETRIC                                                                                                     \
    (JOSE_ALG_BIT(JOSE_ES256) | JOSE_ALG_BIT(JOSE_RS256) | JOSE_ALG_BIT(JOSE_PS256) | JOSE_ALG_BIT(JOSE_EDDSA))

static const struct upstream_option options[] = {
    {"scope", OPTION_TEXT, false, "what is asked for, with openid; openid alone unless said"},
    {"auth", OPTION_TEXT, false, "client_secret_basic (unless said) or private_key_jwt"},
    {"key_file", OPTION_PATH, false, "our private key of private_key_jwt, in PEM"},
    {"key_id", OPTION_TEXT, false, "what the provider calls it; its RFC 7638 thumbprint unless said"},
    {"key_alg", OPTION_TEXT, false, "RS256 (unless said) or PS256, for an RSA key"},
    {"assertion_audience", OPTION_TEXT, false, "issuer (unless said) or token_endpoint, of private_key_jwt"},
    {"id_token_algs", OPTION_TREE, false, "signature algorithms of ID tokens: a list of RS256, PS256, ES256, EdDSA"},
    {"clock_skew_s", OPTION_INT, false, "how far its clock may be from ours: 0 to 300 seconds, 60 unless said"},
    {"userinfo", OPTION_TEXT, false, "yes: userinfo is asked too; no unless said"},
    {"map", OPTION_TREE, false, "which of its claims are believed, and how far; none unless said"},
};

static bool bad(const struct upstream_settings *settings, const char *option, const char *what, struct fault *fault) {
    return fault_set(fault, "upstreams.%.*s.%s: %s", STR_ARG(settings->name), option, what);
}

/* --- opening --- */

/* One of two words; the first where the option is not there. */
static bool read_choice(const struct upstream_settings *settings, const char *name, const char *first,
                        const char *second, bool *ret_second, struct fault *fault) {
    struct str text = str_or(upstream_option_text(settings, name), str_from(first));
    *ret_second = str_equal(text, str_from(second));
    return *ret_second || str_equal(text, str_from(first)) ||
           fault_set(fault, "upstreams.%.*s.%s: must be %s or %s", STR_ARG(settings->name), name, first, second);
}

static bool read_algs(const struct upstream_settings *settings, unsigned *ret_algs, struct fault *fault) {
    const struct yaml *list = settings->entry ? yaml_member(settings->entry, "id_token_algs") : NULL;
    unsigned algs = list ? 0 : ASYMMETRIC;
    for (size_t i = 0; list && i < list->count; i++) {
        const struct yaml *item = list->items[i];
        bool text = list->kind == YAML_LIST && item->kind == YAML_SCALAR;
        unsigned bit = text ? JOSE_ALG_BIT(jose_alg_from_name(item->text)) & ASYMMETRIC : 0;
        if (bit == 0) {
            return bad(settings, "id_token_algs", "must be a list of RS256, PS256, ES256, EdDSA", fault);
        }
        algs |= bit;
    }
    *ret_algs = algs;
    return algs != 0 || bad(settings, "id_token_algs", "must name at least one", fault);
}

static bool read_scope(const struct upstream_settings *settings, struct str *ret_scope, struct fault *fault) {
    struct str scope = str_or(upstream_option_text(settings, "scope"), STR("openid"));
    struct str left = scope, word;
    while (str_next_word(&left, &word)) {
        if (word.len == 0 || !bytes_all(word, BYTE_SCOPE)) {
            return bad(settings, "scope", "must be words with single spaces between them", fault);
        }
    }
    *ret_scope = scope;
    return str_has_word(scope, STR("openid")) || bad(settings, "scope", "must have openid among them", fault);
}

static bool read_key(const struct upstream_settings *settings, struct openid_state *state, struct fault *fault) {
    struct str path = upstream_option_path(settings, state->arena, "key_file");
    bool pss;
    if (str_is_absent(path)) {
        return bad(settings, "key_file", "is missing: private_key_jwt needs it", fault);
    }
    struct fault inner;
    if (!read_choice(settings, "key_alg", "RS256", "PS256", &pss, fault)) {
        return false;
    }
    if (!jose_key_read_pem(path, pss ? JOSE_PS256 : JOSE_RS256, upstream_option_text(settings, "key_id"), &state->key,
                           &inner)) {
        return bad(settings, "key_file", inner.text, fault);
    }
    state->signer = jose_signer_new(state->key);
    return state->signer || bad(settings, "key_file", "cannot be signed with", fault);
}

static bool read_auth(const struct upstream_settings *settings, struct openid_state *state, struct fault *fault) {
    bool key;
    if (!read_choice(settings, "auth", "client_secret_basic", "private_key_jwt", &key, fault) ||
        !read_choice(settings, "assertion_audience", "issuer", "token_endpoint", &state->audience_is_endpoint, fault)) {
        return false;
    }
    state->auth = key ? OPENID_AUTH_KEY : OPENID_AUTH_BASIC;
    if (key) {
        return read_key(settings, state, fault);
    }
    return settings->secret.len >= SECRET_LEAST ||
           bad(settings, "secret", "is missing, or shorter than 16 characters", fault);
}

static bool read_state(const struct upstream_settings *settings, struct openid_state *state, struct fault *fault) {
    if (str_is_empty(settings->app_id)) {
        return bad(settings, "app_id", "is missing: our client_id at the provider", fault);
    }
    state->upstream = settings->name;
    state->issuer = settings->url;
    state->client_id = settings->app_id;
    const struct yaml *map = settings->entry ? yaml_member(settings->entry, "map") : NULL;
    /* The issuer is compared as it is written, with a slash at its end or without, and its metadata lies below it. */
    if (!upstream_address_check(settings, "url", settings->url, fault) || !read_scope(settings, &state->scope, fault) ||
        !read_algs(settings, &state->algs, fault) ||
        !upstream_option_int(settings, "clock_skew_s", SKEW_STANDARD_S, 0, 300, &state->skew_s, fault) ||
        !read_choice(settings, "userinfo", "no", "yes", &state->userinfo, fault) ||
        !openid_map_read(map, settings->name, &state->map, fault) || !read_auth(settings, state, fault)) {
        return false;
    }
    state->claims = openid_map_claims(&state->map, state->arena, state->userinfo);
    openid_calls_open(state);
    return true;
}

static void close(void *opened) {
    struct openid_state *state = opened;
    openid_calls_close(state);
    jose_signer_free(state->signer);
    jose_key_free(state->key);
    arena_free(state->arena);
    free(state);
}

static bool open(const struct upstream_settings *settings, void **ret_state, struct fault *fault) {
    struct openid_state *state = check_calloc(1, sizeof(*state));
    state->arena = arena_new();
    if (!read_state(settings, state, fault)) {
        close(state);
        return false;
    }
    *ret_state = state;
    return true;
}

static struct upstream_traits traits_of(const void *opened) {
    const struct openid_state *state = opened;
    return (struct upstream_traits){.services = UPSTREAM_SIGN_IN,
                                    .method = METHOD_OPENID_PROVIDER,
                                    .level = openid_map_level(&state->map),
                                    .amr = AMR_FED};
}

/* --- going there --- */

static void put_param(struct buf *url, const char *name, struct str value) {
    buf_put(url, str_from(name));
    buf_putc(url, '=');
    buf_put_urlencoded(url, value);
}

static struct str authorization_url(struct upstream_call *call, const struct openid_state *state,
                                    const struct openid_metadata *metadata, const struct upstream_begin *begin,
                                    const struct openid_kept *kept) {
    struct sha256 challenge = sha256_of(kept->verifier);
    struct buf url;
    buf_init(&url, call->arena, 1024, URL_MOST);
    buf_put(&url, metadata->authorization);
    buf_putc(&url, str_contains(metadata->authorization, '?') ? '&' : '?');
    put_param(&url, "response_type", STR("code"));
    put_param(&url, "&client_id", state->client_id);
    put_param(&url, "&redirect_uri", begin->return_url);
    put_param(&url, "&scope", state->scope);
    put_param(&url, "&state", begin->transaction);
    put_param(&url, "&nonce", kept->nonce);
    put_param(&url, "&code_challenge", base64url_encode(call->arena, sha256_str(&challenge)));
    put_param(&url, "&code_challenge_method", STR("S256"));
    put_param(&url, "&ui_locales", begin->english ? STR("en zh-CN") : STR("zh-CN en"));
    if (!str_is_absent(state->claims)) {
        put_param(&url, "&claims", state->claims);
    }
    return url.failed ? STR_NONE : buf_str(&url);
}

static enum verify_result begin(struct upstream_call *call, const struct upstream_begin *begin,
                                struct upstream_begun *ret_begun) {
    struct openid_state *state = call->state;
    struct openid_metadata metadata;
    int64_t until = clock_monotonic_ms() + call->timeout_ms;
    enum verify_result result = openid_ask_metadata(call, state, until, &metadata);
    if (result != VERIFY_MATCH) {
        return result;
    }
    struct openid_kept kept = openid_kept_new(call->arena);
    struct str url = authorization_url(call, state, &metadata, begin, &kept);
    if (str_is_absent(url)) {
        return VERIFY_INVALID_INPUT;
    }
    *ret_begun = (struct upstream_begun){.url = url, .kept = openid_kept_write(call->arena, &kept)};
    return VERIFY_PENDING;
}

/* --- coming back --- */

/* What the steps of coming back hand on. */
struct arrival {
    const struct upstream_returned *returned;
    int64_t until;
    struct openid_kept kept;
    struct openid_metadata metadata;
    struct openid_tokens tokens;
    struct jws id_token;
    struct str subject;
    const struct json *userinfo; /* NULL without */
};

static enum verify_result exchange(struct upstream_call *call, struct openid_state *state, struct arrival *arrival) {
    struct str code;
    if (arrival->returned->param_count == 0) {
        return VERIFY_PENDING; /* without asking anybody: a browser that waits comes again and again */
    }
    if (!openid_kept_read(arrival->returned->kept, &arrival->kept)) {
        return VERIFY_INVALID_INPUT;
    }
    enum verify_result result = openid_ask_metadata(call, state, arrival->until, &arrival->metadata);
    if (result == VERIFY_MATCH) {
        result = openid_return_read(arrival->returned, state->issuer, arrival->metadata.says_iss, &code);
    }
    if (result != VERIFY_MATCH) {
        return result;
    }
    return openid_ask_tokens(call, state, &arrival->metadata, arrival->returned, code, arrival->kept.verifier,
                             arrival->until, &arrival->tokens);
}

static enum verify_result check_id_token(struct upstream_call *call, struct openid_state *state,
                                         struct arrival *arrival) {
    if (openid_check_signature(call, state, &arrival->metadata, arrival->tokens.id_token, arrival->until,
                               &arrival->id_token) != VERIFY_MATCH) {
        return VERIFY_UPSTREAM_ERROR;
    }
    const struct openid_expected expected = {.issuer = state->issuer,
                                             .client_id = state->client_id,
                                             .nonce = arrival->kept.nonce,
                                             .begun_at = arrival->kept.begun_at,
                                             .now = clock_wall(),
                                             .skew_s = state->skew_s};
    bool fits = openid_id_token_fits(&arrival->id_token, arrival->tokens.access_token, &expected, &arrival->subject);
    return fits ? VERIFY_MATCH : VERIFY_UPSTREAM_ERROR;
}

static struct str nickname_of(struct arena *arena, const struct arrival *arrival) {
    static const char *const names[] = {"nickname", "preferred_username", "name"};
    const struct json *sources[] = {arrival->id_token.claims, arrival->userinfo};
    struct str text;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        for (size_t s = 0; s < ARRAY_LEN(sources); s++) {
            if (sources[s] && json_get_str(sources[s], names[i], &text)) {
                return upstream_nickname(arena, text);
            }
        }
    }
    return STR_NONE;
}

static void put_found(struct upstream_call *call, const struct openid_state *state, const struct arrival *arrival,
                      struct upstream_found *found) {
    found->subject = arrival->subject;
    found->nickname = nickname_of(call->arena, arrival);
    found->amr = AMR_FED;
    found->evidence.authority = state->issuer;
    openid_map_apply(&state->map, call->arena, arrival->id_token.claims, arrival->userinfo, clock_wall(), found);
}

static enum verify_result finish(struct upstream_call *call, const struct upstream_returned *returned,
                                 struct upstream_found *ret_found) {
    struct openid_state *state = call->state;
    struct arrival arrival = {.returned = returned, .until = clock_monotonic_ms() + call->timeout_ms};
    enum verify_result result = exchange(call, state, &arrival);
    result = result == VERIFY_MATCH ? check_id_token(call, state, &arrival) : result;
    if (result == VERIFY_MATCH && state->userinfo) {
        result = openid_ask_userinfo(call, state, &arrival.metadata, arrival.tokens.access_token, arrival.subject,
                                     arrival.until, &arrival.userinfo);
    }
    if (result == VERIFY_MATCH) {
        put_found(call, state, &arrival, ret_found);
    }
    return result;
}

const struct upstream_adapter openid_adapter = {
    .name = "openid",
    .authority = "openid",
    .traits = {.services = UPSTREAM_SIGN_IN, .method = METHOD_OPENID_PROVIDER, .amr = AMR_FED},
    .options = options,
    .option_count = ARRAY_LEN(options),
    .open = open,
    .close = close,
    .traits_of = traits_of,
    .begin = begin,
    .finish = finish,
};
