/*
 * pool: a bounded set of threads for work that blocks (argon2id, SQLite writes, files), off the loop.
 */
#ifndef LOOP_POOL_H
#define LOOP_POOL_H

#include <stddef.h>
#include <stdint.h>

struct pool;

enum pool_result {
    POOL_DONE,
    POOL_FULL, /* the queue has reached its ceiling; nothing was run: answer 503 */
};

/* `nice`: how far its threads stand back when the processor is wanted elsewhere (setpriority(2)); 0 for not at all. */
struct pool *pool_new(const char *name, size_t threads, size_t queue_ceiling, int nice);
/* Waits for running work to end. */
void pool_free(struct pool *pool);

/*
 * Runs work(arg) on a thread of the pool. Waits. The wait ends only when the work has ended, whatever the fiber's
 * deadline, because work may point into the fiber's stack.
 */
enum pool_result pool_run(struct pool *pool, void (*work)(void *arg), void *arg);

/* From any thread. */
struct pool_stats {
    size_t queued, running;
    uint64_t refused; /* POOL_FULL, since the start */
};
struct pool_stats pool_stats(struct pool *pool);

#endif
