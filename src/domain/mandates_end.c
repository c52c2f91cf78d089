/*
 * Ending mandates: by people, by administrators; and cutting off what they led to.
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "mandates_inside.h"
#include "status.h"
#include "store/kv.h"

#define DETAIL_MOST (64 * 1024)
#define MARKS_MOST  64 /* in one round trip */

/* --- marks --- */

/* As long as any token lives that a mandate led to. */
static int64_t mark_ttl(const struct domain *domain) {
    const struct domain_settings *settings = domain->settings;
    return settings->refresh_token_s > settings->access_token_s ? settings->refresh_token_s : settings->access_token_s;
}

static void mark(struct domain *domain, struct arena *arena, const struct mandate_found *mandates, size_t count) {
    struct kv_op ops[MARKS_MOST];
    for (size_t i = 0; i < count; i++) {
        ops[i] = (struct kv_op){.verb = KV_PUT,
                                .ns = STR("mc"),
                                .id = mandates[i].row.mandate_id,
                                .value = STR("1"),
                                .ttl = mark_ttl(domain)};
    }
    if (kv_run(domain->kv, arena, ops, count) == KV_DOWN) {
        log_warn("mandates.not_marked", log_int("count", (int64_t)count));
    }
}

void mandates_mark(struct domain *domain, struct arena *arena, const struct mandate_found *mandates, size_t count) {
    for (size_t from = 0; domain->kv && from < count; from += MARKS_MOST) {
        mark(domain, arena, mandates + from, count - from < MARKS_MOST ? count - from : MARKS_MOST);
    }
}

/* --- one, with what was granted under it --- */

static struct str detail_of(struct arena *arena, const struct mandate_cut *cut, const struct mandate_found *under,
                            size_t under_count) {
    struct buf detail;
    buf_init(&detail, arena, 256, DETAIL_MOST);
    struct json_out out = json_out(&detail);
    json_open_object(&out, NULL);
    json_put_str(&out, "organisation_id", cut->found->row.organisation_id);
    json_put_str(&out, "role", mandate_role_name(cut->found->row.role));
    if (!str_is_absent(cut->found->row.account_id)) {
        json_put_str(&out, "account_id", cut->found->row.account_id);
    }
    if (!str_is_absent(cut->note)) {
        json_put_str(&out, "note", cut->note);
    }
    if (under_count > 0) {
        json_open_array(&out, "under");
        for (size_t i = 0; i < under_count; i++) {
            json_put_str(&out, NULL, under[i].row.mandate_id);
        }
        json_close_array(&out);
    }
    json_close_object(&out);
    return detail.failed ? STR_NONE : buf_str(&detail);
}

/* What is granted under it between the look and the write ends as well, in the durable store, which is asked at every
 * use: it only misses its mark and its name in the event. */
struct admin_answer mandate_cut_off(struct domain *domain, struct arena *arena, const struct mandate_cut *cut) {
    struct mandate_found *under = NULL;
    size_t under_count = 0;
    struct str mandate_id = cut->found->row.mandate_id;
    if (cut->under && mandates_under(domain->sql, arena, mandate_id, &under, &under_count) != SQL_DONE) {
        return admin_answer(ADMIN_UNAVAILABLE);
    }
    const struct mandate_ending ending = {.ended_by = str_or(cut->event.actor, STR("system")),
                                          .reason = str_or(cut->note, str_from(cut->event.reason)),
                                          .now = clock_wall()};
    struct mandate_ending below = ending;
    below.reason = STR("granted_under");
    struct change change = {0};
    change_add(&change, mandates_end(mandate_id, cut->version, &ending));
    if (cut->under) {
        change_add(&change, mandates_end_under(mandate_id, &below));
    }
    struct event event = cut->event;
    event.subject = mandate_id;
    event.detail = detail_of(arena, cut, under, under_count);
    struct admin_answer answer = change_write(domain, arena, &change, &event);
    if (answer.result == ADMIN_DONE) {
        mandates_mark(domain, arena, cut->found, 1);
        mandates_mark(domain, arena, under, under_count);
    }
    return answer;
}

/* --- by people --- */

static enum mandate_result result_of(enum admin_result result) {
    return result == ADMIN_DONE ? MANDATE_DONE : result == ADMIN_STALE ? MANDATE_STALE : MANDATE_UNAVAILABLE;
}

static enum mandate_result end_as(struct domain *domain, struct arena *arena, const struct signed_in *who,
                                  const struct mandate_found *found, int64_t version, const char *reason, bool under) {
    const struct mandate_cut cut = {.found = found,
                                    .version = version,
                                    .event = {.kind = EVENT_MANDATE_END,
                                              .reason = reason,
                                              .actor = who->account->account_id,
                                              .address = who->address},
                                    .under = under};
    return result_of(mandate_cut_off(domain, arena, &cut).result);
}

void mandate_tell_not_theirs(struct domain *domain, enum event_kind kind, const struct signed_in *who,
                             struct str mandate_id) {
    domain_tell(domain, &(struct event){.kind = kind,
                                        .result = EVENT_REFUSED,
                                        .reason = "not_theirs",
                                        .actor = who->account->account_id,
                                        .subject = mandate_id,
                                        .address = who->address});
}

enum mandate_result mandate_end(struct domain *domain, struct arena *arena, const struct signed_in *who,
                                struct str mandate_id, int64_t version) {
    const struct account *account = who->account;
    struct mandate_found found, own;
    enum sql_status read = mandates_find(domain->sql, arena, mandate_id, &found);
    if (read != SQL_DONE) {
        return read == SQL_MISSING ? MANDATE_MISSING : MANDATE_UNAVAILABLE;
    }
    if (mandate_offered_to(domain, arena, account, &found)) {
        return end_as(domain, arena, who, &found, version, "declined", false);
    }
    enum domain_status grants = mandate_of_grantor(domain, arena, account, found.row.organisation_id, &own);
    if (grants == DOMAIN_UNAVAILABLE) {
        return MANDATE_UNAVAILABLE;
    }
    bool theirs = str_equal(found.row.account_id, account->account_id);
    if (!mandate_may_end(account, grants == DOMAIN_DONE ? &own : NULL, &found)) {
        if (!theirs) {
            mandate_tell_not_theirs(domain, EVENT_MANDATE_END, who, mandate_id);
        }
        return theirs ? MANDATE_STALE : MANDATE_MISSING; /* it has ended: they may know of their own */
    }
    if (theirs) {
        return end_as(domain, arena, who, &found, version, "resigned", found.row.role == MANDATE_REPRESENTATIVE);
    }
    enum mandate_result shown = mandate_level_shown(who, own.row.role);
    return shown == MANDATE_DONE ? end_as(domain, arena, who, &found, version, "revoked", true) : shown;
}

/* --- administration --- */

struct admin_answer mandate_admin_end(struct domain *domain, struct arena *arena, const struct actor *actor,
                                      struct str mandate_id, int64_t version, struct str reason,
                                      struct mandate_found *ret_mandate) {
    struct admin_answer answer;
    struct mandate_found found;
    if (!admin_allowed(domain, actor, MAY_MANDATE_END, &answer)) {
        return answer;
    }
    answer = admin_of_sql(mandates_find(domain->sql, arena, mandate_id, &found));
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    if (found.row.state == MANDATE_ENDED) {
        return admin_conflict("it has ended already");
    }
    struct mandate_cut cut = {.found = &found,
                              .version = version,
                              .event = event_of_actor(actor, EVENT_MANDATE_END, mandate_id),
                              .note = reason,
                              .under = true};
    cut.event.reason = "by_administrator";
    answer = mandate_cut_off(domain, arena, &cut);
    return answer.result == ADMIN_DONE ? admin_of_sql(mandates_find(domain->sql, arena, mandate_id, ret_mandate))
                                       : answer;
}

struct admin_answer organisation_admin_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                            struct str after, size_t most, struct organisation **ret_organisations,
                                            size_t *ret_count) {
    struct admin_answer answer;
    struct organisation_row *rows;
    if (!admin_allowed(domain, actor, MAY_ORGANISATION_READ, &answer)) {
        return answer;
    }
    most = most < ADMIN_PAGE_MOST ? most : ADMIN_PAGE_MOST;
    answer = admin_of_sql(organisations_list(domain->sql, arena, after, most, &rows, ret_count));
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    struct organisation *organisations = arena_array_of(arena, *ret_count + 1, struct organisation);
    for (size_t i = 0; i < *ret_count; i++) {
        if (organisation_open(domain, arena, &rows[i], &organisations[i]) != DOMAIN_DONE) {
            return admin_answer(ADMIN_UNAVAILABLE);
        }
    }
    *ret_organisations = organisations;
    return answer;
}

struct admin_answer organisation_admin_get(struct domain *domain, struct arena *arena, const struct actor *actor,
                                           struct str organisation_id, struct organisation *ret_organisation,
                                           struct mandate_found **ret_mandates, size_t *ret_count) {
    struct admin_answer answer;
    struct organisation_row row;
    if (!admin_allowed(domain, actor, MAY_ORGANISATION_READ, &answer)) {
        return answer;
    }
    answer = admin_of_sql(organisations_get(domain->sql, arena, organisation_id, &row));
    if (answer.result == ADMIN_DONE && organisation_open(domain, arena, &row, ret_organisation) != DOMAIN_DONE) {
        answer = admin_answer(ADMIN_UNAVAILABLE);
    }
    return answer.result == ADMIN_DONE
               ? admin_of_sql(mandates_of_organisation(domain->sql, arena, organisation_id, ret_mandates, ret_count))
               : answer;
}
