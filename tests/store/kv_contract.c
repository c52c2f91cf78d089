/* The kv contract, verb by verb. */
#include "kv_contract.h"

#include "loop/fiber.h"
#include "loop/loop.h"
#include "test.h"

static const struct str ns = STR_INIT("tt");

static enum kv_status one(struct kv *kv, struct arena *arena, struct kv_op *op) {
    kv_run(kv, arena, op, 1);
    return op->status;
}

static void values(struct kv *kv, struct arena *arena) {
    struct str value, binary = str_of("a\0\r\n\xff", 5);
    assert_int_equal(kv_get(kv, arena, ns, STR("v"), &value), KV_MISSING);
    assert_int_equal(kv_put(kv, arena, ns, STR("v"), binary, 10), KV_DONE);
    assert_int_equal(kv_get(kv, arena, ns, STR("v"), &value), KV_DONE);
    assert_true(str_equal(value, binary));
    assert_int_equal(kv_put_new(kv, arena, ns, STR("v"), STR("x"), 10), KV_CONFLICT);
    assert_int_equal(kv_take(kv, arena, ns, STR("v"), &value), KV_DONE);
    assert_true(str_equal(value, binary));
    assert_int_equal(kv_take(kv, arena, ns, STR("v"), &value), KV_MISSING);
    assert_int_equal(kv_put_new(kv, arena, ns, STR("v"), STR(""), 10), KV_DONE);
    assert_int_equal(kv_get(kv, arena, ns, STR("v"), &value), KV_DONE);
    assert_int_equal(value.len, 0);
    assert_int_equal(kv_delete(kv, arena, ns, STR("v")), KV_DONE);
    assert_int_equal(kv_delete(kv, arena, ns, STR("v")), KV_DONE);
    assert_int_equal(kv_get(kv, arena, STR("uu"), STR("v"), &value), KV_MISSING);
}

static void replacing(struct kv *kv, struct arena *arena) {
    struct kv_op replace = {
        .verb = KV_REPLACE, .ns = ns, .id = STR("r"), .expected = STR("1"), .value = STR("2"), .ttl = 10};
    assert_int_equal(one(kv, arena, &replace), KV_MISSING);
    kv_put(kv, arena, ns, STR("r"), STR("1"), 10);
    assert_int_equal(one(kv, arena, &replace), KV_DONE);
    assert_int_equal(one(kv, arena, &replace), KV_CONFLICT);
    struct str value;
    assert_int_equal(kv_get(kv, arena, ns, STR("r"), &value), KV_DONE);
    assert_str(value, "2");
}

static void counting(struct kv *kv, struct arena *arena) {
    struct kv_op count = {.verb = KV_COUNT, .ns = ns, .id = STR("n")};
    int64_t number;
    assert_int_equal(one(kv, arena, &count), KV_DONE);
    assert_int_equal(count.number, 0);
    assert_int_equal(kv_increment(kv, arena, ns, STR("n"), 3, 10, &number), KV_DONE);
    assert_int_equal(number, 3);
    assert_int_equal(kv_increment(kv, arena, ns, STR("n"), -1, 10, &number), KV_DONE);
    assert_int_equal(number, 2);
    assert_int_equal(one(kv, arena, &count), KV_DONE);
    assert_int_equal(count.number, 2);
}

static void sets(struct kv *kv, struct arena *arena) {
    struct kv_op members = {.verb = KV_SET_MEMBERS, .ns = ns, .id = STR("s")};
    assert_int_equal(one(kv, arena, &members), KV_DONE);
    assert_int_equal(members.member_count, 0);
    for (int i = 0; i < 1000; i++) {
        struct kv_op add = {
            .verb = KV_SET_ADD, .ns = ns, .id = STR("s"), .value = str_format(arena, "m%d", i), .ttl = 10};
        assert_int_equal(one(kv, arena, &add), KV_DONE);
        assert_int_equal(add.number, 1);
    }
    struct kv_op more = {.verb = KV_SET_ADD, .ns = ns, .id = STR("s"), .value = STR("one more"), .ttl = 10};
    assert_int_equal(one(kv, arena, &more), KV_CONFLICT);
    assert_int_equal(more.number, 0);
    struct kv_op again = {.verb = KV_SET_ADD, .ns = ns, .id = STR("s"), .value = STR("m5"), .ttl = 10};
    assert_int_equal(one(kv, arena, &again), KV_DONE);
    assert_int_equal(again.number, 0);
    struct kv_op drop = {.verb = KV_SET_REMOVE, .ns = ns, .id = STR("s"), .value = STR("m5")};
    assert_int_equal(one(kv, arena, &drop), KV_DONE);
    assert_int_equal(one(kv, arena, &more), KV_DONE);
    assert_int_equal(more.number, 1);
    assert_int_equal(one(kv, arena, &members), KV_DONE);
    assert_int_equal(members.member_count, 1000);
}

/* Entries end by themselves; GET_KEEP starts their time anew, a counter's is not moved by counting. */
static void times(struct kv *kv, struct arena *arena) {
    struct kv_op keep = {.verb = KV_GET_KEEP, .ns = ns, .id = STR("k"), .ttl = 2};
    struct str value;
    int64_t number;
    kv_put(kv, arena, ns, STR("short"), STR("x"), 1);
    kv_put(kv, arena, ns, STR("k"), STR("x"), 1);
    kv_increment(kv, arena, ns, STR("c"), 1, 1, &number);
    fiber_sleep(600);
    assert_int_equal(one(kv, arena, &keep), KV_DONE);
    kv_increment(kv, arena, ns, STR("c"), 1, 1, &number);
    assert_int_equal(number, 2);
    fiber_sleep(700);
    assert_int_equal(kv_get(kv, arena, ns, STR("short"), &value), KV_MISSING);
    assert_int_equal(kv_get(kv, arena, ns, STR("k"), &value), KV_DONE);
    kv_increment(kv, arena, ns, STR("c"), 1, 1, &number);
    assert_int_equal(number, 1);
}

static void batches(struct kv *kv, struct arena *arena) {
    struct kv_op ops[] = {
        {.verb = KV_PUT, .ns = ns, .id = STR("b1"), .value = STR("1"), .ttl = 10},
        {.verb = KV_GET, .ns = ns, .id = STR("b1")},
        {.verb = KV_GET, .ns = ns, .id = STR("b2")},
        {.verb = KV_DELETE, .ns = ns, .id = STR("b1")},
    };
    assert_int_equal(kv_run(kv, arena, ops, ARRAY_LEN(ops)), KV_DONE);
    assert_int_equal(ops[1].status, KV_DONE);
    assert_str(ops[1].result, "1");
    assert_int_equal(ops[2].status, KV_MISSING);
}

struct taking {
    struct kv *kv;
    int wins, tries;
};

static void take_one(void *arg) {
    struct taking *taking = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct str value;
    taking->wins += kv_take(taking->kv, arena, ns, STR("once"), &value) == KV_DONE;
    taking->tries++;
}

static void one_winner(struct kv *kv, struct arena *arena) {
    struct taking taking = {.kv = kv};
    kv_put(kv, arena, ns, STR("once"), STR("x"), 10);
    for (int i = 0; i < 50; i++) {
        fiber_spawn(loop_current(), take_one, &taking);
    }
    while (taking.tries < 50) {
        fiber_sleep(2);
    }
    assert_int_equal(taking.wins, 1);
}

void kv_contract(struct kv *kv) {
    struct arena *arena ARENA_AUTO = arena_new();
    values(kv, arena);
    replacing(kv, arena);
    counting(kv, arena);
    sets(kv, arena);
    times(kv, arena);
    batches(kv, arena);
    one_winner(kv, arena);
}
