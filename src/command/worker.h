/*
 * worker: one thread of the server: a loop, its listening sockets, its connections to the stores, its copies of the
 * signing keys.
 */
#ifndef COMMAND_WORKER_H
#define COMMAND_WORKER_H

#include "command.h"
#include "metrics/metrics.h"
#include "store/kv.h"
#include "store/sql.h"

/* What all workers share. Immutable while they run. */
struct shared {
    const struct config *config;
    struct domain_settings settings;
    struct domain_sealers sealers;
    struct sql_database *database;
    struct kv_memory *memory; /* NULL when the store is Redis */
    struct pool *passwords;
    struct pages *pages;
    struct metrics_group *metrics;
    atomic_bool *kv_up; /* of each worker, kept by it: readiness speaks for all of them */
    size_t worker_count;
};

struct worker;

/* What the stores say of the register has changed: `registry` (one hold is handed over) is to be used from now on.
 * Called on the background worker's thread. */
struct register_listener {
    void (*changed)(void *ctx, struct registry *registry);
    void *ctx;
};

/* Starts the thread and waits until it serves, or says why it cannot. Worker 0 also serves the operators' listener. */
bool worker_start(const struct shared *shared, size_t index, struct keyring *keyring, struct registry *registry,
                  struct worker **ret_worker, struct fault *fault);
/* The one that listens to nobody and does what waits for the stores in the background: it follows the register. */
bool background_start(const struct shared *shared, struct keyring *keyring, struct registry *registry,
                      struct register_listener *listener, struct worker **ret_worker, struct fault *fault);
/* Gives it new keys; `keyring` must live on. From any thread. */
void worker_use_keys(struct worker *worker, struct keyring *keyring);
/* Gives it other clients; takes over one hold. From any thread. */
void worker_use_registry(struct worker *worker, struct registry *registry);
/* No new requests; running ones finish. From any thread. */
void worker_stop(struct worker *worker);
/* Waits for its end and releases it. */
void worker_join(struct worker *worker);

#endif
