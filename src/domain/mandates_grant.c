/*
 * Offering a mandate, and accepting it.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "domain/attempts.h"
#include "domain/registry.h"
#include "mandates_inside.h"
#include "model/identity.h"
#include "status.h"
#include "store/agencies.h"

#define DAY_S        86400
#define ID_RANDOM    16
#define OFFERS_A_DAY 200
#define BEGIN_MOST   366 /* days until it begins */
#define NAME_MOST    200 /* bytes */
#define DETAIL_MOST  8192

static enum mandate_result result_of(enum admin_result result) {
    switch (result) {
    case ADMIN_DONE:
        return MANDATE_DONE;
    case ADMIN_STALE:
        return MANDATE_STALE;
    case ADMIN_CONFLICT:
        return MANDATE_TAKEN;
    default:
        return MANDATE_UNAVAILABLE;
    }
}

static struct str detail_of(struct arena *arena, const struct mandate_row *row) {
    struct buf detail;
    buf_init(&detail, arena, 256, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "organisation_id", row->organisation_id);
    json_put_str(&out, "role", mandate_role_name(row->role));
    json_put_str(&out, "scope", row->scope);
    json_put_str(&out, "granted_by", row->granted_by);
    json_put_int(&out, "not_before", row->not_before);
    json_put_int(&out, "not_after", row->not_after);
    json_close_object(&out);
    return detail.failed ? STR_NONE : buf_str(&detail);
}

/* --- offering --- */

struct offering {
    struct domain *domain;
    struct arena *arena;
    const struct signed_in *grantor;
    const struct mandate_wanted *wanted;
    struct mandate_found own; /* what it is granted with */
    struct mandate_row row;   /* what it is to become */
    struct mandate_problems problems;
};

static struct str masked(struct arena *arena, enum identifier_kind kind, struct str value) {
    return kind == IDENTIFIER_PHONE ? phone_mask(arena, value) : id_number_mask(arena, value);
}

static void read_grantee(struct offering *offering) {
    struct arena *arena = offering->arena;
    const struct mandate_wanted *wanted = offering->wanted;
    struct mandate_row *row = &offering->row;
    struct str key, name = str_trim(str_or(wanted->name, STR("")));
    struct str value = account_identifier_fold(arena, str_or(wanted->identifier, STR("")), &row->grantee_kind);
    bool numbered = row->grantee_kind == IDENTIFIER_ID_NUMBER || row->grantee_kind == IDENTIFIER_PHONE;
    const struct profile *own = &offering->grantor->account->profile;
    offering->problems.name = name.len > NAME_MOST || person_name_key(arena, name, &key) != PERSON_NAME_OK;
    offering->problems.identifier =
        !numbered || str_equal(value, own->id_number) || str_equal(value, own->phone_number);
    if (!offering->problems.name && !offering->problems.identifier) {
        const struct mandate_grantee grantee = {name, masked(arena, row->grantee_kind, value)};
        row->grantee_hash = account_identifier_hash(offering->domain, arena, row->grantee_kind, value);
        row->grantee_sealed = mandate_seal_grantee(offering->domain, arena, row->mandate_id, &grantee);
    }
}

static void read_term(struct offering *offering) {
    const struct mandate_wanted *wanted = offering->wanted;
    int64_t now = clock_wall(), own_end = offering->own.row.not_after;
    int64_t begin = wanted->not_before > now ? wanted->not_before : now;
    bool fine = wanted->not_before <= now + (int64_t)BEGIN_MOST * DAY_S && wanted->not_after > begin &&
                wanted->not_after - begin <= (int64_t)MANDATE_TERM_DAYS_MOST * DAY_S &&
                (own_end == 0 || wanted->not_after <= own_end);
    offering->problems.term = !fine;
    offering->row.not_before = begin;
    offering->row.not_after = wanted->not_after;
}

/* DOMAIN_NO: it names what is not there. Whoever types a scope shall know that it will do something. */
static enum domain_status named_exists(struct offering *offering, struct str word) {
    struct domain *domain = offering->domain;
    struct agency_row agency;
    if (str_drop_prefix(&word, STR("client:"))) {
        return registry_find(domain->registry, word) ? DOMAIN_DONE : DOMAIN_NO;
    }
    return str_drop_prefix(&word, STR("agency:"))
               ? domain_of_sql(agencies_get(domain->sql, offering->arena, word, &agency))
               : DOMAIN_DONE;
}

static enum domain_status read_scope(struct offering *offering) {
    struct str word, scope = STR("");
    enum domain_status status = DOMAIN_DONE;
    bool fine = mandate_scope_read(offering->arena, str_or(offering->wanted->scope, STR("")), &scope) &&
                mandate_scope_within(offering->own.row.scope, scope);
    offering->row.scope = scope;
    while (fine && status == DOMAIN_DONE && str_next_word(&scope, &word)) {
        status = named_exists(offering, word);
    }
    offering->problems.scope = !fine || status == DOMAIN_NO;
    return status == DOMAIN_UNAVAILABLE ? status : DOMAIN_DONE;
}

static enum mandate_result read_offer(struct offering *offering) {
    struct mandate_row *row = &offering->row;
    row->mandate_id = str_concat(offering->arena, STR("ma_"), random_text(offering->arena, ID_RANDOM));
    row->organisation_id = offering->wanted->organisation_id;
    row->role = offering->wanted->role;
    row->state = MANDATE_OFFERED;
    row->granted_by = offering->own.row.mandate_id;
    row->method = STR("grant");
    row->created_at = clock_wall();
    read_grantee(offering);
    read_term(offering);
    if (read_scope(offering) != DOMAIN_DONE) {
        return MANDATE_UNAVAILABLE;
    }
    const struct mandate_problems *problems = &offering->problems;
    return problems->name || problems->identifier || problems->scope || problems->term ? MANDATE_INVALID : MANDATE_DONE;
}

static enum mandate_result count_offer(struct offering *offering) {
    const struct attempt_limit limit = {"mandate-offers", offering->grantor->account->account_id, OFFERS_A_DAY, DAY_S};
    int64_t tries;
    switch (attempts_count(offering->domain, offering->arena, &limit, 1, &tries)) {
    case ATTEMPTS_ALLOWED:
        return MANDATE_DONE;
    case ATTEMPTS_EXCEEDED:
        return MANDATE_LIMITED;
    case ATTEMPTS_UNAVAILABLE:
        break;
    }
    return MANDATE_UNAVAILABLE;
}

static enum mandate_result write_offer(struct offering *offering) {
    const struct mandate_row *row = &offering->row;
    struct change change = {0};
    change_add(&change, mandates_still_good(row->granted_by, row->created_at));
    change_add(&change, mandates_insert(row));
    const struct event event = {.kind = EVENT_MANDATE_OFFER,
                                .actor = offering->grantor->account->account_id,
                                .subject = row->mandate_id,
                                .address = offering->grantor->address,
                                .detail = detail_of(offering->arena, row)};
    return result_of(change_write(offering->domain, offering->arena, &change, &event).result);
}

enum mandate_result mandate_offer(struct domain *domain, struct arena *arena, const struct signed_in *grantor,
                                  const struct mandate_wanted *wanted, struct mandate_problems *ret_problems,
                                  struct str *ret_mandate_id) {
    struct offering offering = {.domain = domain, .arena = arena, .grantor = grantor, .wanted = wanted};
    switch (mandate_of_grantor(domain, arena, grantor->account, wanted->organisation_id, &offering.own)) {
    case DOMAIN_DONE:
        break;
    case DOMAIN_NO:
        return MANDATE_MISSING;
    case DOMAIN_UNAVAILABLE:
        return MANDATE_UNAVAILABLE;
    }
    if (!mandate_role_grants(offering.own.row.role, wanted->role)) {
        return MANDATE_REFUSED;
    }
    enum mandate_result result = mandate_level_shown(grantor, offering.own.row.role);
    if (result == MANDATE_DONE) {
        result = read_offer(&offering);
        *ret_problems = offering.problems;
    }
    if (result == MANDATE_DONE) {
        result = count_offer(&offering);
    }
    if (result == MANDATE_DONE) {
        result = write_offer(&offering);
        *ret_mandate_id = offering.row.mandate_id;
    }
    return result;
}

/* --- accepting --- */

enum mandate_result mandate_accept(struct domain *domain, struct arena *arena, const struct signed_in *who,
                                   struct str mandate_id, int64_t version) {
    struct mandate_found found;
    enum sql_status read = mandates_find(domain->sql, arena, mandate_id, &found);
    if (read != SQL_DONE) {
        return read == SQL_MISSING ? MANDATE_MISSING : MANDATE_UNAVAILABLE;
    }
    struct mandate_row row = found.row;
    if (!mandate_offered_to(domain, arena, who->account, &found)) {
        mandate_tell_not_theirs(domain, EVENT_MANDATE_ACCEPT, who, mandate_id);
        return MANDATE_MISSING;
    }
    if (row.version != version || !organisation_works(found.organisation.status)) {
        return MANDATE_STALE;
    }
    enum mandate_result shown = mandate_level_shown(who, row.role);
    if (shown != MANDATE_DONE) {
        return shown;
    }
    row.account_id = who->account->account_id;
    row.accepted_at = clock_wall();
    row.version++;
    struct change change = {0};
    change_add(&change, mandates_still_good(row.granted_by, row.accepted_at));
    change_add(&change, mandates_accept(&row));
    const struct event event = {.kind = EVENT_MANDATE_ACCEPT,
                                .actor = row.account_id,
                                .subject = mandate_id,
                                .address = who->address,
                                .detail = detail_of(arena, &row)};
    return result_of(change_write(domain, arena, &change, &event).result);
}
