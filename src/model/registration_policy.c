/*
 * Reading the policy of an initial access token: one table of members.
 */
#include "model/registration_policy.h"

#include "base/arena.h"
#include "base/check.h"
#include "client_reading.h"

#define TEXT_MOST     200
#define NAMES_MOST    100
#define LIFETIME_MOST (10LL * 365 * 86400)

/* struct reading carries no policy: this one does, and lends the reading to the readers of values. */
struct policy_reading {
    struct reading reading; /* its client is scratch: some values are read by the readers of client metadata */
    struct registration_policy *policy;
};

/* --- lists of names --- */

static bool read_names(struct policy_reading *at, const struct json *value, const char *(*wrong)(struct str name),
                       struct registration_names *ret_names) {
    size_t count = json_length(value);
    if (json_kind(value) != JSON_KIND_ARRAY || count == 0 || count > NAMES_MOST) {
        client_problem(&at->reading, "must be a list of 1 to %d strings", NAMES_MOST);
        return false;
    }
    struct str *items = arena_array_of(at->reading.arena, count, struct str);
    for (size_t i = 0; i < count; i++) {
        if (!client_read_text(&at->reading, json_element(value, i), TEXT_MOST, &items[i])) {
            return false;
        }
        const char *why = wrong(items[i]);
        if (why) {
            client_problem(&at->reading, "%s %s", client_shown(&at->reading, items[i]), why);
            return false;
        }
    }
    *ret_names = (struct registration_names){items, count};
    return true;
}

static const char *scope_wrong(struct str scope) {
    for (size_t i = 0; i < scope.len; i++) {
        if (scope.ptr[i] < 0x21 || scope.ptr[i] > 0x7e || scope.ptr[i] == '"' || scope.ptr[i] == '\\') {
            return "holds a character that a scope cannot have (RFC 6749 §3.3)";
        }
    }
    return str_equal(scope, STR("admin")) ? "is for the administration console only" : NULL;
}

static const char *grant_wrong(struct str name) {
    enum client_grant ignored;
    return client_grant_of_name(name, &ignored) ? NULL : "is not a grant we support";
}

static const char *auth_wrong(struct str name) {
    enum client_auth ignored;
    return client_auth_of_name(name, &ignored) ? NULL : "is not a method we support";
}

static const char *claim_wrong(struct str name) {
    enum claim ignored;
    return claim_from_name(name, &ignored) ? NULL : "is not a claim we know";
}

/* What the policy itself decides is not for the client system to say. */
static const char *member_wrong(struct str name) {
    static const char *const decided[] = {"tongxing_agency", "tongxing_consent", "tongxing_legal_basis",
                                          "tongxing_sandbox"};
    for (size_t i = 0; i < ARRAY_LEN(decided); i++) {
        if (str_equal(str_from(decided[i]), name)) {
            return "is decided by the policy";
        }
    }
    const struct client_member *member = client_member_find(name);
    return member && client_member_is_own(member) ? NULL : "is not a tongxing_ member we know";
}

/* As it stands in a URI that uri_read lets pass: lower case, without port. */
static const char *host_wrong(struct str pattern) {
    struct str host = pattern;
    if (str_equal(pattern, STR("*"))) {
        return NULL;
    }
    str_drop_prefix(&host, STR("*."));
    bool literal = host.len > 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']';
    struct str inside = literal ? str_sub(host, 1, host.len - 2) : host;
    for (size_t i = 0; i < inside.len; i++) {
        char c = inside.ptr[i];
        bool fine = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || (literal && c == ':');
        if (!fine) {
            return "must be a host in lower case, without scheme, port or path";
        }
    }
    bool bare = str_is_empty(inside) || inside.ptr[0] == '.' || inside.ptr[inside.len - 1] == '.';
    return bare || (host.len < pattern.len && (literal || !str_contains(host, '.')))
               ? "must be a host, or *. and a domain of at least two labels"
               : NULL;
}

/* --- the members --- */

#define NAMES_MEMBER(field, wrong)                                                                                     \
    static void read_##field(struct policy_reading *at, const struct json *value) {                                    \
        read_names(at, value, wrong, &at->policy->field);                                                              \
    }
NAMES_MEMBER(scopes, scope_wrong)
NAMES_MEMBER(grant_types, grant_wrong)
NAMES_MEMBER(auth_methods, auth_wrong)
NAMES_MEMBER(redirect_hosts, host_wrong)
NAMES_MEMBER(claims, claim_wrong)
NAMES_MEMBER(members, member_wrong)

static void read_agency_id(struct policy_reading *at, const struct json *value) {
    client_read_text(&at->reading, value, TEXT_MOST, &at->policy->agency_id);
}

static void read_level_least(struct policy_reading *at, const struct json *value) {
    client_read_number(&at->reading, value, 1, 4, &at->policy->level_least);
}

static void read_level_most(struct policy_reading *at, const struct json *value) {
    client_read_number(&at->reading, value, 1, 4, &at->policy->level_most);
}

static void read_lifetime(struct policy_reading *at, const struct json *value) {
    client_read_number(&at->reading, value, REGISTRATION_LIFETIME_LEAST, LIFETIME_MOST, &at->policy->lifetime_s);
}

static void read_sandbox(struct policy_reading *at, const struct json *value) {
    client_read_flag(&at->reading, value, &at->policy->sandbox);
}

static void read_consent(struct policy_reading *at, const struct json *value) {
    static const struct client_choice kinds[] = {{STR_INIT("ask"), false}, {STR_INIT("statutory"), true}};
    int statutory;
    if (client_choose(&at->reading, value, kinds, ARRAY_LEN(kinds), &statutory)) {
        at->policy->statutory = statutory;
    }
}

static void read_legal_basis(struct policy_reading *at, const struct json *value) {
    client_member_find(STR("tongxing_legal_basis"))->read(&at->reading, value);
    at->policy->legal_basis = at->reading.client->legal_basis;
}

static const struct {
    const char *name;
    void (*read)(struct policy_reading *at, const struct json *value);
} members[] = {
    {"agency_id", read_agency_id},
    {"scopes", read_scopes},
    {"grant_types", read_grant_types},
    {"auth_methods", read_auth_methods},
    {"redirect_hosts", read_redirect_hosts},
    {"claims", read_claims},
    {"level_least", read_level_least},
    {"level_most", read_level_most},
    {"consent", read_consent},
    {"legal_basis", read_legal_basis},
    {"members", read_members},
    {"lifetime_s", read_lifetime},
    {"sandbox", read_sandbox},
};

static bool read_member(void *ctx, struct str name, const struct json *value) {
    struct policy_reading *at = ctx;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (str_equal(str_from(members[i].name), name)) {
            at->reading.member = members[i].name;
            members[i].read(at, value);
            return true;
        }
    }
    at->reading.member = client_shown(&at->reading, name);
    client_problem(&at->reading, "is not a member of a policy");
    return true;
}

static void problem_of(struct policy_reading *at, const char *member, const char *text) {
    at->reading.member = member;
    client_problem(&at->reading, "%s", text);
}

static void check_together(struct policy_reading *at, const struct json *object) {
    const struct registration_policy *policy = at->policy;
    if (!json_member(object, "redirect_hosts") && !policy->sandbox) {
        problem_of(at, "redirect_hosts", "is missing: where may people be sent? [\"*\"] says anywhere");
    }
    if (policy->level_least > policy->level_most) {
        problem_of(at, "level_least", "is above level_most");
    }
    if (policy->statutory && str_is_absent(policy->legal_basis)) {
        problem_of(at, "legal_basis", "is needed where consent is statutory");
    }
    if (policy->statutory && str_equal(policy->legal_basis, STR("consent"))) {
        problem_of(at, "legal_basis", "is consent, which the policy says is not asked for");
    }
    if (policy->statutory && policy->sandbox) {
        problem_of(at, "consent", "must be ask in the sandbox");
    }
}

static struct registration_policy unsaid(void) {
    static const struct str scopes[] = {STR_INIT("openid")};
    static const struct str grants[] = {STR_INIT("authorization_code"), STR_INIT("refresh_token")};
    static const struct str methods[] = {STR_INIT("client_secret_basic"), STR_INIT("client_secret_post"),
                                         STR_INIT("client_secret_jwt"), STR_INIT("private_key_jwt"), STR_INIT("none")};
    return (struct registration_policy){
        .scopes = {scopes, ARRAY_LEN(scopes)},
        .grant_types = {grants, ARRAY_LEN(grants)},
        .auth_methods = {methods, ARRAY_LEN(methods)},
        .level_least = 1,
        .level_most = 4,
    };
}

bool registration_policy_read(struct arena *arena, const struct json *object, struct registration_policy *ret_policy,
                              struct client_problems *ret_problems) {
    struct registration_policy policy = unsaid();
    struct client scratch = {0};
    struct policy_reading at = {.reading = {.arena = arena, .client = &scratch, .problems = ret_problems},
                                .policy = &policy};
    ret_problems->count = 0;
    if (json_kind(object) != JSON_KIND_OBJECT) {
        problem_of(&at, "policy", "must be an object");
        return false;
    }
    json_each(object, read_member, &at);
    check_together(&at, object);
    if (ret_problems->count > 0) {
        return false;
    }
    *ret_policy = policy;
    return true;
}
