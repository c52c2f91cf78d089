/*
 * Judging mandates at use, and looking at them.
 */
#include "domain/mandates.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "mandates_inside.h"
#include "model/identity.h"
#include "status.h"

#define DAY_S        86400
#define GRANTEE_MOST 2048

/* --- judging --- */

static bool in_time(const struct mandate_row *row, int64_t now) {
    return row->state == MANDATE_ACCEPTED && row->not_before <= now && (row->not_after == 0 || now < row->not_after);
}

/* What the account is proven to: what is stored, unless something of it has expired since. */
static enum domain_status level_of(struct domain *domain, struct arena *arena, const struct mandate_found *found,
                                   int *ret_level) {
    struct account account;
    *ret_level = found->account_level;
    if (found->account_level_until == 0 || found->account_level_until > clock_wall()) {
        return DOMAIN_DONE;
    }
    enum domain_status loaded = account_load(domain, arena, found->row.account_id, &account);
    *ret_level = loaded == DOMAIN_DONE ? account.level : 0;
    return loaded;
}

enum domain_status mandate_good(struct domain *domain, struct arena *arena, const struct mandate_found *found) {
    int level;
    if (!in_time(&found->row, clock_wall()) || !organisation_works(found->organisation.status) ||
        found->account_state != ACCOUNT_ACTIVE) {
        return DOMAIN_NO;
    }
    enum domain_status known = level_of(domain, arena, found, &level);
    return known == DOMAIN_DONE && level < mandate_role_level(found->row.role) ? DOMAIN_NO : known;
}

static struct evidence evidence_of(const struct organisation_row *row) {
    return (struct evidence){.source = row->source,
                             .authority = row->authority,
                             .method = row->method,
                             .check_id = row->check_id,
                             .result = VERIFY_MATCH,
                             .checked_at = row->checked_at};
}

static enum domain_status acting_of(struct domain *domain, struct arena *arena, const struct mandate_found *found,
                                    const struct client *client, struct acting *ret_acting) {
    struct organisation organisation;
    enum domain_status status =
        mandate_scope_covers(found->row.scope, client) ? mandate_good(domain, arena, found) : DOMAIN_NO;
    if (status == DOMAIN_DONE) {
        status = organisation_open(domain, arena, &found->organisation, &organisation);
    }
    if (status == DOMAIN_DONE) {
        *ret_acting = (struct acting){.mandate_id = found->row.mandate_id,
                                      .organisation_id = found->row.organisation_id,
                                      .role = found->row.role,
                                      .scope = found->row.scope,
                                      .name = organisation.name,
                                      .credit_code = organisation.credit_code,
                                      .type = organisation.type,
                                      .status = organisation.row.status,
                                      .evidence = evidence_of(&organisation.row)};
    }
    return status;
}

enum domain_status acting_load(struct domain *domain, struct arena *arena, struct str mandate_id, struct str account_id,
                               const struct client *client, struct acting *ret_acting) {
    struct mandate_found found;
    enum domain_status status = domain_of_sql(mandates_find(domain->sql, arena, mandate_id, &found));
    if (status != DOMAIN_DONE) {
        return status;
    }
    return str_equal(found.row.account_id, account_id) ? acting_of(domain, arena, &found, client, ret_acting)
                                                       : DOMAIN_NO;
}

enum domain_status acting_list(struct domain *domain, struct arena *arena, struct str account_id,
                               const struct client *client, struct acting **ret_actings, size_t *ret_count) {
    struct mandate_found *rows;
    size_t row_count, count = 0;
    if (mandates_of_account(domain->sql, arena, account_id, &rows, &row_count) != SQL_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    struct acting *actings = arena_array_of(arena, row_count + 1, struct acting);
    for (size_t i = 0; i < row_count; i++) {
        enum domain_status status = acting_of(domain, arena, &rows[i], client, &actings[count]);
        if (status == DOMAIN_UNAVAILABLE) {
            return status;
        }
        count += status == DOMAIN_DONE;
    }
    *ret_actings = actings;
    *ret_count = count;
    return DOMAIN_DONE;
}

/* --- whom an offer is to --- */

struct str mandate_seal_grantee(const struct domain *domain, struct arena *arena, struct str mandate_id,
                                const struct mandate_grantee *grantee) {
    struct buf text;
    buf_init(&text, arena, 256, GRANTEE_MOST);
    struct json_out out = json_out(&text);
    json_open_object(&out, NULL);
    json_put_str(&out, "name", grantee->name);
    json_put_str(&out, "number", grantee->number);
    json_close_object(&out);
    CHECK(!text.failed); /* both were read before */
    return seal(domain->sealers->personal, arena, buf_str(&text), mandate_id);
}

/* Absent members where the mandate names nobody, or cannot be opened. */
static struct mandate_grantee grantee_of(const struct domain *domain, struct arena *arena,
                                         const struct mandate_row *row) {
    struct mandate_grantee grantee = {0};
    struct str text;
    const struct json *details;
    if (!str_is_absent(row->grantee_sealed) &&
        seal_open(domain->sealers->personal, arena, row->grantee_sealed, row->mandate_id, &text) &&
        json_parse(arena, text, JSON_LIMITS_TOKEN, &details)) {
        json_get_str(details, "name", &grantee.name);
        json_get_str(details, "number", &grantee.number);
    }
    return grantee;
}

static bool same_name(struct arena *arena, struct str one, struct str other) {
    struct str one_key, other_key;
    return person_name_key(arena, str_or(one, STR("")), &one_key) == PERSON_NAME_OK &&
           person_name_key(arena, str_or(other, STR("")), &other_key) == PERSON_NAME_OK &&
           str_equal(one_key, other_key);
}

/* A phone number counts where it was shown to be the person's: anybody can type one. */
static struct str identifier_of(const struct account *account, enum identifier_kind kind) {
    const struct profile *profile = &account->profile;
    struct str value = kind == IDENTIFIER_ID_NUMBER                                 ? profile->id_number
                       : kind == IDENTIFIER_PHONE && profile->phone_number_verified ? profile->phone_number
                                                                                    : STR_NONE;
    return str_is_empty(value) ? STR_NONE : value;
}

bool mandate_offered_to(struct domain *domain, struct arena *arena, const struct account *account,
                        const struct mandate_found *found) {
    const struct mandate_row *row = &found->row;
    int64_t now = clock_wall();
    struct str value = identifier_of(account, row->grantee_kind);
    return row->state == MANDATE_OFFERED && now < row->not_after &&
           now < row->created_at + (int64_t)MANDATE_OFFER_DAYS * DAY_S && !str_is_absent(value) &&
           str_equal(row->grantee_hash, account_identifier_hash(domain, arena, row->grantee_kind, value)) &&
           same_name(arena, grantee_of(domain, arena, row).name, account->profile.name);
}

/* --- who may --- */

enum mandate_result mandate_level_shown(const struct signed_in *who, enum mandate_role role) {
    switch (signed_in_shows(who, mandate_role_level(role))) {
    case LEVEL_SHOWN:
        return MANDATE_DONE;
    case LEVEL_NOT_SHOWN:
        return MANDATE_STEP_UP;
    case LEVEL_NOT_PROVEN:
        break;
    }
    return MANDATE_LEVEL;
}

bool mandate_may_end(const struct account *account, const struct mandate_found *own,
                     const struct mandate_found *found) {
    const struct mandate_row *row = &found->row;
    if (row->state == MANDATE_ENDED) {
        return false;
    }
    if (str_equal(row->account_id, account->account_id)) {
        return true;
    }
    bool granted = own && str_equal(row->granted_by, own->row.mandate_id);
    bool represents =
        own && own->row.role == MANDATE_REPRESENTATIVE && str_equal(own->row.organisation_id, row->organisation_id);
    return granted || (represents && row->role != MANDATE_REPRESENTATIVE);
}

/* --- looking --- */

static enum domain_status mandate_of(struct domain *domain, struct arena *arena, const struct account *account,
                                     const struct mandate_found *own, const struct mandate_found *found,
                                     struct mandate *ret_mandate) {
    enum domain_status good = mandate_good(domain, arena, found);
    struct mandate_grantee grantee = grantee_of(domain, arena, &found->row);
    bool may_end = mandate_may_end(account, own, found);
    bool others = may_end && !str_equal(found->row.account_id, account->account_id);
    if (good == DOMAIN_UNAVAILABLE) {
        return good;
    }
    *ret_mandate = (struct mandate){.found = *found,
                                    .grantee_name = grantee.name,
                                    .grantee_number = grantee.number,
                                    .works = good == DOMAIN_DONE,
                                    .may_end = may_end,
                                    .looks_as = others ? own->row.role : found->row.role};
    return organisation_open(domain, arena, &found->organisation, &ret_mandate->organisation);
}

static enum domain_status mandates_of(struct domain *domain, struct arena *arena, const struct account *account,
                                      const struct mandate_found *own, const struct mandate_found *rows, size_t count,
                                      struct mandate **ret_mandates) {
    enum domain_status status = DOMAIN_DONE;
    struct mandate *mandates = arena_array_of(arena, count + 1, struct mandate);
    for (size_t i = 0; i < count && status == DOMAIN_DONE; i++) {
        status = mandate_of(domain, arena, account, own, &rows[i], &mandates[i]);
    }
    *ret_mandates = mandates;
    return status;
}

enum domain_status mandates_held(struct domain *domain, struct arena *arena, const struct account *account,
                                 struct mandate **ret_mandates, size_t *ret_count) {
    struct mandate_found *rows;
    if (mandates_of_account(domain->sql, arena, account->account_id, &rows, ret_count) != SQL_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    return mandates_of(domain, arena, account, NULL, rows, *ret_count, ret_mandates);
}

enum domain_status mandates_offered(struct domain *domain, struct arena *arena, const struct account *account,
                                    struct mandate **ret_mandates, size_t *ret_count) {
    static const enum identifier_kind kinds[] = {IDENTIFIER_ID_NUMBER, IDENTIFIER_PHONE};
    struct mandate_found *all = arena_array_of(arena, ARRAY_LEN(kinds) * MANDATES_LISTED_MOST, struct mandate_found);
    size_t count = 0;
    for (size_t k = 0; k < ARRAY_LEN(kinds); k++) {
        struct mandate_found *rows;
        size_t row_count;
        struct str value = identifier_of(account, kinds[k]);
        if (str_is_absent(value)) {
            continue;
        }
        struct str hash = account_identifier_hash(domain, arena, kinds[k], value);
        if (mandates_offered_to(domain->sql, arena, kinds[k], hash, &rows, &row_count) != SQL_DONE) {
            return DOMAIN_UNAVAILABLE;
        }
        for (size_t i = 0; i < row_count; i++) {
            if (mandate_offered_to(domain, arena, account, &rows[i])) {
                all[count++] = rows[i];
            }
        }
    }
    *ret_count = count;
    return mandates_of(domain, arena, account, NULL, all, count, ret_mandates);
}

enum domain_status mandate_of_grantor(struct domain *domain, struct arena *arena, const struct account *account,
                                      struct str organisation_id, struct mandate_found *ret_found) {
    struct mandate_found *rows;
    size_t count;
    enum domain_status best = DOMAIN_NO;
    if (mandates_of_account(domain->sql, arena, account->account_id, &rows, &count) != SQL_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    for (size_t i = 0; i < count; i++) {
        const struct mandate_found *found = &rows[i];
        bool better = str_equal(found->row.organisation_id, organisation_id) &&
                      mandate_role_grants(found->row.role, MANDATE_AGENT) &&
                      (best == DOMAIN_NO || found->row.role < ret_found->row.role);
        enum domain_status good = better ? mandate_good(domain, arena, found) : DOMAIN_NO;
        if (good == DOMAIN_UNAVAILABLE) {
            return good;
        }
        if (good == DOMAIN_DONE) {
            *ret_found = *found;
            best = DOMAIN_DONE;
        }
    }
    return best;
}

enum domain_status mandates_granted(struct domain *domain, struct arena *arena, const struct account *account,
                                    struct str organisation_id, struct mandate *ret_own, struct mandate **ret_mandates,
                                    size_t *ret_count) {
    struct mandate_found own, *rows;
    enum domain_status grants = mandate_of_grantor(domain, arena, account, organisation_id, &own);
    if (grants == DOMAIN_DONE) {
        grants = mandate_of(domain, arena, account, &own, &own, ret_own);
    }
    if (grants != DOMAIN_DONE) {
        return grants;
    }
    if (mandates_of_organisation(domain->sql, arena, organisation_id, &rows, ret_count) != SQL_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    return mandates_of(domain, arena, account, &own, rows, *ret_count, ret_mandates);
}

enum domain_status mandate_look(struct domain *domain, struct arena *arena, const struct account *account,
                                struct str mandate_id, struct mandate *ret_mandate) {
    struct mandate_found found, own;
    enum domain_status status = domain_of_sql(mandates_find(domain->sql, arena, mandate_id, &found));
    if (status != DOMAIN_DONE) {
        return status;
    }
    enum domain_status grants = mandate_of_grantor(domain, arena, account, found.row.organisation_id, &own);
    if (grants == DOMAIN_UNAVAILABLE) {
        return grants;
    }
    status = mandate_of(domain, arena, account, grants == DOMAIN_DONE ? &own : NULL, &found, ret_mandate);
    bool theirs = ret_mandate->may_end || mandate_offered_to(domain, arena, account, &found);
    return status == DOMAIN_DONE && !theirs ? DOMAIN_NO : status;
}
