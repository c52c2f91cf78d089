/*
 * Organisations: what is sealed of them, and entering one.
 */
#include "domain/organisations.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/log.h"
#include "base/random.h"
#include "domain/attempts.h"
#include "domain/session.h"
#include "model/credit_code.h"
#include "organisations_inside.h"
#include "status.h"
#include "store/mandates.h"

#define DAY_S       86400
#define ID_RANDOM   16
#define SEALED_MOST 4096
#define DETAIL_MOST 1024

/* --- what is known of one --- */

static struct str seal_details(const struct domain *domain, struct arena *arena,
                               const struct organisation *organisation) {
    struct buf text;
    buf_init(&text, arena, 256, SEALED_MOST);
    struct json_out out = json_out(&text);
    json_open_object(&out, NULL);
    json_put_str(&out, "name", organisation->name);
    json_put_str(&out, "credit_code", organisation->credit_code);
    if (!str_is_absent(organisation->type)) {
        json_put_str(&out, "type", organisation->type);
    }
    json_close_object(&out);
    CHECK(!text.failed); /* names and types were limited when they came in */
    return seal(domain->sealers->personal, arena, buf_str(&text), organisation->row.organisation_id);
}

enum domain_status organisation_open(const struct domain *domain, struct arena *arena,
                                     const struct organisation_row *row, struct organisation *ret_organisation) {
    struct str text;
    const struct json *details;
    struct organisation organisation = {.row = *row};
    if (!seal_open(domain->sealers->personal, arena, row->sealed, row->organisation_id, &text) ||
        !json_parse(arena, text, JSON_LIMITS_TOKEN, &details) || !json_get_str(details, "name", &organisation.name) ||
        !json_get_str(details, "credit_code", &organisation.credit_code)) {
        return DOMAIN_UNAVAILABLE;
    }
    json_get_str(details, "type", &organisation.type);
    *ret_organisation = organisation;
    return DOMAIN_DONE;
}

enum domain_status organisation_load(struct domain *domain, struct arena *arena, struct str organisation_id,
                                     struct organisation *ret_organisation) {
    struct organisation_row row;
    enum domain_status found = domain_of_sql(organisations_get(domain->sql, arena, organisation_id, &row));
    return found == DOMAIN_DONE ? organisation_open(domain, arena, &row, ret_organisation) : found;
}

struct str organisation_subject(const struct domain *domain, struct arena *arena, struct str organisation_id,
                                const struct client *client) {
    if (!client->pairwise) {
        return organisation_id;
    }
    const struct str parts[] = {STR("organisation"), client->sector, organisation_id};
    unsigned char mac[32];
    seal_mac(domain->sealers->subject, parts, ARRAY_LEN(parts), mac);
    return base64url_encode(arena, str_of(mac, sizeof(mac)));
}

static struct str code_hash(const struct domain *domain, struct arena *arena, struct str credit_code) {
    const struct str parts[] = {STR("organisation"), credit_code};
    unsigned char mac[32];
    seal_mac(domain->sealers->lookup, parts, ARRAY_LEN(parts), mac);
    return str_dup(arena, str_of(mac, sizeof(mac)));
}

/* --- asking the register --- */

enum verify_result organisation_ask(struct domain *domain, struct arena *arena, struct upstream *upstream,
                                    const struct account *account, struct str name, struct str credit_code,
                                    struct upstream_found *ret_found) {
    const struct upstream_asked asked = {.org_name = name,
                                         .credit_code = credit_code,
                                         .representative_name = account->profile.name,
                                         .representative_number = account->profile.id_number,
                                         .id_type = account->profile.id_type,
                                         .request_id = log_request_id,
                                         .transaction = upstream_transaction(arena)};
    enum verify_result result = upstream_verify(upstream, arena, &asked, ret_found);
    /* A register may confirm who represents an enterprise that is no longer in business. */
    if (result != VERIFY_MATCH || organisation_works(ret_found->status)) {
        return result;
    }
    /* One that does not say how an enterprise fares says too little for anybody to act for it. */
    return ret_found->status == ORGANISATION_UNKNOWN ? VERIFY_UNSUPPORTED : VERIFY_STATE_BAD;
}

static bool is_name(struct arena *arena, struct str name) {
    struct str key;
    return organisation_name_key(arena, str_or(name, STR("")), &key) == ORGANISATION_NAME_OK;
}

void organisation_put_found(const struct domain *domain, struct arena *arena, struct organisation *organisation,
                            const struct upstream_found *found) {
    struct organisation_row *row = &organisation->row;
    const struct evidence *evidence = &found->evidence;
    if (is_name(arena, found->org_name)) {
        organisation->name = found->org_name;
    }
    if (is_name(arena, found->org_type)) {
        organisation->type = found->org_type;
    }
    row->sealed = seal_details(domain, arena, organisation);
    row->status = found->status;
    row->source = evidence->source;
    row->authority = evidence->authority;
    row->method = evidence->method;
    row->check_id = evidence->check_id;
    row->checked_at = evidence->checked_at;
    row->due_at = evidence->checked_at + domain->settings->organisation_recheck_s;
    row->updated_at = evidence->checked_at;
}

struct str organisation_detail(struct arena *arena, const struct evidence *evidence, struct str mandate_id) {
    struct buf detail;
    buf_init(&detail, arena, 128, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    if (!str_is_absent(evidence->source)) {
        json_put_str(&out, "upstream", evidence->source);
    }
    if (!str_is_absent(evidence->check_id)) {
        json_put_str(&out, "check_id", evidence->check_id);
    }
    if (!str_is_absent(mandate_id)) {
        json_put_str(&out, "mandate_id", mandate_id);
    }
    json_close_object(&out);
    return detail.failed ? STR_NONE : buf_str(&detail);
}

/* --- entering --- */

struct entering {
    struct domain *domain;
    struct arena *arena;
    const struct signed_in *who;
    struct str name, credit_code;
    struct upstream_found found;
};

/* "No such enterprise", "somebody else represents it" and "not in business" are one answer to whoever asks. */
static enum organisation_result result_of(enum verify_result result) {
    switch (result) {
    case VERIFY_MATCH:
        return ORGANISATION_ENTERED;
    case VERIFY_MISMATCH:
    case VERIFY_NOT_FOUND:
    case VERIFY_STATE_BAD:
    case VERIFY_INVALID_INPUT:
        return ORGANISATION_REFUSED;
    case VERIFY_UNSUPPORTED:
    case VERIFY_RATE_LIMITED:
    case VERIFY_PENDING:
    case VERIFY_UPSTREAM_ERROR:
        break;
    }
    return ORGANISATION_CANNOT_CHECK;
}

static void tell_refused(struct entering *entering, enum verify_result result) {
    const struct event event = {.kind = EVENT_ORGANISATION_ENTER,
                                .result = result_of(result) == ORGANISATION_REFUSED ? EVENT_REFUSED : EVENT_FAILED,
                                .reason = verify_result_name(result),
                                .actor = entering->who->account->account_id,
                                .address = entering->who->address,
                                .detail = organisation_detail(entering->arena, &entering->found.evidence, STR_NONE)};
    domain_tell(entering->domain, &event);
}

static enum organisation_result ask(struct entering *entering) {
    struct domain *domain = entering->domain;
    struct upstream *upstream = upstreams_first(&domain->upstreams, UPSTREAM_ORGANISATION);
    if (!upstream) {
        return ORGANISATION_CANNOT_CHECK;
    }
    const struct domain_settings *settings = domain->settings;
    const struct attempt_limit limits[] = {
        {"organisation-account", entering->who->account->account_id, settings->organisation_attempts_per_account,
         DAY_S},
        {"organisation-code", entering->credit_code, settings->organisation_attempts_per_code, DAY_S},
        {"organisation-address", entering->who->address, settings->organisation_attempts_per_address, DAY_S},
    };
    int64_t tries;
    switch (attempts_count(domain, entering->arena, limits, ARRAY_LEN(limits), &tries)) {
    case ATTEMPTS_ALLOWED:
        break;
    case ATTEMPTS_EXCEEDED:
        return ORGANISATION_LIMITED;
    case ATTEMPTS_UNAVAILABLE:
        return ORGANISATION_UNAVAILABLE;
    }
    enum verify_result answered = organisation_ask(domain, entering->arena, upstream, entering->who->account,
                                                   entering->name, entering->credit_code, &entering->found);
    enum organisation_result result = result_of(answered);
    if (result != ORGANISATION_ENTERED) {
        tell_refused(entering, answered);
    }
    if (result == ORGANISATION_CANNOT_CHECK) {
        attempts_give_back(domain, entering->arena, limits, ARRAY_LEN(limits));
    }
    return result;
}

/* How others stand in it that the register confirmed before. */
struct standing {
    bool holds;  /* this account has the mandate already */
    bool others; /* somebody else is still its representative: the register is to be asked about them */
};

static enum domain_status stand(struct entering *entering, struct str organisation_id, struct standing *ret_standing) {
    struct mandate_found *rows;
    size_t count;
    struct standing standing = {0};
    if (mandates_of_organisation(entering->domain->sql, entering->arena, organisation_id, &rows, &count) != SQL_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].row.role == MANDATE_REPRESENTATIVE && rows[i].row.state == MANDATE_ACCEPTED) {
            bool own = str_equal(rows[i].row.account_id, entering->who->account->account_id);
            standing.holds = standing.holds || own;
            standing.others = standing.others || !own;
        }
    }
    *ret_standing = standing;
    return DOMAIN_DONE;
}

static struct mandate_row representative_of(struct entering *entering, const struct organisation *organisation) {
    int64_t now = organisation->row.checked_at;
    return (struct mandate_row){.mandate_id =
                                    str_concat(entering->arena, STR("ma_"), random_text(entering->arena, ID_RANDOM)),
                                .organisation_id = organisation->row.organisation_id,
                                .account_id = entering->who->account->account_id,
                                .role = MANDATE_REPRESENTATIVE,
                                .scope = STR("*"),
                                .state = MANDATE_ACCEPTED,
                                .not_before = now,
                                .granted_by = STR("register"),
                                .method = str_or(entering->found.evidence.method, STR("register")),
                                .accepted_at = now,
                                .created_at = now};
}

static struct admin_answer write_entered(struct entering *entering, struct organisation *organisation, bool known,
                                         const struct standing *standing) {
    struct change change = {0};
    struct organisation_row *row = &organisation->row;
    struct mandate_row mandate = representative_of(entering, organisation);
    row->due_at = standing->others ? row->checked_at : row->due_at;
    change_add(&change, known ? organisations_update(row) : organisations_insert(row));
    if (!standing->holds) {
        change_add(&change, mandates_insert(&mandate));
    }
    const struct event event = {.kind = EVENT_ORGANISATION_ENTER,
                                .actor = entering->who->account->account_id,
                                .subject = row->organisation_id,
                                .address = entering->who->address,
                                .detail = organisation_detail(entering->arena, &entering->found.evidence,
                                                              standing->holds ? STR_NONE : mandate.mandate_id)};
    return change_write(entering->domain, entering->arena, &change, &event);
}

/* ADMIN_STALE, ADMIN_CONFLICT: somebody entered or checked it in this very moment. */
static enum admin_result keep_once(struct entering *entering, struct str *ret_organisation_id) {
    struct domain *domain = entering->domain;
    struct organisation organisation = {.name = entering->name, .credit_code = entering->credit_code};
    struct standing standing = {0};
    struct str hash = code_hash(domain, entering->arena, entering->credit_code);
    enum sql_status found = organisations_find(domain->sql, entering->arena, hash, &organisation.row);
    if (found == SQL_DOWN ||
        (found == SQL_DONE && stand(entering, organisation.row.organisation_id, &standing) != DOMAIN_DONE)) {
        return ADMIN_UNAVAILABLE;
    }
    if (found == SQL_DONE) {
        organisation.row.version++;
    } else {
        organisation.row = (struct organisation_row){
            .organisation_id = str_concat(entering->arena, STR("or_"), random_text(entering->arena, ID_RANDOM)),
            .code_hash = hash,
            .created_at = clock_wall()};
    }
    organisation_put_found(domain, entering->arena, &organisation, &entering->found);
    enum admin_result written = write_entered(entering, &organisation, found == SQL_DONE, &standing).result;
    *ret_organisation_id = organisation.row.organisation_id;
    return written;
}

static enum organisation_result keep(struct entering *entering, struct str *ret_organisation_id) {
    enum admin_result written = ADMIN_STALE;
    for (int look = 0; look < 3 && (written == ADMIN_STALE || written == ADMIN_CONFLICT); look++) {
        written = keep_once(entering, ret_organisation_id);
    }
    return written == ADMIN_DONE ? ORGANISATION_ENTERED : ORGANISATION_UNAVAILABLE;
}

/* Who says that they represent it must have been seen, or show what only they have: the name and the code of an
 * organisation are public. */
static enum organisation_result may_enter(const struct signed_in *who) {
    switch (signed_in_shows(who, mandate_role_level(MANDATE_REPRESENTATIVE))) {
    case LEVEL_SHOWN:
        break;
    case LEVEL_NOT_SHOWN:
        return ORGANISATION_STEP_UP;
    case LEVEL_NOT_PROVEN:
        return ORGANISATION_LEVEL;
    }
    return str_is_empty(who->account->profile.id_number) ? ORGANISATION_LEVEL : ORGANISATION_ENTERED;
}

enum organisation_result organisation_enter(struct domain *domain, struct arena *arena, const struct signed_in *who,
                                            const struct organisation_typed *typed, struct str *ret_organisation_id) {
    char code[CREDIT_CODE_LENGTH + 1];
    struct entering entering = {
        .domain = domain, .arena = arena, .who = who, .name = str_trim(str_or(typed->name, STR("")))};
    enum organisation_result allowed = may_enter(who);
    if (allowed != ORGANISATION_ENTERED) {
        return allowed;
    }
    if (!is_name(arena, entering.name)) {
        return ORGANISATION_INVALID_NAME;
    }
    enum credit_code_result read = credit_code_read(str_trim(str_or(typed->credit_code, STR(""))), code);
    if (read != CREDIT_CODE_OK && read != CREDIT_CODE_UNUSUAL) {
        return ORGANISATION_INVALID_CODE;
    }
    entering.credit_code = str_dup(arena, str_from(code));
    enum organisation_result asked = ask(&entering);
    return asked == ORGANISATION_ENTERED ? keep(&entering, ret_organisation_id) : asked;
}
