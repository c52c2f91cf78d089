/*
 * A second administrator agrees with a record: the person is proven in person, and what was asked for comes of it, all
 * in one transaction. An account is opened where the number has none; a name is corrected; a code gives the account
 * back.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/counter_code.h"
#include "domain/proofs.h"
#include "domain/second_factor.h"
#include "domain/window.h"
#include "model/event.h"
#include "model/identity.h"
#include "model/trail.h"
#include "store/admins.h"
#include "window_inside.h"

#define AUTHORITY   STR("service-counter")
#define EVENTS_MOST 3
#define DECIDED     "it was decided before"

struct confirming {
    const struct actor *actor;
    struct window_record record; /* as it is to be */
    bool opens;                  /* an account, of the id in the record */
    struct str code;             /* absent for none */
    struct event events[EVENTS_MOST];
    size_t event_count;
};

/* --- whose --- */

static struct admin_answer check_number(struct arena *arena, const struct window_record *record, struct str typed) {
    struct id_number number;
    if (id_number_read(typed, clock_wall(), &number) == ID_NUMBER_OK &&
        str_equal(record->id_number, str_from(number.text))) {
        return admin_answer(ADMIN_DONE);
    }
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    admin_problem(problems, "id_number", "is not the number that was recorded");
    return (struct admin_answer){.result = ADMIN_INVALID, .problems = problems};
}

/* A record without an account goes to the one of its number, or to one that is opened. */
static struct admin_answer find_account(struct domain *domain, struct arena *arena, struct confirming *confirming) {
    struct window_record *record = &confirming->record;
    struct account account;
    if (!str_is_absent(record->row.account_id)) {
        return window_load_account(domain, arena, record->row.account_id, &account);
    }
    struct admin_answer answer = window_find_account(domain, arena, record->id_number, &account);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    confirming->opens = str_is_absent(account.account_id);
    record->row.account_id = confirming->opens ? account_new_id(arena) : account.account_id;
    return confirming->opens || window_same_name(arena, str_or(account.profile.name, STR("")), record->name)
               ? answer
               : admin_conflict("the account of this number has another name: record it anew, as a correction");
}

/* An account of an administrator is not given back by two of them: they could make each other's roles their own. */
static struct admin_answer check_code_allowed(struct domain *domain, struct arena *arena, struct str account_id) {
    struct admin_row admin;
    switch (admins_of_account(domain->sql, arena, account_id, &admin)) {
    case SQL_MISSING:
        return admin_answer(ADMIN_DONE);
    case SQL_DONE:
    case SQL_CONFLICT:
        return admin_conflict("an administrator's account is not given back at a counter");
    case SQL_DOWN:
        break;
    }
    return admin_answer(ADMIN_UNAVAILABLE);
}

/* --- the one-time password that the person shows --- */

static struct admin_answer check_factor(struct domain *domain, struct arena *arena, const struct confirming *confirming,
                                        struct str code) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    bool bound;
    if (str_is_absent(code)) {
        return admin_answer(ADMIN_DONE);
    }
    switch (confirming->opens ? SECOND_FACTOR_NONE
                              : second_factor_verify(domain, arena, confirming->record.row.account_id, code, &bound)) {
    case SECOND_FACTOR_DONE:
        return admin_answer(ADMIN_DONE);
    case SECOND_FACTOR_WRONG:
        admin_problem(problems, "one_time_password", "is not right, or was used before");
        return (struct admin_answer){.result = ADMIN_INVALID, .problems = problems};
    case SECOND_FACTOR_LOCKED:
        return admin_conflict("too many one-time passwords were tried: wait a quarter of an hour");
    case SECOND_FACTOR_NONE:
        return admin_conflict("the account has no one-time passwords");
    case SECOND_FACTOR_UNAVAILABLE:
        break;
    }
    return admin_answer(ADMIN_UNAVAILABLE);
}

/* --- what comes of it --- */

static void add_event(struct arena *arena, struct confirming *confirming, enum event_kind kind) {
    CHECK(confirming->event_count < EVENTS_MOST);
    confirming->events[confirming->event_count++] = window_event(arena, confirming->actor, kind, &confirming->record);
}

static void add_events(struct arena *arena, struct confirming *confirming) {
    add_event(arena, confirming, EVENT_WINDOW_CONFIRM);
    if (confirming->opens) {
        add_event(arena, confirming, EVENT_WINDOW_ACCOUNT);
    }
    if (!str_is_absent(confirming->record.name_before)) {
        add_event(arena, confirming, EVENT_WINDOW_NAME);
    }
    if (!str_is_absent(confirming->code)) {
        add_event(arena, confirming, EVENT_WINDOW_CODE);
    }
}

static struct evidence evidence_of(const struct window_record *record) {
    const struct proof *proof = proof_of(METHOD_IN_PERSON);
    return (struct evidence){.source = STR("window"),
                             .authority = AUTHORITY,
                             .method = proof->name,
                             .check_id = record->row.record_id,
                             .result = VERIFY_MATCH,
                             .checked_at = record->row.decided_at,
                             .level = proof->level};
}

/* Of two that decide at once one does. */
static bool is_decided(struct domain *domain, struct arena *arena, const struct window_record *record) {
    struct window_row row;
    return window_records_get(domain->sql, arena, record->row.record_id, &row) == SQL_DONE &&
           row.state != WINDOW_WAITING;
}

/* What was in the way of opening an account. */
static struct admin_answer why_not_opened(struct domain *domain, struct arena *arena,
                                          const struct window_record *record) {
    struct account account;
    if (is_decided(domain, arena, record)) {
        return admin_conflict(DECIDED);
    }
    struct admin_answer answer = window_find_account(domain, arena, record->id_number, &account);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    return admin_conflict(str_is_absent(account.account_id)
                              ? "the phone number is another account's"
                              : "an account of this number was opened meanwhile: confirm it again");
}

static struct admin_answer open_account(struct domain *domain, struct arena *arena, const struct window_record *record,
                                        const struct along *along) {
    struct id_number number;
    struct str account_id;
    const struct evidence evidence = evidence_of(record);
    struct account_wanted wanted = {.account_id = record->row.account_id,
                                    .username = STR_NONE,
                                    .password = STR_NONE,
                                    .evidence = &evidence,
                                    .evidence_count = 1,
                                    .along = along};
    CHECK(id_number_read(record->id_number, clock_wall(), &number) == ID_NUMBER_OK); /* as when it was recorded */
    profile_identify(arena, &wanted.profile, record->name, &number);
    wanted.profile.phone_number = record->phone_number;
    switch (account_create(domain, arena, &wanted, &account_id)) {
    case DOMAIN_DONE:
        return admin_answer(ADMIN_DONE);
    case DOMAIN_NO:
        return why_not_opened(domain, arena, record);
    case DOMAIN_UNAVAILABLE:
        break;
    }
    return admin_answer(ADMIN_UNAVAILABLE);
}

static struct admin_answer answer_of_proof(enum proof_result result) {
    switch (result) {
    case PROOF_DONE:
        return admin_answer(ADMIN_DONE);
    case PROOF_OTHER_PERSON:
        return admin_conflict("another account is this person");
    case PROOF_REFUSED:
    case PROOF_INVALID:
        return admin_conflict("the account is another person's, or its name is another by now");
    case PROOF_SUSPENDED:
        return admin_conflict("the account is not active");
    default:
        return admin_answer(ADMIN_UNAVAILABLE);
    }
}

static struct admin_answer prove(struct domain *domain, struct arena *arena, const struct window_record *record,
                                 const struct along *along) {
    const struct account account = {.account_id = record->row.account_id};
    const struct proof_found found = {.evidence = evidence_of(record),
                                      .name = record->name,
                                      .id_number = record->id_number,
                                      .instead_of = record->name_before,
                                      .along = along};
    enum proof_result kept = proof_keep(domain, arena, &account, &found);
    return kept == PROOF_UNAVAILABLE && is_decided(domain, arena, record) ? admin_conflict(DECIDED)
                                                                          : answer_of_proof(kept);
}

/* The evidence, the decision, what was asked for and the events in one transaction. */
static struct admin_answer write(struct domain *domain, struct arena *arena, struct confirming *confirming) {
    const struct window_record *record = &confirming->record;
    add_events(arena, confirming);
    const struct along along = {.statement = window_records_decide(&record->row),
                                .events = confirming->events,
                                .event_count = confirming->event_count};
    return confirming->opens ? open_account(domain, arena, record, &along) : prove(domain, arena, record, &along);
}

/* The code is there before anything is written: a record is confirmed once. Nobody has seen it until that was done. */
static struct admin_answer write_with_code(struct domain *domain, struct arena *arena, struct confirming *confirming) {
    struct str account_id = confirming->record.row.account_id;
    struct admin_answer answer = check_code_allowed(domain, arena, account_id);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (!counter_code_make(domain, arena, account_id, &confirming->code)) {
        return admin_answer(ADMIN_UNAVAILABLE);
    }
    answer = write(domain, arena, confirming);
    if (answer.result != ADMIN_DONE) {
        counter_code_drop(domain, arena, account_id, confirming->code);
    }
    return answer;
}

static bool is_of_person(const struct window_record *record, const struct actor *actor) {
    struct str account_id = record->row.account_id;
    return str_equal(account_id, actor->id) || str_equal(account_id, record->row.recorded_by);
}

struct admin_answer window_confirm(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   const struct window_confirmation *wanted, struct window_record *ret_record,
                                   struct str *ret_code) {
    struct confirming confirming = {.actor = actor, .code = STR_NONE};
    struct admin_answer answer =
        window_open_for_decision(domain, arena, actor, wanted->record_id, wanted->version, &confirming.record);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (str_equal(confirming.record.row.recorded_by, actor->id) || is_of_person(&confirming.record, actor)) {
        return admin_conflict("another security administrator must confirm it");
    }
    answer = check_number(arena, &confirming.record, wanted->id_number);
    if (answer.result == ADMIN_DONE) {
        answer = find_account(domain, arena, &confirming);
    }
    if (answer.result == ADMIN_DONE && is_of_person(&confirming.record, actor)) {
        answer = admin_conflict("nobody proves themselves");
    }
    if (answer.result == ADMIN_DONE) {
        answer = check_factor(domain, arena, &confirming, wanted->one_time_password);
    }
    if (answer.result != ADMIN_DONE || !trail_takes_administration(domain->trail)) {
        return answer.result != ADMIN_DONE ? answer : admin_answer(ADMIN_UNAVAILABLE);
    }
    confirming.record.row.state = WINDOW_CONFIRMED;
    answer = wanted->recovery_code ? write_with_code(domain, arena, &confirming) : write(domain, arena, &confirming);
    if (answer.result == ADMIN_DONE && !str_is_absent(wanted->one_time_password) &&
        second_factor_bind(domain, arena, confirming.record.row.account_id) != DOMAIN_DONE) {
        log_warn("window.not_bound", log_str("record", confirming.record.row.record_id)); /* it is bound another time */
    }
    *ret_record = confirming.record;
    *ret_code = confirming.code;
    return answer;
}
