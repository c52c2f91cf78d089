/*
 * The token that CTID gives us: one renewal for all who need it, whatever it comes to, and none that puts an older
 * token in the place of a newer one. The platform is threads of this test.
 */
#include "base/clock.h"
#include "base/encode.h"
#include "base/json.h"
#include "config/yaml.h"
#include "loop/fetch.h"
#include "on_loop.h"
#include "test.h"
#include "upstream/ctid.h"
#include "upstream/upstream.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY        "30313233343536373839616263646566"
#define KEY_BYTES  STR("0123456789abcdef")
#define SERIAL     "49C825540937201000"
#define TIMEOUT_MS 3000
#define MANY       8

static const char private_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                  "MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgAyntZLUYVtzb4QSq\n"
                                  "2wZYuR7sWC3QOBtgf/CmpeFNBzWhRANCAAQmnBdsGlVE/CKrEyLMu3HUtVCFjloa\n"
                                  "1N5vXMP4oGidXURrSjpboo7eI6N6LUihgFb9z2FFIWWpQXtfqz34mJKb\n"
                                  "-----END PRIVATE KEY-----\n";
static const char public_pem[] = "-----BEGIN PUBLIC KEY-----\n"
                                 "MFkwEwYHKoZIzj0CAQYIKoEcz1UBgi0DQgAEJpwXbBpVRPwiqxMizLtx1LVQhY5a\n"
                                 "GtTeb1zD+KBonV1Ea0o6W6KO3iOjei1IoYBW/c9hRSFlqUF7X6s9+JiSmw==\n"
                                 "-----END PUBLIC KEY-----\n";

/* --- the platform: its tokens are 1, 2, 3, …; those below `oldest` are not good any more --- */

struct platform {
    int fd;
    uint16_t port;
    pthread_t thread;
    _Atomic int given, oldest, asked, token_delay_ms, talking;
    _Atomic bool gives;
};

struct talk {
    struct platform *platform;
    int fd;
};

static struct str field_of(const char *request, const char *name) {
    const char *at = strstr(request, name);
    CHECK(at);
    at += strlen(name);
    return str_of(at, strcspn(at, "\r"));
}

static bool hear(int fd, char *heard, size_t size) {
    size_t len = 0;
    uint64_t wanted;
    for (;;) {
        ssize_t more = recv(fd, heard + len, size - 1 - len, 0);
        if (more <= 0) {
            return false;
        }
        len += (size_t)more;
        heard[len] = '\0';
        const char *body = strstr(heard, "\r\n\r\n");
        if (body && str_to_u64(field_of(heard, "Content-Length: "), &wanted) && strlen(body + 4) >= wanted) {
            return true;
        }
    }
}

static void tell(int fd, struct arena *arena, int status, struct str body) {
    struct str text = str_format(arena,
                                 "HTTP/1.1 %d X\r\nConnection: close\r\nContent-Type: application/json\r\n"
                                 "Content-Length: %zu\r\n\r\n%.*s",
                                 status, body.len, STR_ARG(body));
    CHECK(send(fd, text.ptr, text.len, MSG_NOSIGNAL) <= (ssize_t)text.len);
}

static void give_token(struct talk *talk, struct arena *arena) {
    struct platform *platform = talk->platform;
    int token = ++platform->given;
    usleep((useconds_t)platform->token_delay_ms * 1000);
    struct str body = str_format(arena, "{\"code\":\"0\",\"data\":{\"token\":\"%d\",\"expireTime\":%lld}}", token,
                                 (long long)clock_wall_ms() + 3600000);
    tell(talk->fd, arena, platform->gives ? 200 : 503, body);
}

static struct str signed_answer(struct arena *arena, const struct sm2_key *key, struct str nonce, const char *code,
                                struct str plain) {
    const struct json *sealed;
    struct str data = STR("");
    CHECK(str_is_empty(plain) ||
          (json_parse(arena, ctid_body_seal(arena, KEY_BYTES, plain), JSON_LIMITS_TOKEN, &sealed) &&
           json_get_str(sealed, "data", &data)));
    struct str text = ctid_signed_text(arena, nonce, str_from(code), data);
    struct str sign = base64_encode(arena, sm2_sign_as(key, arena, text, SM2_DER));
    return str_format(arena, "{\"code\":\"%s\",\"data\":\"%.*s\",\"sign\":\"%.*s\"}", code, STR_ARG(data),
                      STR_ARG(sign));
}

/* Good for apply and for request. */
static struct str good_plain(struct arena *arena, const struct sm2_key *key, const char *heard) {
    const struct json *asked;
    struct str plain, out_serial = STR("");
    CHECK(ctid_body_open(arena, KEY_BYTES, str_from(strstr(heard, "\r\n\r\n") + 4), &plain) &&
          json_parse(arena, plain, JSON_LIMITS_TOKEN, &asked));
    json_get_str(asked, "outSerial", &out_serial);
    struct str random = ctid_random_write(arena, key, STR("0123456789abcdef"));
    return str_format(arena,
                      "{\"bizSerialNum\":\"" SERIAL "\",\"outSerial\":\"%.*s\",\"randNum\":\"%.*s\","
                      "\"authResult\":\"0XXX\"}",
                      STR_ARG(out_serial), STR_ARG(random));
}

static void answer(struct talk *talk, const char *heard) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct sm2_key *key;
    int64_t token;
    if (strstr(heard, CTID_TOKEN_PATH)) {
        give_token(talk, arena);
        return;
    }
    talk->platform->asked++;
    CHECK(sm2_key_parse_private(arena, str_from(private_pem), &key) &&
          str_to_i64(field_of(heard, "Authorization: "), &token));
    bool good = token >= talk->platform->oldest;
    tell(talk->fd, arena, 200,
         signed_answer(arena, key, field_of(heard, "nonce: "), good ? CTID_CODE_DONE : CTID_CODE_TOKEN,
                       good ? good_plain(arena, key, heard) : STR("")));
}

static void *talk_once(void *arg) {
    struct talk *talk = arg;
    char heard[8192];
    if (hear(talk->fd, heard, sizeof(heard))) {
        answer(talk, heard);
    }
    shutdown(talk->fd, SHUT_WR);
    close(talk->fd);
    talk->platform->talking--;
    free(talk);
    return NULL;
}

/* Ends when the listening socket is shut down. */
static void *serve(void *arg) {
    struct platform *platform = arg;
    for (int fd; (fd = accept(platform->fd, NULL, NULL)) >= 0;) {
        pthread_t thread;
        struct talk *talk = check_calloc(1, sizeof(*talk));
        *talk = (struct talk){platform, fd};
        platform->talking++;
        CHECK(pthread_create(&thread, NULL, talk_once, talk) == 0 && pthread_detach(thread) == 0);
    }
    return NULL;
}

static void platform_start(struct platform *platform) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    platform->gives = true;
    platform->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(platform->fd >= 0 && bind(platform->fd, (struct sockaddr *)&address, len) == 0 &&
          getsockname(platform->fd, (struct sockaddr *)&address, &len) == 0 && listen(platform->fd, 64) == 0);
    platform->port = ntohs(address.sin_port);
    CHECK(pthread_create(&platform->thread, NULL, serve, platform) == 0);
}

static void platform_stop(struct platform *platform) {
    shutdown(platform->fd, SHUT_RDWR);
    pthread_join(platform->thread, NULL);
    close(platform->fd);
    while (platform->talking > 0) {
        usleep(1000);
    }
}

/* --- who asks --- */

struct fixture {
    struct platform platform;
    struct arena *arena;
    struct loop *loop;
    struct fetcher *fetcher;
    struct upstream *upstream;
    struct str key_path;
    int waiting, answers[VERIFY_RESULTS];
};

static void open_upstream(struct fixture *fixture) {
    struct config_problems problems = {.arena = fixture->arena};
    struct fault fault;
    struct str entry = str_format(fixture->arena, "{adapter: ctid, key: \"" KEY "\", public_key: \"%.*s\"}",
                                  STR_ARG(fixture->key_path));
    struct upstream_settings settings = {
        .name = STR("ctid"),
        .adapter = STR("ctid"),
        .url = str_format(fixture->arena, "http://127.0.0.1:%d", fixture->platform.port),
        .app_id = STR("tongxing"),
        .secret = STR("a secret for tests only"),
        .timeout_ms = TIMEOUT_MS,
        .concurrent = MANY,
        .breaker_errors = 1000,
        .breaker_ms = 1000,
    };
    CHECK(yaml_parse(fixture->arena, entry, STR("test"), &settings.entry, &problems) &&
          upstream_open(&settings, fixture->fetcher, &fixture->upstream, &fault));
}

static int begin(void **state) {
    struct fixture *fixture = check_calloc(1, sizeof(*fixture));
    const struct fetch_options options = {0};
    char path[] = "/tmp/tongxing-ctid-XXXXXX";
    int file = mkstemp(path);
    CHECK(file >= 0 && write(file, public_pem, strlen(public_pem)) == (ssize_t)strlen(public_pem) && close(file) == 0);
    fixture->arena = arena_new();
    fixture->key_path = str_dup(fixture->arena, str_from(path));
    fixture->loop = loop_new();
    fixture->fetcher = fetcher_new(fixture->loop, &options);
    platform_start(&fixture->platform);
    open_upstream(fixture);
    *state = fixture;
    return 0;
}

static int end(void **state) {
    struct fixture *fixture = *state;
    unlink(str_c(fixture->arena, fixture->key_path));
    upstream_free(fixture->upstream);
    fetcher_free(fixture->fetcher);
    loop_free(fixture->loop);
    platform_stop(&fixture->platform);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static void ask(void *arg) {
    struct fixture *fixture = arg;
    struct arena *arena ARENA_AUTO = arena_new();
    const struct upstream_asked asked = {.name = STR("测试甲"), .id_number = STR("110105188812310013")};
    struct upstream_found found;
    fixture->answers[upstream_verify(fixture->upstream, arena, &asked, &found)]++;
    fixture->waiting--;
}

static void ask_together(struct fixture *fixture, int count) {
    memset(fixture->answers, 0, sizeof(fixture->answers));
    for (int i = 0; i < count; i++) {
        fixture->waiting++;
        fiber_spawn(fixture->loop, ask, fixture);
    }
    while (fixture->waiting > 0) {
        fiber_sleep(5);
    }
}

/* --- tests --- */

static void begin_together(void *arg) {
    struct fixture *fixture = arg;
    fixture->platform.token_delay_ms = 200;
    ask_together(fixture, MANY);
    assert_int_equal(fixture->answers[VERIFY_MATCH], MANY);
    assert_int_equal(fixture->platform.given, 1);
    ask_together(fixture, MANY);
    assert_int_equal(fixture->platform.given, 1);
}

static void many_at_once_make_one_renewal(void **state) {
    run_on(((struct fixture *)*state)->loop, begin_together, *state);
}

static void fail_together(void *arg) {
    struct fixture *fixture = arg;
    fixture->platform.token_delay_ms = 200;
    fixture->platform.gives = false;
    ask_together(fixture, MANY);
    assert_int_equal(fixture->answers[VERIFY_UPSTREAM_ERROR], MANY);
    assert_int_equal(fixture->platform.given, 1);
    assert_int_equal(fixture->platform.asked, 0);
    fixture->platform.gives = true;
    ask_together(fixture, 1);
    assert_int_equal(fixture->answers[VERIFY_MATCH], 1);
}

static void a_failed_renewal_fails_all_who_waited(void **state) {
    run_on(((struct fixture *)*state)->loop, fail_together, *state);
}

static void be_refused_together(void *arg) {
    struct fixture *fixture = arg;
    ask_together(fixture, 1);
    fixture->platform.oldest = 2;
    fixture->platform.token_delay_ms = 100;
    ask_together(fixture, MANY);
    assert_int_equal(fixture->answers[VERIFY_MATCH], MANY);
    assert_int_equal(fixture->platform.given, 2);
}

static void a_token_that_many_are_refused_with_is_renewed_once(void **state) {
    run_on(((struct fixture *)*state)->loop, be_refused_together, *state);
}

static void wait_too_long(void *arg) {
    struct fixture *fixture = arg;
    int64_t before = clock_monotonic_ms();
    fixture->platform.token_delay_ms = TIMEOUT_MS + 1000;
    ask_together(fixture, MANY);
    assert_int_equal(fixture->answers[VERIFY_UPSTREAM_ERROR], MANY);
    assert_int_equal(fixture->platform.given, 1);
    assert_in_range(clock_monotonic_ms() - before, TIMEOUT_MS, TIMEOUT_MS + 500);
}

static void nobody_waits_beyond_the_time_of_the_call(void **state) {
    run_on(((struct fixture *)*state)->loop, wait_too_long, *state);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, begin, end)
RUN_TESTS(WITH(many_at_once_make_one_renewal), WITH(a_failed_renewal_fails_all_who_waited),
          WITH(a_token_that_many_are_refused_with_is_renewed_once), WITH(nobody_waits_beyond_the_time_of_the_call))
