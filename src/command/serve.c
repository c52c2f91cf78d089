/*
 * tongxing serve FILE: configuration → keys → stores → workers; then waits for signals.
 *
 * SIGTERM and SIGINT stop gracefully, a second one at once. SIGHUP reads the clients again. Key files are looked at
 * every two seconds, so that `tongxing keys rotate` needs no restart.
 */
#include "audit/audit.h"
#include "audit_open.h"
#include "base/check.h"
#include "base/log.h"
#include "domain/registry.h"
#include "endpoint/page.h"
#include "http/server.h"
#include "loop/pool.h"
#include "observe.h"
#include "protect.h"
#include "worker.h"

#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MOST 256
#define LOOK_S       2
/* A hash takes as much processor time as a thousand tokens: those go first, and hashing still gets a tenth of a full
 * core. */
#define PASSWORD_NICE 10

struct server {
    struct arena *arena;
    struct config *config;
    struct shared shared;
    struct keyring **keyrings; /* all that were opened; the sealers belong to the first, tokens in flight to any */
    size_t keyring_count;
    int64_t keys_stamp;
    struct worker *background;
    struct register_listener listener;
    pthread_mutex_t registry_lock;
    struct registry *file_registry; /* under the lock: the clients of clients.yaml and the built-in one */
    struct registry *registry;      /* under the lock: the same and what is in the store; what all workers use */
    struct worker *workers[WORKERS_MOST];
    size_t worker_count;
};

static struct keyring *newest(const struct server *server) {
    return server->keyrings[server->keyring_count - 1];
}

static bool open_keyring(struct server *server, struct fault *fault) {
    struct keyring_options options = command_keyring_options(server->config);
    int64_t stamp = keyring_stamp(&options);
    struct keyring *keyring;
    if (!keyring_open(&options, &keyring, fault)) {
        return false;
    }
    server->keyrings = check_realloc(server->keyrings, (server->keyring_count + 1) * sizeof(*server->keyrings));
    server->keyrings[server->keyring_count++] = keyring;
    server->keys_stamp = stamp;
    return true;
}

static bool open_registry(struct server *server, struct registry **ret_registry, struct fault *fault) {
    struct arena *scratch ARENA_AUTO = arena_new();
    struct client *clients;
    size_t count;
    if (!command_load_clients(server->config, scratch, &clients, &count)) {
        return fault_set(fault, "the clients in %.*s cannot be used", STR_ARG(server->config->clients_file));
    }
    return registry_new(clients, count, server->config->admin_enabled, &server->shared.settings,
                        &server->shared.sealers, ret_registry, fault);
}

/* That this process may use, which may be fewer than the machine has. */
static size_t count_cores(void) {
    cpu_set_t set;
    int cores = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    return (size_t)cores;
}

static size_t count_workers(const struct config *config) {
    size_t count = config->server_workers > 0 ? (size_t)config->server_workers : count_cores();
    return count < WORKERS_MOST ? count : WORKERS_MOST;
}

/* Two hashes that take turns on one core push each other's memory out of its cache: each then costs 15 % more. */
static size_t count_password_threads(const struct config *config) {
    return config->password_threads > 0 ? (size_t)config->password_threads : count_cores();
}

static bool open_shared(struct server *server, struct fault *fault) {
    const struct config *config = server->config;
    struct shared *shared = &server->shared;
    shared->config = config;
    shared->worker_count = count_workers(config);
    shared->kv_up = check_calloc(shared->worker_count + 1, sizeof(*shared->kv_up));
    shared->settings = command_settings(config);
    shared->keyring_options = command_keyring_options(config);
    shared->metrics = observe_metrics_new(server->arena, config, shared->worker_count + 1);
    struct sql_options sql_options = command_sql_options(config);
    if (!open_keyring(server, fault)) {
        return false;
    }
    domain_sealers_init(&shared->sealers, newest(server));
    if (!open_registry(server, &server->file_registry, fault) ||
        !pages_open(config->server_pages_folder, &shared->pages, fault) ||
        !sql_open(&sql_options, &shared->database, fault)) {
        return false;
    }
    if (config->kv_driver == CONFIG_KV_MEMORY) {
        shared->memory = kv_memory_new((size_t)config->kv_memory_bytes);
    }
    shared->passwords =
        pool_new("passwords", count_password_threads(config), (size_t)config->password_queue, PASSWORD_NICE);
    return true;
}

/* Under the lock. */
static void use_registry(struct server *server, struct registry *registry) {
    registry_free(server->registry);
    server->registry = registry;
    for (size_t i = 0; i < server->worker_count; i++) {
        worker_use_registry(server->workers[i], registry_hold(registry));
    }
}

/* On the background worker's thread. The file may have been read again since the snapshot was begun. */
static void register_changed(void *ctx, struct registry *registry) {
    struct server *server = ctx;
    pthread_mutex_lock(&server->registry_lock);
    use_registry(server, registry_with_store_of(server->file_registry, registry));
    log_info("register.loaded", log_int("revision", registry_revision(registry)),
             log_int("clients", (int64_t)registry_count(server->registry)));
    pthread_mutex_unlock(&server->registry_lock);
    registry_free(registry);
}

static bool open_audit(struct server *server, struct fault *fault) {
    struct audit_options options = command_audit_options(server->config);
    options.database = server->shared.database;
    options.sealer = keyring_sealer(newest(server), "audit");
    return command_open_audit(server->arena, &options, &server->shared.audit, fault);
}

static bool start_workers(struct server *server, struct fault *fault) {
    if (!http_port_is_free(server->config->listen_address, (uint16_t)server->config->listen_port, fault) ||
        !open_audit(server, fault)) {
        return false;
    }
    server->registry = registry_hold(server->file_registry);
    server->listener = (struct register_listener){register_changed, server};
    if (!background_start(&server->shared, newest(server), server->registry, &server->listener, &server->background,
                          fault)) {
        return false;
    }
    bool fine = true;
    pthread_mutex_lock(&server->registry_lock); /* a change meanwhile goes to all of them, or to none */
    for (size_t i = 0; i < server->shared.worker_count && fine; i++) {
        fine = worker_start(&server->shared, i, newest(server), server->registry, &server->workers[i], fault);
        server->worker_count += fine;
    }
    pthread_mutex_unlock(&server->registry_lock);
    return fine;
}

static void stop_workers(struct server *server) {
    if (server->background) {
        worker_stop(server->background);
        worker_join(server->background);
    }
    for (size_t i = 0; i < server->worker_count; i++) {
        worker_stop(server->workers[i]);
    }
    for (size_t i = 0; i < server->worker_count; i++) {
        worker_join(server->workers[i]);
    }
    server->worker_count = 0;
}

static void close_shared(struct server *server) {
    audit_close(server->shared.audit); /* while the database is still there */
    registry_free(server->registry);
    registry_free(server->file_registry);
    pthread_mutex_destroy(&server->registry_lock);
    pool_free(server->shared.passwords);
    kv_memory_free(server->shared.memory);
    sql_database_free(server->shared.database);
    pages_free(server->shared.pages);
    for (size_t i = 0; i < server->keyring_count; i++) {
        keyring_free(server->keyrings[i]);
    }
    free(server->keyrings);
    metrics_group_free(server->shared.metrics);
    free(server->shared.kv_up);
}

/* --- while it runs --- */

static void reload_keys(struct server *server) {
    struct keyring_options options = command_keyring_options(server->config);
    if (keyring_stamp(&options) == server->keys_stamp) {
        return;
    }
    struct fault fault;
    if (!open_keyring(server, &fault)) {
        log_error("keys.unusable", log_text("reason", fault.text));
        server->keys_stamp = keyring_stamp(&options); /* said once, not every two seconds */
        return;
    }
    for (size_t i = 0; i < server->worker_count; i++) {
        worker_use_keys(server->workers[i], newest(server));
    }
    worker_use_keys(server->background, newest(server));
    log_info("keys.loaded", log_int("count", (int64_t)keyring_count(newest(server))));
}

static void reload_clients(struct server *server) {
    struct registry *registry;
    struct fault fault;
    if (!open_registry(server, &registry, &fault)) {
        log_error("clients.unusable", log_text("reason", fault.text));
        return;
    }
    pthread_mutex_lock(&server->registry_lock);
    registry_free(server->file_registry);
    server->file_registry = registry;
    use_registry(server, registry_with_store_of(registry, server->registry));
    log_info("clients.loaded", log_int("count", (int64_t)registry_count(server->registry)));
    pthread_mutex_unlock(&server->registry_lock);
}

static void second_signal(int number) {
    static const char text[] = "tongxing: stopped at once\n";
    ssize_t written = write(STDERR_FILENO, text, sizeof(text) - 1);
    _exit(written >= 0 ? 130 : 131);
}

/* Blocked in every thread, so that only the wait below takes them. */
static sigset_t block_signals(void) {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a limit on files is answered like a full disk */
    return signals;
}

static void wait_for_end(struct server *server, const sigset_t *signals) {
    for (;;) {
        int number = sigtimedwait(signals, NULL, &(struct timespec){.tv_sec = LOOK_S});
        if (number == SIGINT || number == SIGTERM) {
            return;
        }
        if (number == SIGHUP) {
            reload_clients(server);
        }
        reload_keys(server);
    }
}

static void run(struct server *server, const sigset_t *signals) {
    const struct config *config = server->config;
    malloc_trim(0); /* reading the configuration took memory that serving does not need */
    log_info("server.started", log_str("issuer", config->server_issuer), log_str("address", config->listen_address),
             log_int("port", config->listen_port), log_int("workers", (int64_t)server->worker_count),
             log_int("clients", (int64_t)registry_count(server->registry)));
    wait_for_end(server, signals);
    log_info("server.stopping");
    signal(SIGINT, second_signal);
    signal(SIGTERM, second_signal);
    pthread_sigmask(SIG_UNBLOCK, signals, NULL);
}

/* As many sockets as the system grants: the limits of the configuration are what counts. */
static void raise_file_limit(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

int command_serve(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: tongxing serve FILE\n");
        return 2;
    }
    process_protect();
    struct server server = {.arena = arena_new(), .registry_lock = PTHREAD_MUTEX_INITIALIZER};
    server.config = arena_new_of(server.arena, struct config);
    if (!command_load_config(argv[1], server.arena, server.config)) {
        arena_free(server.arena);
        return 1;
    }
    log_init((enum log_level)server.config->log_level, (enum log_format)server.config->log_format);
    raise_file_limit();
    sigset_t signals = block_signals();
    struct fault fault;
    int status = 0;
    if (open_shared(&server, &fault) && start_workers(&server, &fault)) {
        run(&server, &signals);
    } else {
        status = command_failed(&fault);
    }
    stop_workers(&server);
    close_shared(&server);
    arena_free(server.arena);
    return status;
}
