/*
 * Records of service counters: who was seen, and that two administrators agree.
 */
#include "domain/window.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "change.h"
#include "domain/account.h"
#include "domain/proofs.h"
#include "model/identity.h"
#include "model/trail.h"

#define RECORD_ID_RANDOM 16
#define SEALED_MOST      2048
#define AUTHORITY        STR("service-counter")

/* --- the record's sealed part --- */

static struct str seal_seen(struct domain *domain, struct arena *arena, const struct window_record *record) {
    struct buf text;
    buf_init(&text, arena, 256, SEALED_MOST);
    struct json_out out = json_out(&text);
    json_open_object(&out, NULL);
    json_put_str(&out, "document", record->document);
    json_put_str(&out, "name", record->name);
    json_put_str(&out, "id_number", record->id_number);
    json_close_object(&out);
    CHECK(!text.failed); /* its members were limited when they came in */
    return seal(domain->sealers->personal, arena, buf_str(&text), record->row.record_id);
}

static bool open_seen(struct domain *domain, struct arena *arena, struct window_record *record) {
    struct str text;
    const struct json *object;
    return seal_open(domain->sealers->personal, arena, record->row.sealed, record->row.record_id, &text) &&
           json_parse(arena, text, JSON_LIMITS_TOKEN, &object) && json_get_str(object, "document", &record->document) &&
           json_get_str(object, "name", &record->name) && json_get_str(object, "id_number", &record->id_number);
}

/* --- recording --- */

static bool same_name(struct arena *arena, struct str a, struct str b) {
    struct str key_a, key_b;
    return person_name_key(arena, a, &key_a) == PERSON_NAME_OK && person_name_key(arena, b, &key_b) == PERSON_NAME_OK &&
           str_equal(key_a, key_b);
}

/* What is wrong with what was typed; for an account whose person is known, anybody else is. */
static bool read_wanted(struct arena *arena, const struct window_wanted *wanted, const struct account *account,
                        struct window_record *record, struct admin_answer *answer) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    struct id_number number;
    struct str key, known = account->profile.id_number;
    enum person_name_result name = person_name_key(arena, str_trim(wanted->name), &key);
    if (!window_document_is_known(wanted->document)) {
        admin_problem(problems, "document", "must be resident_id_card, residence_permit or permanent_residence_card");
    }
    if (name == PERSON_NAME_BAD) {
        admin_problem(problems, "person_name", "is not a name");
    }
    if (id_number_read(str_trim(wanted->id_number), clock_wall(), &number) != ID_NUMBER_OK) {
        admin_problem(problems, "id_number", "is not an identity number");
    } else if (!str_is_empty(known) && !str_equal(known, str_from(number.text))) {
        admin_problem(problems, "id_number", "is not that of the account's person");
    } else if (!str_is_empty(known) && name != PERSON_NAME_BAD &&
               !same_name(arena, account->profile.name, wanted->name)) {
        admin_problem(problems, "person_name", "is not that of the account's person");
    }
    *answer = (struct admin_answer){.result = ADMIN_INVALID, .problems = problems};
    record->document = wanted->document;
    record->name = str_trim(wanted->name);
    record->id_number = problems->count == 0 ? str_dup(arena, str_from(number.text)) : STR_NONE;
    return problems->count == 0;
}

static struct admin_answer load_account(struct domain *domain, struct arena *arena, struct str account_id,
                                        struct account *ret_account) {
    enum domain_status loaded = account_load(domain, arena, account_id, ret_account);
    if (loaded == DOMAIN_DONE && ret_account->state != ACCOUNT_ACTIVE) {
        return admin_conflict("the account is not active");
    }
    return admin_answer(loaded == DOMAIN_DONE ? ADMIN_DONE : loaded == DOMAIN_NO ? ADMIN_MISSING : ADMIN_UNAVAILABLE);
}

struct admin_answer window_record(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  const struct window_wanted *wanted, struct window_record *ret_record) {
    struct admin_answer answer;
    struct account account;
    struct window_record record = {.row = {.state = WINDOW_WAITING, .version = 1}};
    if (!admin_allowed(domain, actor, MAY_WINDOW_WRITE, &answer)) {
        return answer;
    }
    if (str_equal(wanted->account_id, actor->id)) {
        return admin_conflict("nobody proves themselves");
    }
    answer = load_account(domain, arena, wanted->account_id, &account);
    if (answer.result != ADMIN_DONE || !read_wanted(arena, wanted, &account, &record, &answer)) {
        return answer;
    }
    record.row.record_id = str_concat(arena, STR("wr_"), random_text(arena, RECORD_ID_RANDOM));
    record.row.account_id = account.account_id;
    record.row.place = wanted->place;
    record.row.recorded_by = actor->id;
    record.row.created_at = clock_wall();
    record.row.sealed = seal_seen(domain, arena, &record);
    struct change change = {0};
    change_add(&change, window_records_insert(&record.row));
    struct event event = event_of_actor(actor, EVENT_WINDOW_RECORD, account.account_id);
    event.detail = str_format(arena, "{\"record_id\":\"%.*s\"}", STR_ARG(record.row.record_id));
    answer = change_write(domain, arena, &change, &event);
    *ret_record = record;
    return answer;
}

/* --- deciding --- */

static struct admin_answer load(struct domain *domain, struct arena *arena, struct str record_id,
                                struct window_record *ret_record) {
    struct admin_answer answer = admin_of_sql(window_records_get(domain->sql, arena, record_id, &ret_record->row));
    return answer.result == ADMIN_DONE && !open_seen(domain, arena, ret_record) ? admin_answer(ADMIN_UNAVAILABLE)
                                                                                : answer;
}

static struct admin_answer open_for_decision(struct domain *domain, struct arena *arena, const struct actor *actor,
                                             struct str record_id, int64_t version, struct window_record *record) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_WINDOW_WRITE, &answer)) {
        return answer;
    }
    answer = load(domain, arena, record_id, record);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (record->row.version != version) {
        return admin_answer(ADMIN_STALE);
    }
    if (record->row.state != WINDOW_WAITING) {
        return admin_conflict("it was decided before");
    }
    record->row.decided_by = actor->id;
    record->row.decided_at = clock_wall();
    record->row.version++;
    return answer;
}

static struct admin_answer answer_of_proof(enum proof_result result) {
    switch (result) {
    case PROOF_DONE:
        return admin_answer(ADMIN_DONE);
    case PROOF_OTHER_PERSON:
        return admin_conflict("another account is this person");
    case PROOF_REFUSED:
    case PROOF_INVALID:
        return admin_conflict("the account is another person's");
    case PROOF_SUSPENDED:
        return admin_conflict("the account is not active");
    default:
        return admin_answer(ADMIN_UNAVAILABLE);
    }
}

/* The evidence, the decision and its event in one transaction. */
static struct admin_answer confirm(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   const struct window_record *record) {
    struct account account;
    struct event event = event_of_actor(actor, EVENT_WINDOW_CONFIRM, record->row.account_id);
    event.detail = str_format(arena, "{\"record_id\":\"%.*s\"}", STR_ARG(record->row.record_id));
    const struct sql_statement decided = window_records_decide(&record->row);
    const struct proof_found found = {
        .evidence = {.source = STR("window"),
                     .authority = AUTHORITY,
                     .method = proof_of(METHOD_IN_PERSON)->name,
                     .check_id = record->row.record_id,
                     .result = VERIFY_MATCH,
                     .checked_at = record->row.decided_at,
                     .level = proof_of(METHOD_IN_PERSON)->level},
        .name = record->name,
        .id_number = record->id_number,
        .with = &decided,
        .event = &event,
    };
    struct admin_answer answer = load_account(domain, arena, record->row.account_id, &account);
    return answer.result == ADMIN_DONE ? answer_of_proof(proof_keep(domain, arena, &account, &found)) : answer;
}

struct admin_answer window_confirm(struct domain *domain, struct arena *arena, const struct actor *actor,
                                   struct str record_id, int64_t version, struct str id_number,
                                   struct window_record *ret_record) {
    struct window_record record = {0};
    struct id_number number;
    struct admin_answer answer = open_for_decision(domain, arena, actor, record_id, version, &record);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (str_equal(record.row.recorded_by, actor->id) || str_equal(record.row.account_id, actor->id)) {
        return admin_conflict("another security administrator must confirm it");
    }
    if (id_number_read(str_trim(id_number), clock_wall(), &number) != ID_NUMBER_OK ||
        !str_equal(record.id_number, str_from(number.text))) {
        struct client_problems *problems = arena_new_of(arena, struct client_problems);
        admin_problem(problems, "id_number", "is not the number that was recorded");
        return (struct admin_answer){.result = ADMIN_INVALID, .problems = problems};
    }
    record.row.state = WINDOW_CONFIRMED;
    *ret_record = record;
    return trail_takes_administration(domain->trail) ? confirm(domain, arena, actor, &record)
                                                     : admin_answer(ADMIN_UNAVAILABLE);
}

struct admin_answer window_refuse(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str record_id, int64_t version, struct str reason,
                                  struct window_record *ret_record) {
    struct window_record record = {0};
    struct admin_answer answer = open_for_decision(domain, arena, actor, record_id, version, &record);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    record.row.state = WINDOW_REFUSED;
    record.row.reason = reason;
    *ret_record = record;
    struct change change = {0};
    change_add(&change, window_records_decide(&record.row));
    struct event event = event_of_actor(actor, EVENT_WINDOW_REFUSE, record.row.account_id);
    event.detail = str_format(arena, "{\"record_id\":\"%.*s\"}", STR_ARG(record.row.record_id));
    return change_write(domain, arena, &change, &event);
}

/* --- reading --- */

struct admin_answer window_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct str record_id, struct window_record *ret_record) {
    struct admin_answer answer;
    return admin_allowed(domain, actor, MAY_WINDOW_READ, &answer) ? load(domain, arena, record_id, ret_record) : answer;
}

struct admin_answer window_list(struct domain *domain, struct arena *arena, const struct actor *actor, int state,
                                struct str after, size_t most, struct window_record **ret_records, size_t *ret_count) {
    struct admin_answer answer;
    struct window_row *rows;
    size_t count;
    if (!admin_allowed(domain, actor, MAY_WINDOW_READ, &answer)) {
        return answer;
    }
    answer = admin_of_sql(window_records_list(domain->sql, arena, state, after, most, &rows, &count));
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    *ret_records = arena_array_of(arena, count + 1, struct window_record);
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        (*ret_records)[i].row = rows[i];
        if (!open_seen(domain, arena, &(*ret_records)[i])) {
            return admin_answer(ADMIN_UNAVAILABLE);
        }
    }
    return answer;
}
