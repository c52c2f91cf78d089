/*
 * A bounded pool of threads for blocking work. The job lives on the stack of the fiber that waits for it.
 */
#include "loop/pool.h"

#include "base/check.h"
#include "internal.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

struct job {
    struct job *next;
    void (*work)(void *arg);
    void *arg;
    struct loop *loop;
    struct fiber *fiber;
};

struct pool {
    pthread_mutex_t lock;
    pthread_cond_t queued_or_ending;
    struct job *first, *last; /* under lock, as are the next three */
    struct pool_stats stats;
    bool ending;
    size_t ceiling;
    int nice;
    size_t thread_count;
    pthread_t *threads;
};

static void job_done(void *arg) {
    struct job *job = arg;
    fiber_wake(job->fiber);
}

/* `done`: how many jobs the thread has finished since it last asked, one or none. */
static struct job *pool_next(struct pool *pool, size_t done) {
    pthread_mutex_lock(&pool->lock);
    pool->stats.running -= done;
    while (!pool->first && !pool->ending) {
        pthread_cond_wait(&pool->queued_or_ending, &pool->lock);
    }
    struct job *job = pool->first;
    if (job) {
        pool->first = job->next;
        pool->stats.queued--;
        pool->stats.running++;
        if (!pool->first) {
            pool->last = NULL;
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return job;
}

static void *pool_thread(void *arg) {
    struct pool *pool = arg;
    struct job *job;
    /* On Linux a thread has a priority of its own. To be refused costs nothing but the good manners. */
    (void)setpriority(PRIO_PROCESS, (id_t)gettid(), pool->nice);
    for (size_t done = 0; (job = pool_next(pool, done)); done = 1) {
        job->work(job->arg);
        loop_post(job->loop, job_done, job);
    }
    return NULL;
}

struct pool *pool_new(const char *name, size_t threads, size_t queue_ceiling, int nice) {
    struct pool *pool = check_calloc(1, sizeof(*pool));
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->queued_or_ending, NULL);
    pool->ceiling = queue_ceiling;
    pool->nice = nice;
    pool->thread_count = threads;
    pool->threads = check_calloc(threads, sizeof(*pool->threads));
    for (size_t i = 0; i < threads; i++) {
        CHECK(pthread_create(&pool->threads[i], NULL, pool_thread, pool) == 0);
        pthread_setname_np(pool->threads[i], name);
    }
    return pool;
}

void pool_free(struct pool *pool) {
    if (!pool) {
        return;
    }
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->queued_or_ending);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->thread_count; i++) {
        pthread_join(pool->threads[i], NULL);
    }
    pthread_cond_destroy(&pool->queued_or_ending);
    pthread_mutex_destroy(&pool->lock);
    free(pool->threads);
    free(pool);
}

enum pool_result pool_run(struct pool *pool, void (*work)(void *arg), void *arg) {
    struct job job = {.work = work, .arg = arg, .loop = loop_current(), .fiber = fiber_current()};
    pthread_mutex_lock(&pool->lock);
    bool full = pool->stats.queued >= pool->ceiling;
    pool->stats.refused += full;
    if (!full) {
        *(pool->last ? &pool->last->next : &pool->first) = &job;
        pool->last = &job;
        pool->stats.queued++;
        pthread_cond_signal(&pool->queued_or_ending);
    }
    pthread_mutex_unlock(&pool->lock);
    if (full) {
        return POOL_FULL;
    }
    fiber_park_until_woken();
    return POOL_DONE;
}

struct pool_stats pool_stats(struct pool *pool) {
    pthread_mutex_lock(&pool->lock);
    struct pool_stats stats = pool->stats;
    pthread_mutex_unlock(&pool->lock);
    return stats;
}
