/* The history over two nodes, on memory and on a real Redis: sums, percentiles over nodes, and what is missing. */
#include "domain/history.h"

#include "loop/redis.h"
#include "on_loop.h"
#include "own_redis.h"

struct setup {
    struct domain domain;
    struct redis *redis; /* NULL with memory */
};

static struct history_minute minute_of(int64_t minute, uint64_t sign_ins, int64_t took_us, const char *upstream) {
    struct history_minute made = {
        .minute = minute,
        .activity = {.sign_ins = sign_ins, .requests = 10 * sign_ins, .errors = 1, .upstream_count = 1}};
    for (uint64_t i = 0; i < 10 * sign_ins; i++) {
        histogram_add(&made.activity.latency, took_us);
    }
    made.activity.upstreams[0] = (struct activity_upstream){.name = str_from(upstream), .calls = 4, .failures = 1};
    histogram_add(&made.activity.upstreams[0].took, took_us);
    return made;
}

static struct history read_history(struct domain *domain, struct arena *arena, int64_t minutes, int64_t step) {
    struct history history;
    assert_int_equal(history_read(domain, arena, minutes, step, &history), DOMAIN_DONE);
    assert_int_equal(history.count, minutes / step);
    for (size_t i = 0; i < history.count; i++) {
        assert_int_equal(history.points[i].at % (60 * step), 0);
        assert_true(i == 0 || history.points[i].at - history.points[i - 1].at == 60 * step);
    }
    return history;
}

static const struct history_point *point_at(const struct history *history, int64_t minute) {
    for (size_t i = history->count; i > 0; i--) {
        if (history->points[i - 1].at <= minute * 60) {
            return &history->points[i - 1];
        }
    }
    fail();
    return NULL;
}

static void put(struct domain *domain, struct arena *arena, const char *node, const struct history_minute *minutes,
                size_t count) {
    assert_int_equal(history_flush(domain, arena, str_from(node), minutes, count), DOMAIN_DONE);
}

/* Far enough from both ends that the clock may go on meanwhile. */
static void two_nodes(struct domain *domain, struct arena *arena, int64_t now) {
    const struct history_minute a[] = {minute_of(now - 20, 3, 80, "population"),
                                       minute_of(now - 19, 1, 80, "population")};
    const struct history_minute b = minute_of(now - 20, 1, 3000, "population");
    put(domain, arena, "node-a", a, ARRAY_LEN(a));
    put(domain, arena, "node-b", &b, 1);
    struct history hour = read_history(domain, arena, 60, 1);
    const struct history_point *both = point_at(&hour, now - 20), *one = point_at(&hour, now - 19);
    assert_int_equal(both->nodes, 2);
    assert_int_equal(both->activity.sign_ins, 4);
    assert_int_equal(both->activity.requests, 40);
    assert_int_equal(both->activity.errors, 2);
    assert_int_equal(both->activity.upstream_count, 1);
    assert_str(both->activity.upstreams[0].name, "population");
    assert_int_equal(both->activity.upstreams[0].calls, 8);
    assert_int_equal(both->activity.upstreams[0].failures, 2);
    assert_int_equal(histogram_count(&both->activity.upstreams[0].took), 2);
    /* 30 requests of 80 µs and 10 of 3 ms: three quarters were fast, and no average of percentiles would say so. */
    assert_int_equal(histogram_quantile_us(&both->activity.latency, 750), 100);
    assert_in_range(histogram_quantile_us(&both->activity.latency, 760), 2500, 5000);
    assert_int_equal(one->nodes, 1);
    assert_int_equal(one->activity.sign_ins, 1);
    assert_int_equal(point_at(&hour, now - 18)->nodes, 0);
    assert_int_equal(point_at(&hour, now - 18)->activity.requests, 0);
}

static void a_day(struct domain *domain, struct arena *arena, int64_t now) {
    const struct history_minute old = minute_of(now - 1400, 7, 80, "corporate");
    put(domain, arena, "node-c", &old, 1);
    struct history day = read_history(domain, arena, 1440, 10);
    const struct history_point *point = point_at(&day, now - 1400);
    assert_int_equal(point->activity.sign_ins, 7);
    assert_str(point->activity.upstreams[0].name, "corporate");
    uint64_t sum = 0;
    for (size_t i = 0; i < day.count; i++) {
        sum += day.points[i].activity.sign_ins;
    }
    assert_int_equal(sum, 3 + 1 + 1 + 7);
}

/* The minute before the present one is the newest there can be; the present one is nobody's yet. */
static void the_newest(struct domain *domain, struct arena *arena) {
    int64_t now = clock_wall() / 60;
    const struct history_minute minutes[] = {minute_of(now - 1, 2, 80, "population"),
                                             minute_of(now + 5, 2, 80, "population")};
    put(domain, arena, "node-d", minutes, ARRAY_LEN(minutes));
    struct history hour = read_history(domain, arena, 60, 1);
    assert_true(hour.points[hour.count - 1].at / 60 >= now - 1);
    assert_int_equal(point_at(&hour, now - 1)->activity.sign_ins, 2);
}

/* More than one batch, and what is not a record of ours is passed over. */
static void many_minutes(struct domain *domain, struct arena *arena, int64_t now) {
    struct history_minute *minutes = arena_array_of(arena, HISTORY_FLUSH_MOST, struct history_minute);
    for (int64_t node = 0; node < 30; node++) {
        for (int64_t i = 0; i < HISTORY_FLUSH_MOST; i++) {
            minutes[i] = minute_of(now - 200 - i, 1, 80, "population");
        }
        put(domain, arena, str_c(arena, str_format(arena, "many-%lld", (long long)node)), minutes, HISTORY_FLUSH_MOST);
    }
    struct str broken = str_format(arena, "%lld:many-0", (long long)(now - 210));
    assert_int_equal(kv_put(domain->kv, arena, STR("mh"), broken, STR("not a record"), 100), KV_DONE);
    struct history history = read_history(domain, arena, 360, 1);
    assert_int_equal(point_at(&history, now - 200)->nodes, 30);
    assert_int_equal(point_at(&history, now - 259)->activity.sign_ins, 30);
    assert_int_equal(point_at(&history, now - 210)->nodes, 29);
}

static void check_all(struct domain *domain) {
    struct arena *arena ARENA_AUTO = arena_new();
    int64_t now = clock_wall() / 60;
    two_nodes(domain, arena, now);
    a_day(domain, arena, now);
    the_newest(domain, arena);
    many_minutes(domain, arena, now);
}

static void run_on_memory(void *arg) {
    struct setup *setup = arg;
    check_all(&setup->domain);
}

static void nodes_are_added_up_on_memory(void **state) {
    struct loop *loop = loop_new();
    struct kv_memory *memory = kv_memory_new(1 << 24);
    struct setup setup = {.domain = {.loop = loop, .kv = kv_memory_open(memory)}};
    run_on(loop, run_on_memory, &setup);
    kv_free(setup.domain.kv);
    kv_memory_free(memory);
    loop_free(loop);
}

static void run_on_redis(void *arg) {
    struct setup *setup = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    until_up(setup->domain.kv);
    check_all(&setup->domain);
    stop_redis();
    struct history history;
    const struct history_minute minute = minute_of(clock_wall() / 60 - 1, 1, 80, "population");
    while (kv_is_up(setup->domain.kv)) {
        fiber_sleep(10);
    }
    assert_int_equal(history_read(&setup->domain, arena, 60, 1, &history), DOMAIN_UNAVAILABLE);
    assert_int_equal(history_flush(&setup->domain, arena, STR("node"), &minute, 1), DOMAIN_UNAVAILABLE);
    start_redis();
}

static void nodes_are_added_up_on_redis(void **state) {
    struct loop *loop = loop_new();
    struct setup setup = {.domain = {.loop = loop}};
    setup.redis = redis_new(loop, &(struct redis_options){.host = str_from(socket_path), .timeout_ms = 1000});
    setup.domain.kv = kv_redis_new(setup.redis);
    run_on(loop, run_on_redis, &setup);
    kv_free(setup.domain.kv);
    redis_free(setup.redis);
    loop_free(loop);
}

static void a_record_is_read_as_it_was_written(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct activity read, activity = minute_of(1, 3, 80, "population").activity;
    struct buf buf;
    activity.tokens = UINT64_MAX;
    buf_init(&buf, arena, 64, ACTIVITY_PACKED_MOST);
    activity_pack(&activity, &buf);
    assert_true(activity_unpack(buf_str(&buf), &read));
    assert_int_equal(read.tokens, UINT64_MAX);
    assert_int_equal(read.errors, 1);
    assert_memory_equal(&read.latency, &activity.latency, sizeof(read.latency));
    assert_str(read.upstreams[0].name, "population");
    for (size_t len = 0; len < buf.len; len++) {
        assert_false(activity_unpack(str_sub(buf_str(&buf), 0, len), &read));
    }
    buf_putc(&buf, 'x');
    assert_false(activity_unpack(buf_str(&buf), &read));
    struct activity since = activity_since(&activity, &activity);
    assert_int_equal(since.tokens + since.errors + histogram_count(&since.latency) + since.upstreams[0].calls, 0);
}

static void upstreams_past_the_most_are_left_out(void **state) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct activity sum = {0};
    for (int i = 0; i < ACTIVITY_UPSTREAMS_MOST + 4; i++) {
        struct activity part = {.requests = 1, .upstream_count = 1};
        part.upstreams[0] = (struct activity_upstream){.name = str_format(arena, "u%d", i), .calls = 1};
        activity_merge(&sum, &part);
    }
    assert_int_equal(sum.upstream_count, ACTIVITY_UPSTREAMS_MOST);
    assert_int_equal(sum.requests, ACTIVITY_UPSTREAMS_MOST + 4);
}

RUN_TESTS(cmocka_unit_test(nodes_are_added_up_on_memory),
          cmocka_unit_test_setup_teardown(nodes_are_added_up_on_redis, make_redis, drop_redis),
          cmocka_unit_test(a_record_is_read_as_it_was_written), cmocka_unit_test(upstreams_past_the_most_are_left_out))
