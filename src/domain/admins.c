/*
 * Administrators: named, confirmed, dismissed.
 */
#include "domain/admins.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/utf8.h"
#include "change.h"
#include "domain/account.h"
#include "domain/second_factor.h"
#include "domain/session.h"
#include "status.h"
#include "store/agencies.h"

#define ADMIN_ID_RANDOM 12
#define ADMINS_MOST     10000
#define NAME_MOST       100 /* bytes */

/* --- naming --- */

static bool is_name(struct str name) {
    uint32_t c;
    bool fine = name.len > 0 && name.len <= NAME_MOST;
    while (fine && name.len > 0) {
        fine = utf8_next(&name, &c) && c >= 0x20 && c != 0x7f;
    }
    return fine;
}

static struct admin_answer check_wanted(struct domain *domain, struct arena *arena, const struct admin_wanted *wanted) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    struct agency_row agency;
    bool developer = wanted->role == ROLE_DEVELOPER;
    if (wanted->role < ROLE_SYSTEM || wanted->role > ROLE_DEVELOPER) {
        admin_problem(problems, "role", "must be system, security, auditor or developer");
    }
    if (!is_name(wanted->name)) {
        admin_problem(problems, "name", "must be 1 to %d bytes of text", NAME_MOST);
    }
    if (developer != !str_is_empty(wanted->agency_id)) {
        admin_problem(problems, "agency_id", developer ? "is needed for a developer" : "is for developers only");
    } else if (developer) {
        enum sql_status found = agencies_get(domain->sql, arena, wanted->agency_id, &agency);
        if (found == SQL_DOWN) {
            return admin_answer(ADMIN_UNAVAILABLE);
        }
        if (found != SQL_DONE || agency.state != AGENCY_ACTIVE) {
            admin_problem(problems, "agency_id", "is not an agency that is active");
        }
    }
    return problems->count == 0 ? admin_answer(ADMIN_DONE)
                                : (struct admin_answer){.result = ADMIN_INVALID, .problems = problems};
}

static struct admin_answer find_account(struct domain *domain, struct arena *arena, struct str username,
                                        struct str *ret_account_id) {
    enum identifier_kind kind;
    struct str value = account_identifier_fold(arena, username, &kind);
    switch (account_find(domain, arena, kind, value, ret_account_id)) {
    case DOMAIN_DONE:
        return admin_answer(ADMIN_DONE);
    case DOMAIN_NO:
        return admin_answer(ADMIN_MISSING);
    case DOMAIN_UNAVAILABLE:
        break;
    }
    return admin_answer(ADMIN_UNAVAILABLE);
}

static void show_second_factor(struct domain *domain, struct arena *arena, struct admin_made *made) {
    made->totp_uri = second_factor_uri(domain, arena, made->row.name, made->totp_secret);
}

struct admin_answer admin_create(struct domain *domain, struct arena *arena, const struct actor *actor,
                                 const struct admin_wanted *wanted, struct admin_made *ret_made) {
    struct admin_answer answer;
    struct str account_id = STR_NONE;
    if (!admin_allowed(domain, actor, MAY_ADMIN_WRITE, &answer)) {
        return answer;
    }
    answer = check_wanted(domain, arena, wanted);
    if (answer.result == ADMIN_DONE) {
        answer = find_account(domain, arena, wanted->username, &account_id);
    }
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    bool host = actor->role == ROLE_HOST;
    int64_t now = clock_wall();
    struct admin_made made = {.row = {.admin_id = str_concat(arena, STR("ad_"), random_text(arena, ADMIN_ID_RANDOM)),
                                      .account_id = account_id,
                                      .role = wanted->role,
                                      .agency_id = wanted->role == ROLE_DEVELOPER ? wanted->agency_id : STR_NONE,
                                      .name = wanted->name,
                                      .state = host ? ADMIN_ACTIVE : ADMIN_PENDING,
                                      .created_by = actor->id,
                                      .approved_by = host ? actor->id : STR_NONE,
                                      .version = 1,
                                      .created_at = now,
                                      .updated_at = now}};
    struct change change = {.conflict = "this account has a role already; nobody holds two"};
    change_add(&change, admins_insert(&made.row));
    change_add(&change, second_factor_new(domain, arena, account_id, &made.totp_secret));
    show_second_factor(domain, arena, &made);
    struct event event = event_of_actor(actor, EVENT_ADMIN_CREATE, made.row.admin_id);
    struct str role = role_name(wanted->role);
    event.detail = str_format(arena, "{\"role\":\"%.*s\",\"account\":\"%.*s\"}", STR_ARG(role), STR_ARG(account_id));
    answer = change_write(domain, arena, &change, &event);
    *ret_made = made;
    return answer;
}

/* --- changing --- */

static struct admin_answer load(struct domain *domain, struct arena *arena, struct str admin_id, int64_t version,
                                struct admin_row *ret_row) {
    struct admin_answer answer = admin_of_sql(admins_get(domain->sql, arena, admin_id, ret_row));
    if (answer.result == ADMIN_DONE && ret_row->state == ADMIN_REMOVED) {
        return admin_answer(ADMIN_MISSING);
    }
    if (answer.result == ADMIN_DONE && ret_row->version != version) {
        return admin_answer(ADMIN_STALE);
    }
    return answer;
}

static struct admin_answer write_row(struct domain *domain, struct arena *arena, const struct actor *actor,
                                     enum event_kind kind, struct change *change, struct admin_row *row) {
    row->version++;
    row->updated_at = clock_wall();
    change_add(change, admins_update(row));
    const struct event event = event_of_actor(actor, kind, row->admin_id);
    return change_write(domain, arena, change, &event);
}

struct admin_answer admin_approve(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str admin_id, int64_t version, struct admin_row *ret_row) {
    struct admin_answer answer;
    struct admin_row row;
    if (!admin_allowed(domain, actor, MAY_ADMIN_APPROVE, &answer)) {
        return answer;
    }
    answer = load(domain, arena, admin_id, version, &row);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (row.state != ADMIN_PENDING) {
        return admin_conflict("the administrator is confirmed already");
    }
    if (str_equal(row.created_by, actor->id) || str_equal(row.account_id, actor->id)) {
        return admin_conflict("nobody confirms themselves or whom they named");
    }
    row.state = ADMIN_ACTIVE;
    row.approved_by = actor->id;
    struct change change = {0};
    answer = write_row(domain, arena, actor, EVENT_ADMIN_APPROVE, &change, &row);
    *ret_row = row;
    return answer;
}

static bool is_last_of_role(const struct admin_row *rows, size_t count, const struct admin_row *one) {
    size_t others = 0;
    for (size_t i = 0; i < count; i++) {
        others +=
            rows[i].state == ADMIN_ACTIVE && rows[i].role == one->role && !str_equal(rows[i].admin_id, one->admin_id);
    }
    return others == 0 && one->state == ADMIN_ACTIVE && one->role != ROLE_DEVELOPER;
}

struct admin_answer admin_remove(struct domain *domain, struct arena *arena, const struct actor *actor,
                                 struct str admin_id, int64_t version, struct admin_row *ret_row) {
    struct admin_answer answer;
    struct admin_row row, *rows;
    size_t count;
    if (!admin_allowed(domain, actor, MAY_ADMIN_WRITE, &answer)) {
        return answer;
    }
    answer = load(domain, arena, admin_id, version, &row);
    if (answer.result == ADMIN_DONE) {
        answer = admin_of_sql(admins_list(domain->sql, arena, ADMINS_MOST, &rows, &count));
    }
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (is_last_of_role(rows, count, &row)) {
        return admin_conflict("the last administrator of a role cannot be dismissed: name another one first");
    }
    row.state = ADMIN_REMOVED;
    struct change change = {0};
    answer = write_row(domain, arena, actor, EVENT_ADMIN_REMOVE, &change, &row);
    if (answer.result == ADMIN_DONE && domain->kv) {
        session_end_all(domain, arena, row.account_id); /* their tokens open nothing any more in any case */
    }
    *ret_row = row;
    return answer;
}

struct admin_answer admin_new_second_factor(struct domain *domain, struct arena *arena, const struct actor *actor,
                                            struct str admin_id, int64_t version, struct admin_made *ret_made) {
    struct admin_answer answer;
    struct admin_made made = {0};
    if (!admin_allowed(domain, actor, MAY_ADMIN_APPROVE, &answer)) {
        return answer;
    }
    answer = load(domain, arena, admin_id, version, &made.row);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (str_equal(made.row.account_id, actor->id)) {
        return admin_conflict("another administrator makes it for you");
    }
    struct change change = {0};
    change_add(&change, second_factor_new(domain, arena, made.row.account_id, &made.totp_secret));
    answer = write_row(domain, arena, actor, EVENT_ADMIN_SECOND_FACTOR, &change, &made.row);
    show_second_factor(domain, arena, &made);
    if (answer.result == ADMIN_DONE && domain->kv) {
        session_end_all(domain, arena, made.row.account_id);
    }
    *ret_made = made;
    return answer;
}

/* --- reading --- */

struct admin_answer admin_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct admin_row **ret_rows, size_t *ret_count) {
    struct admin_answer answer;
    return admin_allowed(domain, actor, MAY_ADMIN_READ, &answer)
               ? admin_of_sql(admins_list(domain->sql, arena, ADMINS_MOST, ret_rows, ret_count))
               : answer;
}

enum domain_status admin_actor(struct domain *domain, struct arena *arena, struct str account_id,
                               struct actor *ret_actor) {
    struct admin_row row;
    enum domain_status active = account_active(domain, arena, account_id);
    if (active != DOMAIN_DONE) {
        return active;
    }
    enum domain_status found = domain_of_sql(admins_of_account(domain->sql, arena, account_id, &row));
    if (found == DOMAIN_DONE && row.state != ADMIN_ACTIVE) {
        return DOMAIN_NO;
    }
    if (found == DOMAIN_DONE) {
        *ret_actor = (struct actor){.role = row.role, .id = account_id, .agency_id = row.agency_id};
    }
    return found;
}
