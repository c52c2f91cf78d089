/*
 * A worker thread. Everything it uses is made and released on its own thread; others reach it through loop_post only.
 */
#include "worker.h"

#include "audit/audit.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "domain/client_keys.h"
#include "domain/organisations.h"
#include "domain/proofs.h"
#include "domain/registry.h"
#include "domain/self_registration.h"
#include "endpoint/endpoint.h"
#include "events.h"
#include "http/server.h"
#include "loop/fetch.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "loop/redis.h"
#include "minutes.h"
#include "observe.h"
#include "upstreams.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>

struct worker {
    const struct shared *shared;
    size_t index;
    pthread_t thread;
    sem_t started;
    bool serves;
    struct fault fault;

    struct loop *loop;
    struct redis *redis;
    struct domain domain;
    struct events events;
    struct endpoint endpoint;
    struct http_server *public, *ops;
    struct loop_timer *look;
    int listening; /* servers not yet drained */

    /* of the background worker */
    struct register_listener *listener; /* NULL: one that serves */
    struct minutes *minutes;
    struct redis *announcements;
    struct fiber *follower; /* sleeps until something is announced */
    bool announced;
};

/* --- what it is made of --- */

static struct kv *open_kv(struct worker *worker) {
    if (worker->shared->memory) {
        atomic_store(&worker->shared->kv_up[worker->index], true);
        return kv_memory_open(worker->shared->memory);
    }
    struct redis_options options = command_redis_options(worker->shared->config);
    options.up = &worker->shared->kv_up[worker->index];
    worker->redis = redis_new(worker->loop, &options);
    return kv_redis_new(worker->redis);
}

static bool open_domain(struct worker *worker, struct keyring *keyring, struct registry *registry) {
    const struct shared *shared = worker->shared;
    const struct config *config = shared->config;
    const struct fetch_options fetch_options = {
        .allowed_private = config->outbound_allow_private_hosts.items,
        .allowed_private_count = config->outbound_allow_private_hosts.count,
        .ca_file = config->outbound_ca_file,
    };
    struct domain *domain = &worker->domain;
    domain->settings = &shared->settings;
    domain->loop = worker->loop;
    domain->passwords = shared->passwords;
    domain->sealers = &shared->sealers;
    domain->keyring_options = &shared->keyring_options;
    domain->trail = audit_trail(shared->audit);
    domain->kv_up = shared->kv_up;
    domain->kv_up_count = shared->worker_count;
    domain->registry = registry_hold(registry);
    events_init(&worker->events, worker->endpoint.metrics.own, shared->audit);
    domain->events = &worker->events.sink;
    domain->keys = domain_keys_new(keyring);
    domain->client_keys = client_keys_new();
    domain->kv = open_kv(worker);
    domain->fetcher = fetcher_new(worker->loop, &fetch_options);
    if (!sql_connect(shared->database, &domain->sql, &worker->fault) ||
        !command_upstreams_open(config, domain->fetcher, &domain->upstreams, &worker->fault)) {
        return false;
    }
    domain->registration = upstreams_find(&domain->upstreams, config->registration_upstream);
    worker->endpoint.audit = shared->audit;
    endpoint_init(&worker->endpoint, domain, shared->pages, domain->keys->arena);
    return true;
}

static void close_domain(struct worker *worker) {
    struct domain *domain = &worker->domain;
    command_upstreams_close(&domain->upstreams);
    fetcher_free(domain->fetcher);
    sql_free(domain->sql);
    kv_free(domain->kv);
    redis_free(worker->announcements);
    redis_free(worker->redis);
    client_keys_free(domain->client_keys);
    domain_keys_free(domain->keys);
    registry_free(domain->registry);
}

/* --- listening --- */

/* What people asked for is logged only where it is one of our own paths. */
static void answered(void *ctx, const struct http_request *request, const struct http_reply *reply, int64_t took_us) {
    struct str path = str_or(reply->log_path, reply->status == 404 ? STR("-") : request->path);
    log_info("http.answered", log_str("path", path), log_int("status", reply->status), log_int("took_us", took_us));
    endpoint_done(ctx, request, reply, took_us);
}

static struct http_limits limits_of(const struct config *config) {
    return (struct http_limits){
        .request_line = (size_t)config->limits_request_line,
        .header_bytes = (size_t)config->limits_header_bytes,
        .header_count = (size_t)config->limits_header_count,
        .body_bytes = (size_t)config->limits_body_bytes,
        .parameters = (size_t)config->limits_parameters,
        .connections = (size_t)config->limits_connections,
        .connections_per_address = (size_t)config->limits_connections_per_address,
        .header_ms = config->limits_header_ms,
        .body_ms = config->limits_body_ms,
        .idle_ms = config->limits_idle_ms,
        .write_ms = config->limits_write_ms,
        .request_ms = config->limits_request_ms,
    };
}

static bool listen_public(struct worker *worker) {
    const struct config *config = worker->shared->config;
    const struct http_server_options options = {
        .address = config->listen_address,
        .port = (uint16_t)config->listen_port,
        .reuse_port = true,
        .limits = limits_of(config),
        .tls = {.certificate_file = config->listen_tls_certificate, .key_file = config->listen_tls_key},
        .trusted_proxies = config->listen_trusted_proxies.items,
        .trusted_proxy_count = config->listen_trusted_proxies.count,
        .make_traces = config->log_trace,
        .handle = endpoint_handle,
        .done = answered,
        .ctx = &worker->endpoint,
    };
    return http_server_new(worker->loop, &options, &worker->public, &worker->fault);
}

static bool listen_ops(struct worker *worker) {
    const struct config *config = worker->shared->config;
    const struct http_server_options options = {
        .address = config->ops_address,
        .port = (uint16_t)config->ops_port,
        .limits = limits_of(config),
        .handle = endpoint_ops_handle,
        .ctx = &worker->endpoint,
    };
    return worker->index > 0 || http_server_new(worker->loop, &options, &worker->ops, &worker->fault);
}

/* --- what it counts --- */

#define LOOK_MS 1000

static void observe(struct worker *worker) {
    observe_worker(worker->endpoint.metrics.own, &(struct observed_worker){.loop = worker->loop,
                                                                           .redis = worker->redis,
                                                                           .upstreams = &worker->domain.upstreams,
                                                                           .public = worker->public});
}

static void look(void *arg) {
    struct worker *worker = arg;
    observe(worker);
    if (worker->minutes) {
        minutes_look(worker->minutes);
    }
}

/* Before the metrics are shown: other workers' numbers are up to LOOK_MS old. */
static void refresh(void *ctx) {
    struct worker *worker = ctx;
    observe(worker);
    observe_process(worker->endpoint.metrics.own,
                    &(struct observed_process){.passwords = worker->shared->passwords,
                                               .keyring = worker->domain.keys->keyring,
                                               .clients = registry_count(worker->domain.registry)});
}

static void open_metrics(struct worker *worker) {
    struct metrics_group *group = worker->shared->metrics;
    worker->endpoint.metrics = (struct endpoint_metrics){
        .own = metrics_of(group, worker->index), .group = group, .refresh = refresh, .ctx = worker};
}

/* --- following the register --- */

#define FOLLOW_MS 500 /* also without an announcement: Redis may be down, or be a memory */

static void announced(void *ctx) {
    struct worker *worker = ctx;
    worker->announced = true;
    if (worker->follower) {
        fiber_wake(worker->follower);
    }
}

static enum domain_status follow_once(struct worker *worker) {
    struct registry *fresh, *seen = registry_hold(worker->domain.registry); /* SIGHUP may replace it meanwhile */
    enum domain_status status = registry_refresh(&worker->domain, seen, &fresh);
    registry_free(seen);
    if (status == DOMAIN_DONE) {
        registry_free(worker->domain.registry);
        worker->domain.registry = registry_hold(fresh);
        worker->listener->changed(worker->listener->ctx, fresh);
    }
    return status;
}

static void follow(void *arg) {
    struct worker *worker = arg;
    for (;;) {
        worker->follower = fiber_current();
        enum wait_result waited = worker->announced ? WAIT_DONE : fiber_park(clock_monotonic_ms() + FOLLOW_MS);
        worker->follower = NULL;
        if (waited == WAIT_CANCELLED) {
            return;
        }
        worker->announced = false;
        follow_once(worker);
    }
}

/* --- client systems that registered themselves and are not used --- */

#define EXPIRE_MS 60000

static void expire(void *arg) {
    struct worker *worker = arg;
    do {
        self_registrations_expire(&worker->domain);
    } while (fiber_sleep(EXPIRE_MS) == WAIT_DONE);
}

/* --- evidence that is due --- */

#define RECHECK_MS   20000
#define RECHECK_MOST 100

static void recheck(void *arg) {
    struct worker *worker = arg;
    while (fiber_sleep(RECHECK_MS) == WAIT_DONE) {
        struct arena *arena ARENA_AUTO = arena_new();
        proofs_recheck(&worker->domain, arena, RECHECK_MOST);
        organisations_recheck(&worker->domain, arena, RECHECK_MOST);
    }
}

/* Nobody is served before the clients are known. */
static void begin(void *arg) {
    struct worker *worker = arg;
    worker->serves = follow_once(worker) != DOMAIN_UNAVAILABLE;
    if (!worker->serves) {
        fault_set(&worker->fault, "the client systems cannot be read from the database");
        loop_stop(worker->loop);
    }
    sem_post(&worker->started);
    if (worker->serves) {
        fiber_spawn(worker->loop, expire, worker);
        fiber_spawn(worker->loop, recheck, worker);
        follow(worker);
    }
}

static void begin_background(struct worker *worker) {
    if (worker->redis) {
        struct redis_options options = command_redis_options(worker->shared->config);
        options.channel = STR(REGISTER_CHANNEL);
        options.heard = announced;
        options.ctx = worker;
        worker->announcements = redis_new(worker->loop, &options);
    }
    look(worker);
    worker->look = loop_timer_new(worker->loop, LOOK_MS, true, look, worker);
    worker->minutes = minutes_new(worker->shared->metrics, worker->shared->config, &worker->domain);
    fiber_spawn(worker->loop, begin, worker);
}

/* --- its life --- */

struct start {
    struct worker *worker;
    struct keyring *keyring;
    struct registry *registry;
};

#define SHARE_MS 1000

/* One worker does it for all, and one that serves: it has the very entries that requests are counted in. */
static void share_rates(void *arg) {
    struct worker *worker = arg;
    while (worker->index == 0 && fiber_sleep(SHARE_MS) == WAIT_DONE) {
        registry_share_rates(&worker->domain);
    }
}

/* Opens the connections to the database before somebody needs them. */
static void try_sql(void *arg) {
    struct worker *worker = arg;
    sql_ping(worker->domain.sql);
}

static void start_fibers(void *arg) {
    struct worker *worker = arg;
    fiber_spawn(worker->loop, try_sql, worker);
    fiber_spawn(worker->loop, share_rates, worker);
}

static void *worker_main(void *arg) {
    struct start *start = arg;
    struct worker *worker = start->worker;
    worker->loop = loop_new();
    open_metrics(worker);
    bool opened = open_domain(worker, start->keyring, start->registry);
    if (opened && worker->listener) {
        loop_post(worker->loop, (void (*)(void *))begin_background, worker);
        loop_run(worker->loop);
    } else {
        bool serves = worker->serves = opened && listen_public(worker) && listen_ops(worker);
        if (serves) {
            look(worker);
            worker->look = loop_timer_new(worker->loop, LOOK_MS, true, look, worker);
        }
        sem_post(&worker->started); /* `start` is gone after this */
        if (serves) {
            loop_post(worker->loop, start_fibers, worker);
            loop_run(worker->loop);
        }
    }
    loop_timer_free(worker->look);
    loop_end_fibers(worker->loop);
    minutes_free(worker->minutes);
    http_server_free(worker->public);
    http_server_free(worker->ops);
    close_domain(worker);
    loop_free(worker->loop);
    return NULL;
}

static bool start(const struct shared *shared, size_t index, struct keyring *keyring, struct registry *registry,
                  struct register_listener *listener, struct worker **ret_worker, struct fault *fault) {
    struct worker *worker = check_calloc(1, sizeof(*worker));
    worker->shared = shared;
    worker->index = index;
    worker->listener = listener;
    sem_init(&worker->started, 0, 0);
    struct start given = {worker, keyring, registry};
    if (pthread_create(&worker->thread, NULL, worker_main, &given) != 0) {
        free(worker);
        return fault_set(fault, "a worker thread could not be started: the limit of threads is reached");
    }
    while (sem_wait(&worker->started) != 0) {
    }
    if (!worker->serves) {
        *fault = worker->fault;
        worker_join(worker);
        return false;
    }
    *ret_worker = worker;
    return true;
}

bool worker_start(const struct shared *shared, size_t index, struct keyring *keyring, struct registry *registry,
                  struct worker **ret_worker, struct fault *fault) {
    return start(shared, index, keyring, registry, NULL, ret_worker, fault);
}

bool background_start(const struct shared *shared, struct keyring *keyring, struct registry *registry,
                      struct register_listener *listener, struct worker **ret_worker, struct fault *fault) {
    return start(shared, shared->worker_count, keyring, registry, listener, ret_worker, fault);
}

struct change {
    struct worker *worker;
    struct keyring *keyring;
    struct registry *registry;
};

static void post_change(struct worker *worker, void (*run)(void *arg), struct change change) {
    struct change *posted = check_malloc(sizeof(*posted));
    *posted = change;
    loop_post(worker->loop, run, posted);
}

/* No fiber keeps a signer or the documents across a wait, so the old ones can go at once. */
static void use_keys(void *arg) {
    struct change *change = arg;
    struct worker *worker = change->worker;
    struct domain_keys *old = worker->domain.keys;
    worker->domain.keys = domain_keys_new(change->keyring);
    endpoint_init(&worker->endpoint, &worker->domain, worker->shared->pages, worker->domain.keys->arena);
    domain_keys_free(old);
    free(change);
}

void worker_use_keys(struct worker *worker, struct keyring *keyring) {
    post_change(worker, use_keys, (struct change){.worker = worker, .keyring = keyring});
}

static void use_registry(void *arg) {
    struct change *change = arg;
    registry_free(change->worker->domain.registry);
    change->worker->domain.registry = change->registry;
    free(change);
}

void worker_use_registry(struct worker *worker, struct registry *registry) {
    post_change(worker, use_registry, (struct change){.worker = worker, .registry = registry});
}

static void drained(void *ctx) {
    struct worker *worker = ctx;
    if (--worker->listening == 0) {
        loop_stop(worker->loop);
    }
}

static void stop(void *arg) {
    struct worker *worker = arg;
    int64_t patience = worker->shared->config->limits_stop_ms;
    if (worker->listener) {
        loop_stop(worker->loop);
        return;
    }
    worker->listening = worker->ops ? 2 : 1;
    http_server_stop(worker->public, patience, drained, worker);
    if (worker->ops) {
        http_server_stop(worker->ops, patience, drained, worker);
    }
}

void worker_stop(struct worker *worker) {
    loop_post(worker->loop, stop, worker);
}

void worker_join(struct worker *worker) {
    pthread_join(worker->thread, NULL);
    sem_destroy(&worker->started);
    free(worker);
}
