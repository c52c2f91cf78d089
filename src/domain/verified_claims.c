/*
 * Answering a request for verified claims: which evidence serves an element, and the element written from it.
 *
 * The level told is the account's as it is now, or the highest below it that was asked for and that evidence gives: so
 * that a portal which asks for L2 is still answered when the person has come to L3.
 */
#include "domain/verified_claims.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "domain/account.h"
#include "model/identity.h"
#include "status.h"

#define REFERENCE_SIZE 16
#define OF_ANY_LEVEL   ((2u << LEVEL_MOST) - 2) /* of the bits of verified_wanted.levels */

/* What the account has, and what one element takes of it: of each way of proof the newest, NULL for none. */
struct answer {
    const struct claims_about *about; /* with a profile of what is proven */
    const struct verification_row *rows;
    size_t row_count;
    int64_t now;
    const struct verified_wanted *wanted;
    int level;
    const struct verification_row *giver; /* of the level */
    const struct verification_row *taken[PROOF_METHODS];
    const struct evidence_wanted *filters[PROOF_METHODS];
    claim_set told;
};

bool verified_claims_tell_of(const struct proof *proof) {
    return proof->level >= 2 || str_equal(proof->what, STR("corporate_register"));
}

bool verified_is_of_organisation(const struct verified_wanted *wanted) {
    return wanted->claims == CLAIMS_OF_ORGANISATION;
}

/* --- which evidence --- */

static bool is_valid(const struct verification_row *row, int64_t now) {
    const struct evidence *evidence = &row->evidence;
    return evidence->result == VERIFY_MATCH && evidence->ended_at == 0 && evidence->level >= 2 &&
           (evidence->expires_at == 0 || evidence->expires_at > now);
}

static bool method_of(const struct verification_row *row, enum proof_method *ret_method) {
    const struct proof *proof = proof_from_name(row->evidence.method);
    if (!proof || !verified_claims_tell_of(proof)) {
        return false;
    }
    *ret_method = (enum proof_method)(proof - proof_of((enum proof_method)0));
    return true;
}

/* What the client sees of one of our ids: differs from sector to sector, and says nothing. */
static struct str reference(const struct answer *answer, struct str kind, const struct verification_row *row) {
    const struct claims_about *about = answer->about;
    const struct str parts[] = {kind, about->client->sector, row->verification_id};
    unsigned char mac[32];
    seal_mac(about->domain->sealers->check, parts, ARRAY_LEN(parts), mac);
    return base64url_encode(about->arena, str_of(mac, REFERENCE_SIZE));
}

static struct str check_id(const struct answer *answer, const struct verification_row *row) {
    return reference(answer, STR("check"), row);
}

static bool filter_takes_document(const struct answer *answer, const struct evidence_wanted *filter,
                                  enum proof_method method) {
    unsigned demanded = filter->members & (EVIDENCE_IDCARD | EVIDENCE_RESIDENCE_PERMIT);
    struct str type = document_type_name(answer->about->account->profile.id_type);
    unsigned has = str_equal(type, STR("idcard")) ? EVIDENCE_IDCARD : EVIDENCE_RESIDENCE_PERMIT;
    return proof_of(method)->type != EVIDENCE_DOCUMENT || demanded == 0 || (demanded & has);
}

static bool filter_takes(const struct answer *answer, const struct evidence_wanted *filter,
                         const struct verification_row *row, enum proof_method method) {
    const struct domain *domain = answer->about->domain;
    return (filter->methods & METHOD_BIT(method)) && filter_takes_document(answer, filter, method) &&
           (filter->max_age < 0 || answer->now - row->evidence.checked_at <= filter->max_age) &&
           (str_is_absent(filter->organizations) ||
            value_is_marked(domain, filter->organizations, row->evidence.authority)) &&
           (str_is_absent(filter->check_ids) || value_is_marked(domain, filter->check_ids, check_id(answer, row)));
}

/* The filter that takes it; NULL for none. */
static const struct evidence_wanted *filter_for(const struct answer *answer, const struct verification_row *row,
                                                enum proof_method method) {
    static const struct evidence_wanted any = {.max_age = -1};
    if (answer->wanted->evidence_count == 0) {
        return &any;
    }
    for (size_t i = 0; i < answer->wanted->evidence_count; i++) {
        if (filter_takes(answer, &answer->wanted->evidence[i], row, method)) {
            return &answer->wanted->evidence[i];
        }
    }
    return NULL;
}

static bool is_newer(const struct verification_row *row, const struct verification_row *than) {
    return !than || row->evidence.checked_at >= than->evidence.checked_at;
}

/* Takes what serves an answer of this level; false when nothing gives the level. */
static bool take_of_level(struct answer *answer, int level) {
    memset(answer->taken, 0, sizeof(answer->taken));
    answer->level = level;
    answer->giver = NULL;
    for (size_t i = 0; i < answer->row_count; i++) {
        const struct verification_row *row = &answer->rows[i];
        enum proof_method method;
        if (!is_valid(row, answer->now) || row->evidence.level > level || !method_of(row, &method)) {
            continue;
        }
        if (row->evidence.level == level && is_newer(row, answer->giver)) {
            answer->giver = row;
        }
        const struct evidence_wanted *filter = filter_for(answer, row, method);
        if (filter && is_newer(row, answer->taken[method])) {
            answer->taken[method] = row;
            answer->filters[method] = filter;
        }
    }
    return answer->giver != NULL;
}

/* The evidence that gives the level must be among what is told, and is what the time speaks of: newer evidence of less
 * does not make it newer. */
static int64_t time_of(const struct answer *answer) {
    return answer->giver->evidence.checked_at;
}

static bool serves(const struct answer *answer) {
    const struct verified_wanted *wanted = answer->wanted;
    enum proof_method giver;
    return method_of(answer->giver, &giver) && filter_for(answer, answer->giver, giver) &&
           (wanted->procedures & METHOD_BIT(giver)) &&
           (wanted->max_age < 0 || answer->now - time_of(answer) <= wanted->max_age);
}

/* The register's last word on whom they act for. It proves no person, and so no level. */
static bool take_of_organisation(struct answer *answer) {
    const struct acting *acting = answer->about->acting;
    struct verification_row *row = arena_new_of(answer->about->arena, struct verification_row);
    enum proof_method method;
    if (!acting || answer->wanted->levels != OF_ANY_LEVEL) {
        return false;
    }
    const struct str id[] = {acting->organisation_id, STR(" "), str_or(acting->evidence.check_id, STR(""))};
    row->verification_id = str_join(answer->about->arena, id, ARRAY_LEN(id));
    row->evidence = acting->evidence;
    memset(answer->taken, 0, sizeof(answer->taken));
    answer->level = 0;
    answer->giver = row;
    if (!method_of(row, &method)) {
        return false;
    }
    answer->taken[method] = row;
    answer->filters[method] = filter_for(answer, row, method);
    return serves(answer);
}

static bool take(struct answer *answer) {
    struct str ours = answer->about->domain->settings->trust_framework;
    if (!str_is_absent(answer->wanted->trust_framework) && !str_equal(answer->wanted->trust_framework, ours)) {
        return false; /* it was another when the client asked */
    }
    if (verified_is_of_organisation(answer->wanted)) {
        return take_of_organisation(answer);
    }
    for (int level = answer->about->account->level; level >= 2; level--) {
        if ((answer->wanted->levels & 1u << level) && take_of_level(answer, level) && serves(answer)) {
            return true;
        }
    }
    return false;
}

/* --- writing --- */

static void put_text(struct json_out *out, const char *name, struct str text) {
    if (!str_is_empty(text)) {
        json_put_str(out, name, text);
    }
}

static void put_check(struct json_out *out, const struct answer *answer, const struct verification_row *row,
                      unsigned members) {
    json_open_array(out, "check_details");
    json_open_object(out, NULL);
    json_put_str(out, "check_method", proof_from_name(row->evidence.method)->check_method);
    if (members & EVIDENCE_ORGANIZATION) {
        put_text(out, "organization", row->evidence.authority);
    }
    if (members & EVIDENCE_CHECK_ID) {
        json_put_str(out, "check_id", check_id(answer, row));
    }
    if (members & EVIDENCE_CHECK_TIME) {
        json_put_str(out, "time", clock_rfc3339(answer->about->arena, row->evidence.checked_at));
    }
    json_close_object(out);
    json_close_array(out);
}

struct str document_type_name(enum id_type type) {
    bool permit = type == ID_TYPE_RESIDENCE_PERMIT || type == ID_TYPE_PERMANENT_RESIDENCE;
    return permit ? STR("residence_permit") : STR("idcard");
}

/* Whose record it is: the authority's; whose document: the country's, since more is not known of it. */
static void put_what(struct json_out *out, const struct answer *answer, const struct verification_row *row,
                     const struct proof *proof, unsigned members) {
    bool is_document = proof->type == EVIDENCE_DOCUMENT;
    bool name = (members & EVIDENCE_NAME) && !is_document && !str_is_empty(row->evidence.authority);
    json_open_object(out, is_document ? "document_details" : "record");
    json_put_str(out, "type", is_document ? document_type_name(answer->about->account->profile.id_type) : proof->what);
    if (name || (members & EVIDENCE_COUNTRY)) {
        json_open_object(out, is_document ? "issuer" : "source");
        if (name) {
            json_put_str(out, "name", row->evidence.authority);
        }
        if (members & EVIDENCE_COUNTRY) {
            json_put_str(out, "country_code", STR("CHN"));
        }
        json_close_object(out);
    }
    json_close_object(out);
}

static void put_evidence(struct json_out *out, const struct answer *answer) {
    json_open_array(out, "evidence");
    for (size_t i = 0; i < PROOF_METHODS; i++) {
        const struct verification_row *row = answer->taken[i];
        if (!row) {
            continue;
        }
        const struct proof *proof = proof_of((enum proof_method)i);
        unsigned members = answer->filters[i]->members;
        json_open_object(out, NULL);
        json_put_str(out, "type", evidence_type_name(proof->type));
        if (members & EVIDENCE_CHECK) {
            put_check(out, answer, row, members);
        }
        if (members & EVIDENCE_WHAT) {
            put_what(out, answer, row, proof, members);
        }
        json_close_object(out);
    }
    json_close_array(out);
}

/* A register's word validates that there is such a person; a face or a counter verifies that this is the one. */
static void put_details(struct json_out *out, const struct answer *answer) {
    json_open_array(out, "assurance_details");
    for (size_t i = 0; i < PROOF_METHODS; i++) {
        const struct verification_row *row = answer->taken[i];
        if (!row) {
            continue;
        }
        bool verified = proof_of((enum proof_method)i)->level > 2;
        json_open_object(out, NULL);
        json_put_str(out, "assurance_type", verified ? STR("identity_verification") : STR("identity_validation"));
        json_put_str(out, "assurance_classification", proof_of((enum proof_method)i)->name);
        json_open_array(out, "evidence_ref");
        json_open_object(out, NULL);
        json_put_str(out, "check_id", check_id(answer, row));
        json_close_object(out);
        json_close_array(out);
        json_close_object(out);
    }
    json_close_array(out);
}

static void put_process(struct json_out *out, const struct answer *answer) {
    unsigned members = answer->wanted->members;
    if (!(members & (VERIFICATION_POLICY | VERIFICATION_PROCEDURE | VERIFICATION_DETAILS))) {
        return;
    }
    json_open_object(out, "assurance_process");
    if (members & VERIFICATION_POLICY) {
        json_put_str(out, "policy", STR(VERIFICATION_POLICY_NAME));
    }
    if (members & VERIFICATION_PROCEDURE) {
        json_put_str(out, "procedure", answer->giver->evidence.method);
    }
    if (members & VERIFICATION_DETAILS) {
        put_details(out, answer);
    }
    json_close_object(out);
}

static void put_verification(struct json_out *out, const struct answer *answer) {
    unsigned members = answer->wanted->members;
    struct arena *arena = answer->about->arena;
    json_open_object(out, "verification");
    json_put_str(out, "trust_framework", answer->about->domain->settings->trust_framework);
    if ((members & VERIFICATION_LEVEL) && answer->level > 0) {
        json_put_str(out, "assurance_level", str_format(arena, "L%d", answer->level));
    }
    put_process(out, answer);
    if (members & VERIFICATION_TIME) {
        json_put_str(out, "time", clock_rfc3339(arena, time_of(answer)));
    }
    if (members & VERIFICATION_PROCESS) {
        json_put_str(out, "verification_process", reference(answer, STR("process"), answer->giver));
    }
    if (members & VERIFICATION_EVIDENCE) {
        put_evidence(out, answer);
    }
    json_close_object(out);
}

/* --- the claims inside --- */

/* The value as its JSON text in the one spelling that marks are made of; absent when it is not known. */
static struct str claim_text(const struct answer *answer, enum claim claim) {
    struct arena *arena = answer->about->arena;
    struct buf text, value;
    const struct json *object;
    buf_init(&text, arena, 128, VERIFIED_ANSWER_MOST);
    buf_init(&value, arena, 128, VERIFIED_ANSWER_MOST);
    struct json_out out = json_out(&text);
    json_open_object(&out, NULL);
    claim_set written = claims_write(&out, CLAIM_BIT(claim), answer->about);
    json_close_object(&out);
    if (!written || text.failed || !json_parse(arena, buf_str(&text), JSON_LIMITS_TOKEN, &object)) {
        return STR_NONE;
    }
    json_write_value(&value, json_member(object, claim_name(claim).ptr));
    return buf_str(&value);
}

/* Those whose wanted value is the real one, or that may have any. */
static claim_set claims_fitting(const struct answer *answer) {
    const struct verified_wanted *wanted = answer->wanted;
    claim_set set = verified_is_of_organisation(wanted)
                        ? CLAIMS_OF_ORGANISATION
                        : wanted->claims & CLAIMS_VERIFIABLE & answer->about->client->claims;
    for (size_t i = 0; i < wanted->value_count; i++) {
        struct str text = claim_text(answer, wanted->values[i].claim);
        if (str_is_absent(text) || !value_is_marked(answer->about->domain, wanted->values[i].marks, text)) {
            set &= ~CLAIM_BIT(wanted->values[i].claim);
        }
    }
    return set;
}

/* One element as JSON; absent when it is left out. */
static struct str element_text(struct answer *answer, size_t most) {
    struct buf text;
    if (!take(answer)) {
        return STR_NONE;
    }
    buf_init(&text, answer->about->arena, 512, most);
    struct json_out out = json_out(&text);
    json_open_object(&out, NULL);
    put_verification(&out, answer);
    json_open_object(&out, "claims");
    claim_set told = claims_write(&out, claims_fitting(answer), answer->about);
    json_close_object(&out);
    json_close_object(&out);
    if (told == 0 || text.failed) {
        return STR_NONE;
    }
    answer->told |= told;
    return buf_str(&text);
}

/* The person as the evidence proves them: date of birth and gender are those of the number that was compared. */
static struct account proven(const struct claims_about *about) {
    struct account account = *about->account;
    struct id_number number;
    if (id_number_read(account.profile.id_number, clock_wall(), &number) == ID_NUMBER_OK) {
        account.profile.gender = number.male ? STR("male") : STR("female");
        account.profile.birthdate = str_format(about->arena, "%04d-%02d-%02d", number.year, number.month, number.day);
    }
    return account;
}

static void put_elements(struct json_out *out, bool as_list, const struct str *texts, size_t count) {
    if (!as_list) {
        json_put_raw(out, "verified_claims", texts[0]);
        return;
    }
    json_open_array(out, "verified_claims");
    for (size_t i = 0; i < count; i++) {
        json_put_raw(out, NULL, texts[i]);
    }
    json_close_array(out);
}

claim_set verified_claims_write(struct json_out *out, struct str packed, const struct claims_about *about,
                                const struct verification_row *rows, size_t count) {
    struct verified_request request;
    if (str_is_absent(packed) || !verified_request_unpack(about->arena, packed, &request)) {
        return 0; /* a grant of a version to come */
    }
    struct account account = proven(about);
    struct claims_about proven_about = *about;
    proven_about.account = &account;
    struct answer *answer = arena_new_of(about->arena, struct answer);
    *answer = (struct answer){.about = &proven_about, .rows = rows, .row_count = count, .now = clock_wall()};
    struct str texts[VERIFIED_ELEMENTS_MOST];
    size_t written = 0, left = VERIFIED_ANSWER_MOST;
    for (size_t i = 0; i < request.count; i++) {
        answer->wanted = &request.elements[i];
        struct str text = element_text(answer, left);
        if (!str_is_absent(text)) {
            texts[written++] = text;
            left -= text.len;
        }
    }
    if (written > 0) {
        put_elements(out, request.as_list, texts, written);
    }
    return answer->told;
}

enum domain_status person_facts_load(struct domain *domain, struct arena *arena, struct str account_id,
                                     claim_set claims, struct str packed, struct person_facts *ret_facts) {
    *ret_facts = (struct person_facts){.account = {.account_id = account_id}};
    if (!claims && str_is_absent(packed)) {
        return account_active_level(domain, arena, account_id, &ret_facts->account.level);
    }
    enum domain_status loaded = account_load(domain, arena, account_id, &ret_facts->account);
    if (loaded == DOMAIN_DONE && ret_facts->account.state != ACCOUNT_ACTIVE) {
        return DOMAIN_NO;
    }
    if (loaded != DOMAIN_DONE || str_is_absent(packed)) {
        return loaded;
    }
    return domain_of_sql(
        accounts_verifications(domain->sql, arena, account_id, &ret_facts->rows, &ret_facts->row_count));
}
