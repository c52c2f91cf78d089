/*
 * The kv contract in memory: a hash table behind a lock, shared by the workers of one process. For tests and trials:
 * nothing survives a restart.
 *
 * Expired entries go when they are met, and by a sweep of the whole table each time it has grown by half.
 */
#include "base/arena.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "kv_driver.h"

#include <pthread.h>
#include <stdlib.h>

#define BUCKETS        (1u << 14)
#define ENTRY_OVERHEAD 96

struct entry {
    struct entry *next;
    char *key, *value;
    size_t key_len, value_len;
    char **members; /* of a set; NUL ended */
    size_t member_count;
    int64_t number;
    int64_t expires_ms;
};

struct kv_memory {
    pthread_mutex_t lock;
    struct entry *buckets[BUCKETS];
    size_t bytes, ceiling, swept_at;
    uint64_t seed; /* so that nobody outside can make keys collide */
};

static uint64_t hash(const struct kv_memory *memory, struct str key) {
    uint64_t value = memory->seed ^ 0xcbf29ce484222325u;
    for (size_t i = 0; i < key.len; i++) {
        value = (value ^ (unsigned char)key.ptr[i]) * 0x100000001b3u;
        value ^= value >> 29;
    }
    return value;
}

static char *copy(struct str text) {
    char *to = check_malloc(text.len + 1);
    if (text.len > 0) {
        memcpy(to, text.ptr, text.len);
    }
    to[text.len] = '\0';
    return to;
}

static size_t size_of(const struct entry *entry) {
    size_t size = ENTRY_OVERHEAD + entry->key_len + entry->value_len;
    for (size_t i = 0; i < entry->member_count; i++) {
        size += strlen(entry->members[i]) + 32;
    }
    return size;
}

static void entry_free(struct kv_memory *memory, struct entry *entry) {
    memory->bytes -= size_of(entry);
    for (size_t i = 0; i < entry->member_count; i++) {
        free(entry->members[i]);
    }
    free(entry->members);
    free(entry->key);
    free(entry->value);
    free(entry);
}

/* Drops what has expired on the way. Returns the place where the entry is linked, or would be. */
static struct entry **find(struct kv_memory *memory, struct str key) {
    struct entry **at = &memory->buckets[hash(memory, key) % BUCKETS];
    int64_t now = clock_monotonic_ms();
    while (*at) {
        struct entry *entry = *at;
        if (entry->expires_ms <= now) {
            *at = entry->next;
            entry_free(memory, entry);
        } else if (str_equal(str_of(entry->key, entry->key_len), key)) {
            return at;
        } else {
            at = &entry->next;
        }
    }
    return at;
}

static void sweep(struct kv_memory *memory) {
    int64_t now = clock_monotonic_ms();
    for (size_t i = 0; i < BUCKETS; i++) {
        for (struct entry **at = &memory->buckets[i]; *at;) {
            struct entry *entry = *at;
            if (entry->expires_ms <= now) {
                *at = entry->next;
                entry_free(memory, entry);
            } else {
                at = &entry->next;
            }
        }
    }
    memory->swept_at = memory->bytes;
}

static bool has_room(struct kv_memory *memory, size_t size) {
    if (memory->bytes + size > memory->ceiling || memory->bytes > memory->swept_at + memory->ceiling / 2) {
        sweep(memory);
    }
    return memory->bytes + size <= memory->ceiling;
}

static struct entry *entry_add(struct kv_memory *memory, struct str key, int64_t ttl) {
    struct entry **at = find(memory, key);
    struct entry *entry = check_calloc(1, sizeof(*entry));
    entry->key = copy(key);
    entry->key_len = key.len;
    entry->expires_ms = clock_monotonic_ms() + ttl * 1000;
    *at = entry;
    memory->bytes += size_of(entry);
    return entry;
}

static void set_value(struct kv_memory *memory, struct entry *entry, struct str value, int64_t ttl) {
    memory->bytes -= entry->value_len;
    free(entry->value);
    entry->value = copy(value);
    entry->value_len = value.len;
    entry->expires_ms = clock_monotonic_ms() + ttl * 1000;
    memory->bytes += value.len;
}

static void unlink_entry(struct kv_memory *memory, struct entry **at) {
    struct entry *entry = *at;
    *at = entry->next;
    entry_free(memory, entry);
}

/* --- the verbs --- */

static void put(struct kv_memory *memory, struct str key, struct kv_op *op, struct entry *entry) {
    if (!entry) {
        if (!has_room(memory, ENTRY_OVERHEAD + key.len + op->value.len)) {
            return;
        }
        entry = entry_add(memory, key, op->ttl);
    }
    set_value(memory, entry, op->value, op->ttl);
    op->status = KV_DONE;
}

static void get(struct arena *arena, struct kv_op *op, struct entry *entry) {
    op->status = entry ? KV_DONE : KV_MISSING;
    if (entry) {
        op->result = str_dup(arena, str_of(entry->value, entry->value_len));
        if (op->verb == KV_GET_KEEP) {
            entry->expires_ms = clock_monotonic_ms() + op->ttl * 1000;
        }
    }
}

static void replace(struct kv_memory *memory, struct kv_op *op, struct entry *entry) {
    if (!entry) {
        op->status = KV_MISSING;
    } else if (!str_equal(str_of(entry->value, entry->value_len), op->expected)) {
        op->status = KV_CONFLICT;
    } else {
        set_value(memory, entry, op->value, op->ttl);
        op->status = KV_DONE;
    }
}

static void increment(struct kv_memory *memory, struct str key, struct kv_op *op, struct entry *entry) {
    if (!entry) {
        if (!has_room(memory, ENTRY_OVERHEAD + key.len)) {
            return;
        }
        entry = entry_add(memory, key, op->ttl);
    }
    entry->number += op->amount;
    op->number = entry->number;
    op->status = KV_DONE;
}

static size_t member_index(const struct entry *entry, struct str member) {
    size_t index = 0;
    while (index < entry->member_count && !str_equal(str_from(entry->members[index]), member)) {
        index++;
    }
    return index;
}

static void set_add(struct kv_memory *memory, struct str key, struct kv_op *op, struct entry *entry) {
    if (!has_room(memory, ENTRY_OVERHEAD + key.len + op->value.len + 32)) {
        return;
    }
    entry = entry ? entry : entry_add(memory, key, op->ttl);
    if (member_index(entry, op->value) == entry->member_count) {
        if (entry->member_count == KV_SET_MEMBERS_MOST) {
            op->status = KV_CONFLICT;
            return;
        }
        entry->members = check_realloc(entry->members, (entry->member_count + 1) * sizeof(char *));
        entry->members[entry->member_count++] = copy(op->value);
        memory->bytes += op->value.len + 32;
        op->number = 1;
    }
    int64_t until = clock_monotonic_ms() + op->ttl * 1000;
    entry->expires_ms = until > entry->expires_ms ? until : entry->expires_ms;
    op->status = KV_DONE;
}

static void set_remove(struct kv_memory *memory, struct kv_op *op, struct entry *entry) {
    size_t index = entry ? member_index(entry, op->value) : 0;
    op->status = KV_DONE;
    if (entry && index < entry->member_count) {
        memory->bytes -= strlen(entry->members[index]) + 32;
        free(entry->members[index]);
        entry->members[index] = entry->members[--entry->member_count];
    }
}

static void set_members(struct arena *arena, struct kv_op *op, const struct entry *entry) {
    op->status = KV_DONE;
    op->members = arena_array_of(arena, (entry ? entry->member_count : 0) + 1, struct str);
    for (size_t i = 0; entry && i < entry->member_count; i++) {
        op->members[op->member_count++] = str_dup(arena, str_from(entry->members[i]));
    }
}

static void run_one(struct kv_memory *memory, struct arena *arena, struct kv_op *op) {
    struct str key = str_concat(arena, op->ns, STR(":{"), op->id, STR("}"));
    struct entry **at = find(memory, key);
    struct entry *entry = *at;
    switch (op->verb) {
    case KV_GET:
    case KV_GET_KEEP:
        get(arena, op, entry);
        break;
    case KV_PUT:
        put(memory, key, op, entry);
        break;
    case KV_PUT_NEW:
        if (entry) {
            op->status = KV_CONFLICT;
        } else {
            put(memory, key, op, NULL);
        }
        break;
    case KV_TAKE:
        get(arena, op, entry);
        if (entry) {
            unlink_entry(memory, at);
        }
        break;
    case KV_REPLACE:
        replace(memory, op, entry);
        break;
    case KV_DELETE:
        if (entry) {
            unlink_entry(memory, at);
        }
        op->status = KV_DONE;
        break;
    case KV_INCREMENT:
        increment(memory, key, op, entry);
        break;
    case KV_COUNT:
        op->number = entry ? entry->number : 0;
        op->status = KV_DONE;
        break;
    case KV_SET_ADD:
        set_add(memory, key, op, entry);
        break;
    case KV_SET_REMOVE:
        set_remove(memory, op, entry);
        break;
    case KV_SET_MEMBERS:
        set_members(arena, op, entry);
        break;
    }
}

static void run(struct kv *kv, struct arena *arena, struct kv_op *ops, size_t count) {
    struct kv_memory *memory = kv->driver;
    pthread_mutex_lock(&memory->lock);
    for (size_t i = 0; i < count; i++) {
        run_one(memory, arena, &ops[i]);
    }
    pthread_mutex_unlock(&memory->lock);
}

static bool is_up(const struct kv *kv) {
    return true;
}

static void release(struct kv *kv) {
    free(kv);
}

struct kv_memory *kv_memory_new(size_t bytes_ceiling) {
    struct kv_memory *memory = check_calloc(1, sizeof(*memory));
    pthread_mutex_init(&memory->lock, NULL);
    memory->ceiling = bytes_ceiling;
    random_bytes(&memory->seed, sizeof(memory->seed));
    return memory;
}

void kv_memory_free(struct kv_memory *memory) {
    if (!memory) {
        return;
    }
    for (size_t i = 0; i < BUCKETS; i++) {
        while (memory->buckets[i]) {
            unlink_entry(memory, &memory->buckets[i]);
        }
    }
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

struct kv *kv_memory_open(struct kv_memory *memory) {
    struct kv *kv = check_calloc(1, sizeof(*kv));
    *kv = (struct kv){.run = run, .is_up = is_up, .free = release, .driver = memory};
    return kv;
}
