/*
 * Holding metadata that a client system gave of itself against the policy of its initial access token: on entering and
 * on every change alike, so that nothing comes in later that was refused at first.
 */
#include "base/arena.h"
#include "base/check.h"
#include "client_reading.h"
#include "model/registration_policy.h"

#define METADATA_MOST (128 * 1024)

struct applying {
    struct reading reading; /* for noting problems; it has no client */
    const struct registration_policy *policy;
    const struct json *given, *current; /* current: NULL when it is entered */
    struct json_out out;
};

/* The sentence begins with the value, where there is one. */
static void refuse(struct applying *at, const char *member, struct str value, const char *why) {
    at->reading.member = member;
    client_problem(&at->reading, "%s%s%s", client_shown(&at->reading, value), value.len > 0 ? " " : "", why);
}

#define NOT_ALLOWED "is not allowed by the initial access token"

static bool names_have(const struct registration_names *names, struct str name) {
    for (size_t i = 0; i < names->count; i++) {
        if (str_equal(names->items[i], name)) {
            return true;
        }
    }
    return false;
}

static struct str text_of(struct arena *arena, const struct json *value) {
    struct buf text;
    buf_init(&text, arena, 64, METADATA_MOST);
    json_write_value(&text, value);
    return text.failed ? STR_NONE : buf_str(&text);
}

/* --- what it may say of itself, within limits --- */

/* Values of another type are left to the rules that read them. */
static void check_scope(struct applying *at) {
    struct str left = STR_NONE, word;
    json_get_str(at->given, "scope", &left);
    while (str_next_word(&left, &word)) {
        if (!names_have(&at->policy->scopes, word)) {
            refuse(at, "scope", word, NOT_ALLOWED);
        }
    }
}

static void check_list(struct applying *at, const char *member, const struct registration_names *allowed) {
    const struct json *list = json_member(at->given, member);
    for (size_t i = 0; i < json_length(list); i++) {
        struct str name;
        if (json_str(json_element(list, i), &name) && !names_have(allowed, name)) {
            refuse(at, member, name, NOT_ALLOWED);
        }
    }
}

static void check_auth(struct applying *at) {
    struct str method;
    if (json_get_str(at->given, "token_endpoint_auth_method", &method) &&
        !names_have(&at->policy->auth_methods, method)) {
        refuse(at, "token_endpoint_auth_method", method, NOT_ALLOWED);
    }
}

static bool host_fits(struct str pattern, struct str host) {
    if (str_equal(pattern, STR("*"))) {
        return true;
    }
    struct str suffix = pattern;
    return str_drop_prefix(&suffix, STR("*")) ? host.len > suffix.len && str_ends(host, suffix)
                                              : str_equal(pattern, host);
}

static bool is_allowed_uri(const struct registration_policy *policy, struct str text) {
    struct uri uri;
    if (uri_read(text, &uri) || (policy->sandbox && policy->redirect_hosts.count == 0)) {
        return true; /* the rules of client metadata see to both */
    }
    for (size_t i = 0; i < policy->redirect_hosts.count; i++) {
        if (host_fits(policy->redirect_hosts.items[i], str_or(uri.host, STR("")))) {
            return true;
        }
    }
    return false;
}

static void check_hosts(struct applying *at, const char *member) {
    const struct json *list = json_member(at->given, member);
    for (size_t i = 0; i < json_length(list); i++) {
        struct str uri;
        if (json_str(json_element(list, i), &uri) && !is_allowed_uri(at->policy, uri)) {
            refuse(at, member, uri, "leads to a host that the initial access token does not allow");
        }
    }
}

static void check_level(struct applying *at) {
    int64_t level;
    bool own = names_have(&at->policy->members, STR("tongxing_level"));
    if (own && json_get_int(at->given, "tongxing_level", &level) &&
        (level < at->policy->level_least || level > at->policy->level_most)) {
        at->reading.member = "tongxing_level";
        client_problem(&at->reading, "must be %lld to %lld", (long long)at->policy->level_least,
                       (long long)at->policy->level_most);
    }
}

static void check_claims(struct applying *at) {
    bool own = names_have(&at->policy->members, STR("tongxing_claims"));
    if (own && at->policy->claims.items) {
        check_list(at, "tongxing_claims", &at->policy->claims);
    }
}

/* --- what the policy says where the client system says nothing --- */

static struct str list_text(struct arena *arena, const struct registration_names *names) {
    struct buf text;
    buf_init(&text, arena, 128, METADATA_MOST);
    struct json_out out = json_out(&text);
    json_open_array(&out, NULL);
    for (size_t i = 0; i < names->count; i++) {
        json_put_str(&out, NULL, names->items[i]);
    }
    json_close_array(&out);
    return buf_str(&text);
}

static void fill_scope(struct applying *at) {
    struct buf scope;
    buf_init(&scope, at->reading.arena, 128, METADATA_MOST);
    for (size_t i = 0; i < at->policy->scopes.count; i++) {
        buf_put(&scope, i > 0 ? STR(" ") : STR(""));
        buf_put(&scope, at->policy->scopes.items[i]);
    }
    json_put_str(&at->out, "scope", buf_str(&scope));
}

/* Where what goes without saying is allowed, it still does. */
static void fill_unsaid(struct applying *at) {
    const struct registration_policy *policy = at->policy;
    if (!json_member(at->given, "scope")) {
        fill_scope(at);
    }
    if (!json_member(at->given, "grant_types") && !names_have(&policy->grant_types, STR("authorization_code"))) {
        const struct registration_names first = {policy->grant_types.items, 1};
        json_put_raw(&at->out, "grant_types", list_text(at->reading.arena, &first));
    }
    if (!json_member(at->given, "token_endpoint_auth_method") &&
        !names_have(&policy->auth_methods, STR("client_secret_basic"))) {
        json_put_str(&at->out, "token_endpoint_auth_method", policy->auth_methods.items[0]);
    }
}

/* JSON text; absent where the policy decides nothing. */
static struct str decided(const struct applying *at, struct str member) {
    const struct registration_policy *policy = at->policy;
    if (str_equal(member, STR("tongxing_consent"))) {
        return policy->statutory ? STR("\"statutory\"") : STR("\"ask\"");
    }
    if (str_equal(member, STR("tongxing_legal_basis")) && !str_is_absent(policy->legal_basis)) {
        return str_concat(at->reading.arena, STR("\""), policy->legal_basis, STR("\""));
    }
    if (str_equal(member, STR("tongxing_level")) && policy->level_least > 1) {
        return str_format(at->reading.arena, "%lld", (long long)policy->level_least);
    }
    if (str_equal(member, STR("tongxing_claims")) && policy->claims.items) {
        return list_text(at->reading.arena, &policy->claims);
    }
    if (str_equal(member, STR("tongxing_sandbox")) && policy->sandbox) {
        return STR("true");
    }
    return STR_NONE;
}

/* One tongxing_ member. What is not its own to say may be said again as it is: whoever changes something sends back
 * what it was told (RFC 7592 §2.2). */
static void put_own(struct applying *at, const struct client_member *member) {
    struct str name = str_from(member->name);
    const struct json *given = json_member(at->given, member->name);
    const struct json *current = json_member(at->current, member->name);
    bool own = names_have(&at->policy->members, name);
    struct str given_text = given ? text_of(at->reading.arena, given) : STR_NONE;
    struct str fixed = at->current ? (current ? text_of(at->reading.arena, current) : STR_NONE) : decided(at, name);
    if (own && !given) {
        fixed = decided(at, name);
    }
    if (given && !own && !str_equal(given_text, fixed)) {
        refuse(at, member->name, STR(""), "is not for the client system to say");
    }
    struct str kept = own && given ? given_text : fixed;
    if (!str_is_absent(kept)) {
        json_put_raw(&at->out, member->name, kept);
    }
}

static bool put_given(void *ctx, struct str name, const struct json *value) {
    struct applying *at = ctx;
    const struct client_member *member = client_member_find(name);
    bool elsewhere = str_equal(name, STR("client_id")) || str_equal(name, STR("client_secret"));
    if (member && !elsewhere && !client_member_is_own(member)) {
        json_put_raw(&at->out, member->name, text_of(at->reading.arena, value));
    }
    return true;
}

static void check_all(struct applying *at) {
    check_scope(at);
    check_list(at, "grant_types", &at->policy->grant_types);
    check_auth(at);
    check_hosts(at, "redirect_uris");
    check_hosts(at, "post_logout_redirect_uris");
    check_level(at);
    check_claims(at);
}

bool registration_policy_apply(struct arena *arena, const struct registration_policy *policy,
                               const struct json *metadata, const struct json *current,
                               const struct json **ret_metadata, struct client_problems *ret_problems) {
    struct buf kept;
    buf_init(&kept, arena, 1024, METADATA_MOST);
    struct applying at = {.reading = {.arena = arena, .problems = ret_problems},
                          .policy = policy,
                          .given = metadata,
                          .current = current,
                          .out = json_out(&kept)};
    ret_problems->count = 0;
    if (json_kind(metadata) != JSON_KIND_OBJECT) {
        refuse(&at, "metadata", STR(""), "must be a JSON object");
        return false;
    }
    check_all(&at);
    json_open_object(&at.out, NULL);
    json_each(metadata, put_given, &at);
    fill_unsaid(&at);
    for (size_t i = 0; i < client_own_member_count; i++) {
        put_own(&at, &client_own_members[i]);
    }
    json_close_object(&at.out);
    if (kept.failed ||
        (ret_problems->count == 0 && !json_parse(arena, buf_str(&kept), JSON_LIMITS_DOCUMENT, ret_metadata))) {
        refuse(&at, "metadata", STR(""), "is too large");
    }
    return ret_problems->count == 0;
}
