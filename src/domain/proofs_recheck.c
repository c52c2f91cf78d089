/*
 * Evidence that is due: the register is asked again without the person. What it does not confirm any more stops
 * counting; a person it reports as dead or cancelled is suspended. A register that does not answer is asked again in an
 * hour, and changes nothing.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "change.h"
#include "domain/session.h"
#include "loop/fiber.h"
#include "proofs_inside.h"
#include "status.h"
#include "store/outbox.h"

#define AGAIN_S  3600
#define SPAN_MS  20 /* between two, so that a register is not flooded */
#define DUE_MOST 100

/* Evidence that is no longer confirmed, and the level that follows. */
static enum domain_status end(struct domain *domain, struct arena *arena, const struct verification_row *row,
                              enum verify_result result) {
    const struct event event = {.kind = EVENT_PROOF,
                                .result = EVENT_REFUSED,
                                .reason = verify_result_name(result),
                                .subject = row->account_id,
                                .detail = str_format(arena, "{\"upstream\":\"%.*s\",\"verification_id\":\"%.*s\"}",
                                                     STR_ARG(row->evidence.source), STR_ARG(row->verification_id))};
    const struct sql_statement statements[] = {verifications_end(row->verification_id, clock_wall()),
                                               outbox_put(arena, &event)};
    enum domain_status ended = domain_of_sql(sql_write(domain->sql, statements, ARRAY_LEN(statements)));
    if (ended != DOMAIN_DONE) {
        return ended;
    }
    change_tell(domain, &event);
    ended = proof_refresh(domain, arena, row->account_id);
    /* Sessions claim the level that there was: people sign in anew. */
    return ended == DOMAIN_DONE ? session_end_all(domain, arena, row->account_id) : ended;
}

/* The new evidence takes the place of the old one, which is not asked for again. */
static enum domain_status replace(struct domain *domain, struct arena *arena, const struct account *account,
                                  const struct verification_row *row, const struct evidence *evidence) {
    const struct proof_found found = {
        .evidence = *evidence, .name = account->profile.name, .id_number = account->profile.id_number};
    if (proof_keep(domain, arena, account, &found) != PROOF_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    const struct sql_statement done = verifications_end(row->verification_id, clock_wall());
    return domain_of_sql(sql_write(domain->sql, &done, 1));
}

static enum domain_status ask_again(struct domain *domain, struct arena *arena, const struct account *account,
                                    struct upstream *upstream, const struct verification_row *row) {
    const struct profile *profile = &account->profile;
    const struct upstream_asked asked = {.name = profile->name,
                                         .id_type = profile->id_type,
                                         .id_number = profile->id_number,
                                         .request_id = log_request_id,
                                         .transaction = upstream_transaction(arena)};
    struct upstream_found found;
    enum domain_status ended;
    enum verify_result result = upstream_verify(upstream, arena, &asked, &found);
    proof_tell_asked(domain, arena, &(struct proof_asked){.account_id = account->account_id}, &found.evidence);
    switch (result) {
    case VERIFY_MATCH:
        return replace(domain, arena, account, row, &found.evidence);
    case VERIFY_MISMATCH:
    case VERIFY_NOT_FOUND:
        return end(domain, arena, row, result);
    case VERIFY_STATE_BAD:
        ended = end(domain, arena, row, result);
        if (!proof_speaks_of_person(upstream)) {
            return ended;
        }
        return proof_suspend(domain, arena, account->account_id, &found.evidence) == DOMAIN_DONE ? DOMAIN_NO
                                                                                                 : DOMAIN_UNAVAILABLE;
    default:
        return DOMAIN_UNAVAILABLE;
    }
}

/* DOMAIN_NO: the account was suspended by it. */
static enum domain_status recheck(struct domain *domain, struct arena *arena, const struct verification_row *row) {
    struct account account;
    struct upstream *upstream = upstreams_find(&domain->upstreams, row->evidence.source);
    const struct sql_statement claim = verifications_set_due(row, clock_wall() + AGAIN_S);
    enum domain_status claimed = domain_of_sql(sql_write(domain->sql, &claim, 1));
    if (claimed != DOMAIN_DONE) {
        return claimed == DOMAIN_NO ? DOMAIN_DONE : claimed; /* another process asks */
    }
    if (!upstream) {
        log_warn("proofs.recheck_without_upstream", log_str("upstream", row->evidence.source));
        return DOMAIN_DONE;
    }
    enum domain_status loaded = account_load(domain, arena, row->account_id, &account);
    bool asks = loaded == DOMAIN_DONE && account.state == ACCOUNT_ACTIVE && !str_is_empty(account.profile.id_number);
    return asks ? ask_again(domain, arena, &account, upstream, row) : loaded;
}

void proofs_recheck(struct domain *domain, struct arena *arena, size_t most) {
    struct verification_row *rows;
    size_t count;
    most = most < DUE_MOST ? most : DUE_MOST;
    if (verifications_due(domain->sql, arena, clock_wall(), most, &rows, &count) == SQL_DOWN) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct arena *own ARENA_AUTO = arena_new();
        recheck(domain, own, &rows[i]);
        if (fiber_sleep(SPAN_MS) != WAIT_DONE) {
            return;
        }
    }
}

enum domain_status proof_recheck_account(struct domain *domain, struct arena *arena, struct account *account) {
    struct verification_row *rows;
    size_t count;
    int64_t now = clock_wall();
    bool asked = false;
    if (proof_list(domain, arena, account->account_id, &rows, &count) != DOMAIN_DONE) {
        return DOMAIN_UNAVAILABLE;
    }
    for (size_t i = 0; i < count; i++) {
        const struct evidence *evidence = &rows[i].evidence;
        if (evidence->due_at == 0 || evidence->due_at > now || evidence->ended_at > 0) {
            continue;
        }
        asked = true;
        if (recheck(domain, arena, &rows[i]) == DOMAIN_NO) {
            return DOMAIN_NO;
        }
    }
    return asked ? account_load(domain, arena, account->account_id, account) : DOMAIN_DONE;
}
