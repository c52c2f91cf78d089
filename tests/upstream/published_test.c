/*
 * Documents of others, kept: how often they are fetched, what is used when they cannot be had, and that nobody is left
 * with one that is gone. The one who publishes is a thread of this test.
 */
#include "upstream/published.h"

#include "base/clock.h"
#include "on_loop.h"
#include "test.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#define TIMEOUT_MS 2000

/* --- who publishes --- */

struct publisher {
    int fd;
    uint16_t port;
    pthread_t thread;
    _Atomic int calls, status, delay_ms;
};

static void answer(struct publisher *publisher, int fd) {
    char heard[2048], said[256];
    if (recv(fd, heard, sizeof(heard), 0) > 0) {
        usleep((useconds_t)publisher->delay_ms * 1000);
        int len = snprintf(said, sizeof(said),
                           "HTTP/1.1 %d X\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: 1"
                           "\r\n\r\n%d",
                           publisher->status, publisher->calls % 10);
        CHECK(send(fd, said, (size_t)len, MSG_NOSIGNAL) <= len);
    }
    close(fd);
}

static void *serve(void *arg) {
    struct publisher *publisher = arg;
    for (int fd; (fd = accept(publisher->fd, NULL, NULL)) >= 0;) {
        publisher->calls++;
        answer(publisher, fd);
    }
    return NULL;
}

static void publisher_start(struct publisher *publisher) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    publisher->status = 200;
    publisher->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(publisher->fd >= 0 && bind(publisher->fd, (struct sockaddr *)&address, len) == 0 &&
          getsockname(publisher->fd, (struct sockaddr *)&address, &len) == 0 && listen(publisher->fd, 16) == 0);
    publisher->port = ntohs(address.sin_port);
    CHECK(pthread_create(&publisher->thread, NULL, serve, publisher) == 0);
}

static void publisher_stop(struct publisher *publisher) {
    shutdown(publisher->fd, SHUT_RDWR);
    pthread_join(publisher->thread, NULL);
    close(publisher->fd);
}

/* --- what is kept: the digit that was told --- */

struct fixture {
    struct publisher publisher;
    struct loop *loop;
    struct fetcher *fetcher;
    struct arena *arena;
    struct published *published;
    int failures, waiting, got_nothing;
    _Atomic int alive; /* documents */
};

static void *read_digit(void *ctx, struct str body) {
    struct fixture *fixture = ctx;
    if (body.len != 1) {
        return NULL;
    }
    fixture->alive++;
    int *digit = check_malloc(sizeof(*digit));
    *digit = body.ptr[0] - '0';
    return digit;
}

static struct fixture *the_fixture;

static void release_digit(void *document) {
    the_fixture->alive--;
    free(document);
}

static void count_failure(void *ctx, enum fetch_result result, int status) {
    struct fixture *fixture = ctx;
    fixture->failures++;
}

static int begin(void **state) {
    struct fixture *fixture = the_fixture = check_calloc(1, sizeof(*fixture));
    const struct fetch_options options = {0};
    publisher_start(&fixture->publisher);
    fixture->arena = arena_new();
    fixture->loop = loop_new();
    fixture->fetcher = fetcher_new(fixture->loop, &options);
    *state = fixture;
    return 0;
}

static int end(void **state) {
    struct fixture *fixture = *state;
    publisher_stop(&fixture->publisher);
    fetcher_free(fixture->fetcher);
    loop_free(fixture->loop);
    arena_free(fixture->arena);
    int alive = fixture->alive;
    free(fixture);
    return alive == 0 ? 0 : -1;
}

static void open_published(struct fixture *fixture, int64_t fresh_s, int64_t pause_s, int64_t retry_s,
                           int64_t stale_s) {
    const struct published_options options = {
        .url = str_format(fixture->arena, "http://127.0.0.1:%d/keys", fixture->publisher.port),
        .fresh_s = fresh_s,
        .pause_s = pause_s,
        .retry_s = retry_s,
        .stale_s = stale_s,
        .answer_ceiling = 100,
        .read = read_digit,
        .release = release_digit,
        .failed = count_failure,
        .ctx = fixture,
    };
    fixture->published = published_new(&options);
}

/* The digit, or -1 for nothing. */
static int get(struct fixture *fixture, enum published_want want) {
    const int *digit = published_get(fixture->published, fixture->fetcher, fixture->arena, TIMEOUT_MS, want);
    return digit ? *digit : -1;
}

static void check_fresh(void *arg) {
    struct fixture *fixture = arg;
    assert_int_equal(get(fixture, PUBLISHED_FRESH), 1);
    assert_int_equal(get(fixture, PUBLISHED_FRESH), 1);
    assert_int_equal(get(fixture, PUBLISHED_NEWER), 1); /* asked for just now */
    fiber_sleep(1050);
    assert_int_equal(get(fixture, PUBLISHED_FRESH), 1);
    assert_int_equal(get(fixture, PUBLISHED_NEWER), 2);
    assert_int_equal(get(fixture, PUBLISHED_NEWER), 2);
    assert_int_equal(fixture->publisher.calls, 2);
}

static void it_is_fetched_again_no_sooner_than_after_the_pause(void **state) {
    struct fixture *fixture = *state;
    open_published(fixture, 3600, 1, 1, 0);
    run_on(fixture->loop, check_fresh, fixture);
    published_free(fixture->published);
}

static void check_failing(void *arg) {
    struct fixture *fixture = arg;
    fixture->publisher.status = 500;
    assert_int_equal(get(fixture, PUBLISHED_FRESH), -1);
    assert_int_equal(get(fixture, PUBLISHED_FRESH), -1);
    assert_int_equal(fixture->publisher.calls, 1); /* a failure counts as one */
    assert_int_equal(fixture->failures, 1);
    fiber_sleep(1050);
    fixture->publisher.status = 200;
    assert_int_equal(get(fixture, PUBLISHED_FRESH), 2);
    fixture->publisher.status = 500;
    fiber_sleep(1050);
    assert_int_equal(get(fixture, PUBLISHED_FRESH), 2); /* old, and the best there is */
    assert_int_equal(fixture->publisher.calls, 3);
    fiber_sleep(1050);
    assert_int_equal(get(fixture, PUBLISHED_FRESH), -1); /* too old by now */
    assert_int_equal(fixture->failures, 3);
}

static void what_cannot_be_had_anew_is_used_for_a_while(void **state) {
    struct fixture *fixture = *state;
    open_published(fixture, 1, 1, 1, 2);
    run_on(fixture->loop, check_failing, fixture);
    published_free(fixture->published);
}

static void check_at_once(void *arg) {
    struct fixture *fixture = arg;
    fixture->publisher.status = 500;
    assert_int_equal(get(fixture, PUBLISHED_FRESH), -1);
    fixture->publisher.status = 200;
    assert_int_equal(get(fixture, PUBLISHED_FRESH), 2);
}

static void without_a_pause_it_is_asked_for_again_at_once(void **state) {
    struct fixture *fixture = *state;
    open_published(fixture, 3600, 30, 0, 0);
    run_on(fixture->loop, check_at_once, fixture);
    published_free(fixture->published);
}

static void get_aside(void *arg) {
    struct fixture *fixture = arg;
    fixture->got_nothing += get(fixture, PUBLISHED_FRESH) < 0;
    fixture->waiting--;
}

static void check_together(void *arg) {
    struct fixture *fixture = arg;
    fixture->publisher.delay_ms = 200;
    for (fixture->waiting = 0; fixture->waiting < 10;) {
        fixture->waiting++;
        fiber_spawn(fixture->loop, get_aside, fixture);
    }
    while (fixture->waiting > 0) {
        fiber_sleep(10);
    }
    assert_int_equal(fixture->publisher.calls, 1);
    assert_int_equal(fixture->got_nothing, 0);
}

static void many_at_once_make_one_fetch(void **state) {
    struct fixture *fixture = *state;
    open_published(fixture, 3600, 30, 30, 0);
    run_on(fixture->loop, check_together, fixture);
    published_free(fixture->published);
}

static void check_freed(void *arg) {
    struct fixture *fixture = arg;
    fixture->publisher.delay_ms = 200;
    fixture->waiting = 2;
    fiber_spawn(fixture->loop, get_aside, fixture);
    fiber_spawn(fixture->loop, get_aside, fixture);
    fiber_sleep(50);
    published_free(fixture->published);
    while (fixture->waiting > 0) {
        fiber_sleep(10);
    }
    assert_int_equal(fixture->got_nothing, 2);
    assert_int_equal(fixture->failures, 0);
}

static void who_waits_for_one_that_is_freed_gets_nothing(void **state) {
    struct fixture *fixture = *state;
    open_published(fixture, 3600, 30, 30, 0);
    run_on(fixture->loop, check_freed, fixture);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, begin, end)
RUN_TESTS(WITH(it_is_fetched_again_no_sooner_than_after_the_pause), WITH(what_cannot_be_had_anew_is_used_for_a_while),
          WITH(without_a_pause_it_is_asked_for_again_at_once), WITH(many_at_once_make_one_fetch),
          WITH(who_waits_for_one_that_is_freed_gets_nothing))
