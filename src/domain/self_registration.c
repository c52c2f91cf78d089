/*
 * Client systems that register themselves and look after their own entry.
 */
#include "domain/self_registration.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "change.h"
#include "domain/attempts.h"
#include "domain/initial_tokens.h"
#include "domain/registry.h"
#include "model/registration_policy.h"
#include "store/self_registrations.h"

#define CLIENT_ID_RANDOM 12
#define HOUR_S           3600
#define CHANGES_AN_HOUR  60 /* of one client system: each may make the server fetch its sector_identifier_uri */
#define TRIES            3  /* a change made by somebody else at the same time is not the caller's to know */

static struct self_answer self_answer(enum self_result result) {
    return (struct self_answer){.result = result};
}

static struct self_answer invalid(const struct client_problems *problems) {
    return (struct self_answer){.result = SELF_INVALID, .problems = problems};
}

static struct self_answer of_admin(const struct admin_answer *answer) {
    switch (answer->result) {
    case ADMIN_DONE:
        return self_answer(SELF_DONE);
    case ADMIN_INVALID:
        return invalid(answer->problems);
    case ADMIN_CONFLICT:
        return (struct self_answer){.result = SELF_CONFLICT, .reason = answer->reason};
    case ADMIN_MISSING:
    case ADMIN_FORBIDDEN:
        return self_answer(SELF_UNKNOWN);
    case ADMIN_STALE:
    case ADMIN_UNAVAILABLE:
        break;
    }
    return self_answer(SELF_UNAVAILABLE);
}

static struct actor actor_of(const struct self_caller *caller, struct str id, struct str client_id) {
    return (struct actor){.role = ROLE_REGISTRANT,
                          .id = id,
                          .client_id = client_id,
                          .address = caller->address,
                          .request_id = caller->request_id};
}

static enum self_result count(struct domain *domain, struct arena *arena, const struct attempt_limit *limit) {
    int64_t ignored;
    switch (attempts_count(domain, arena, limit, 1, &ignored)) {
    case ATTEMPTS_ALLOWED:
        return SELF_DONE;
    case ATTEMPTS_EXCEEDED:
        log_warn("self_registration.too_many", log_text("what", limit->what));
        return SELF_TOO_MANY;
    case ATTEMPTS_UNAVAILABLE:
        break;
    }
    return SELF_UNAVAILABLE;
}

/* The rules may have become stricter since the token was made: then nobody registers under it. */
static bool read_policy(struct arena *arena, const struct initial_token_row *token,
                        struct registration_policy *ret_policy) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    const struct json *object;
    if (json_parse(arena, token->policy, JSON_LIMITS_DOCUMENT, &object) &&
        registration_policy_read(arena, object, ret_policy, problems)) {
        return true;
    }
    log_error("initial_access_token.unusable", log_str("token_id", token->token_id),
              log_text("reason", problems->count > 0 ? problems->items[0].text : "not JSON"));
    return false;
}

/* --- entering (RFC 7591 §3.1) --- */

static struct self_answer enter(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                                const struct initial_token_row *token, const struct registration_policy *policy,
                                const struct json *metadata, struct registered *ret_client,
                                struct client_credentials_new *ret_credentials) {
    struct str client_id = str_concat(arena, STR("c_"), random_text(arena, CLIENT_ID_RANDOM));
    const struct actor actor = actor_of(caller, str_concat(arena, STR("token:"), token->token_id), client_id);
    const struct self_registration_row row = {
        .client_id = client_id, .token_id = token->token_id, .unused_s = policy->lifetime_s, .used_at = clock_wall()};
    const struct sql_statement also[] = {
        initial_tokens_use(token->token_id, clock_wall(),
                           registry_settings(domain->registry)->dynamic_clients_per_token),
        self_registrations_insert(&row)};
    const struct client_wanted wanted = {.client_id = client_id,
                                         .agency_id = policy->agency_id,
                                         .origin = STR("dynamic"),
                                         .metadata = metadata,
                                         .approved = true,
                                         .manageable = true,
                                         .also = also,
                                         .also_count = ARRAY_LEN(also)};
    const struct admin_answer answer = register_create(domain, arena, &actor, &wanted, ret_client, ret_credentials);
    /* Somebody was faster with the token's last use. */
    return answer.result == ADMIN_STALE ? self_answer(SELF_UNKNOWN) : of_admin(&answer);
}

/* What the server makes is not the client system's to choose. */
static bool names_no_credentials(const struct json *metadata, struct client_problems *problems) {
    if (json_member(metadata, "client_id")) {
        admin_problem(problems, "client_id", "is made by the server");
    }
    if (json_member(metadata, "client_secret")) {
        admin_problem(problems, "client_secret", "is made by the server");
    }
    return problems->count == 0;
}

struct self_answer self_register(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                                 const struct json *metadata, struct registered *ret_client,
                                 struct client_credentials_new *ret_credentials) {
    struct initial_token_row token;
    struct registration_policy policy;
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    enum domain_status found = initial_token_find(domain, arena, caller->token, &token);
    if (found != DOMAIN_DONE) {
        return self_answer(found == DOMAIN_NO ? SELF_UNKNOWN : SELF_UNAVAILABLE);
    }
    /* After the token, so that strangers use nothing up; before the rules, which may wait for somebody's server. */
    const struct attempt_limit limit = {.what = "self_registrations",
                                        .subject = STR(""),
                                        .most = registry_settings(domain->registry)->dynamic_registrations_per_hour,
                                        .window_s = HOUR_S};
    enum self_result counted = count(domain, arena, &limit);
    if (counted != SELF_DONE) {
        return self_answer(counted);
    }
    if (!read_policy(arena, &token, &policy)) {
        return self_answer(SELF_UNAVAILABLE);
    }
    const struct json *kept;
    if (!names_no_credentials(metadata, problems) ||
        !registration_policy_apply(arena, &policy, metadata, NULL, &kept, problems)) {
        return invalid(problems);
    }
    return enter(domain, arena, caller, &token, &policy, kept, ret_client, ret_credentials);
}

/* --- one's own entry (RFC 7592) --- */

static struct actor itself(struct arena *arena, const struct self_caller *caller, struct str client_id) {
    return actor_of(caller, str_concat(arena, STR("client:"), client_id), client_id);
}

/* A wrong token, and a client system that is not there, retired, or entered by somebody else, are all the same. */
static struct self_answer load(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                               struct str client_id, struct registered *ret_client) {
    static const unsigned char nothing[32];
    struct client_row row = {.registration_mac = str_of(nothing, sizeof(nothing))};
    enum sql_status found = clients_get(domain->sql, arena, client_id, &row);
    if (found == SQL_DOWN) {
        return self_answer(SELF_UNAVAILABLE);
    }
    bool fits = registration_token_fits(domain, arena, &row, caller->token);
    if (!fits || found != SQL_DONE || row.state == CLIENT_RETIRED) {
        return self_answer(SELF_UNKNOWN);
    }
    const struct actor actor = itself(arena, caller, client_id);
    const struct admin_answer answer = register_get(domain, arena, &actor, client_id, ret_client);
    return of_admin(&answer);
}

struct self_answer self_read(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                             struct str client_id, struct registered *ret_client) {
    return load(domain, arena, caller, client_id, ret_client);
}

static bool is_own_secret(const struct domain *domain, const struct registered *client, struct str secret) {
    unsigned char mac[32];
    bool fits = false;
    client_secret_mac(domain->sealers, client->row.client_id, secret, mac);
    for (size_t i = 0; i < client->secret_count; i++) {
        bool equal = str_equal_secret(str_of(mac, sizeof(mac)), client->secrets[i].mac);
        fits = fits || equal;
    }
    return fits;
}

/* RFC 7592 §2.2: which client system it is must be said; a secret may be, where it is the right one; what the server
 * alone says may not. */
static bool names_itself(const struct domain *domain, const struct registered *client, const struct json *metadata,
                         struct client_problems *problems) {
    static const char *const servers[] = {"registration_access_token", "registration_client_uri",
                                          "client_secret_expires_at", "client_id_issued_at"};
    struct str client_id = STR_NONE, secret = STR_NONE;
    json_get_str(metadata, "client_id", &client_id);
    json_get_str(metadata, "client_secret", &secret);
    if (!str_equal(client_id, client->row.client_id)) {
        admin_problem(problems, "client_id", "must be that of the client system itself");
    }
    if (json_member(metadata, "client_secret") && !is_own_secret(domain, client, secret)) {
        admin_problem(problems, "client_secret",
                      "is not the secret in force, and is not the client system's to choose");
    }
    for (size_t i = 0; i < ARRAY_LEN(servers); i++) {
        if (json_member(metadata, servers[i])) {
            admin_problem(problems, servers[i], "is not part of an update (RFC 7592 section 2.2)");
        }
    }
    return problems->count == 0;
}

static struct self_answer policy_of(struct domain *domain, struct arena *arena, struct str client_id,
                                    struct registration_policy *ret_policy) {
    struct self_registration_row row;
    struct initial_token_row token;
    bool found = self_registrations_get(domain->sql, arena, client_id, &row) == SQL_DONE &&
                 initial_tokens_get(domain->sql, arena, row.token_id, &token) == SQL_DONE;
    return self_answer(found && read_policy(arena, &token, ret_policy) ? SELF_DONE : SELF_UNAVAILABLE);
}

static struct self_answer replace_once(struct domain *domain, struct arena *arena, const struct actor *actor,
                                       const struct registered *old, const struct json *metadata,
                                       struct registered *ret_client, bool *ret_stale) {
    struct registration_policy policy;
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    const struct json *current, *kept;
    if (!str_is_absent(old->row.pending)) {
        return (struct self_answer){.result = SELF_CONFLICT,
                                    .reason = "a change that an administrator made waits for approval"};
    }
    if (!names_itself(domain, old, metadata, problems)) {
        return invalid(problems);
    }
    struct self_answer answer = policy_of(domain, arena, old->row.client_id, &policy);
    if (answer.result != SELF_DONE || !json_parse(arena, old->row.metadata, JSON_LIMITS_DOCUMENT, &current)) {
        return self_answer(SELF_UNAVAILABLE);
    }
    if (!registration_policy_apply(arena, &policy, metadata, current, &kept, problems)) {
        return invalid(problems);
    }
    const struct admin_answer written =
        register_update(domain, arena, actor, old->row.client_id, old->row.version, kept, STR_NONE, ret_client);
    *ret_stale = written.result == ADMIN_STALE;
    return of_admin(&written);
}

/* The method may be another than before, and need what there is not. */
static bool lacks_secret(struct arena *arena, const struct registered *client) {
    struct client_problems *problems = arena_new_of(arena, struct client_problems);
    const struct json *metadata;
    struct client read;
    if (!json_parse(arena, client->row.metadata, JSON_LIMITS_DOCUMENT, &metadata) ||
        !client_read_registered(arena, client->row.client_id, metadata, &read, problems) ||
        !client_auth_has_secret(read.auth)) {
        return false;
    }
    for (size_t i = 0; i < client->secret_count; i++) {
        if (read.auth != CLIENT_AUTH_SECRET_JWT || !str_is_absent(client->secrets[i].sealed)) {
            return false;
        }
    }
    return true;
}

static struct self_answer give_secret(struct domain *domain, struct arena *arena, const struct actor *actor,
                                      struct registered *client, struct client_credentials_new *ret_credentials) {
    const struct admin_answer answer = register_new_secret(domain, arena, actor, client->row.client_id,
                                                           client->row.version, 0, client, ret_credentials);
    return of_admin(&answer);
}

struct self_answer self_replace(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                                struct str client_id, const struct json *metadata, struct registered *ret_client,
                                struct client_credentials_new *ret_credentials) {
    const struct actor actor = itself(arena, caller, client_id);
    struct self_answer answer;
    struct registered old;
    *ret_credentials = (struct client_credentials_new){0};
    bool stale = true;
    for (int tries = 0; tries < TRIES && stale; tries++) {
        stale = false;
        answer = load(domain, arena, caller, client_id, &old);
        if (answer.result == SELF_DONE && tries == 0) {
            const struct attempt_limit limit = {
                .what = "self_registration_changes", .subject = client_id, .most = CHANGES_AN_HOUR, .window_s = HOUR_S};
            answer.result = count(domain, arena, &limit);
        }
        if (answer.result == SELF_DONE) {
            answer = replace_once(domain, arena, &actor, &old, metadata, ret_client, &stale);
        }
    }
    return answer.result == SELF_DONE && lacks_secret(arena, ret_client)
               ? give_secret(domain, arena, &actor, ret_client, ret_credentials)
               : answer;
}

struct self_answer self_retire(struct domain *domain, struct arena *arena, const struct self_caller *caller,
                               struct str client_id) {
    const struct actor actor = itself(arena, caller, client_id);
    for (int tries = 0; tries < TRIES; tries++) {
        struct registered client;
        const struct self_answer loaded = load(domain, arena, caller, client_id, &client);
        if (loaded.result != SELF_DONE) {
            return loaded;
        }
        const struct admin_answer answer =
            register_act(domain, arena, &actor, client_id, client.row.version, CLIENT_RETIRE, &client);
        if (answer.result != ADMIN_STALE) {
            return of_admin(&answer);
        }
    }
    return self_answer(SELF_UNAVAILABLE);
}
