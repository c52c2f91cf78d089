/*
 * Accounts, sessions and consents, as the security administrator sees them.
 */
#include "domain/people.h"

#include "base/check.h"
#include "base/clock.h"
#include "change.h"
#include "domain/account.h"
#include "domain/attempts.h"
#include "domain/consent.h"
#include "domain/grant.h"
#include "domain/session.h"
#include "model/identity.h"
#include "status.h"
#include "store/outbox.h"

static struct admin_answer admin_of_domain(enum domain_status status) {
    return admin_answer(status == DOMAIN_DONE ? ADMIN_DONE : status == DOMAIN_NO ? ADMIN_MISSING : ADMIN_UNAVAILABLE);
}

/* --- accounts --- */

static struct admin_answer exists(struct domain *domain, struct arena *arena, struct str account_id) {
    struct account_row row;
    return admin_of_sql(accounts_get(domain->sql, arena, account_id, &row));
}

static struct admin_answer load(struct domain *domain, struct arena *arena, struct str account_id,
                                struct person *ret_person) {
    struct person person = {0};
    struct account account = {0};
    struct admin_answer answer = admin_of_sql(accounts_get(domain->sql, arena, account_id, &person.row));
    if (answer.result == ADMIN_DONE) {
        answer = admin_of_sql(
            accounts_verifications(domain->sql, arena, account_id, &person.verifications, &person.verification_count));
    }
    if (answer.result == ADMIN_DONE) {
        bool down = account_load(domain, arena, account_id, &account) == DOMAIN_UNAVAILABLE;
        answer = admin_answer(down ? ADMIN_UNAVAILABLE : ADMIN_DONE); /* one that was merged has no profile */
    }
    if (answer.result == ADMIN_DONE) {
        person.name_masked = person_name_mask(arena, account.profile.name);
        *ret_person = person;
    }
    return answer;
}

struct admin_answer person_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                               struct str account_id, struct person *ret_person) {
    struct admin_answer answer;
    return admin_allowed(domain, actor, MAY_ACCOUNT_READ, &answer) ? load(domain, arena, account_id, ret_person)
                                                                   : answer;
}

struct admin_answer person_find(struct domain *domain, struct arena *arena, const struct actor *actor, struct str typed,
                                struct person *ret_person) {
    struct admin_answer answer;
    enum identifier_kind kind;
    struct str account_id;
    if (!admin_allowed(domain, actor, MAY_ACCOUNT_READ, &answer)) {
        return answer;
    }
    struct str value = account_identifier_fold(arena, typed, &kind);
    answer = admin_of_domain(account_find(domain, arena, kind, value, &account_id));
    return answer.result == ADMIN_DONE ? load(domain, arena, account_id, ret_person) : answer;
}

struct admin_answer person_list(struct domain *domain, struct arena *arena, const struct actor *actor, int state,
                                struct str after, size_t most, struct account_row **ret_rows, size_t *ret_count) {
    struct admin_answer answer;
    return admin_allowed(domain, actor, MAY_ACCOUNT_READ, &answer)
               ? admin_of_sql(accounts_list(domain->sql, arena, state, after,
                                            most < ADMIN_PAGE_MOST ? most : ADMIN_PAGE_MOST, ret_rows, ret_count))
               : answer;
}

struct admin_answer person_set_state(struct domain *domain, struct arena *arena, const struct actor *actor,
                                     struct str account_id, int64_t version, enum account_state state) {
    struct admin_answer answer;
    struct account_row row;
    CHECK(state == ACCOUNT_ACTIVE || state == ACCOUNT_SUSPENDED);
    if (!admin_allowed(domain, actor, MAY_ACCOUNT_WRITE, &answer)) {
        return answer;
    }
    answer = admin_of_sql(accounts_get(domain->sql, arena, account_id, &row));
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (row.updated_at != version) {
        return admin_answer(ADMIN_STALE);
    }
    if (row.state == ACCOUNT_CLOSED || row.state == state) {
        return admin_conflict(row.state == ACCOUNT_CLOSED ? "it is closed" : "it is in that state already");
    }
    int64_t now = clock_wall();
    struct change change = {0};
    change_add(&change, accounts_state_statement(account_id, state, version, now > version ? now : version + 1));
    enum event_kind kind = state == ACCOUNT_ACTIVE ? EVENT_ACCOUNT_RESUME : EVENT_ACCOUNT_SUSPEND;
    const struct event event = event_of_actor(actor, kind, account_id);
    answer = change_write(domain, arena, &change, &event);
    if (answer.result == ADMIN_DONE && state == ACCOUNT_SUSPENDED && domain->kv) {
        enum domain_status ended = grants_cut(domain, arena, account_id);
        answer = admin_of_domain(ended == DOMAIN_DONE ? session_end_all(domain, arena, account_id) : ended);
    }
    return answer;
}

struct admin_answer person_unlock(struct domain *domain, struct arena *arena, const struct actor *actor,
                                  struct str typed) {
    struct admin_answer answer;
    enum identifier_kind kind;
    struct str account_id;
    if (!admin_allowed(domain, actor, MAY_ACCOUNT_WRITE, &answer)) {
        return answer;
    }
    struct str value = account_identifier_fold(arena, typed, &kind);
    answer = admin_of_domain(account_find(domain, arena, kind, value, &account_id));
    if (answer.result == ADMIN_DONE && !attempts_forgive(domain, arena, value, domain->settings->login_lock_s)) {
        answer = admin_answer(ADMIN_UNAVAILABLE);
    }
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    struct change change = {0};
    const struct event event = event_of_actor(actor, EVENT_ACCOUNT_UNLOCK, account_id);
    return change_write(domain, arena, &change, &event);
}

/* --- sessions --- */

struct admin_answer person_sessions(struct domain *domain, struct arena *arena, const struct actor *actor,
                                    struct str account_id, struct person_session **ret_sessions, size_t *ret_count) {
    struct admin_answer answer;
    struct str *ids;
    size_t id_count, count = 0;
    if (!admin_allowed(domain, actor, MAY_SESSION_READ, &answer)) {
        return answer;
    }
    answer = exists(domain, arena, account_id);
    if (answer.result == ADMIN_DONE) {
        answer = admin_of_domain(session_list(domain, arena, account_id, &ids, &id_count));
    }
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    struct person_session *sessions = arena_array_of(arena, id_count + 1, struct person_session);
    for (size_t i = 0; i < id_count && answer.result == ADMIN_DONE; i++) {
        struct person_session *session = &sessions[count];
        enum domain_status found = session_get(domain, arena, ids[i], &session->session);
        if (found == DOMAIN_DONE) {
            found = session_clients(domain, arena, ids[i], &session->client_ids, &session->client_count);
            count++;
        }
        answer = found == DOMAIN_UNAVAILABLE ? admin_answer(ADMIN_UNAVAILABLE) : answer;
    }
    *ret_sessions = sessions;
    *ret_count = count;
    return answer;
}

/* A session of somebody else's is none of this account's. */
static enum domain_status end_one(struct domain *domain, struct arena *arena, struct str account_id,
                                  struct str session_id) {
    struct session session;
    enum domain_status found = session_get(domain, arena, session_id, &session);
    if (found == DOMAIN_DONE && !str_equal(session.account_id, account_id)) {
        return DOMAIN_NO;
    }
    return found == DOMAIN_DONE ? session_end(domain, arena, session_id) : found;
}

struct admin_answer person_end_sessions(struct domain *domain, struct arena *arena, const struct actor *actor,
                                        struct str account_id, struct str session_id) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_SESSION_END, &answer)) {
        return answer;
    }
    answer = exists(domain, arena, account_id);
    if (answer.result == ADMIN_DONE) {
        answer = admin_of_domain(str_is_absent(session_id) ? session_end_all(domain, arena, account_id)
                                                           : end_one(domain, arena, account_id, session_id));
    }
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    struct change change = {0};
    struct event event = event_of_actor(actor, EVENT_SESSION_END, account_id);
    event.session_id = session_id;
    return change_write(domain, arena, &change, &event);
}

/* --- consents --- */

struct admin_answer person_consents(struct domain *domain, struct arena *arena, const struct actor *actor,
                                    struct str account_id, struct consent_row **ret_rows, size_t *ret_count) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_CONSENT_READ, &answer)) {
        return answer;
    }
    answer = exists(domain, arena, account_id);
    return answer.result == ADMIN_DONE
               ? admin_of_sql(consents_list(domain->sql, arena, account_id, ret_rows, ret_count))
               : answer;
}

struct admin_answer person_withdraw_consent(struct domain *domain, struct arena *arena, const struct actor *actor,
                                            struct str account_id, struct str client_id) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_CONSENT_WRITE, &answer)) {
        return answer;
    }
    struct change change = {0};
    change_add(&change, consents_delete_statement(account_id, client_id));
    struct event event = event_of_actor(actor, EVENT_CONSENT_WITHDRAW, account_id);
    event.client_id = client_id;
    answer = change_write(domain, arena, &change, &event);
    if (answer.result == ADMIN_DONE) {
        consent_forget(domain, arena, account_id, client_id);
        if (domain->kv && grants_cut_client(domain, arena, account_id, client_id) != DOMAIN_DONE) {
            return admin_answer(ADMIN_UNAVAILABLE);
        }
    }
    return answer.result == ADMIN_STALE ? admin_answer(ADMIN_MISSING) : answer;
}
