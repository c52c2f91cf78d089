/* Both drivers under the one contract, and what each does when it cannot. The Redis is a real one, started here. */
#include "base/clock.h"
#include "kv_contract.h"
#include "loop/redis.h"
#include "on_loop.h"
#include "own_redis.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void run_contract(void *arg) {
    kv_contract(arg);
}

static void memory_keeps_the_contract(void **state) {
    struct loop *loop = loop_new();
    struct kv_memory *memory = kv_memory_new(1 << 24);
    struct kv *kv = kv_memory_open(memory);
    run_on(loop, run_contract, kv);
    kv_free(kv);
    kv_memory_free(memory);
    loop_free(loop);
}

static void fill(void *arg) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct str value;
    int kept = 0;
    while (kv_put(arg, arena, STR("tt"), str_format(arena, "%d", kept), STR("0123456789"), 100) == KV_DONE) {
        kept++;
        assert_in_range(kept, 0, 10000);
    }
    assert_in_range(kept, 10, 100);
    assert_int_equal(kv_get(arg, arena, STR("tt"), STR("0"), &value), KV_DONE);
}

static void full_memory_refuses_new_entries(void **state) {
    struct loop *loop = loop_new();
    struct kv_memory *memory = kv_memory_new(8192);
    struct kv *kv = kv_memory_open(memory);
    run_on(loop, fill, kv);
    kv_free(kv);
    kv_memory_free(memory);
    loop_free(loop);
}

/* --- a Redis of our own --- */

struct connected {
    struct redis *redis;
    struct kv *kv;
};

static void run_contract_when_up(void *arg) {
    struct connected *connected = arg;
    until_up(connected->kv);
    kv_contract(connected->kv);
}

static void on_redis(void (*run)(void *arg)) {
    struct loop *loop = loop_new();
    struct connected connected = {
        .redis = redis_new(loop, &(struct redis_options){.host = str_from(socket_path), .timeout_ms = 300})};
    connected.kv = kv_redis_new(connected.redis);
    run_on(loop, run, &connected);
    kv_free(connected.kv);
    redis_free(connected.redis);
    loop_free(loop);
}

static void redis_keeps_the_contract(void **state) {
    on_redis(run_contract_when_up);
}

static void lose_and_find(void *arg) {
    struct connected *connected = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct str value;
    until_up(connected->kv);
    stop_redis();
    int64_t before = clock_monotonic_ms();
    assert_int_equal(kv_get(connected->kv, arena, STR("tt"), STR("x"), &value), KV_DOWN);
    assert_int_equal(kv_put(connected->kv, arena, STR("tt"), STR("x"), STR("y"), 10), KV_DOWN);
    assert_true(clock_monotonic_ms() - before < 700);
    start_redis();
    until_up(connected->kv);
    assert_int_equal(kv_put(connected->kv, arena, STR("tt"), STR("x"), STR("y"), 10), KV_DONE);
}

static void a_lost_redis_is_down_at_once_and_comes_back(void **state) {
    on_redis(lose_and_find);
}

static void command(struct connected *connected, struct arena *arena, const char *first, const char *second,
                    const char *third, const char *fourth) {
    const struct str arguments[] = {str_from(first), str_from(second), str_from(third), str_from(fourth)};
    const struct redis_command redis_command = {arguments, 4};
    struct redis_reply reply;
    assert_int_equal(redis_run(connected->redis, arena, &redis_command, 1, &reply), REDIS_DONE);
    assert_int_equal(reply.type, REDIS_TEXT);
}

static void fill_redis(void *arg) {
    struct connected *connected = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    int64_t number;
    until_up(connected->kv);
    command(connected, arena, "CONFIG", "SET", "maxmemory-policy", "noeviction");
    command(connected, arena, "CONFIG", "SET", "maxmemory", "1");
    assert_int_equal(kv_put(connected->kv, arena, STR("tt"), STR("x"), STR("y"), 10), KV_DOWN);
    assert_int_equal(kv_put_new(connected->kv, arena, STR("tt"), STR("x"), STR("y"), 10), KV_DOWN);
    assert_int_equal(kv_increment(connected->kv, arena, STR("tt"), STR("n"), 1, 10, &number), KV_DOWN);
    command(connected, arena, "CONFIG", "SET", "maxmemory", "0");
    assert_int_equal(kv_put(connected->kv, arena, STR("tt"), STR("x"), STR("y"), 10), KV_DONE);
}

static void a_full_redis_is_down_never_half_done(void **state) {
    on_redis(fill_redis);
}

static void wait_for_the_silent(void *arg) {
    struct connected *connected = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    struct str value;
    fiber_sleep(500);
    assert_false(kv_is_up(connected->kv));
    assert_int_equal(kv_get(connected->kv, arena, STR("tt"), STR("x"), &value), KV_DOWN);
    unlink(socket_path);
    start_redis();
    until_up(connected->kv);
}

/* It takes the connection, and then nothing comes. */
static void a_silent_host_is_given_up_and_tried_again(void **state) {
    stop_redis();
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, socket_path, strlen(socket_path));
    int silent = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(silent, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(silent, 8), 0);
    on_redis(wait_for_the_silent);
    close(silent);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN); /* as the programs do */
#define ON_REDIS(test) cmocka_unit_test_setup_teardown(test, make_redis, drop_redis)
    const struct CMUnitTest tests[] = {cmocka_unit_test(memory_keeps_the_contract),
                                       cmocka_unit_test(full_memory_refuses_new_entries),
                                       ON_REDIS(redis_keeps_the_contract),
                                       ON_REDIS(a_lost_redis_is_down_at_once_and_comes_back),
                                       ON_REDIS(a_full_redis_is_down_never_half_done),
                                       ON_REDIS(a_silent_host_is_given_up_and_tried_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
