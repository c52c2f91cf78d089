/*
 * Registering a person: what they typed is read, the attempt is counted, the register is asked, the account is made
 * with its evidence. Nothing is written before the register has said yes.
 */
#include "domain/login.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/utf8.h"
#include "domain/attempts.h"
#include "domain/carried.h"
#include "domain/links.h"
#include "domain/password.h"
#include "domain/phone_code.h"
#include "domain/proofs.h"
#include "model/event.h"
#include "model/identity.h"
#include "model/trail.h"
#include "upstream/upstream.h"

#define DAY_S       86400
#define DETAIL_MOST 1024

struct person {
    bool nameless;   /* proven without being named: name and number are absent */
    struct str name; /* in its one form */
    struct id_number number;
    struct str phone; /* absent for none */
    bool phone_at_hand;
    struct str phone_check_id;
    struct str password; /* absent for none */
    const struct carried *carried;
};

static bool is_nameless(const struct carried *carried) {
    return carried && !carried->certified && carried->evidence.level > 0;
}

static enum registration_field_problem field_of_password(enum password_problem problem) {
    switch (problem) {
    case PASSWORD_FINE:
        return FIELD_FINE;
    case PASSWORD_SHORT:
        return FIELD_SHORT;
    case PASSWORD_SIMPLE:
        return FIELD_SIMPLE;
    case PASSWORD_LONG:
    case PASSWORD_BAD_TEXT:
        break;
    }
    return FIELD_BAD;
}

static enum registration_field_problem field_of_name(struct arena *arena, struct str name, struct str *ret_name) {
    switch (person_name_read(arena, name, ret_name)) {
    case PERSON_NAME_OK:
        return FIELD_FINE;
    case PERSON_NAME_REVIEW:
        return FIELD_REVIEW;
    case PERSON_NAME_BAD:
        break;
    }
    return FIELD_BAD;
}

static enum registration_field_problem read_name(struct arena *arena, struct str typed, struct person *person) {
    return str_is_empty(utf8_trim(typed)) ? FIELD_MISSING : field_of_name(arena, typed, &person->name);
}

static enum registration_field_problem read_number(struct str typed, struct person *person) {
    bool fine = id_number_read(str_trim(typed), clock_wall(), &person->number) == ID_NUMBER_OK;
    return str_is_empty(typed) ? FIELD_MISSING : fine ? FIELD_FINE : FIELD_BAD;
}

static enum registration_field_problem read_phone(struct arena *arena, struct str typed, struct person *person) {
    if (str_is_empty(typed)) {
        return person->carried ? FIELD_FINE : FIELD_MISSING;
    }
    return phone_read(arena, str_trim(typed), &person->phone) ? FIELD_FINE : FIELD_BAD;
}

static enum registration_field_problem read_password(const struct domain *domain, struct str typed,
                                                     struct person *person) {
    if (str_is_empty(typed)) {
        return person->carried ? FIELD_FINE : FIELD_MISSING;
    }
    person->password = typed;
    return field_of_password(password_check(domain, typed));
}

static bool read_person(struct domain *domain, struct arena *arena, const struct registration *typed,
                        struct person *person, struct registration_problems *problems) {
    const struct carried *carried = typed->carried;
    bool certified = carried && carried->certified;
    *person = (struct person){.carried = carried,
                              .nameless = is_nameless(carried),
                              .phone_at_hand = typed->phone_at_hand,
                              .phone_check_id = typed->phone_check_id};
    *problems = (struct registration_problems){
        .phone = read_phone(arena, typed->phone, person),
        .password = read_password(domain, typed->password, person),
    };
    if (!person->nameless) {
        problems->name = read_name(arena, certified ? carried->name : typed->name, person);
        problems->id_number = read_number(certified ? carried->id_number : typed->id_number, person);
    }
    return problems->name == FIELD_FINE && problems->id_number == FIELD_FINE && problems->phone == FIELD_FINE &&
           problems->password == FIELD_FINE;
}

/* "No such person", "another name" and "no longer valid" are one answer to whoever asks. */
static enum registration_result result_of_check(enum verify_result result) {
    switch (result) {
    case VERIFY_MATCH:
        return REGISTRATION_DONE;
    case VERIFY_MISMATCH:
    case VERIFY_NOT_FOUND:
    case VERIFY_UNSUPPORTED:
    case VERIFY_STATE_BAD:
    case VERIFY_INVALID_INPUT:
        return REGISTRATION_REFUSED;
    case VERIFY_RATE_LIMITED:
    case VERIFY_PENDING:
    case VERIFY_UPSTREAM_ERROR:
        break;
    }
    return REGISTRATION_CANNOT_CHECK;
}

static enum event_result event_of_check(enum verify_result result) {
    switch (result_of_check(result)) {
    case REGISTRATION_DONE:
        return EVENT_DONE;
    case REGISTRATION_REFUSED:
        return EVENT_REFUSED;
    default:
        return EVENT_FAILED;
    }
}

/* Of whom is not said: there is no account yet, and the number stays out of the trail. The reference leads to it at the
 * authority. */
static void tell_of_check(struct domain *domain, struct arena *arena, enum verify_result result,
                          const struct evidence *evidence, struct str client_address) {
    struct buf detail;
    buf_init(&detail, arena, 128, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "upstream", upstream_name(domain->registration));
    if (!str_is_absent(evidence->check_id)) {
        json_put_str(&out, "check_id", evidence->check_id);
    }
    json_close_object(&out);
    domain_tell(domain, &(struct event){.kind = EVENT_VERIFICATION,
                                        .result = event_of_check(result),
                                        .reason = result == VERIFY_MATCH ? NULL : verify_result_name(result),
                                        .address = client_address,
                                        .detail = detail.failed ? STR_NONE : buf_str(&detail)});
}

struct limits {
    struct attempt_limit items[2];
};

/* Who is to be registered: by number, or where nobody says that, by what the service calls them. */
static struct limits limits_of(const struct domain *domain, struct arena *arena, const struct person *person,
                               struct str client_address) {
    const struct domain_settings *settings = domain->settings;
    struct limits limits = {
        .items = {
            {"register-number", str_from(person->number.text), settings->registration_attempts_per_number, DAY_S},
            {"register-address", client_address, settings->registration_attempts_per_address, DAY_S},
        }};
    if (person->nameless) {
        const struct carried *carried = person->carried;
        limits.items[0].what = "register-subject";
        limits.items[0].subject = str_concat(arena, carried->upstream, STR(" "), carried->subject);
    }
    return limits;
}

static enum registration_result count(struct domain *domain, struct arena *arena, const struct limits *limits) {
    int64_t tries;
    switch (attempts_count(domain, arena, limits->items, ARRAY_LEN(limits->items), &tries)) {
    case ATTEMPTS_ALLOWED:
        return REGISTRATION_DONE;
    case ATTEMPTS_EXCEEDED:
        return REGISTRATION_LIMITED;
    case ATTEMPTS_UNAVAILABLE:
        break;
    }
    return REGISTRATION_UNAVAILABLE;
}

/* Counts the attempt, and asks where there is a number to ask about. */
static enum registration_result ask_register(struct domain *domain, struct arena *arena, const struct person *person,
                                             struct str client_address, struct evidence *evidence) {
    const struct limits limits = limits_of(domain, arena, person, client_address);
    enum registration_result counted = count(domain, arena, &limits);
    if (counted != REGISTRATION_DONE || person->nameless) {
        return counted;
    }
    const struct upstream_asked asked = {.name = person->name,
                                         .id_type = person->number.type,
                                         .id_number = str_from(person->number.text),
                                         .request_id = log_request_id};
    struct upstream_found found;
    enum verify_result answered = upstream_verify(domain->registration, arena, &asked, &found);
    *evidence = found.evidence;
    tell_of_check(domain, arena, answered, evidence, client_address);
    enum registration_result result = result_of_check(answered);
    if (result == REGISTRATION_CANNOT_CHECK) {
        attempts_give_back(domain, arena, limits.items, ARRAY_LEN(limits.items));
    }
    return result;
}

static bool is_phone_proven(const struct person *person) {
    return person->phone_at_hand && !str_is_empty(person->phone);
}

static struct profile profile_of(struct arena *arena, const struct person *person) {
    struct profile profile = {.phone_number = person->phone, .phone_number_verified = is_phone_proven(person)};
    if (!person->nameless) {
        profile_identify(arena, &profile, person->name, &person->number);
    }
    return profile;
}

#define EVIDENCE_MOST 3

/* The register's answer, the phone, and what the sign-in service proves by itself. */
static size_t evidence_of(const struct domain *domain, const struct person *person, const struct evidence *registered,
                          struct evidence evidence[EVIDENCE_MOST]) {
    size_t count = 0;
    if (!person->nameless) {
        evidence[count++] = *registered;
    }
    if (is_phone_proven(person)) {
        evidence[count++] = phone_code_evidence(domain, person->phone_check_id);
    }
    if (person->carried && (person->carried->certified || person->carried->evidence.level > 0)) {
        evidence[count] = person->carried->evidence;
        if (evidence[count].level == 0) { /* it counts because the register agrees */
            evidence[count].method = str_or(evidence[count].method, proof_of(METHOD_ALIPAY_CERTIFIED)->name);
            evidence[count].level = proof_of(METHOD_ALIPAY_CERTIFIED)->level;
        }
        count++;
    }
    return count;
}

/* What somebody else has: the link, the number, or else the phone. */
static enum registration_result taken(struct domain *domain, struct arena *arena, const struct person *person) {
    struct link_owner owner;
    struct str taken_by;
    enum domain_status found =
        person->carried ? link_find(domain, arena, person->carried->upstream, person->carried->subject, &owner)
                        : DOMAIN_NO;
    if (found != DOMAIN_NO) {
        return found == DOMAIN_DONE ? REGISTRATION_SERVICE_TAKEN : REGISTRATION_UNAVAILABLE;
    }
    if (person->nameless) {
        return REGISTRATION_PHONE_TAKEN;
    }
    switch (account_find(domain, arena, IDENTIFIER_ID_NUMBER, str_from(person->number.text), &taken_by)) {
    case DOMAIN_DONE:
        return REGISTRATION_TAKEN;
    case DOMAIN_NO:
        return REGISTRATION_PHONE_TAKEN;
    case DOMAIN_UNAVAILABLE:
        break;
    }
    return REGISTRATION_UNAVAILABLE;
}

static enum registration_result create_account(struct domain *domain, struct arena *arena, const struct person *person,
                                               const struct evidence *registered, struct account *ret_account) {
    struct evidence evidence[EVIDENCE_MOST];
    struct link_wanted link;
    struct account_wanted wanted = {.profile = profile_of(arena, person),
                                    .password = person->password,
                                    .evidence = evidence,
                                    .evidence_count = evidence_of(domain, person, registered, evidence)};
    struct str account_id;
    if (person->carried) {
        link = carried_wanted(person->carried);
        wanted.link = &link;
    }
    switch (account_create(domain, arena, &wanted, &account_id)) {
    case DOMAIN_DONE:
        return account_load(domain, arena, account_id, ret_account) == DOMAIN_DONE ? REGISTRATION_DONE
                                                                                   : REGISTRATION_UNAVAILABLE;
    case DOMAIN_NO:
        return taken(domain, arena, person);
    case DOMAIN_UNAVAILABLE:
        break;
    }
    return REGISTRATION_UNAVAILABLE;
}

enum registration_result register_person(struct domain *domain, struct arena *arena,
                                         const struct registration *registration, struct str client_address,
                                         struct account *ret_account, struct registration_problems *ret_problems) {
    struct person person;
    if (!trail_takes_sign_ins(domain->trail)) {
        return REGISTRATION_UNAVAILABLE;
    }
    if (!read_person(domain, arena, registration, &person, ret_problems)) {
        return REGISTRATION_INVALID;
    }
    if (!person.nameless && proof_is_of_child(domain, str_from(person.number.text))) {
        return REGISTRATION_CHILD;
    }
    struct evidence evidence = {0};
    enum registration_result asked = ask_register(domain, arena, &person, client_address, &evidence);
    if (asked != REGISTRATION_DONE) {
        return asked;
    }
    return create_account(domain, arena, &person, &evidence, ret_account);
}
