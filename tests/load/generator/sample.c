/*
 * A reservoir for each wanted variable. Slots are rooms that grow: most values have the length of the ones before.
 */
#include "sample.h"

#include "base/arena.h"
#include "base/random.h"

#include <stdio.h>

#define SLOT_FIRST 2048

struct slot {
    char *ptr;
    size_t len, size;
};

struct reservoir {
    struct slot *slots;
    uint64_t offered;
};

struct sample {
    struct arena *arena;
    const struct plan *plan;
    struct reservoir *reservoirs;
    uint64_t random;
};

struct sample *sample_new(struct arena *arena, const struct plan *plan) {
    if (plan->sampled_count == 0 || plan->sample_most == 0) {
        return NULL;
    }
    struct sample *sample = arena_new_of(arena, struct sample);
    *sample = (struct sample){.arena = arena, .plan = plan};
    random_bytes(&sample->random, sizeof(sample->random));
    sample->reservoirs = arena_array_of(arena, plan->sampled_count, struct reservoir);
    for (size_t i = 0; i < plan->sampled_count; i++) {
        struct slot *slots = arena_array_of(arena, plan->sample_most, struct slot);
        for (size_t at = 0; at < plan->sample_most; at++) {
            slots[at] = (struct slot){.ptr = arena_alloc(arena, SLOT_FIRST), .size = SLOT_FIRST};
        }
        sample->reservoirs[i].slots = slots;
    }
    return sample;
}

/* splitmix64 */
static uint64_t next_random(struct sample *sample) {
    uint64_t bits = sample->random += 0x9e3779b97f4a7c15u;
    bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ bits >> 27) * 0x94d049bb133111ebu;
    return bits ^ bits >> 31;
}

static void keep(struct sample *sample, struct slot *slot, struct str text) {
    if (text.len > slot->size) {
        *slot = (struct slot){.ptr = arena_alloc(sample->arena, 2 * text.len), .size = 2 * text.len};
    }
    if (text.len > 0) {
        memcpy(slot->ptr, text.ptr, text.len);
    }
    slot->len = text.len;
}

void sample_offer(struct sample *sample, size_t which, struct str text) {
    struct reservoir *reservoir = &sample->reservoirs[which];
    uint64_t number = reservoir->offered++;
    uint64_t place = number < sample->plan->sample_most ? number : next_random(sample) % (number + 1);
    if (place < sample->plan->sample_most) {
        keep(sample, &reservoir->slots[place], text);
    }
}

bool sample_write(const struct sample *sample) {
    if (!sample) {
        return true;
    }
    struct arena *scratch ARENA_AUTO = arena_new();
    FILE *file = fopen(str_c(scratch, sample->plan->sample_file), "w");
    if (!file) {
        return false;
    }
    for (size_t i = 0; i < sample->plan->sampled_count; i++) {
        struct str name = sample->plan->variables.items[sample->plan->sampled[i]].name;
        const struct reservoir *reservoir = &sample->reservoirs[i];
        for (size_t at = 0; at < sample->plan->sample_most && at < reservoir->offered; at++) {
            struct slot slot = reservoir->slots[at];
            fprintf(file, "%.*s %.*s\n", STR_ARG(name), (int)slot.len, slot.ptr);
        }
    }
    bool failed = ferror(file);
    return fclose(file) == 0 && !failed;
}
