/*
 * The kv contract over its drivers, and the forms for one operation.
 */
#include "base/check.h"
#include "kv_driver.h"

static bool needs_ttl(enum kv_verb verb) {
    return verb == KV_PUT || verb == KV_PUT_NEW || verb == KV_REPLACE || verb == KV_GET_KEEP || verb == KV_INCREMENT ||
           verb == KV_SET_ADD;
}

enum kv_status kv_run(struct kv *kv, struct arena *arena, struct kv_op *ops, size_t count) {
    for (size_t i = 0; i < count; i++) {
        CHECK(ops[i].ns.len > 0 && ops[i].id.len > 0);
        CHECK(!needs_ttl(ops[i].verb) || ops[i].ttl >= 1);
        ops[i].status = KV_DOWN;
        ops[i].result = STR_NONE;
        ops[i].number = 0;
        ops[i].members = NULL;
        ops[i].member_count = 0;
    }
    kv->run(kv, arena, ops, count);
    for (size_t i = 0; i < count; i++) {
        if (ops[i].status == KV_DOWN) {
            return KV_DOWN;
        }
    }
    return KV_DONE;
}

void kv_announce(struct kv *kv, struct arena *arena, struct str channel) {
    if (kv->announce) {
        kv->announce(kv, arena, channel);
    }
}

bool kv_is_up(const struct kv *kv) {
    return kv->is_up(kv);
}

void kv_free(struct kv *kv) {
    if (kv) {
        kv->free(kv);
    }
}

enum kv_status kv_get(struct kv *kv, struct arena *arena, struct str ns, struct str id, struct str *ret_value) {
    struct kv_op op = {.verb = KV_GET, .ns = ns, .id = id};
    kv_run(kv, arena, &op, 1);
    if (op.status == KV_DONE) {
        *ret_value = op.result;
    }
    return op.status;
}

enum kv_status kv_put(struct kv *kv, struct arena *arena, struct str ns, struct str id, struct str value, int64_t ttl) {
    struct kv_op op = {.verb = KV_PUT, .ns = ns, .id = id, .value = value, .ttl = ttl};
    kv_run(kv, arena, &op, 1);
    return op.status;
}

enum kv_status kv_put_new(struct kv *kv, struct arena *arena, struct str ns, struct str id, struct str value,
                          int64_t ttl) {
    struct kv_op op = {.verb = KV_PUT_NEW, .ns = ns, .id = id, .value = value, .ttl = ttl};
    kv_run(kv, arena, &op, 1);
    return op.status;
}

enum kv_status kv_take(struct kv *kv, struct arena *arena, struct str ns, struct str id, struct str *ret_value) {
    struct kv_op op = {.verb = KV_TAKE, .ns = ns, .id = id};
    kv_run(kv, arena, &op, 1);
    if (op.status == KV_DONE) {
        *ret_value = op.result;
    }
    return op.status;
}

enum kv_status kv_delete(struct kv *kv, struct arena *arena, struct str ns, struct str id) {
    struct kv_op op = {.verb = KV_DELETE, .ns = ns, .id = id};
    kv_run(kv, arena, &op, 1);
    return op.status;
}

enum kv_status kv_increment(struct kv *kv, struct arena *arena, struct str ns, struct str id, int64_t amount,
                            int64_t ttl, int64_t *ret_number) {
    struct kv_op op = {.verb = KV_INCREMENT, .ns = ns, .id = id, .amount = amount, .ttl = ttl};
    kv_run(kv, arena, &op, 1);
    if (op.status == KV_DONE) {
        *ret_number = op.number;
    }
    return op.status;
}
