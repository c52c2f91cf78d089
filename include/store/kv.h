/*
 * kv: the short-lived store: sessions, codes, grants, replay marks, counters. Redis, or memory for tests and trials.
 *
 * Every entry has a time to live. A key is made of a namespace ("ss") and an id that is a hash or otherwise holds no
 * secret; kv joins them as "<ns>:{<id>}", so that a copy of the store holds no usable cookie, code or token, and
 * entries with one id share a Redis Cluster slot. No operation spans two keys. Each operation is atomic; a batch is one
 * round trip but not a transaction.
 */
#ifndef STORE_KV_H
#define STORE_KV_H

#include "base/arena.h"
#include "base/str.h"

struct kv;

enum kv_status {
    KV_DONE,
    KV_MISSING,  /* GET, GET_KEEP, TAKE, REPLACE: no such entry */
    KV_CONFLICT, /* PUT_NEW: exists already; REPLACE: holds another value */
    KV_DOWN,     /* not known whether it was carried out */
};

enum kv_verb {
    KV_GET,
    KV_GET_KEEP, /* GET, and the time to live starts anew (GETEX) */
    KV_PUT,
    KV_PUT_NEW,   /* only when there is none (SET NX) */
    KV_TAKE,      /* GET and delete in one: single use is a property of the store (GETDEL) */
    KV_REPLACE,   /* only when it still holds `expected` */
    KV_DELETE,    /* KV_DONE also when there was none */
    KV_INCREMENT, /* by `amount` (may be negative), from 0; the time to live is set when the entry is made; ret number
                   */
    KV_COUNT,     /* the counter's value, 0 when there is none */
    KV_SET_ADD, /* a member to a set of at most 1000 members (the oldest kind of abuse: KV_CONFLICT when full); extends
                   its life; ret number 1 when it was not in the set before, else 0 */
    KV_SET_REMOVE,
    KV_SET_MEMBERS, /* all of them; KV_DONE with none when there is no set */
};

struct kv_op {
    enum kv_verb verb;
    struct str ns; /* a constant of two or three letters */
    struct str id;
    struct str value;    /* PUT, PUT_NEW, REPLACE, SET_ADD, SET_REMOVE */
    struct str expected; /* REPLACE */
    int64_t amount;      /* INCREMENT */
    int64_t ttl;         /* seconds, at least 1; PUT, PUT_NEW, REPLACE, GET_KEEP, INCREMENT, SET_ADD */

    enum kv_status status; /* set by kv_run, as is what follows */
    struct str result;     /* GET, GET_KEEP, TAKE; in the arena */
    int64_t number;        /* INCREMENT, COUNT, SET_ADD */
    struct str *members;   /* SET_MEMBERS; in the arena */
    size_t member_count;
};

/* Carries out all the operations in one round trip. Returns KV_DOWN when any of them is KV_DOWN, else KV_DONE. Waits.
 */
enum kv_status kv_run(struct kv *kv, struct arena *arena, struct kv_op *ops, size_t count);

/* One operation each. Wait. */
enum kv_status kv_get(struct kv *kv, struct arena *arena, struct str ns, struct str id, struct str *ret_value);
enum kv_status kv_put(struct kv *kv, struct arena *arena, struct str ns, struct str id, struct str value, int64_t ttl);
enum kv_status kv_put_new(struct kv *kv, struct arena *arena, struct str ns, struct str id, struct str value,
                          int64_t ttl);
enum kv_status kv_take(struct kv *kv, struct arena *arena, struct str ns, struct str id, struct str *ret_value);
enum kv_status kv_delete(struct kv *kv, struct arena *arena, struct str ns, struct str id);
enum kv_status kv_increment(struct kv *kv, struct arena *arena, struct str ns, struct str id, int64_t amount,
                            int64_t ttl, int64_t *ret_number);

/* Tells every process that listens on the channel (Redis PUBLISH); whoever does not listen now never hears of it, so
 * that it can only save time. Waits. */
void kv_announce(struct kv *kv, struct arena *arena, struct str channel);

bool kv_is_up(const struct kv *kv);
void kv_free(struct kv *kv);

/* Drivers. The Redis one holds this loop's connection (see loop/redis.h), which it does not own. */
struct redis;
struct kv *kv_redis_new(struct redis *redis);
/* One memory may be shared by all workers (it locks); it refuses new entries with KV_DOWN past `bytes_ceiling`. */
struct kv_memory;
struct kv_memory *kv_memory_new(size_t bytes_ceiling);
void kv_memory_free(struct kv_memory *memory);
struct kv *kv_memory_open(struct kv_memory *memory);

#endif
