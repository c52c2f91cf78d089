/*
 * The steps that read an authorization request. The first ones may only show a page, since nobody has yet said where a
 * redirect would be safe; from `redirect_uri` on, errors go back to the client.
 */
#include "authorize.h"
#include "base/byte.h"
#include "base/check.h"
#include "base/clock.h"
#include "domain/claims.h"
#include "domain/token.h"
#include "form.h"

#define STATE_MOST       4096
#define NONCE_MOST       4096
#define HINT_MOST        256
#define LOCALES_MOST     256
#define URI_MOST         2048
#define ACR_VALUES_MOST  1024
#define SCOPE_WORDS_MOST 100
#define CHALLENGE_LENGTH 43        /* SHA-256 in base64url */
#define MAX_AGE_MOST     100000000 /* three years and more are no limit */

static enum step refused(struct authorize *authorize, enum oidc_error error, const char *description) {
    authorize->error = error;
    authorize->description = description;
    return STEP_REFUSED;
}

static enum step page(struct authorize *authorize, const char *message, const char *parameter) {
    reply_error_page(authorize->call, 400, message, parameter);
    return STEP_ANSWERED;
}

/* An empty value is an omitted one (RFC 6749 §3.1). */
static struct str get(const struct authorize *authorize, struct str name) {
    struct str value = http_params_get(&authorize->params, name);
    return str_is_empty(value) ? STR_NONE : value;
}

/* --- before the client is known: pages only --- */

static enum step read_params(struct authorize *authorize) {
    const struct http_request *request = authorize->call->request;
    authorize->params = request->query;
    if (request->method == HTTP_POST && http_form(request, &authorize->params) != HTTP_FORM_OK) {
        return page(authorize, "error.invalid_request", NULL);
    }
    return authorize->params.malformed ? page(authorize, "error.invalid_request", NULL) : STEP_NEXT;
}

static enum step find_client(struct authorize *authorize) {
    if (http_params_count(&authorize->params, STR("client_id")) > 1) {
        return page(authorize, "error.invalid_request", "client_id");
    }
    struct str client_id = get(authorize, STR("client_id"));
    authorize->client = registry_find(authorize->call->registry, str_is_absent(client_id) ? STR("") : client_id);
    if (!authorize->client) {
        return page(authorize, "error.unknown_client", "client_id");
    }
    authorize->authorization.client_id = client_id;
    return STEP_NEXT;
}

static enum step check_redirect_uri(struct authorize *authorize) {
    struct str uri = get(authorize, STR("redirect_uri"));
    if (http_params_count(&authorize->params, STR("redirect_uri")) != 1 || str_is_absent(uri) || uri.len > URI_MOST ||
        !client_has_redirect_uri(&authorize->client->client, uri)) {
        return page(authorize, "error.bad_redirect_uri", "redirect_uri");
    }
    authorize->authorization.redirect_uri = uri;
    return STEP_NEXT;
}

static enum step check_grant(struct authorize *authorize) {
    return client_allows_grant(&authorize->client->client, GRANT_AUTHORIZATION_CODE)
               ? STEP_NEXT
               : refused(authorize, ERROR_UNAUTHORIZED_CLIENT, "the client is not registered for authorization_code");
}

/* --- how to answer: state and response_mode, so that later errors arrive rightly --- */

static enum step read_state(struct authorize *authorize) {
    struct str state = get(authorize, STR("state"));
    if (http_params_count(&authorize->params, STR("state")) > 1) {
        return refused(authorize, ERROR_INVALID_REQUEST, "state is given twice");
    }
    if (state.len > STATE_MOST) {
        return refused(authorize, ERROR_INVALID_REQUEST, "state is longer than 4096 bytes");
    }
    authorize->authorization.state = state;
    return STEP_NEXT;
}

static enum step check_repeats(struct authorize *authorize) {
    return params_repeat(&authorize->params) ? refused(authorize, ERROR_INVALID_REQUEST, "a parameter is given twice")
                                             : STEP_NEXT;
}

/* OAuth 2.0 Multiple Response Types §2.1: what would carry tokens answers in the fragment. */
static enum step read_response_type(struct authorize *authorize) {
    struct str type = get(authorize, STR("response_type"));
    bool in_fragment = str_has_word(type, STR("token")) || str_has_word(type, STR("id_token"));
    authorize->authorization.response_mode = in_fragment ? RESPONSE_FRAGMENT : RESPONSE_QUERY;
    if (str_is_absent(type)) {
        return refused(authorize, ERROR_INVALID_REQUEST, "response_type is missing");
    }
    if (str_equal(type, STR("code"))) {
        return STEP_NEXT;
    }
    struct str words = type, word;
    while (str_next_word(&words, &word)) {
        bool known = str_equal(word, STR("code")) || str_equal(word, STR("token")) || str_equal(word, STR("id_token"));
        bool repeated = known && str_has_word(words, word);
        if (str_is_empty(word) || str_contains(word, '\t') || repeated) {
            return refused(authorize, ERROR_INVALID_REQUEST, "response_type is malformed");
        }
    }
    return refused(authorize, ERROR_UNSUPPORTED_RESPONSE_TYPE, "response_type must be code");
}

static enum step read_response_mode(struct authorize *authorize) {
    struct str mode = get(authorize, STR("response_mode"));
    if (str_is_absent(mode) || str_equal(mode, STR("query"))) {
        return STEP_NEXT;
    }
    if (!str_equal(mode, STR("fragment"))) {
        return refused(authorize, ERROR_INVALID_REQUEST, "response_mode must be query or fragment");
    }
    authorize->authorization.response_mode = RESPONSE_FRAGMENT;
    return STEP_NEXT;
}

/* Never silently ignored: what they hold was meant to count. */
static enum step refuse_unsupported(struct authorize *authorize) {
    if (!str_is_absent(get(authorize, STR("request")))) {
        return refused(authorize, ERROR_REQUEST_NOT_SUPPORTED, "request is not supported");
    }
    if (!str_is_absent(get(authorize, STR("request_uri")))) {
        return refused(authorize, ERROR_REQUEST_URI_NOT_SUPPORTED, "request_uri is not supported");
    }
    if (!str_is_absent(get(authorize, STR("registration")))) {
        return refused(authorize, ERROR_REGISTRATION_NOT_SUPPORTED, "registration is not supported");
    }
    return STEP_NEXT;
}

/* --- what is asked for --- */

/* offline_access means a refresh token: without that grant there is nothing to consent to. */
static bool is_granted(const struct client *client, struct str word) {
    return str_has_word(client->scope, word) &&
           (!str_equal(word, STR("offline_access")) || client_allows_grant(client, GRANT_REFRESH_TOKEN));
}

static enum step read_scope(struct authorize *authorize) {
    struct str left = get(authorize, STR("scope")), word;
    struct buf scope;
    buf_init(&scope, authorize->call->arena, 64, 4096);
    for (size_t count = 0; !str_is_empty(left) && str_next_word(&left, &word); count++) {
        if (str_is_empty(word) || !bytes_all(word, BYTE_SCOPE) || count == SCOPE_WORDS_MOST) {
            return refused(authorize, ERROR_INVALID_SCOPE, "scope is malformed or has too many values");
        }
        if (is_granted(&authorize->client->client, word) && !str_has_word(buf_str(&scope), word)) {
            buf_put(&scope, scope.len ? STR(" ") : STR(""));
            buf_put(&scope, word);
        }
    }
    authorize->authorization.scope = buf_str(&scope);
    return str_has_word(authorize->authorization.scope, STR("openid")) && !scope.failed
               ? STEP_NEXT
               : refused(authorize, ERROR_INVALID_SCOPE, "scope must contain openid");
}

static enum step read_nonce(struct authorize *authorize) {
    authorize->authorization.nonce = get(authorize, STR("nonce"));
    return authorize->authorization.nonce.len <= NONCE_MOST
               ? STEP_NEXT
               : refused(authorize, ERROR_INVALID_REQUEST, "nonce is longer than 4096 bytes");
}

/* RFC 7636 §4.3: a missing method would be plain, which is not accepted. */
static enum step read_pkce(struct authorize *authorize) {
    struct str challenge = get(authorize, STR("code_challenge"));
    struct str method = get(authorize, STR("code_challenge_method"));
    if (str_is_absent(challenge) && str_is_absent(method)) {
        return authorize->client->client.require_pkce
                   ? refused(authorize, ERROR_INVALID_REQUEST, "code_challenge is required")
                   : STEP_NEXT;
    }
    if (!str_equal(method, STR("S256")) || str_is_absent(challenge)) {
        return refused(authorize, ERROR_INVALID_REQUEST,
                       "code_challenge_method must be S256 and come with a code_challenge");
    }
    if (challenge.len != CHALLENGE_LENGTH || !bytes_all(challenge, BYTE_BASE64URL)) {
        return refused(authorize, ERROR_INVALID_REQUEST, "code_challenge is not a SHA-256 digest in base64url");
    }
    authorize->authorization.code_challenge = challenge;
    return STEP_NEXT;
}

/* --- how the person must be signed in --- */

static enum step read_prompt(struct authorize *authorize) {
    static const struct {
        struct str name;
        enum prompt bit;
    } prompts[] = {{STR_INIT("none"), PROMPT_NONE},
                   {STR_INIT("login"), PROMPT_LOGIN},
                   {STR_INIT("consent"), PROMPT_CONSENT},
                   {STR_INIT("select_account"), PROMPT_SELECT_ACCOUNT}};
    struct str left = get(authorize, STR("prompt")), word;
    unsigned bits = 0;
    while (!str_is_empty(left) && str_next_word(&left, &word)) {
        unsigned bit = 0;
        for (size_t i = 0; i < ARRAY_LEN(prompts); i++) {
            bit |= str_equal(word, prompts[i].name) ? prompts[i].bit : 0;
        }
        if (!bit) {
            return refused(authorize, ERROR_INVALID_REQUEST, "prompt holds an unknown value");
        }
        bits |= bit;
    }
    if ((bits & PROMPT_NONE) && bits != PROMPT_NONE) {
        return refused(authorize, ERROR_INVALID_REQUEST, "prompt none cannot be combined");
    }
    authorize->authorization.prompt = bits;
    return STEP_NEXT;
}

/* Digits only; more digits than a number holds are a limit nobody reaches. */
static bool read_seconds(struct str text, int64_t *ret_seconds) {
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') {
            return false;
        }
    }
    uint64_t seconds;
    *ret_seconds = str_to_u64(text, &seconds) && seconds <= MAX_AGE_MOST ? (int64_t)seconds : MAX_AGE_MOST;
    return true;
}

static enum step read_max_age(struct authorize *authorize) {
    struct authorization *authorization = &authorize->authorization;
    const struct client *client = &authorize->client->client;
    struct str text = get(authorize, STR("max_age"));
    authorization->max_age = client->default_max_age;
    authorization->auth_time_wanted = client->require_auth_time || authorization->max_age >= 0 || !str_is_absent(text);
    if (!str_is_absent(text) && !read_seconds(text, &authorization->max_age)) {
        return refused(authorize, ERROR_INVALID_REQUEST, "max_age must be a whole number of seconds");
    }
    return STEP_NEXT;
}

/* What is asked for by itself is not part of the request until the person has said yes; a statutory duty is not asked.
 */
static void take_claims(struct authorize *authorize, const struct claims_request *claims) {
    struct authorization *authorization = &authorize->authorization;
    bool ask = authorize->client->client.consent == CONSENT_ASK;
    authorization->id_token_claims = claims->id_token;
    authorization->userinfo_claims = ask ? claims->userinfo & ~CLAIMS_APART : claims->userinfo;
    authorization->id_number_asked = ask && (claims->userinfo & CLAIMS_APART);
    authorization->id_token_verified = claims->id_token_verified;
    authorization->userinfo_verified = claims->userinfo_verified;
    authorization->auth_time_wanted |= claims->auth_time;
}

static enum step read_claims(struct authorize *authorize) {
    struct authorization *authorization = &authorize->authorization;
    const struct client *client = &authorize->client->client;
    struct claims_request claims = {0};
    struct str text = get(authorize, STR("claims"));
    if (!str_is_absent(text) &&
        !claims_request_read(authorize->call->domain, authorize->call->arena, text, client, &claims)) {
        return refused(authorize, ERROR_INVALID_REQUEST, "claims is not a valid claims request");
    }
    if (claims.acr_essential && claims.acr_valued && claims.acr_level == 0) {
        return refused(authorize, ERROR_UNMET_AUTHENTICATION_REQUIREMENTS, "none of the acr values is one we know");
    }
    take_claims(authorize, &claims);
    authorization->level = client->level;
    if (claims.acr_essential && claims.acr_level > authorization->level) {
        authorization->level = claims.acr_level;
    }
    authorization->level_wanted = claims.acr_essential ? 0 : claims.acr_level;
    return STEP_NEXT;
}

/* OpenID Connect Core §3.1.2.1: in order of preference, but any of them will do; so the lowest that we know. */
static enum step read_acr_values(struct authorize *authorize) {
    struct authorization *authorization = &authorize->authorization;
    struct str left = get(authorize, STR("acr_values")), word;
    int least = 0;
    if (left.len > ACR_VALUES_MOST) {
        return refused(authorize, ERROR_INVALID_REQUEST, "acr_values is longer than 1024 bytes");
    }
    while (!str_is_empty(left) && str_next_word(&left, &word)) {
        int level = level_of_acr(word);
        least = level > 0 && (least == 0 || level < least) ? level : least;
    }
    authorization->level_wanted = least > 0 ? least : authorization->level_wanted;
    return STEP_NEXT;
}

static enum step read_hints(struct authorize *authorize) {
    struct authorization *authorization = &authorize->authorization;
    struct str login = get(authorize, STR("login_hint"));
    struct str locales = get(authorize, STR("ui_locales"));
    struct str token = get(authorize, STR("id_token_hint"));
    authorization->login_hint = login.len <= HINT_MOST ? login : STR_NONE;
    authorization->ui_locales = locales.len <= LOCALES_MOST ? locales : STR_NONE;
    authorization->started_at = clock_wall();
    struct id_token_hint hint;
    if (str_is_absent(token)) {
        return STEP_NEXT;
    }
    if (!id_token_hint_read(authorize->call->domain, authorize->call->arena, token, &hint) ||
        !str_equal(hint.client_id, authorization->client_id)) {
        return refused(authorize, ERROR_INVALID_REQUEST, "id_token_hint is not an ID token we issued to this client");
    }
    authorization->hinted_subject = hint.sub;
    return STEP_NEXT;
}

/* Our own: which organisation the person is to act for, by the name that the client system knows it by. A hint, like
 * login_hint: what is no such name is none. */
static enum step read_acting(struct authorize *authorize) {
    struct authorization *authorization = &authorize->authorization;
    struct str acting = get(authorize, STR("acting"));
    bool counts = authorize->client->client.acting != CLIENT_ACTING_NONE && acting.len <= HINT_MOST &&
                  str_has_word(authorization->scope, STR("cn_org")) && bytes_all(acting, BYTE_UNRESERVED);
    authorization->acting = counts ? acting : STR_NONE;
    return STEP_NEXT;
}

const struct authorize_step authorize_steps[] = {
    {"read_params", read_params},
    {"find_client", find_client},
    {"check_redirect_uri", check_redirect_uri},
    {"read_state", read_state},
    {"read_response_type", read_response_type},
    {"check_repeats", check_repeats},
    {"check_grant", check_grant},
    {"read_response_mode", read_response_mode},
    {"refuse_unsupported", refuse_unsupported},
    {"read_scope", read_scope},
    {"read_nonce", read_nonce},
    {"read_pkce", read_pkce},
    {"read_prompt", read_prompt},
    {"read_max_age", read_max_age},
    {"read_claims", read_claims},
    {"read_acr_values", read_acr_values},
    {"read_hints", read_hints},
    {"read_acting", read_acting},
};
const size_t authorize_step_count = ARRAY_LEN(authorize_steps);
