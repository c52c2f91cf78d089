/*
 * Blocks that grow from 8 KiB to 64 KiB; what does not fit a block gets one of its own. The bookkeeping of the arena
 * lives in its first block. First blocks are kept for the thread's next arenas: most requests need no other, and malloc
 * is slow for blocks of this size.
 */
#include "base/arena.h"

#include "base/asan.h"
#include "base/check.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_FIRST 8192
#define SPARE_MOST  32 /* first blocks kept, per thread */
#define BLOCK_MOST  (64 * 1024)
#define ALIGNMENT   16

struct block {
    struct block *next; /* the one before it in time */
    size_t size, used;
    _Alignas(ALIGNMENT) char bytes[];
};

struct deferred {
    struct deferred *next;
    void (*release)(void *handle);
    void *handle;
};

struct arena {
    struct block *newest;
    struct deferred *deferred;
    size_t next_size;
};

static size_t aligned(size_t size) {
    CHECK(size < SIZE_MAX / 2);
    return (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
}

static struct block *block_new(size_t size, struct block *next) {
    struct block *block = check_malloc(sizeof(*block) + size);
    block->next = next;
    block->size = size;
    block->used = 0;
    return block;
}

static struct arena *arena_in(struct block *first) {
    struct arena *arena = (struct arena *)(void *)first->bytes;
    *arena = (struct arena){.newest = first, .next_size = BLOCK_FIRST * 2};
    first->used = aligned(sizeof(*arena));
    return arena;
}

static _Thread_local struct {
    struct block *blocks[SPARE_MOST];
    size_t count;
} spare;

static pthread_key_t spare_end;
static pthread_once_t spare_once = PTHREAD_ONCE_INIT;

static void spare_release(void *unused) {
    while (spare.count > 0) {
        free(spare.blocks[--spare.count]);
    }
}

static void spare_prepare(void) {
    CHECK(pthread_key_create(&spare_end, spare_release) == 0);
}

static struct block *first_take(void) {
    if (spare.count == 0) {
        return block_new(BLOCK_FIRST - sizeof(struct block), NULL);
    }
    struct block *block = spare.blocks[--spare.count];
    ASAN_UNPOISON_MEMORY_REGION(block->bytes, block->size);
    return block;
}

static void first_give_back(struct block *block) {
    if (spare.count == SPARE_MOST) {
        free(block);
        return;
    }
    if (spare.count == 0) { /* any value but NULL makes the thread's end call spare_release */
        pthread_once(&spare_once, spare_prepare);
        pthread_setspecific(spare_end, &spare);
    }
    ASAN_POISON_MEMORY_REGION(block->bytes, block->size);
    spare.blocks[spare.count++] = block;
}

struct arena *arena_new(void) {
    return arena_in(first_take());
}

/* Releases everything but the first block, which it returns. */
static struct block *arena_empty(struct arena *arena) {
    while (arena->deferred) {
        struct deferred *deferred = arena->deferred;
        arena->deferred = deferred->next;
        deferred->release(deferred->handle);
    }
    struct block *block = arena->newest;
    while (block->next) {
        struct block *next = block->next;
        free(block);
        block = next;
    }
    return block;
}

void arena_free(struct arena *arena) {
    if (arena) {
        first_give_back(arena_empty(arena));
    }
}

/* A large piece goes behind the newest block, so that the room left in that one stays in use. */
static void *alloc_large(struct arena *arena, size_t size) {
    struct block *block = block_new(size, arena->newest->next);
    if (!arena->newest->next) {
        /* The first block must stay last in the list: it holds the arena. */
        block->next = arena->newest;
        arena->newest = block;
    } else {
        arena->newest->next = block;
    }
    block->used = size;
    return block->bytes;
}

void *arena_alloc(struct arena *arena, size_t size) {
    size = aligned(size ? size : 1);
    struct block *block = arena->newest;
    void *ptr;
    if (size <= block->size - block->used) {
        ptr = block->bytes + block->used;
        block->used += size;
    } else if (size > BLOCK_MOST / 4) {
        ptr = alloc_large(arena, size);
    } else {
        size_t fresh = arena->next_size > size ? arena->next_size : aligned(size);
        arena->newest = block_new(fresh, block);
        arena->next_size = arena->next_size * 2 > BLOCK_MOST ? BLOCK_MOST : arena->next_size * 2;
        arena->newest->used = size;
        ptr = arena->newest->bytes;
    }
    memset(ptr, 0, size);
    return ptr;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size) {
    size_t total;
    CHECK(!__builtin_mul_overflow(count, size, &total));
    return arena_alloc(arena, total);
}

void arena_defer(struct arena *arena, void (*release)(void *handle), void *handle) {
    struct deferred *deferred = arena_new_of(arena, struct deferred);
    *deferred = (struct deferred){.next = arena->deferred, .release = release, .handle = handle};
    arena->deferred = deferred;
}
