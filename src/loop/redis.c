/*
 * One asynchronous connection to Redis per loop, over hiredis. The only home of hiredis.
 *
 * A connection counts as up once Redis has answered a PING on it: a stopped Redis still accepts connections in the
 * kernel, and a caller must not wait for it. When answers stop coming for timeout_ms the connection is dropped, which
 * answers everything outstanding.
 */
#include "loop/redis.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/log.h"
#include "internal.h"

#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <stdlib.h>

#define LENGTH_MOST    26 /* kind, digits and the line ends around one word */
#define RETRY_FIRST_MS 50
#define RETRY_MOST_MS  2000

struct link {
    struct redis *redis;
    redisAsyncContext *context; /* NULL between connections */
    bool up;
    bool lost_before;
    int64_t retry_ms;
    struct loop_timer *retry;
    struct loop_timer *patience; /* until the greeting is answered */
};

struct redis {
    struct loop *loop;
    struct arena *arena;
    struct redis_options options;
    struct link commands;
    size_t outstanding; /* commands without an answer */
    int64_t progress;   /* when the last answer came, or the first of the outstanding ones was sent */
    struct loop_timer *watch;
    int64_t watched; /* when it last fired */
    bool ending;
    struct redis_stats stats;
};

/* The commands of one redis_run. Outlives the waiting fiber when that gives up before the answers are there. */
struct batch {
    struct redis *redis;
    struct fiber *fiber; /* NULL once nobody waits */
    struct arena *arena;
    struct redis_reply *replies;
    size_t left;
    bool lost;
};

struct pending {
    struct batch *batch;
    size_t index;
};

static void link_connect(struct link *link);

/* --- connecting --- */

static void retry_now(void *arg) {
    struct link *link = arg;
    loop_timer_free(link->retry);
    link->retry = NULL;
    link_connect(link);
}

static void show(const struct link *link) {
    if (link->redis->options.up) {
        atomic_store(link->redis->options.up, link->up);
    }
}

static void link_down(struct link *link) {
    if (link->up && str_is_absent(link->redis->options.channel)) {
        log_warn("redis.lost", log_str("host", link->redis->options.host));
    }
    link->up = false;
    show(link);
}

static void link_lost(struct link *link) {
    struct redis *redis = link->redis;
    link_down(link);
    link->context = NULL;
    loop_timer_free(link->patience);
    link->patience = NULL;
    link->lost_before = true;
    loop_timer_free(redis->watch);
    redis->watch = NULL;
    redis->outstanding = 0;
    if (!redis->ending && !link->retry) {
        link->retry = loop_timer_new(redis->loop, link->retry_ms, false, retry_now, link);
        link->retry_ms = link->retry_ms * 2 > RETRY_MOST_MS ? RETRY_MOST_MS : link->retry_ms * 2;
    }
}

static void on_disconnect(const redisAsyncContext *context, int status) {
    link_lost(context->data);
}

static void on_connect(const redisAsyncContext *context, int status) {
    if (status != REDIS_OK) {
        struct link *link = context->data; /* hiredis frees the context after this */
        if (!link->lost_before) {
            log_warn("redis.unreachable", log_str("host", link->redis->options.host),
                     log_text("reason", context->errstr));
        }
        link_lost(link);
    }
}

static void put_length(struct buf *buf, char kind, size_t number) {
    buf_putc(buf, kind);
    buf_put_u64(buf, number);
    buf_puts(buf, "\r\n");
}

/* The command as Redis reads it: an array of binary-safe strings. hiredis would build it in three allocations. */
static struct str command_text(struct arena *arena, const struct str *words, size_t count) {
    size_t len = LENGTH_MOST;
    for (size_t i = 0; i < count; i++) {
        CHECK(!__builtin_add_overflow(len, words[i].len + LENGTH_MOST, &len));
    }
    struct buf buf;
    buf_init(&buf, arena, len, len);
    put_length(&buf, '*', count);
    for (size_t i = 0; i < count; i++) {
        put_length(&buf, '$', words[i].len);
        buf_put(&buf, words[i]);
        buf_puts(&buf, "\r\n");
    }
    CHECK(!buf.failed);
    return buf_str(&buf);
}

/* A context that is being freed takes nothing and answers nothing: that counts as an answer that was lost. */
static void send_words(redisAsyncContext *context, redisCallbackFn *answered, void *arg, struct arena *arena,
                       const struct str *words, size_t count) {
    struct str text = command_text(arena, words, count);
    if (redisAsyncFormattedCommand(context, answered, arg, text.ptr, text.len) != REDIS_OK) {
        answered(context, NULL, arg);
    }
}

/* First the answer to SUBSCRIBE, then every message. */
static void on_published(redisAsyncContext *context, void *reply, void *arg) {
    struct link *link = arg;
    const redisReply *r = reply;
    if (r && r->type == REDIS_REPLY_ARRAY) {
        link->redis->options.heard(link->redis->options.ctx);
    }
}

static void subscribe(struct link *link) {
    struct arena *scratch ARENA_AUTO = arena_new();
    const struct str words[2] = {STR("SUBSCRIBE"), link->redis->options.channel};
    send_words(link->context, on_published, link, scratch, words, 2);
}

static void on_ready(redisAsyncContext *context, void *reply, void *arg) {
    struct link *link = arg;
    const redisReply *r = reply;
    if (!r) {
        return; /* the disconnect callback follows */
    }
    if (r->type == REDIS_REPLY_ERROR) {
        log_error("redis.refused", log_text("reason", r->str)); /* wrong password, loading, no such database */
        redisAsyncDisconnect(context);
        return;
    }
    link->up = true;
    link->redis->stats.connections++;
    show(link);
    loop_timer_free(link->patience);
    link->patience = NULL;
    link->retry_ms = RETRY_FIRST_MS;
    if (!str_is_absent(link->redis->options.channel)) {
        subscribe(link);
        return;
    }
    log_info("redis.connected", log_str("host", link->redis->options.host));
}

static void on_greeting(redisAsyncContext *context, void *reply, void *arg) {
    const redisReply *r = reply;
    if (r && r->type == REDIS_REPLY_ERROR) {
        log_error("redis.refused", log_text("reason", r->str));
        redisAsyncDisconnect(context);
    }
}

static void greet(struct link *link) {
    const struct redis_options *options = &link->redis->options;
    redisAsyncContext *context = link->context;
    struct arena *scratch ARENA_AUTO = arena_new();
    if (!str_is_absent(options->password)) {
        bool named = !str_is_absent(options->username);
        struct str words[3] = {STR("AUTH"), named ? options->username : options->password, options->password};
        send_words(context, on_greeting, link, scratch, words, named ? 3 : 2);
    }
    if (options->database != 0) {
        struct str words[2] = {STR("SELECT"), str_format(scratch, "%u", options->database)};
        send_words(context, on_greeting, link, scratch, words, 2);
    }
    send_words(context, on_ready, link, scratch, (struct str[]){STR("PING")}, 1);
}

/* A host that takes the connection and says nothing, or packets that vanish: the kernel would wait for many minutes. */
static void give_up(void *arg) {
    struct link *link = arg;
    if (!link->lost_before) {
        log_warn("redis.unreachable", log_str("host", link->redis->options.host), log_text("reason", "no answer"));
    }
    redisAsyncContext *context = link->context;
    redisAsyncFree(context);
    if (link->context == context) {
        link_lost(link); /* hiredis tells of a disconnection only where there was a connection */
    }
}

static void link_connect(struct link *link) {
    struct redis *redis = link->redis;
    const char *host = redis->options.host.ptr; /* NUL-terminated by redis_new */
    redisAsyncContext *context =
        host[0] == '/' ? redisAsyncConnectUnix(host) : redisAsyncConnect(host, redis->options.port);
    CHECK(context);
    if (context->err) {
        if (!link->lost_before) {
            log_warn("redis.unreachable", log_str("host", redis->options.host), log_text("reason", context->errstr));
        }
        redisAsyncFree(context);
        link_lost(link);
        return;
    }
    context->data = link;
    link->context = context;
    CHECK(redisLibeventAttach(context, redis->loop->base) == REDIS_OK);
    redisAsyncSetConnectCallback(context, on_connect);
    redisAsyncSetDisconnectCallback(context, on_disconnect);
    link->patience = loop_timer_new(redis->loop, redis->options.timeout_ms, false, give_up, link);
    greet(link);
}

static void link_init(struct link *link, struct redis *redis) {
    *link = (struct link){.redis = redis, .retry_ms = RETRY_FIRST_MS};
}

static void link_done(struct link *link) {
    loop_timer_free(link->retry);
    link->retry = NULL;
    if (link->context) {
        redisAsyncFree(link->context);
    }
    loop_timer_free(link->patience);
    link->patience = NULL;
}

struct redis *redis_new(struct loop *loop, const struct redis_options *options) {
    struct redis *redis = check_calloc(1, sizeof(*redis));
    redis->loop = loop;
    redis->arena = arena_new();
    redis->options = *options;
    redis->options.host = str_from(str_c(redis->arena, options->host));
    redis->options.channel = str_is_absent(options->channel) ? STR_NONE : str_dup(redis->arena, options->channel);
    redis->options.username = str_is_absent(options->username) ? STR_NONE : str_dup(redis->arena, options->username);
    redis->options.password = str_is_absent(options->password) ? STR_NONE : str_dup(redis->arena, options->password);
    link_init(&redis->commands, redis);
    link_connect(&redis->commands);
    return redis;
}

void redis_free(struct redis *redis) {
    if (!redis) {
        return;
    }
    redis->ending = true;
    link_done(&redis->commands);
    loop_timer_free(redis->watch);
    arena_free(redis->arena);
    free(redis);
}

bool redis_is_up(const struct redis *redis) {
    return redis->commands.up;
}

const struct redis_stats *redis_stats(const struct redis *redis) {
    return &redis->stats;
}

/* --- commands --- */

static void reply_copy(struct arena *arena, const redisReply *from, struct redis_reply *to) {
    *to = (struct redis_reply){.type = REDIS_NIL};
    switch (from->type) {
    case REDIS_REPLY_INTEGER:
        to->type = REDIS_INT;
        to->number = from->integer;
        break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
        to->type = from->type == REDIS_REPLY_ERROR ? REDIS_ERROR : REDIS_TEXT;
        to->text = str_dup(arena, str_of(from->str, from->len));
        break;
    case REDIS_REPLY_ARRAY:
        to->type = REDIS_ARRAY;
        to->count = from->elements;
        to->elements = arena_array_of(arena, from->elements, struct redis_reply);
        for (size_t i = 0; i < from->elements; i++) {
            reply_copy(arena, from->element[i], &to->elements[i]); /* our commands answer one level of array */
        }
        break;
    default:
        break;
    }
}

static void watch_answers(void *arg) {
    struct redis *redis = arg;
    int64_t now = clock_monotonic_ms();
    bool starved = now - redis->watched >= redis->options.timeout_ms / 2;
    redis->watched = now;
    if (starved) {
        redis->progress = now; /* this process had no processor: nothing can be said of Redis yet */
    } else if (redis->outstanding > 0 && now - redis->progress >= redis->options.timeout_ms) {
        log_warn("redis.timeout", log_int("outstanding", (int64_t)redis->outstanding));
        redisAsyncFree(redis->commands.context); /* answers every outstanding command with NULL, then on_disconnect */
    }
}

static void on_answer(redisAsyncContext *context, void *reply, void *arg) {
    struct pending *pending = arg;
    struct batch *batch = pending->batch;
    struct redis *redis = batch->redis;
    if (reply) {
        redis->progress = clock_monotonic_ms();
        redis->outstanding--;
        if (batch->fiber) {
            reply_copy(batch->arena, reply, &batch->replies[pending->index]);
        }
    } else {
        link_down(&redis->commands); /* before the fiber runs: the context takes no more, though it is not yet freed */
        batch->lost = true;
    }
    if (--batch->left > 0) {
        return;
    }
    if (batch->fiber) {
        fiber_wake(batch->fiber); /* frees the batch */
    } else {
        free(batch);
    }
}

static void sent(struct redis *redis, size_t count) {
    if (redis->outstanding == 0) {
        redis->progress = clock_monotonic_ms();
    }
    redis->outstanding += count;
    if (!redis->watch) {
        redis->watched = clock_monotonic_ms();
        redis->watch = loop_timer_new(redis->loop, redis->options.timeout_ms / 4 + 1, true, watch_answers, redis);
    }
}

/* One block: the batch and its pending entries. */
static struct batch *batch_new(struct redis *redis, struct arena *arena, struct redis_reply *replies, size_t count,
                               struct pending **ret_pending) {
    struct batch *batch = check_malloc(sizeof(*batch) + count * sizeof(struct pending));
    *batch =
        (struct batch){.redis = redis, .fiber = fiber_current(), .arena = arena, .replies = replies, .left = count};
    *ret_pending = (struct pending *)(batch + 1);
    return batch;
}

static enum redis_status run(struct redis *redis, struct arena *arena, const struct redis_command *commands,
                             size_t count, struct redis_reply *ret_replies) {
    if (!redis->commands.up) {
        return REDIS_DOWN;
    }
    struct pending *pending;
    struct batch *batch = batch_new(redis, arena, ret_replies, count, &pending);
    sent(redis, count);
    for (size_t i = 0; i < count; i++) {
        pending[i] = (struct pending){.batch = batch, .index = i};
        send_words(redis->commands.context, on_answer, &pending[i], arena, commands[i].arguments, commands[i].count);
    }
    if (fiber_park(INT64_MAX) != WAIT_DONE) {
        batch->fiber = NULL; /* the last answer frees it */
        if (batch->left == 0) {
            free(batch); /* it came while this fiber was being cancelled */
        }
        return REDIS_DOWN;
    }
    bool lost = batch->lost;
    free(batch);
    return lost ? REDIS_DOWN : REDIS_DONE;
}

enum redis_status redis_run(struct redis *redis, struct arena *arena, const struct redis_command *commands,
                            size_t count, struct redis_reply *ret_replies) {
    if (count == 0) {
        return REDIS_DONE;
    }
    int64_t started = clock_monotonic_us();
    enum redis_status status = run(redis, arena, commands, count, ret_replies);
    redis->stats.commands += count;
    if (status == REDIS_DONE) {
        histogram_add(&redis->stats.round_trips, clock_monotonic_us() - started);
    } else {
        redis->stats.failed++;
    }
    return status;
}
