/*
 * Records of service counters: who was seen. window_confirm.c has what comes of it.
 */
#include "domain/window.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/random.h"
#include "domain/proofs.h"
#include "model/event.h"
#include "model/identity.h"
#include "window_inside.h"

#define RECORD_ID_RANDOM 16
#define SEALED_MOST      2048
#define NOT_ONESELF      "nobody proves themselves"

/* --- the record's sealed part --- */

static void put_known(struct json_out *out, const char *name, struct str text) {
    if (!str_is_absent(text)) {
        json_put_str(out, name, text);
    }
}

static struct str seal_seen(struct domain *domain, struct arena *arena, const struct window_record *record) {
    struct buf text;
    buf_init(&text, arena, 256, SEALED_MOST);
    struct json_out out = json_out(&text);
    json_open_object(&out, NULL);
    json_put_str(&out, "document", record->document);
    json_put_str(&out, "name", record->name);
    json_put_str(&out, "id_number", record->id_number);
    put_known(&out, "phone_number", record->phone_number);
    put_known(&out, "name_before", record->name_before);
    json_close_object(&out);
    CHECK(!text.failed); /* its members were limited when they came in */
    return seal(domain->sealers->personal, arena, buf_str(&text), record->row.record_id);
}

static bool open_seen(struct domain *domain, struct arena *arena, struct window_record *record) {
    struct str text;
    const struct json *object;
    if (!seal_open(domain->sealers->personal, arena, record->row.sealed, record->row.record_id, &text) ||
        !json_parse(arena, text, JSON_LIMITS_TOKEN, &object) || !json_get_str(object, "document", &record->document) ||
        !json_get_str(object, "name", &record->name) || !json_get_str(object, "id_number", &record->id_number)) {
        return false;
    }
    record->phone_number = record->name_before = STR_NONE;
    json_get_str(object, "phone_number", &record->phone_number);
    json_get_str(object, "name_before", &record->name_before);
    record->child = proof_is_of_child(domain, record->id_number);
    return true;
}

/* --- recording --- */

bool window_same_name(struct arena *arena, struct str a, struct str b) {
    struct str key_a, key_b;
    return person_name_key(arena, a, &key_a) != PERSON_NAME_BAD &&
           person_name_key(arena, b, &key_b) != PERSON_NAME_BAD && str_equal(key_a, key_b);
}

/* What is wrong with what was typed, whoever's it is. The number is absent where it is none. */
static void read_seen(struct arena *arena, const struct window_wanted *wanted, struct window_record *record,
                      struct client_problems *problems) {
    struct id_number number;
    record->document = wanted->document;
    record->name = STR("");
    record->id_number = record->phone_number = record->name_before = STR_NONE;
    if (person_name_read(arena, wanted->name, &record->name) == PERSON_NAME_BAD) {
        admin_problem(problems, "person_name", "is not a name");
    }
    if (id_number_read(wanted->id_number, clock_wall(), &number) != ID_NUMBER_OK) {
        admin_problem(problems, "id_number", "is not an identity number");
    } else {
        record->id_number = str_dup(arena, str_from(number.text));
    }
    if (!window_document_is_known(wanted->document)) {
        admin_problem(problems, "document", "must be resident_id_card, residence_permit or permanent_residence_card");
    } else if (!str_is_absent(record->id_number) && !window_document_bears(wanted->document, number.type)) {
        admin_problem(problems, "document", "does not bear a number of this kind");
    }
    if (!str_is_absent(wanted->phone_number) && !phone_read(arena, wanted->phone_number, &record->phone_number)) {
        admin_problem(problems, "phone_number", "is not a phone number");
    }
}

struct admin_answer window_load_account(struct domain *domain, struct arena *arena, struct str account_id,
                                        struct account *ret_account) {
    enum domain_status loaded = account_load(domain, arena, account_id, ret_account);
    if (loaded == DOMAIN_DONE && ret_account->state != ACCOUNT_ACTIVE) {
        return admin_conflict("the account is not active");
    }
    return admin_answer(loaded == DOMAIN_DONE ? ADMIN_DONE : loaded == DOMAIN_NO ? ADMIN_MISSING : ADMIN_UNAVAILABLE);
}

struct admin_answer window_find_account(struct domain *domain, struct arena *arena, struct str id_number,
                                        struct account *ret_account) {
    struct str account_id;
    *ret_account = (struct account){.account_id = STR_NONE};
    switch (account_find(domain, arena, IDENTIFIER_ID_NUMBER, id_number, &account_id)) {
    case DOMAIN_DONE:
        return window_load_account(domain, arena, account_id, ret_account);
    case DOMAIN_NO:
        return admin_answer(ADMIN_DONE);
    case DOMAIN_UNAVAILABLE:
        break;
    }
    return admin_answer(ADMIN_UNAVAILABLE);
}

static struct admin_answer account_of(struct domain *domain, struct arena *arena, const struct window_wanted *wanted,
                                      const struct window_record *record, struct account *ret_account) {
    *ret_account = (struct account){.account_id = STR_NONE};
    return !str_is_absent(wanted->account_id) ? window_load_account(domain, arena, wanted->account_id, ret_account)
           : str_is_absent(record->id_number) ? admin_answer(ADMIN_DONE)
                                              : window_find_account(domain, arena, record->id_number, ret_account);
}

/* For an account whose person is known, anybody else is wrong; their name may be said to be spelled otherwise. */
static void check_known(struct arena *arena, const struct window_wanted *wanted, const struct account *account,
                        struct window_record *record, struct client_problems *problems) {
    const struct profile *profile = &account->profile;
    bool other = !str_is_absent(record->id_number) && !str_equal(profile->id_number, record->id_number);
    bool same_name = window_same_name(arena, str_or(profile->name, STR("")), record->name);
    if (other) {
        admin_problem(problems, "id_number", "is not that of the account's person");
    } else if (wanted->corrects_name && str_equal(str_or(profile->name, STR("")), record->name)) {
        admin_problem(problems, "corrects_name", "the account has this name already");
    } else if (wanted->corrects_name) {
        record->name_before = str_or(profile->name, STR(""));
    } else if (!same_name && !str_is_empty(record->name)) {
        admin_problem(problems, "person_name", "is not that of the account's person");
    }
}

static struct admin_answer check_phone(struct domain *domain, struct arena *arena, const struct window_record *record,
                                       struct client_problems *problems) {
    struct str account_id;
    enum domain_status found = DOMAIN_NO;
    if (!str_is_absent(record->phone_number)) {
        found = account_find(domain, arena, IDENTIFIER_PHONE, record->phone_number, &account_id);
    }
    if (found == DOMAIN_DONE) {
        admin_problem(problems, "phone_number", "is another account's");
    }
    return admin_answer(found == DOMAIN_UNAVAILABLE ? ADMIN_UNAVAILABLE : ADMIN_DONE);
}

/* Whose record it is: the account's whose id or number it is, or nobody's yet. */
static struct admin_answer check_account(struct domain *domain, struct arena *arena, const struct window_wanted *wanted,
                                         const struct account *account, struct window_record *record,
                                         struct client_problems *problems) {
    if (str_is_absent(account->account_id)) {
        if (wanted->corrects_name) {
            admin_problem(problems, "corrects_name", "no account has this number");
        }
        return check_phone(domain, arena, record, problems);
    }
    if (!str_is_empty(account->profile.id_number)) {
        check_known(arena, wanted, account, record, problems);
    } else if (wanted->corrects_name) {
        admin_problem(problems, "corrects_name", "the account's person is not known yet");
    }
    if (!str_is_absent(wanted->account_id) && !str_is_absent(wanted->phone_number)) {
        admin_problem(problems, "phone_number", "is for a person without an account");
    }
    record->phone_number = STR_NONE; /* the account has its own */
    return admin_answer(ADMIN_DONE);
}

static struct admin_answer read_wanted(struct domain *domain, struct arena *arena, const struct window_wanted *wanted,
                                       struct window_record *record) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    struct account account;
    read_seen(arena, wanted, record, problems);
    struct admin_answer answer = account_of(domain, arena, wanted, record, &account);
    if (answer.result == ADMIN_DONE) {
        answer = check_account(domain, arena, wanted, &account, record, problems);
    }
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    record->row.account_id = account.account_id;
    record->child = proof_is_of_child(domain, record->id_number);
    return problems->count > 0 ? (struct admin_answer){.result = ADMIN_INVALID, .problems = problems} : answer;
}

struct event window_event(struct arena *arena, const struct actor *actor, enum event_kind kind,
                          const struct window_record *record) {
    struct event event = event_of_actor(actor, kind, record->row.account_id);
    event.detail = str_format(arena, "{\"record_id\":\"%.*s\"}", STR_ARG(record->row.record_id));
    return event;
}

struct admin_answer window_record(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  const struct window_wanted *wanted, struct window_record *ret_record) {
    struct admin_answer answer;
    struct window_record record = {.row = {.state = WINDOW_WAITING, .version = 1}};
    if (!admin_allowed(domain, actor, MAY_WINDOW_WRITE, &answer)) {
        return answer;
    }
    answer = str_equal(wanted->account_id, actor->id) ? admin_conflict(NOT_ONESELF)
                                                      : read_wanted(domain, arena, wanted, &record);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (str_equal(record.row.account_id, actor->id)) {
        return admin_conflict(NOT_ONESELF);
    }
    record.row.record_id = str_concat(arena, STR("wr_"), random_text(arena, RECORD_ID_RANDOM));
    record.row.place = wanted->place;
    record.row.recorded_by = actor->id;
    record.row.created_at = clock_wall();
    record.row.sealed = seal_seen(domain, arena, &record);
    struct change change = {0};
    change_add(&change, window_records_insert(&record.row));
    const struct event event = window_event(arena, actor, EVENT_WINDOW_RECORD, &record);
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

struct admin_answer window_open_for_decision(struct domain *domain, struct arena *arena, const struct actor *actor,
                                             struct str record_id, int64_t version, struct window_record *ret_record) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_WINDOW_WRITE, &answer)) {
        return answer;
    }
    answer = load(domain, arena, record_id, ret_record);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (ret_record->row.version != version) {
        return admin_answer(ADMIN_STALE);
    }
    if (ret_record->row.state != WINDOW_WAITING) {
        return admin_conflict("it was decided before");
    }
    ret_record->row.decided_by = actor->id;
    ret_record->row.decided_at = clock_wall();
    ret_record->row.version++;
    return answer;
}

struct admin_answer window_refuse(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str record_id, int64_t version, struct str reason,
                                  struct window_record *ret_record) {
    struct window_record record = {0};
    struct admin_answer answer = window_open_for_decision(domain, arena, actor, record_id, version, &record);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    record.row.state = WINDOW_REFUSED;
    record.row.reason = reason;
    *ret_record = record;
    struct change change = {0};
    change_add(&change, window_records_decide(&record.row));
    const struct event event = window_event(arena, actor, EVENT_WINDOW_REFUSE, &record);
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
