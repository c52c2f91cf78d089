/*
 * Claims by scope and by the claims parameter, written from one table.
 */
#include "domain/claims.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/encode.h"
#include "domain/token.h"
#include "domain/verified_claims.h"
#include "model/identity.h"

#define SCOPE_MOST 8192

/* --- sets --- */

claim_set claims_of_scope(struct str scope) {
    claim_set set = 0;
    struct str last = STR_NONE;
    bool has = false;
    for (int claim = 0; claim < CLAIMS; claim++) {
        struct str opener = claim_scope((enum claim)claim);
        if (!str_equal(opener, last)) { /* claims of one scope stand together */
            last = opener;
            has = str_has_word(scope, opener);
        }
        set |= has ? CLAIM_BIT(claim) : 0;
    }
    return set & ~CLAIMS_APART;
}

claim_set claims_of_acting(const struct acting *acting) {
    return acting ? CLAIM_BIT(CLAIM_CN_USER_TYPE) | CLAIMS_OF_ORGANISATION : 0;
}

static void add_word(struct buf *buf, struct str word) {
    if (buf->len > 0) {
        buf_putc(buf, ' ');
    }
    buf_put(buf, word);
}

struct str claims_names(struct arena *arena, claim_set set) {
    struct buf names;
    buf_init(&names, arena, 128, 4096);
    for (int claim = 0; claim < CLAIMS; claim++) {
        if (set & CLAIM_BIT(claim)) {
            add_word(&names, claim_name((enum claim)claim));
        }
    }
    CHECK(!names.failed);
    return buf_str(&names);
}

struct str claims_consent_scope(struct arena *arena, const struct authorization *authorization) {
    claim_set asked = authorization->id_token_claims | authorization->userinfo_claims |
                      verified_request_claims(arena, authorization->id_token_verified) |
                      verified_request_claims(arena, authorization->userinfo_verified);
    asked &= ~(CLAIMS_APART | CLAIMS_OF_ORGANISATION); /* one has a box of its own, the other its scope */
    if (!asked) {
        return authorization->scope;
    }
    struct buf scope;
    buf_init(&scope, arena, 128, SCOPE_MOST);
    buf_put(&scope, authorization->scope);
    for (int claim = 0; claim < CLAIMS; claim++) {
        struct str opener = claim_scope((enum claim)claim);
        if ((asked & CLAIM_BIT(claim)) && !str_has_word(buf_str(&scope), opener)) {
            add_word(&scope, opener);
        }
    }
    CHECK(!scope.failed); /* the scope was limited when it came in, and ours are few */
    return buf_str(&scope);
}

/* --- writing --- */

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

/* --- what is made (CLAIM_MADE) --- */

/* Of the holders of a foreigner's card the number tells no more than a code, and only in its newest edition. */
static void put_nationalities(struct json_out *out, const char *name, const struct claims_about *about) {
    enum id_type type = about->account->profile.id_type;
    if (type == ID_TYPE_RESIDENT || type == ID_TYPE_RESIDENCE_PERMIT) {
        json_put_raw(out, name, STR("[\"CHN\"]"));
    }
}

static void put_user_type(struct json_out *out, const char *name, const struct claims_about *about) {
    json_put_str(out, name, about->acting ? STR("org") : STR("person"));
}

static void put_trust_level(struct json_out *out, const char *name, const struct claims_about *about) {
    json_put_int(out, name, about->account->level);
}

static struct str id_type_name(enum id_type type) {
    switch (type) {
    case ID_TYPE_RESIDENT:
        return STR("resident_id");
    case ID_TYPE_RESIDENCE_PERMIT:
        return STR("residence_permit");
    case ID_TYPE_PERMANENT_RESIDENCE:
        return STR("permanent_residence_id");
    case ID_TYPE_NONE:
        break;
    }
    return STR("");
}

static void put_id_type(struct json_out *out, const char *name, const struct claims_about *about) {
    put_member(out, name, id_type_name(about->account->profile.id_type));
}

static void put_id_masked(struct json_out *out, const char *name, const struct claims_about *about) {
    struct str number = about->account->profile.id_number;
    if (!str_is_empty(number)) {
        json_put_str(out, name, id_number_mask(about->arena, number));
    }
}

/* The same person is another value in another sector; and without our key nobody can try numbers. */
static void put_id_hash(struct json_out *out, const char *name, const struct claims_about *about) {
    const struct profile *profile = &about->account->profile;
    if (str_is_empty(profile->id_number)) {
        return;
    }
    const struct str parts[] = {about->client->sector, id_type_name(profile->id_type), profile->id_number};
    unsigned char mac[32];
    seal_mac(about->domain->sealers->identity, parts, ARRAY_LEN(parts), mac);
    json_put_str(out, name, base64url_encode(about->arena, str_of(mac, sizeof(mac))));
}

static void put_id_number(struct json_out *out, const char *name, const struct claims_about *about) {
    put_member(out, name, about->account->profile.id_number);
}

static void put_org(struct json_out *out, const char *name, const struct claims_about *about) {
    if (about->acting) {
        acting_write(out, name, about->acting, about->domain, about->arena, about->client);
    }
}

/* --- the table --- */

enum claim_form { FORM_TEXT, FORM_FLAG, FORM_ADDRESS, FORM_UPDATED_AT, FORM_MADE };

struct claim_entry {
    enum claim_form form;
    size_t offset; /* of the struct str, or of the bool */
    size_t of;     /* FLAG: of the struct str it speaks about */
    void (*make)(struct json_out *out, const char *name, const struct claims_about *about);
};

static const struct claim_entry entries[CLAIMS] = {
#define CLAIM(identifier, name, scope, member) {FORM_TEXT, offsetof(struct profile, member), 0, NULL},
#define CLAIM_FLAG(identifier, name, scope, member, of)                                                                \
    {FORM_FLAG, offsetof(struct profile, member), offsetof(struct profile, of), NULL},
#define CLAIM_ADDRESS(identifier, name, scope)        {FORM_ADDRESS, 0, 0, NULL},
#define CLAIM_UPDATED_AT(identifier, name, scope)     {FORM_UPDATED_AT, 0, 0, NULL},
#define CLAIM_MADE(identifier, name, scope, function) {FORM_MADE, 0, 0, function},
#include "model/claims.def"
#undef CLAIM
#undef CLAIM_FLAG
#undef CLAIM_ADDRESS
#undef CLAIM_UPDATED_AT
#undef CLAIM_MADE
};

static void put_claim(struct json_out *out, enum claim claim, const struct claims_about *about) {
    const struct claim_entry *entry = &entries[claim];
    const char *name = claim_name(claim).ptr; /* a constant */
    const struct profile *profile = &about->account->profile;
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
        json_put_int(out, name, about->account->updated_at);
        break;
    case FORM_MADE:
        entry->make(out, name, about);
        break;
    }
}

claim_set claims_write(struct json_out *out, claim_set wanted, const struct claims_about *about) {
    claim_set written = 0;
    for (int claim = 0; wanted != 0 && claim < CLAIMS; claim++) {
        size_t before = out->buf->len;
        if (wanted & CLAIM_BIT(claim)) {
            put_claim(out, (enum claim)claim, about);
            written |= out->buf->len > before ? CLAIM_BIT(claim) : 0;
        }
    }
    return written;
}

/* --- the claims parameter --- */

#define REQUEST_LIMITS ((struct json_limits){.bytes = 16 * 1024, .depth = 16})

struct reading {
    claim_set allowed, set;
    bool malformed;
};

/* A member's value is null or an object with essential, value, values (§5.5.1). */
static bool individual_request(const struct json *value) {
    return json_kind(value) == JSON_KIND_NULL || json_kind(value) == JSON_KIND_OBJECT;
}

static bool read_member(void *ctx, struct str name, const struct json *value) {
    struct reading *reading = ctx;
    struct str tag;
    enum claim claim;
    if (str_equal(name, STR("verified_claims"))) {
        return true; /* has a form of its own */
    }
    if (!individual_request(value)) {
        reading->malformed = true;
        return false;
    }
    if (claim_from_name(str_cut(name, '#', &tag), &claim)) {
        reading->set |= CLAIM_BIT(claim) & reading->allowed;
    }
    return true;
}

struct place {
    const char *name;
    claim_set *set;
    struct str *verified;
};

static bool read_place(const struct verified_reading *with, const struct json *request, const struct place *place) {
    const struct json *members = json_member(request, place->name);
    if (!members || json_kind(members) == JSON_KIND_NULL) {
        return true;
    }
    if (json_kind(members) != JSON_KIND_OBJECT) {
        return false;
    }
    struct reading reading = {.allowed = with->allowed};
    json_each(members, read_member, &reading);
    *place->set = reading.set;
    const struct json *verified = json_member(members, "verified_claims");
    return !reading.malformed && (!verified || verified_request_read(with, verified, place->verified));
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
    request->acr_valued = values || json_member(acr, "value");
    json_get_bool(acr, "essential", &request->acr_essential);
}

/* What the client is registered for: by its scope, and by name. */
static claim_set claims_allowed(const struct client *client) {
    claim_set of_scope = claims_of_scope(client->scope);
    of_scope |= str_has_word(client->scope, claim_scope(CLAIM_CN_ID_NUMBER)) ? CLAIMS_APART : 0;
    return (of_scope & client->claims) | (client->acting == CLIENT_ACTING_NONE ? 0 : CLAIMS_OF_ORGANISATION);
}

bool claims_request_read(const struct domain *domain, struct arena *arena, struct str text, const struct client *client,
                         struct claims_request *ret_request) {
    const struct json *root;
    struct claims_request request = {0};
    const struct verified_reading with = {domain, arena, claims_allowed(client)};
    const struct place userinfo = {"userinfo", &request.userinfo, &request.userinfo_verified};
    const struct place token = {"id_token", &request.id_token, &request.id_token_verified};
    if (!json_parse(arena, text, REQUEST_LIMITS, &root) || json_kind(root) != JSON_KIND_OBJECT ||
        !read_place(&with, root, &userinfo) || !read_place(&with, root, &token)) {
        return false;
    }
    request.id_token &= ~CLAIMS_APART;
    const struct json *id_token = json_member(root, "id_token");
    request.auth_time = json_member(id_token, "auth_time") != NULL;
    if (json_member(id_token, "acr")) {
        read_acr(json_member(id_token, "acr"), &request);
    }
    *ret_request = request;
    return true;
}
