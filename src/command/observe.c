/*
 * From what each layer counts to the metrics; and the process as the kernel sees it (proc(5)).
 */
#include "observe.h"

#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "endpoint/endpoint.h"
#include "http/server.h"
#include "loop/fiber.h"
#include "loop/pool.h"
#include "loop/redis.h"
#include "protect.h"
#include "store/sql.h"
#include "upstream/upstream.h"

#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* --- the values of labels --- */

enum operation { OPERATION_READ, OPERATION_WRITE };
static const struct str operation_names[] = {STR_INIT("read"), STR_INIT("write")};

/* In the order of enum jose_alg, of those that sign. */
#define ALG_FIRST JOSE_ES256
#define ALG_LAST  JOSE_EDDSA
/* In the order of enum key_state. */
static const struct str state_names[] = {STR_INIT("next"), STR_INIT("active"), STR_INIT("retired")};
static const struct str version_names[] = {STR_INIT(TONGXING_VERSION)};

static struct metric_values alg_names(struct arena *arena) {
    size_t count = ALG_LAST - ALG_FIRST + 1;
    struct str *names = arena_array_of(arena, count, struct str);
    for (size_t i = 0; i < count; i++) {
        names[i] = jose_alg_name((enum jose_alg)(ALG_FIRST + i));
    }
    return (struct metric_values){names, count};
}

static struct metric_values answer_names(struct arena *arena) {
    struct str *names = arena_array_of(arena, VERIFY_RESULTS, struct str);
    for (size_t i = 0; i < VERIFY_RESULTS; i++) {
        names[i] = str_from(verify_result_name((enum verify_result)i));
    }
    return (struct metric_values){names, VERIFY_RESULTS};
}

static struct metric_values upstream_names(struct arena *arena, const struct config *config) {
    struct str *names = arena_array_of(arena, config->upstream_count + 1, struct str);
    for (size_t i = 0; i < config->upstream_count; i++) {
        names[i] = config->upstreams[i].name;
    }
    return (struct metric_values){names, config->upstream_count};
}

struct metrics_group *observe_metrics_new(struct arena *arena, const struct config *config, size_t workers) {
    struct metrics_options options = {.workers = workers};
    options.values[METRIC_LABEL_ROUTE] = endpoint_route_names();
    options.values[METRIC_LABEL_STATUS] = endpoint_status_names();
    options.values[METRIC_LABEL_GRANT] = endpoint_grant_names();
    options.values[METRIC_LABEL_UPSTREAM] = upstream_names(arena, config);
    options.values[METRIC_LABEL_ANSWER] = answer_names(arena);
    options.values[METRIC_LABEL_OPERATION] = (struct metric_values){operation_names, ARRAY_LEN(operation_names)};
    options.values[METRIC_LABEL_ALG] = alg_names(arena);
    options.values[METRIC_LABEL_STATE] = (struct metric_values){state_names, ARRAY_LEN(state_names)};
    options.values[METRIC_LABEL_VERSION] = (struct metric_values){version_names, ARRAY_LEN(version_names)};
    return metrics_group_new(&options);
}

/* --- a worker --- */

static void observe_redis(struct metrics *metrics, const struct redis *redis) {
    metrics_set(metrics, METRIC_REDIS_UP, 0, 0, !redis || redis_is_up(redis));
    if (redis) {
        const struct redis_stats *stats = redis_stats(redis);
        metrics_set(metrics, METRIC_REDIS_CONNECTED, 0, 0, stats->connections);
        metrics_set(metrics, METRIC_REDIS_COMMANDS, 0, 0, stats->commands);
        metrics_set(metrics, METRIC_REDIS_FAILED, 0, 0, stats->failed);
        metrics_put(metrics, METRIC_REDIS_DURATION, 0, &stats->round_trips);
    }
}

static void observe_upstream(struct metrics *metrics, size_t index, const struct upstream *upstream) {
    const struct upstream_health *health = upstream_health(upstream);
    for (size_t i = 0; i < VERIFY_RESULTS; i++) {
        metrics_set(metrics, METRIC_UPSTREAM_CALLS, index, i, health->answers[i]);
    }
    metrics_set(metrics, METRIC_UPSTREAM_SHED, index, 0, health->shed);
    metrics_set(metrics, METRIC_UPSTREAM_RUNNING, index, 0, (uint64_t)health->running);
    metrics_set(metrics, METRIC_UPSTREAM_BREAKER, index, 0, health->breaker != BREAKER_CLOSED);
    metrics_put(metrics, METRIC_UPSTREAM_DURATION, index, &health->took);
}

static void observe_sql(struct metrics *metrics) {
    const struct sql_stats *stats = sql_stats();
    metrics_put(metrics, METRIC_SQL_DURATION, OPERATION_READ, &stats->reads);
    metrics_put(metrics, METRIC_SQL_DURATION, OPERATION_WRITE, &stats->writes);
    metrics_set(metrics, METRIC_SQL_FAILED, OPERATION_READ, 0, stats->reads_failed);
    metrics_set(metrics, METRIC_SQL_FAILED, OPERATION_WRITE, 0, stats->writes_failed);
}

static void observe_server(struct metrics *metrics, const struct http_server *public) {
    struct http_server_stats server = http_server_stats(public);
    metrics_set(metrics, METRIC_WORKERS, 0, 0, 1);
    metrics_set(metrics, METRIC_HTTP_CONNECTIONS, 0, 0, server.connections);
    metrics_set(metrics, METRIC_HTTP_ACCEPTED, 0, 0, server.accepted);
    metrics_set(metrics, METRIC_HTTP_REFUSED, 0, 0, server.refused);
}

void observe_worker(struct metrics *metrics, const struct observed_worker *worker) {
    if (worker->public) {
        observe_server(metrics, worker->public); /* the background worker has none */
    }
    metrics_set(metrics, METRIC_FIBERS, 0, 0, fiber_count(worker->loop));
    observe_redis(metrics, worker->redis);
    observe_sql(metrics);
    for (size_t i = 0; i < worker->upstreams->count; i++) {
        observe_upstream(metrics, i, worker->upstreams->items[i]);
    }
}

/* --- the process --- */

struct keys {
    uint64_t counts[ALG_LAST + 1][ARRAY_LEN(state_names)];
    int64_t activated[ALG_LAST + 1]; /* 0 where none is active */
};

static struct keys count_keys(const struct keyring *keyring) {
    struct keys keys = {0};
    for (size_t i = 0; i < keyring_count(keyring); i++) {
        struct keyring_entry entry = keyring_entry(keyring, i);
        if (entry.alg < ALG_FIRST || entry.alg > ALG_LAST) {
            continue;
        }
        keys.counts[entry.alg][entry.state]++;
        if (entry.state == KEY_ACTIVE && entry.activated > keys.activated[entry.alg]) {
            keys.activated[entry.alg] = entry.activated; /* of two active ones the later signs */
        }
    }
    return keys;
}

static void observe_keys(struct metrics *metrics, const struct keyring *keyring) {
    struct keys keys = count_keys(keyring);
    int64_t now = clock_wall();
    for (size_t alg = ALG_FIRST; alg <= ALG_LAST; alg++) {
        for (size_t state = 0; state < ARRAY_LEN(state_names); state++) {
            metrics_set(metrics, METRIC_KEYS, alg - ALG_FIRST, state, keys.counts[alg][state]);
        }
        bool signs = keys.activated[alg] > 0 && keys.activated[alg] < now;
        metrics_set(metrics, METRIC_KEY_AGE, alg - ALG_FIRST, 0, signs ? (uint64_t)(now - keys.activated[alg]) : 0);
    }
}

/* The fields of /proc/self/stat from the third on: the name in the second may hold anything, so that counting begins
 * behind its last parenthesis. Empty when it cannot be read. */
static struct str read_stat(char *text, size_t size) {
    FILE *file = fopen("/proc/self/stat", "re");
    size_t len = file ? fread(text, 1, size, file) : 0;
    if (file) {
        fclose(file);
    }
    const char *behind = len > 0 ? memrchr(text, ')', len) : NULL;
    return behind && behind + 2 < text + len ? str_of(behind + 2, (size_t)(text + len - behind - 2)) : STR("");
}

/* Field 22 is the start in ticks since the machine's, field 24 the resident pages. */
static void observe_stat(struct metrics *metrics) {
    char text[1024];
    struct str rest = read_stat(text, sizeof(text)), word;
    uint64_t started = 0, pages = 0;
    for (int field = 3; field <= 24; field++) {
        bool there = !str_is_empty(rest) && str_next_word(&rest, &word);
        if (!there || (field == 22 && !str_to_u64(word, &started)) || (field == 24 && !str_to_u64(word, &pages))) {
            return;
        }
    }
    struct timespec up;
    clock_gettime(CLOCK_BOOTTIME, &up);
    uint64_t booted = (uint64_t)(clock_wall() - up.tv_sec);
    metrics_set(metrics, METRIC_PROCESS_RSS, 0, 0, pages * (uint64_t)sysconf(_SC_PAGESIZE));
    metrics_set(metrics, METRIC_PROCESS_START, 0, 0, booted + started / (uint64_t)sysconf(_SC_CLK_TCK));
}

static uint64_t us_of(struct timeval time) {
    return (uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_usec;
}

static void observe_limits(struct metrics *metrics) {
    struct rusage usage;
    struct rlimit limit;
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        metrics_set(metrics, METRIC_PROCESS_CPU, 0, 0, us_of(usage.ru_utime) + us_of(usage.ru_stime));
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        metrics_set(metrics, METRIC_PROCESS_FDS_MOST, 0, 0, limit.rlim_cur);
    }
    metrics_set(metrics, METRIC_PROCESS_FDS, 0, 0, process_descriptors());
}

void observe_process(struct metrics *metrics, const struct observed_process *process) {
    struct pool_stats passwords = pool_stats(process->passwords);
    metrics_set(metrics, METRIC_PASSWORD_QUEUED, 0, 0, passwords.queued);
    metrics_set(metrics, METRIC_PASSWORD_RUNNING, 0, 0, passwords.running);
    metrics_set(metrics, METRIC_PASSWORD_REFUSED, 0, 0, passwords.refused);
    metrics_set(metrics, METRIC_CLIENTS, 0, 0, process->clients);
    metrics_set(metrics, METRIC_BUILD, 0, 0, 1);
    observe_keys(metrics, process->keyring);
    observe_limits(metrics);
    observe_stat(metrics);
}
