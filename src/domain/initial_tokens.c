/*
 * Making, listing, withdrawing and recognising initial access tokens.
 */
#include "domain/initial_tokens.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "client_register_inside.h"
#include "model/registration_policy.h"
#include "status.h"
#include "store/agencies.h"

#define TOKEN_RANDOM    32
#define TOKEN_ID_RANDOM 9
#define TOKEN_PREFIX    "ia_"
#define TOKEN_MOST      100

static struct str token_mac(const struct domain *domain, struct arena *arena, struct str token) {
    const struct str parts[] = {STR("initial_access_token"), token};
    unsigned char *mac = arena_alloc(arena, 32);
    seal_mac(domain->sealers->secret, parts, ARRAY_LEN(parts), mac);
    return str_of(mac, 32);
}

/* --- making --- */

static enum sql_status check_agency(struct domain *domain, struct arena *arena, struct str agency_id,
                                    struct client_problems *problems) {
    struct agency_row agency;
    enum sql_status found = agencies_get(domain->sql, arena, agency_id, &agency);
    if (found == SQL_MISSING || (found == SQL_DONE && agency.state != AGENCY_ACTIVE)) {
        admin_problem(problems, "agency_id", "is not an agency that is active");
    }
    return found;
}

static void check_numbers(const struct initial_token_wanted *wanted, int64_t uses_most,
                          struct client_problems *problems) {
    if (wanted->uses < 1 || wanted->uses > uses_most) {
        admin_problem(problems, "uses", "must be 1 to %lld (setting dynamic_clients_per_token)", (long long)uses_most);
    }
    if (wanted->expires_in < INITIAL_TOKEN_LEAST_S || wanted->expires_in > INITIAL_TOKEN_MOST_S) {
        admin_problem(problems, "expires_in", "must be %d to %d seconds", INITIAL_TOKEN_LEAST_S, INITIAL_TOKEN_MOST_S);
    }
}

/* The policy's text as it is kept; ADMIN_DONE, or what is wrong. */
static struct admin_answer check_wanted(struct domain *domain, struct arena *arena,
                                        const struct initial_token_wanted *wanted, struct str *ret_policy) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    struct registration_policy policy = {0};
    struct settings settings;
    if (settings_now(domain, arena, &settings) != SQL_DONE) {
        return admin_answer(ADMIN_UNAVAILABLE);
    }
    registration_policy_read(arena, wanted->policy, &policy, problems);
    check_numbers(wanted, settings.dynamic_clients_per_token, problems);
    if (!str_is_absent(policy.agency_id) && check_agency(domain, arena, policy.agency_id, problems) == SQL_DOWN) {
        return admin_answer(ADMIN_UNAVAILABLE);
    }
    struct buf text;
    buf_init(&text, arena, 512, REGISTRATION_POLICY_MOST);
    json_write_value(&text, wanted->policy);
    if (text.failed) {
        admin_problem(problems, "policy", "is larger than %d bytes", REGISTRATION_POLICY_MOST);
    }
    *ret_policy = buf_str(&text);
    return problems->count > 0 ? (struct admin_answer){.result = ADMIN_INVALID, .problems = problems}
                               : admin_answer(ADMIN_DONE);
}

struct admin_answer initial_token_create(struct domain *domain, struct arena *arena, const struct actor *actor,
                                         const struct initial_token_wanted *wanted, struct initial_token_row *ret_row,
                                         struct str *ret_token) {
    struct admin_answer answer;
    struct str policy;
    if (!admin_allowed(domain, actor, MAY_SETTINGS_WRITE, &answer)) {
        return answer;
    }
    answer = check_wanted(domain, arena, wanted, &policy);
    if (answer.result != ADMIN_DONE) {
        return answer;
    }
    struct str token = str_concat(arena, STR(TOKEN_PREFIX), random_text(arena, TOKEN_RANDOM));
    const struct initial_token_row row = {
        .token_id = str_concat(arena, STR("it_"), random_text(arena, TOKEN_ID_RANDOM)),
        .mac = token_mac(domain, arena, token),
        .policy = policy,
        .uses_left = wanted->uses,
        .expires_at = clock_wall() + wanted->expires_in,
        .created_by = actor->id,
        .created_at = clock_wall(),
    };
    struct change change = {0};
    change_add(&change, initial_tokens_insert(&row));
    struct event event = event_of_actor(actor, EVENT_INITIAL_TOKEN_CREATE, row.token_id);
    event.detail = str_format(arena, "{\"uses\":%lld,\"expires_in\":%lld,\"policy\":%.*s}", (long long)wanted->uses,
                              (long long)wanted->expires_in, STR_ARG(policy));
    answer = change_write(domain, arena, &change, &event);
    if (answer.result == ADMIN_DONE) {
        *ret_row = row;
        *ret_token = token;
    }
    return answer;
}

/* --- looking after them --- */

struct admin_answer initial_token_list(struct domain *domain, struct arena *arena, const struct actor *actor,
                                       struct str after, size_t most, struct initial_token_row **ret_rows,
                                       size_t *ret_count) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_SETTINGS_READ, &answer)) {
        return answer;
    }
    return admin_of_sql(initial_tokens_list(domain->sql, arena, after, most < ADMIN_PAGE_MOST ? most : ADMIN_PAGE_MOST,
                                            ret_rows, ret_count));
}

struct admin_answer initial_token_revoke(struct domain *domain, struct arena *arena, const struct actor *actor,
                                         struct str token_id) {
    struct admin_answer answer;
    if (!admin_allowed(domain, actor, MAY_SETTINGS_WRITE, &answer)) {
        return answer;
    }
    struct change change = {0};
    change_add(&change, initial_tokens_end(token_id, clock_wall()));
    const struct event event = event_of_actor(actor, EVENT_INITIAL_TOKEN_REVOKE, token_id);
    answer = change_write(domain, arena, &change, &event);
    return answer.result == ADMIN_STALE ? admin_answer(ADMIN_MISSING) : answer;
}

/* --- recognising one --- */

enum domain_status initial_token_find(struct domain *domain, struct arena *arena, struct str token,
                                      struct initial_token_row *ret_row) {
    struct initial_token_row row;
    if (!str_starts(token, STR(TOKEN_PREFIX)) || token.len > TOKEN_MOST) {
        return DOMAIN_NO;
    }
    enum domain_status status =
        domain_of_sql(initial_tokens_find(domain->sql, arena, token_mac(domain, arena, token), &row));
    if (status == DOMAIN_DONE && (row.uses_left < 1 || clock_wall() >= row.expires_at)) {
        return DOMAIN_NO;
    }
    if (status == DOMAIN_DONE) {
        *ret_row = row;
    }
    return status;
}
