/*
 * Back-channel logout: a fiber per client system posts a logout token to its backchannel_logout_uri.
 */
#include "logout.h"

#include "base/arena.h"
#include "base/log.h"
#include "domain/registry.h"
#include "domain/session.h"
#include "domain/token.h"
#include "loop/fetch.h"
#include "loop/fiber.h"

#define TRIES          3
#define FIRST_PAUSE_MS 500
#define TIMEOUT_MS     5000
#define ANSWER_MOST    (16 * 1024)

struct delivery {
    struct domain *domain;
    struct arena *arena;
    struct str client_id, session_id, account_id;
};

static _Thread_local size_t running;

/* §2.8: 200 is done, 400 says the client will not take this token: neither is tried again. */
static bool deliver_once(const struct delivery *delivery, const struct client *client) {
    struct domain *domain = delivery->domain;
    struct arena *arena = delivery->arena;
    struct str token;
    if (!logout_token_write(domain, arena, client, subject_for(domain, arena, delivery->account_id, client),
                            session_sid(domain, arena, delivery->session_id, client->client_id), &token)) {
        return false;
    }
    const struct fetch_field type = {STR("Content-Type"), STR("application/x-www-form-urlencoded")};
    const struct fetch_request request = {
        .method = STR("POST"),
        .url = client->backchannel_logout_uri,
        .fields = &type,
        .field_count = 1,
        .body = str_format(arena, "logout_token=%.*s", STR_ARG(token)),
        .timeout_ms = TIMEOUT_MS,
        .answer_ceiling = ANSWER_MOST,
        .guarded = true,
    };
    struct fetch_answer answer = {0};
    enum fetch_result result = fetch(domain->fetcher, arena, &request, &answer);
    bool accepted = result == FETCH_DONE && (answer.status == 200 || answer.status == 204);
    if (!accepted) {
        log_warn("backchannel_logout.failed", log_str("client_id", client->client_id),
                 log_text("result", fetch_result_name(result)), log_int("status", answer.status));
    }
    return accepted || (result == FETCH_DONE && answer.status == 400) || result == FETCH_REFUSED;
}

static void deliver(void *arg) {
    struct delivery *delivery = arg;
    int64_t pause = FIRST_PAUSE_MS;
    /* Held, because the worker's registry may be replaced while this fiber waits. */
    struct registry *registry = registry_hold(delivery->domain->registry);
    const struct registered_client *client = registry_find(registry, delivery->client_id);
    bool wanted = client && !str_is_absent(client->client.backchannel_logout_uri);
    for (int tries = 1; wanted && !deliver_once(delivery, &client->client); tries++, pause *= 4) {
        if (tries == TRIES || fiber_sleep(pause) != WAIT_DONE) {
            break;
        }
    }
    registry_free(registry);
    running--;
    arena_free(delivery->arena);
}

void logout_tell_client(struct domain *domain, struct str client_id, struct str session_id, struct str account_id) {
    if (running >= LOGOUTS_RUNNING_MOST) {
        log_warn("backchannel_logout.dropped", log_str("client_id", client_id));
        return;
    }
    running++;
    struct arena *arena = arena_new();
    struct delivery *delivery = arena_new_of(arena, struct delivery);
    *delivery = (struct delivery){
        .domain = domain,
        .arena = arena,
        .client_id = str_dup(arena, client_id),
        .session_id = str_dup(arena, session_id),
        .account_id = str_dup(arena, account_id),
    };
    fiber_spawn(domain->loop, deliver, delivery);
}
