/*
 * The kv contract on Redis (6.2 or later, for GETDEL and GETEX). One command per operation, all of a batch in one
 * pipeline. Three operations need a script to be atomic.
 */
#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "kv_driver.h"
#include "loop/redis.h"

#include <stdlib.h>

#define ARGUMENTS_MOST 8

/* KEYS[1], ARGV: expected, new value, seconds. Answers 1 done, 0 another value, -1 missing. */
#define SCRIPT_REPLACE                                                                                                 \
    "local v=redis.call('GET',KEYS[1]) if not v then return -1 end if v~=ARGV[1] then return 0 end "                   \
    "redis.call('SET',KEYS[1],ARGV[2],'EX',ARGV[3]) return 1"
/* KEYS[1], ARGV: amount, seconds. The time to live starts with the first count and is not moved by later ones. */
#define SCRIPT_INCREMENT                                                                                               \
    "local n=redis.call('INCRBY',KEYS[1],ARGV[1]) if redis.call('TTL',KEYS[1])<0 then "                                \
    "redis.call('EXPIRE',KEYS[1],ARGV[2]) end "                                                                        \
    "return n"
/*
 * KEYS[1], ARGV: member, seconds, most members. Answers 2 added, 1 was there, 0 full. The life of the set is only ever
 * extended. A set is a hash without values: Redis 7.0 keeps a small hash in one compact piece, but any set of strings
 * in a table of its own, with one member 192 bytes (MEMORY USAGE) instead of 96.
 */
#define SCRIPT_SET_ADD                                                                                                 \
    "if redis.call('HEXISTS',KEYS[1],ARGV[1])==0 and redis.call('HLEN',KEYS[1])>=tonumber(ARGV[3]) then return 0 end " \
    "local n=redis.call('HSET',KEYS[1],ARGV[1],'') if redis.call('TTL',KEYS[1])<tonumber(ARGV[2]) then "               \
    "redis.call('EXPIRE',KEYS[1],ARGV[2]) end return 1+n"

struct built {
    struct str arguments[ARGUMENTS_MOST];
    struct redis_command command;
};

static void add(struct built *built, struct str argument) {
    CHECK(built->command.count < ARGUMENTS_MOST);
    built->arguments[built->command.count++] = argument;
}

static struct str number_text(struct arena *arena, int64_t number) {
    struct buf text;
    buf_init(&text, arena, 20, 20);
    buf_put_i64(&text, number);
    return buf_str(&text);
}

static void add_script(struct built *built, struct str script, struct str key) {
    add(built, STR("EVAL"));
    add(built, script);
    add(built, STR("1"));
    add(built, key);
}

static void build(struct arena *arena, const struct kv_op *op, struct built *built) {
    struct str key = str_concat(arena, op->ns, STR(":{"), op->id, STR("}"));
    struct str ttl = number_text(arena, op->ttl);
    built->command.arguments = built->arguments;
    switch (op->verb) {
    case KV_GET:
    case KV_COUNT:
        add(built, STR("GET"));
        add(built, key);
        break;
    case KV_GET_KEEP:
        add(built, STR("GETEX"));
        add(built, key);
        add(built, STR("EX"));
        add(built, ttl);
        break;
    case KV_PUT:
    case KV_PUT_NEW:
        add(built, STR("SET"));
        add(built, key);
        add(built, op->value);
        add(built, STR("EX"));
        add(built, ttl);
        if (op->verb == KV_PUT_NEW) {
            add(built, STR("NX"));
        }
        break;
    case KV_TAKE:
        add(built, STR("GETDEL"));
        add(built, key);
        break;
    case KV_REPLACE:
        add_script(built, STR(SCRIPT_REPLACE), key);
        add(built, op->expected);
        add(built, op->value);
        add(built, ttl);
        break;
    case KV_DELETE:
        add(built, STR("DEL"));
        add(built, key);
        break;
    case KV_INCREMENT:
        add_script(built, STR(SCRIPT_INCREMENT), key);
        add(built, number_text(arena, op->amount));
        add(built, ttl);
        break;
    case KV_SET_ADD:
        add_script(built, STR(SCRIPT_SET_ADD), key);
        add(built, op->value);
        add(built, ttl);
        add(built, number_text(arena, KV_SET_MEMBERS_MOST));
        break;
    case KV_SET_REMOVE:
        add(built, STR("HDEL"));
        add(built, key);
        add(built, op->value);
        break;
    case KV_SET_MEMBERS:
        add(built, STR("HKEYS"));
        add(built, key);
        break;
    }
}

static void take_text(struct kv_op *op, const struct redis_reply *reply) {
    if (reply->type == REDIS_TEXT) {
        op->status = KV_DONE;
        op->result = reply->text;
    } else if (reply->type == REDIS_NIL) {
        op->status = KV_MISSING;
    }
}

static void take_count(struct kv_op *op, const struct redis_reply *reply) {
    if (reply->type == REDIS_NIL || (reply->type == REDIS_TEXT && str_to_i64(reply->text, &op->number))) {
        op->status = KV_DONE;
    }
}

static void take_members(struct arena *arena, struct kv_op *op, const struct redis_reply *reply) {
    if (reply->type != REDIS_ARRAY) {
        return;
    }
    op->members = arena_array_of(arena, reply->count + 1, struct str);
    for (size_t i = 0; i < reply->count; i++) {
        op->members[op->member_count++] = reply->elements[i].text;
    }
    op->status = KV_DONE;
}

/* Whatever is not the answer we expect, an error above all, leaves KV_DOWN: it is not known what the store holds. */
static void take(struct arena *arena, struct kv_op *op, const struct redis_reply *reply) {
    switch (op->verb) {
    case KV_GET:
    case KV_GET_KEEP:
    case KV_TAKE:
        take_text(op, reply);
        break;
    case KV_PUT:
        op->status = reply->type == REDIS_TEXT ? KV_DONE : KV_DOWN;
        break;
    case KV_PUT_NEW:
        op->status = reply->type == REDIS_TEXT ? KV_DONE : reply->type == REDIS_NIL ? KV_CONFLICT : KV_DOWN;
        break;
    case KV_REPLACE:
        if (reply->type == REDIS_INT) {
            op->status = reply->number == 1 ? KV_DONE : reply->number == 0 ? KV_CONFLICT : KV_MISSING;
        }
        break;
    case KV_DELETE:
    case KV_SET_REMOVE:
        op->status = reply->type == REDIS_INT ? KV_DONE : KV_DOWN;
        break;
    case KV_INCREMENT:
        op->status = reply->type == REDIS_INT ? KV_DONE : KV_DOWN;
        op->number = reply->number;
        break;
    case KV_COUNT:
        take_count(op, reply);
        break;
    case KV_SET_ADD:
        if (reply->type == REDIS_INT) {
            op->status = reply->number > 0 ? KV_DONE : KV_CONFLICT;
            op->number = reply->number == 2;
        }
        break;
    case KV_SET_MEMBERS:
        take_members(arena, op, reply);
        break;
    }
}

static void run(struct kv *kv, struct arena *arena, struct kv_op *ops, size_t count) {
    struct built *built = arena_array_of(arena, count, struct built);
    struct redis_command *commands = arena_array_of(arena, count, struct redis_command);
    struct redis_reply *replies = arena_array_of(arena, count, struct redis_reply);
    for (size_t i = 0; i < count; i++) {
        build(arena, &ops[i], &built[i]);
        commands[i] = built[i].command;
    }
    if (redis_run(kv->driver, arena, commands, count, replies) != REDIS_DONE) {
        return;
    }
    for (size_t i = 0; i < count; i++) {
        take(arena, &ops[i], &replies[i]);
    }
}

static void announce(struct kv *kv, struct arena *arena, struct str channel) {
    const struct redis_command command = {.arguments = (const struct str[]){STR("PUBLISH"), channel, STR("")},
                                          .count = 3};
    struct redis_reply reply;
    redis_run(kv->driver, arena, &command, 1, &reply);
}

static bool is_up(const struct kv *kv) {
    return redis_is_up(kv->driver);
}

static void release(struct kv *kv) {
    free(kv);
}

struct kv *kv_redis_new(struct redis *redis) {
    struct kv *kv = check_calloc(1, sizeof(*kv));
    *kv = (struct kv){.run = run, .announce = announce, .is_up = is_up, .free = release, .driver = redis};
    return kv;
}
