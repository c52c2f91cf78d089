/*
 * Claims by scope and by the claims parameter, written from one table.
 */
#include "domain/claims.h"

#include "base/check.h"
#include "domain/token.h"

enum claim_form { FORM_TEXT, FORM_FLAG, FORM_ADDRESS, FORM_UPDATED_AT };

struct claim_entry {
    struct str scope;
    enum claim_form form;
    size_t offset; /* of the struct str, or of the bool */
    size_t of;     /* FLAG: of the struct str it speaks about */
};

static const struct claim_entry entries[CLAIMS] = {
#define CLAIM(identifier, name, scope, member) {STR_INIT(scope), FORM_TEXT, offsetof(struct profile, member), 0},
#define CLAIM_FLAG(identifier, name, scope, member, of)                                                                \
    {STR_INIT(scope), FORM_FLAG, offsetof(struct profile, member), offsetof(struct profile, of)},
#define CLAIM_ADDRESS(identifier, name, scope)    {STR_INIT(scope), FORM_ADDRESS, 0, 0},
#define CLAIM_UPDATED_AT(identifier, name, scope) {STR_INIT(scope), FORM_UPDATED_AT, 0, 0},
#include "model/claims.def"
#undef CLAIM
#undef CLAIM_FLAG
#undef CLAIM_ADDRESS
#undef CLAIM_UPDATED_AT
};

claim_set claims_of_scope(struct str scope) {
    claim_set set = 0;
    for (size_t i = 0; i < CLAIMS; i++) {
        if (str_has_word(scope, entries[i].scope)) {
            set |= (claim_set)1 << i;
        }
    }
    return set;
}

static struct str profile_text(const struct profile *profile, size_t offset) {
    return *(const struct str *)(const void *)((const char *)profile + offset);
}

static void put_member(struct json_out *out, const char *name, struct str text) {
    if (!str_is_empty(text)) {
        json_put_str(out, name, text);
    }
}

/* OpenID Connect Core §5.1.1. */
static void put_address(struct json_out *out, const struct profile *profile) {
    bool known = !str_is_empty(profile->address_formatted) || !str_is_empty(profile->address_street) ||
                 !str_is_empty(profile->address_locality) || !str_is_empty(profile->address_region) ||
                 !str_is_empty(profile->address_country);
    if (!known) {
        return;
    }
    json_open_object(out, "address");
    put_member(out, "formatted", profile->address_formatted);
    put_member(out, "street_address", profile->address_street);
    put_member(out, "locality", profile->address_locality);
    put_member(out, "region", profile->address_region);
    put_member(out, "postal_code", profile->address_postal_code);
    put_member(out, "country", profile->address_country);
    json_close_object(out);
}

static void put_claim(struct json_out *out, enum claim claim, const struct account *account) {
    const struct claim_entry *entry = &entries[claim];
    const char *name = claim_name(claim).ptr; /* a constant */
    const struct profile *profile = &account->profile;
    switch (entry->form) {
    case FORM_TEXT:
        put_member(out, name, profile_text(profile, entry->offset));
        break;
    case FORM_FLAG:
        if (!str_is_empty(profile_text(profile, entry->of))) {
            json_put_bool(out, name, *(const bool *)((const char *)profile + entry->offset));
        }
        break;
    case FORM_ADDRESS:
        put_address(out, profile);
        break;
    case FORM_UPDATED_AT:
        json_put_int(out, name, account->updated_at);
        break;
    }
}

void claims_write(struct json_out *out, claim_set wanted, const struct account *account) {
    for (size_t i = 0; i < CLAIMS; i++) {
        if (wanted & ((claim_set)1 << i)) {
            put_claim(out, (enum claim)i, account);
        }
    }
}

/* --- the claims parameter --- */

struct reading {
    struct str client_scope;
    claim_set set;
    bool malformed;
};

/* A member's value is null or an object with essential, value, values (§5.5.1). */
static bool individual_request(const struct json *value) {
    return json_kind(value) == JSON_KIND_NULL || json_kind(value) == JSON_KIND_OBJECT;
}

static bool read_member(void *ctx, struct str name, const struct json *value) {
    struct reading *reading = ctx;
    enum claim claim;
    if (!individual_request(value)) {
        reading->malformed = true;
        return false;
    }
    if (claim_from_name(name, &claim) && str_has_word(reading->client_scope, entries[claim].scope)) {
        reading->set |= (claim_set)1 << claim;
    }
    return true;
}

static bool read_place(const struct json *request, const char *place, struct str client_scope, claim_set *ret_set) {
    const struct json *members = json_member(request, place);
    if (!members || json_kind(members) == JSON_KIND_NULL) {
        return true;
    }
    if (json_kind(members) != JSON_KIND_OBJECT) {
        return false;
    }
    struct reading reading = {.client_scope = client_scope};
    json_each(members, read_member, &reading);
    *ret_set = reading.set;
    return !reading.malformed;
}

/* The lowest level that one of the wanted acr values stands for: reaching it is enough. */
static void read_acr(const struct json *acr, struct claims_request *request) {
    struct str text;
    int least = 0;
    if (json_get_str(acr, "value", &text)) {
        least = level_of_acr(text);
    }
    const struct json *values = json_member(acr, "values");
    for (size_t i = 0; i < json_length(values); i++) {
        int level = json_str(json_element(values, i), &text) ? level_of_acr(text) : 0;
        if (level > 0 && (least == 0 || level < least)) {
            least = level;
        }
    }
    request->acr_level = least;
    json_get_bool(acr, "essential", &request->acr_essential);
}

bool claims_request_read(struct arena *arena, struct str text, struct str client_scope,
                         struct claims_request *ret_request) {
    const struct json *root;
    struct claims_request request = {0};
    if (!json_parse(arena, text, JSON_LIMITS_TOKEN, &root) || json_kind(root) != JSON_KIND_OBJECT ||
        !read_place(root, "userinfo", client_scope, &request.userinfo) ||
        !read_place(root, "id_token", client_scope, &request.id_token)) {
        return false;
    }
    const struct json *id_token = json_member(root, "id_token");
    request.auth_time = json_member(id_token, "auth_time") != NULL;
    if (json_member(id_token, "acr")) {
        read_acr(json_member(id_token, "acr"), &request);
    }
    *ret_request = request;
    return true;
}
