/*
 * How often a client may ask, over all processes. Nobody is asked on the way of a request: each process lets through
 * its part of the limit, which it learns once a second, when it adds what it was asked to a counter of that second:
 *
 *   cr:{second, client}   the requests of all processes in that second
 *
 * A process's part is its part of all that was asked in the second before, once that was more than the limit. Whoever
 * begins to ask has the whole limit of each process for a second or two.
 */
#include "base/check.h"
#include "base/clock.h"
#include "registry_inside.h"
#include "store/kv.h"

#define SECOND    (1000LL * 256) /* in 1/256 ms */
#define WHOLE     1024
#define AT_ONCE   50
#define COUNTER_S 4

/* The generic cell rate algorithm (ITU-T I.371): one number says when the next request is due; a second's worth may
 * come at once. */
bool registered_client_within_rate(const struct registered_client *client) {
    if (client->client.rate_limit == 0) {
        return true;
    }
    struct client_rate *rate = (struct client_rate *)(void *)&client->rate; /* the one part of an entry that changes */
    atomic_fetch_add(&rate->asked, 1);
    long long part = WHOLE - atomic_load(&rate->elsewhere);
    long long now = clock_monotonic_ms() * 256, step = SECOND * WHOLE / (client->client.rate_limit * part), next;
    long long at_once = step < SECOND ? SECOND - step : 0, seen = atomic_load(&rate->due_ms_256);
    do {
        long long from = seen > now ? seen : now;
        if (from - now > at_once) {
            return false;
        }
        next = from + step;
    } while (!atomic_compare_exchange_weak(&rate->due_ms_256, &seen, next));
    return true;
}

/* --- sharing --- */

static struct str counter_id(struct arena *arena, const struct registered_client *client, int64_t second) {
    return str_format(arena, "%lld %.*s", (long long)second, STR_ARG(client->client.client_id));
}

/* What was asked of this process since the last time, and what of all in the second before. */
static void put_ops(struct arena *arena, const struct registered_client *client, long long asked, int64_t now,
                    struct kv_op ops[2]) {
    ops[0] = (struct kv_op){
        .verb = KV_INCREMENT, .ns = STR("cr"), .id = counter_id(arena, client, now), .amount = asked, .ttl = COUNTER_S};
    ops[1] = (struct kv_op){.verb = KV_COUNT, .ns = STR("cr"), .id = counter_id(arena, client, now - 1)};
}

/* Where this process has told nothing in the second before, its part of that is not known, and stays. */
static void learn(struct registered_client *client, long long asked, int64_t now, int64_t all) {
    struct client_rate *rate = &client->rate;
    if (rate->told_in == now) {
        rate->told += asked;
        return;
    }
    if (rate->told_in == now - 1) {
        int64_t others = all > rate->told ? all - rate->told : 0;
        int64_t elsewhere = all > client->client.rate_limit ? WHOLE * others / all : 0;
        atomic_store(&rate->elsewhere, elsewhere < WHOLE ? elsewhere : WHOLE - 1);
    }
    rate->told = asked;
    rate->told_in = now;
}

/* A client that asks nothing here has no counters. */
static bool is_quiet(struct registered_client *client, long long *ret_asked) {
    *ret_asked = atomic_exchange(&client->rate.asked, 0);
    if (*ret_asked == 0) {
        atomic_store(&client->rate.elsewhere, 0);
    }
    return *ret_asked == 0;
}

static void share(struct domain *domain, struct registered_client *const *clients, size_t count) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct registered_client *busy[AT_ONCE];
    struct kv_op ops[2 * AT_ONCE];
    long long asked[AT_ONCE];
    size_t busy_count = 0;
    int64_t now = clock_wall();
    for (size_t i = 0; i < count; i++) {
        if (!is_quiet(clients[i], &asked[busy_count])) {
            put_ops(arena, clients[i], asked[busy_count], now, &ops[2 * busy_count]);
            busy[busy_count++] = clients[i];
        }
    }
    if (busy_count == 0 || kv_run(domain->kv, arena, ops, 2 * busy_count) != KV_DONE) {
        return; /* parts stay as they are */
    }
    for (size_t i = 0; i < busy_count; i++) {
        learn(busy[i], asked[i], now, ops[2 * i + 1].number);
    }
}

void registry_share_rates(struct domain *domain) {
    struct registry *registry = registry_hold(domain->registry); /* another may take its place meanwhile */
    for (size_t i = 0; i < registry->limited_count; i += AT_ONCE) {
        size_t left = registry->limited_count - i;
        share(domain, registry->limited + i, left < AT_ONCE ? left : AT_ONCE);
    }
    registry_free(registry);
}
