/*
 * Which client systems that registered themselves are in use, and the end of those that are not (abuse case DC-10).
 */
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "change.h"
#include "client_register_inside.h"
#include "domain/registry.h"
#include "domain/self_registration.h"
#include "loop/fiber.h"
#include "store/self_registrations.h"

#define EXPIRE_MOST 200 /* at a time */

/* --- in use --- */

struct use {
    struct domain *domain;
    struct arena *arena;
    struct str client_id;
};

static atomic_llong *used_slot(const struct registered_client *client) {
    return (atomic_llong *)(void *)&client->used_slot; /* beside its rate, what changes of an entry */
}

/* What could not be written is tried again at the next use. */
static void forget(struct domain *domain, struct str client_id) {
    const struct registered_client *client = registry_find(domain->registry, client_id);
    if (client) {
        atomic_store(used_slot(client), 0);
    }
}

static void note(void *arg) {
    struct use *use = arg;
    const struct sql_statement statement = self_registrations_use(use->client_id, clock_wall());
    if (sql_write(use->domain->sql, &statement, 1) != SQL_DONE) {
        log_warn("self_registration.use_not_noted", log_str("client_id", use->client_id));
        forget(use->domain, use->client_id);
    }
    arena_free(use->arena);
}

/* The workers share the entry: one of them writes. */
void self_registration_used(struct domain *domain, const struct registered_client *client) {
    if (!client->registered_itself) {
        return;
    }
    long long slot = clock_wall() / SELF_REGISTRATION_GRAIN_S, seen = atomic_load(used_slot(client));
    if (seen == slot || !atomic_compare_exchange_strong(used_slot(client), &seen, slot)) {
        return;
    }
    struct arena *arena = arena_new();
    struct use *use = arena_new_of(arena, struct use);
    *use = (struct use){domain, arena, str_dup(arena, client->client.client_id)};
    fiber_spawn(domain->loop, note, use);
}

/* --- not in use --- */

static enum admin_result retire(struct domain *domain, struct arena *arena, struct str client_id, int64_t now) {
    const struct actor actor = {
        .role = ROLE_REGISTRANT, .id = str_concat(arena, STR("client:"), client_id), .client_id = client_id};
    struct registered client;
    struct admin_answer answer = register_load(domain, arena, &actor, client_id, &client);
    if (answer.result != ADMIN_DONE) {
        return answer.result;
    }
    struct client_row row = client.row;
    row.version++;
    row.updated_at = now;
    row.state = CLIENT_RETIRED;
    struct change change = {.of_register = true};
    change_add(&change, register_next());
    change_add(&change, self_registrations_still_unused(client_id, now));
    change_add(&change, clients_update(&row));
    struct event event = event_of_actor(&actor, EVENT_CLIENT_RETIRE, client_id);
    event.client_id = client_id;
    event.reason = "unused";
    return change_write(domain, arena, &change, &event).result;
}

void self_registrations_expire(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str *ids;
    size_t count;
    int64_t now = clock_wall();
    if (self_registrations_unused(domain->sql, arena, now, EXPIRE_MOST, &ids, &count) != SQL_DONE) {
        return; /* the next time */
    }
    for (size_t i = 0; i < count; i++) {
        if (retire(domain, arena, ids[i], now) == ADMIN_DONE) {
            log_info("self_registration.expired", log_str("client_id", ids[i]));
        }
    }
}
