/*
 * kv_driver: what a driver of the kv contract implements.
 */
#ifndef STORE_KV_DRIVER_H
#define STORE_KV_DRIVER_H

#include "store/kv.h"

#define KV_SET_MEMBERS_MOST 1000

struct kv {
    /* Carries out all operations, setting each one's status and results. Waits. */
    void (*run)(struct kv *kv, struct arena *arena, struct kv_op *ops, size_t count);
    void (*announce)(struct kv *kv, struct arena *arena, struct str channel); /* NULL: there is nobody else. Waits. */
    bool (*is_up)(const struct kv *kv);
    void (*free)(struct kv *kv);
    void *driver;
};

#endif
