/* Rate limits over two processes: two snapshots of one client, and one memory kv between them. */
#include "domain/registry.h"

#include "base/clock.h"
#include "jose/seal.h"
#include "on_loop.h"
#include "store/kv.h"
#include "test.h"

#include "../src/jose/sealer.h"

#define LIMIT 100

struct process {
    struct domain domain;
    const struct registered_client *client;
};

struct scene {
    struct loop *loop;
    struct kv_memory *memory;
    struct process here, there;
    void (*run)(struct scene *scene);
};

static void open_process(struct process *process, struct scene *scene, int64_t limit) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sealer *sealer = sealer_new(secret_copy(arena, STR("01234567890123456789012345678901")), "secret");
    const struct domain_sealers sealers = {.secret = sealer};
    const struct domain_settings settings = {.issuer = STR("https://id.example")};
    const struct client client = {.client_id = STR("machine"), .rate_limit = limit, .enabled = true};
    struct fault fault;
    assert_true(registry_new(&client, 1, false, &settings, &sealers, &process->domain.registry, &fault));
    sealer_free(sealer);
    process->domain.loop = scene->loop;
    process->domain.kv = kv_memory_open(scene->memory);
    process->client = registry_find(process->domain.registry, STR("machine"));
    assert_non_null(process->client);
}

static void close_process(struct process *process) {
    registry_free(process->domain.registry);
    kv_free(process->domain.kv);
}

static void run_inside(void *arg) {
    struct scene *scene = arg;
    scene->run(scene);
}

static void with_processes(int64_t limit, void (*run)(struct scene *scene)) {
    struct scene scene = {.loop = loop_new(), .memory = kv_memory_new(1 << 20), .run = run};
    open_process(&scene.here, &scene, limit);
    open_process(&scene.there, &scene, limit);
    run_on(scene.loop, run_inside, &scene);
    loop_end_fibers(scene.loop);
    close_process(&scene.here);
    close_process(&scene.there);
    kv_memory_free(scene.memory);
    loop_free(scene.loop);
}

/* How many of so many requests at once are let through. */
static int admitted(const struct process *process, int requests) {
    int through = 0;
    for (int i = 0; i < requests; i++) {
        through += registered_client_within_rate(process->client);
    }
    return through;
}

static long long elsewhere(const struct process *process) {
    return atomic_load(&((struct registered_client *)process->client)->rate.elsewhere);
}

/* To the beginning of a second of the wall clock. */
static void next_second(void) {
    fiber_sleep(1000 - clock_wall_ms() % 1000 + 20);
}

/* A second in which both are asked, until what is shared is as wanted: a machine that is busy may miss one. */
static void ask_until(struct scene *scene, int here, int there, long long wanted_here, long long wanted_there) {
    int64_t deadline = clock_monotonic_ms() + 20000;
    while (elsewhere(&scene->here) != wanted_here || elsewhere(&scene->there) != wanted_there) {
        assert_true(clock_monotonic_ms() < deadline);
        next_second();
        admitted(&scene->here, here);
        admitted(&scene->there, there);
        registry_share_rates(&scene->here.domain);
        registry_share_rates(&scene->there.domain);
    }
}

/* What it may let through at once is taken first; what follows is its part of each second. */
static void parts(struct scene *scene) {
    assert_int_equal(admitted(&scene->here, 2 * LIMIT), LIMIT);
    assert_int_equal(admitted(&scene->there, 2 * LIMIT), LIMIT); /* nothing is known of each other yet */
    ask_until(scene, 3 * LIMIT, LIMIT, 256, 768);
    fiber_sleep(2000);
    const struct process *processes[] = {&scene->here, &scene->there};
    int64_t started = clock_monotonic_ms();
    int through[2] = {0, 0};
    admitted(&scene->here, 2 * LIMIT);
    admitted(&scene->there, 2 * LIMIT);
    while (clock_monotonic_ms() < started + 2000) {
        fiber_sleep(20);
        for (int i = 0; i < 2; i++) {
            through[i] += admitted(processes[i], 10);
        }
    }
    int64_t took = clock_monotonic_ms() - started;
    assert_in_range(through[0], LIMIT * 3 / 4, LIMIT * 3 / 4 * took / 1000 + 2);
    assert_in_range(through[1], LIMIT / 4, LIMIT / 4 * took / 1000 + 2);
}

static void processes_share_a_limit_as_they_are_asked(void **state) {
    with_processes(LIMIT, parts);
}

static void quiet(struct scene *scene) {
    ask_until(scene, 3 * LIMIT, LIMIT, 256, 768);
    registry_share_rates(&scene->there.domain);
    assert_int_equal(elsewhere(&scene->there), 0);
    ask_until(scene, LIMIT / 2, LIMIT / 4, 0, 0); /* together within the limit: nothing is scarce */
}

static void who_is_asked_nothing_or_little_has_the_whole(void **state) {
    with_processes(LIMIT, quiet);
}

static void slow(struct scene *scene) {
    struct registered_client *client = (struct registered_client *)scene->here.client;
    atomic_store(&client->rate.elsewhere, 1023);
    assert_int_equal(admitted(&scene->here, 10), 1);
    fiber_sleep(100);
    assert_int_equal(admitted(&scene->here, 10), 0);
}

static void a_small_part_of_a_small_limit_still_lets_through(void **state) {
    with_processes(1, slow);
}

static void down(struct scene *scene) {
    ask_until(scene, 3 * LIMIT, LIMIT, 256, 768);
    kv_free(scene->here.domain.kv);
    struct kv_memory *full = kv_memory_new(1);
    scene->here.domain.kv = kv_memory_open(full);
    next_second();
    admitted(&scene->here, LIMIT);
    registry_share_rates(&scene->here.domain);
    assert_int_equal(elsewhere(&scene->here), 256);
    kv_free(scene->here.domain.kv);
    kv_memory_free(full);
    scene->here.domain.kv = kv_memory_open(scene->memory);
}

static void while_the_store_is_down_parts_stay(void **state) {
    with_processes(LIMIT, down);
}

RUN_TESTS(cmocka_unit_test(processes_share_a_limit_as_they_are_asked),
          cmocka_unit_test(who_is_asked_nothing_or_little_has_the_whole),
          cmocka_unit_test(a_small_part_of_a_small_limit_still_lets_through),
          cmocka_unit_test(while_the_store_is_down_parts_stay))
