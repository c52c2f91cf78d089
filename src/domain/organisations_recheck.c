/*
 * What ends by itself: mandates whose time is over, mandates of people who may not hold them any more, and the mandates
 * of an organisation that the register does not confirm any more. A register that does not answer changes nothing.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/proofs.h"
#include "loop/fiber.h"
#include "mandates_inside.h"
#include "organisations_inside.h"
#include "status.h"

#define DAY_S        86400
#define AGAIN_S      3600 /* after a register that did not answer */
#define SPAN_MS      20   /* between two questions, so that a register is not flooded */
#define DUE_MOST     100
#define UNKNOWN_MOST 3 /* times between checks that an organisation may be missing from the register */

static enum admin_result end_alone(struct domain *domain, struct arena *arena, const struct mandate_found *found,
                                   const char *reason, bool under) {
    const struct mandate_cut cut = {.found = found,
                                    .version = found->row.version,
                                    .event = {.kind = EVENT_MANDATE_END, .reason = reason},
                                    .under = under};
    return mandate_cut_off(domain, arena, &cut).result;
}

/* --- time, and people --- */

static void end_over(struct domain *domain, struct arena *arena, size_t most) {
    struct mandate_found *rows;
    size_t count;
    int64_t now = clock_wall();
    if (mandates_over(domain->sql, arena, now, now - (int64_t)MANDATE_OFFER_DAYS * DAY_S, most, &rows, &count) !=
        SQL_DONE) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        end_alone(domain, arena, &rows[i], rows[i].row.state == MANDATE_OFFERED ? "lapsed" : "term_over", false);
    }
}

/* The stored level may rest on what has expired since; then the account is judged by what is left. */
static void end_unfit(struct domain *domain, struct arena *arena, size_t most) {
    struct mandate_found *rows, found;
    size_t count;
    int64_t now = clock_wall();
    if (mandates_unfit(domain->sql, arena, now, most, &rows, &count) != SQL_DONE) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        bool expired = rows[i].account_level_until > 0 && rows[i].account_level_until <= now;
        if ((expired && proof_refresh(domain, arena, rows[i].row.account_id) != DOMAIN_DONE) ||
            mandates_find(domain->sql, arena, rows[i].row.mandate_id, &found) != SQL_DONE) {
            continue; /* the next time */
        }
        bool fit = found.account_state == ACCOUNT_ACTIVE && found.account_level >= mandate_role_level(found.row.role);
        if (found.row.state == MANDATE_ACCEPTED && !fit) {
            end_alone(domain, arena, &found, found.account_state == ACCOUNT_ACTIVE ? "level" : "account", true);
        }
    }
}

/* --- the register --- */

struct checking {
    struct domain *domain;
    struct arena *arena;
    struct upstream *upstream;
    struct organisation organisation;
    struct mandate_found *mandates;
    size_t mandate_count;
};

static void again(struct checking *checking, int64_t due_at) {
    const struct organisation_row *row = &checking->organisation.row;
    const struct sql_statement statement = organisations_claim(row->organisation_id, row->due_at, due_at);
    sql_write(checking->domain->sql, &statement, 1); /* else it is due when the claim is over */
}

/* Nobody acts for it any more. */
static void cut_organisation(struct checking *checking, const struct upstream_found *found, const char *reason) {
    struct domain *domain = checking->domain;
    struct organisation_row row = checking->organisation.row;
    int64_t now = clock_wall();
    const struct mandate_ending ending = {.ended_by = STR("system"), .reason = STR("organisation"), .now = now};
    row.status = found->status != ORGANISATION_UNKNOWN ? found->status : ORGANISATION_UNKNOWN;
    row.due_at = 0;
    row.updated_at = now;
    row.version++;
    struct change change = {0};
    change_add(&change, organisations_update(&row));
    change_add(&change, mandates_end_of(row.organisation_id, &ending));
    const struct event event = {.kind = EVENT_ORGANISATION_CUT,
                                .reason = reason,
                                .subject = row.organisation_id,
                                .detail = organisation_detail(checking->arena, &found->evidence, STR_NONE)};
    if (change_write(domain, checking->arena, &change, &event).result == ADMIN_DONE) {
        mandates_mark(domain, checking->arena, checking->mandates, checking->mandate_count);
    }
}

static void confirm(struct checking *checking, const struct upstream_found *found) {
    struct organisation *organisation = &checking->organisation;
    organisation_put_found(checking->domain, checking->arena, organisation, found);
    organisation->row.version++;
    const struct sql_statement statement = organisations_update(&organisation->row);
    if (sql_write(checking->domain->sql, &statement, 1) == SQL_DOWN) {
        log_warn("organisations.recheck_not_kept", log_str("organisation_id", organisation->row.organisation_id));
    }
}

/* A new entry of the register may be missing from it for weeks: what was confirmed lately goes on. */
static bool missing_too_long(const struct checking *checking) {
    int64_t span = checking->domain->settings->organisation_recheck_s;
    return clock_wall() - checking->organisation.row.checked_at > UNKNOWN_MOST * span;
}

/* What the register says of one who represents it. True when the organisation is confirmed by it. */
static bool check_representative(struct checking *checking, const struct mandate_found *mandate, bool *ret_over) {
    struct domain *domain = checking->domain;
    struct organisation *organisation = &checking->organisation;
    struct account account;
    struct upstream_found found;
    enum domain_status loaded = account_load(domain, checking->arena, mandate->row.account_id, &account);
    if (loaded != DOMAIN_DONE || str_is_empty(account.profile.id_number)) {
        return false; /* judged by the account (end_unfit) */
    }
    switch (organisation_ask(domain, checking->arena, checking->upstream, &account, organisation->name,
                             organisation->credit_code, &found)) {
    case VERIFY_MATCH:
        confirm(checking, &found);
        return true;
    case VERIFY_STATE_BAD:
        cut_organisation(checking, &found, "state_bad");
        *ret_over = true;
        return false;
    case VERIFY_MISMATCH:
        end_alone(domain, checking->arena, mandate, "representative_changed", true);
        return false;
    case VERIFY_NOT_FOUND:
        if (missing_too_long(checking)) {
            cut_organisation(checking, &found, "not_found");
            *ret_over = true;
        }
        return false;
    default:
        log_warn("organisations.recheck_unanswered", log_str("organisation_id", organisation->row.organisation_id));
        return false;
    }
}

static void check(struct checking *checking) {
    bool confirmed = false, over = false, represented = false;
    for (size_t i = 0; i < checking->mandate_count && !over; i++) {
        const struct mandate_found *mandate = &checking->mandates[i];
        if (mandate->row.role == MANDATE_REPRESENTATIVE && mandate->row.state == MANDATE_ACCEPTED) {
            represented = true;
            confirmed = check_representative(checking, mandate, &over) || confirmed;
        }
    }
    if (!represented) {
        again(checking, 0); /* until somebody enters it again, nobody acts for it */
    } else if (!confirmed && !over) {
        again(checking, clock_wall() + AGAIN_S);
    }
}

static void check_if_first(struct domain *domain, struct arena *arena, struct upstream *upstream,
                           const struct organisation_row *row) {
    struct checking checking = {.domain = domain, .arena = arena, .upstream = upstream};
    int64_t until = clock_wall() + AGAIN_S;
    const struct sql_statement claim = organisations_claim(row->organisation_id, row->due_at, until);
    if (sql_write(domain->sql, &claim, 1) != SQL_DONE) {
        return; /* another process asks */
    }
    if (organisation_load(domain, arena, row->organisation_id, &checking.organisation) != DOMAIN_DONE ||
        mandates_of_organisation(domain->sql, arena, row->organisation_id, &checking.mandates,
                                 &checking.mandate_count) != SQL_DONE) {
        return;
    }
    check(&checking);
}

static void check_due(struct domain *domain, struct arena *arena, size_t most) {
    struct organisation_row *rows;
    size_t count;
    struct upstream *upstream = upstreams_first(&domain->upstreams, UPSTREAM_ORGANISATION);
    if (!upstream || organisations_due(domain->sql, arena, clock_wall(), most, &rows, &count) != SQL_DONE) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct arena *own ARENA_AUTO = arena_new();
        check_if_first(domain, own, upstream, &rows[i]);
        if (fiber_sleep(SPAN_MS) != WAIT_DONE) {
            return;
        }
    }
}

void organisations_recheck(struct domain *domain, struct arena *arena, size_t most) {
    most = most < DUE_MOST ? most : DUE_MOST;
    end_over(domain, arena, most);
    end_unfit(domain, arena, most);
    check_due(domain, arena, most);
}
