/*
 * The population adapter behind its guard, against a service on a socket of this test that answers well, badly, late,
 * or not at all.
 */
#include "base/clock.h"
#include "base/json.h"
#include "loop/fetch.h"
#include "on_loop.h"
#include "test.h"
#include "upstream/population.h"
#include "upstream/upstream.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECRET     STR("a secret for tests only")
#define TIMEOUT_MS 400

/* --- the service --- */

enum how {
    GOOD,
    GOOD_WITH_CHARSET,
    GOOD_UP_TO_THE_CEILING,
    PAST_THE_CEILING,
    ENDLESS,
    WITHOUT_TYPE,
    AS_HTML,
    AS_ALMOST_JSON,
    STATUS_204,
    STATUS_302,
    STATUS_401,
    STATUS_500,
    EMPTY,
    GARBAGE,
    OTHER_KEY,
    REPLAY,
    CUT_JSON,
    CUT_SHORT,
    NOT_HTTP,
    CLOSED,
    CLOSED_ONCE,
    DRIPPING,
    HANGING,
};

struct service {
    int fd;
    uint16_t port;
    pthread_t thread;
    _Atomic enum how how;
    _Atomic int calls;
    char heard[8192]; /* the last request; read by the test between calls */
    char replayed[2048];
};

/* On a port of its own, where nobody listens yet. */
static int bound_socket(uint16_t *ret_port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&address, len) == 0 &&
          getsockname(fd, (struct sockaddr *)&address, &len) == 0);
    *ret_port = ntohs(address.sin_port);
    return fd;
}

static struct str field_of(const char *request, const char *name) {
    const char *at = strstr(request, name);
    CHECK(at);
    at += strlen(name);
    return str_of(at, strcspn(at, "\r"));
}

static struct str body_of(const char *request) {
    const char *end = strstr(request, "\r\n\r\n");
    CHECK(end);
    return str_from(end + 4);
}

static bool hear(struct service *service, int fd) {
    size_t len = 0;
    uint64_t wanted;
    for (;;) {
        ssize_t more = recv(fd, service->heard + len, sizeof(service->heard) - 1 - len, 0);
        if (more <= 0) {
            return false;
        }
        len += (size_t)more;
        service->heard[len] = '\0';
        if (!strstr(service->heard, "\r\n\r\n")) {
            continue;
        }
        CHECK(str_to_u64(field_of(service->heard, "Content-Length: "), &wanted));
        if (body_of(service->heard).len >= wanted) {
            return true;
        }
    }
}

/* False when the other side has gone. */
static bool tell(int fd, struct str text) {
    return send(fd, text.ptr, text.len, MSG_NOSIGNAL) == (ssize_t)text.len;
}

static void tell_answer(int fd, struct arena *arena, const char *head, struct str body, size_t said_len) {
    tell(fd, str_format(arena, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", head, said_len));
    tell(fd, body);
}

static struct str envelope_of(struct service *service, struct arena *arena) {
    const struct json *request;
    struct str serial;
    CHECK(json_parse(arena, body_of(service->heard), JSON_LIMITS_TOKEN, &request) &&
          json_get_str(request, "bizSn", &serial));
    const struct envelope_signed parts = {
        .app_id = STR("tongxing"),
        .timestamp = STR("1767578584000"),
        .nonce = field_of(service->heard, "X-Nonce: "),
        .body = str_format(arena, "{\"bizSn\":\"%.*s\",\"result\":1,\"checkId\":\"chk-7\"}", STR_ARG(serial)),
    };
    struct buf out;
    buf_init(&out, arena, 512, 64 * 1024);
    buf_puts(&out, "{\"data\":\"");
    buf_put_json(&out, parts.body);
    buf_puts(&out, "\",\"timestamp\":\"1767578584000\",\"signature\":\"");
    buf_put(&out, envelope_signature(arena, service->how == OTHER_KEY ? STR("another secret") : SECRET, &parts));
    buf_puts(&out, "\"}");
    return buf_str(&out);
}

static struct str padded(struct arena *arena, struct str text, size_t len) {
    char *wide = arena_alloc(arena, len);
    memset(wide, ' ', len);
    memcpy(wide, text.ptr, text.len);
    return str_of(wide, len);
}

static void wait_until_left(int fd) {
    struct pollfd watched = {.fd = fd, .events = POLLIN};
    poll(&watched, 1, 10000);
}

#define OK_JSON "200 OK\r\nContent-Type: application/json"

static void answer(struct service *service, int fd, struct arena *arena) {
    struct str good = envelope_of(service, arena);
    enum how how = service->how;
    struct str wide = padded(arena, good, 16 * 1024 + (how == PAST_THE_CEILING));
    switch (how) {
    case GOOD:
        snprintf(service->replayed, sizeof(service->replayed), "%.*s", STR_ARG(good));
        tell_answer(fd, arena, OK_JSON, good, good.len);
        return;
    case OTHER_KEY:
        tell_answer(fd, arena, OK_JSON, good, good.len);
        return;
    case GOOD_WITH_CHARSET:
        tell_answer(fd, arena, "200 OK\r\nContent-Type: Application/JSON ; charset=utf-8", good, good.len);
        return;
    case GOOD_UP_TO_THE_CEILING:
    case PAST_THE_CEILING:
        tell_answer(fd, arena, OK_JSON, wide, wide.len);
        return;
    case ENDLESS:
        tell(fd, STR("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"));
        while (tell(fd, wide)) {
        }
        return;
    case WITHOUT_TYPE:
        tell_answer(fd, arena, "200 OK", good, good.len);
        return;
    case AS_HTML:
        tell_answer(fd, arena, "200 OK\r\nContent-Type: text/html", good, good.len);
        return;
    case AS_ALMOST_JSON:
        tell_answer(fd, arena, "200 OK\r\nContent-Type: application/jsonp", good, good.len);
        return;
    case STATUS_204:
        tell_answer(fd, arena, "204 No Content\r\nContent-Type: application/json", STR(""), 0);
        return;
    case STATUS_302:
        tell_answer(fd, arena, "302 Found\r\nContent-Type: application/json\r\nLocation: " POPULATION_PATH, good,
                    good.len);
        return;
    case STATUS_401:
        tell_answer(fd, arena, "401 Unauthorized\r\nContent-Type: application/json", good, good.len);
        return;
    case STATUS_500:
        tell_answer(fd, arena, "500 Internal Server Error\r\nContent-Type: application/json", good, good.len);
        return;
    case EMPTY:
        tell_answer(fd, arena, OK_JSON, STR(""), 0);
        return;
    case GARBAGE:
        tell_answer(fd, arena, OK_JSON, STR("\xff\xfe<<{{{"), 7);
        return;
    case REPLAY:
        tell_answer(fd, arena, OK_JSON, str_from(service->replayed), strlen(service->replayed));
        return;
    case CUT_JSON:
        tell_answer(fd, arena, OK_JSON, str_sub(good, 0, good.len / 2), good.len / 2);
        return;
    case CUT_SHORT:
        tell_answer(fd, arena, OK_JSON, str_sub(good, 0, good.len / 2), good.len);
        return;
    case NOT_HTTP:
        tell(fd, STR("SSH-2.0-OpenSSH_9.2\r\n"));
        return;
    case CLOSED:
        return;
    case CLOSED_ONCE:
        if (service->calls > 1) {
            tell_answer(fd, arena, OK_JSON, good, good.len);
        }
        return;
    case DRIPPING:
        tell(fd, str_format(arena, "HTTP/1.1 " OK_JSON "\r\nContent-Length: %zu\r\n\r\n", good.len));
        for (size_t i = 0; i < good.len && tell(fd, str_sub(good, i, 1)); i++) {
            usleep(20000);
        }
        return;
    case HANGING:
        wait_until_left(fd);
        return;
    }
}

/* Ends when the listening socket is shut down. */
static void *serve(void *arg) {
    struct service *service = arg;
    int fd;
    while ((fd = accept(service->fd, NULL, NULL)) >= 0) {
        if (hear(service, fd)) {
            struct arena *arena ARENA_AUTO = arena_new();
            service->calls++;
            answer(service, fd, arena);
        }
        shutdown(fd, SHUT_WR);
        close(fd);
    }
    return NULL;
}

/* --- the caller --- */

struct fixture {
    struct loop *loop;
    struct fetcher *fetcher;
    struct service service;
    struct arena *arena;
    struct upstream_asked asked;
    struct upstream *upstream;
    enum verify_result result;
    struct upstream_found found;
    int64_t took_ms;
};

static int begin(void **state) {
    struct fixture *fixture = check_calloc(1, sizeof(*fixture));
    const struct fetch_options options = {0};
    fixture->arena = arena_new();
    fixture->loop = loop_new();
    fixture->fetcher = fetcher_new(fixture->loop, &options);
    fixture->asked = (struct upstream_asked){.name = STR("测试甲"),
                                             .id_type = ID_TYPE_RESIDENT,
                                             .id_number = STR("110105188812310013"),
                                             .request_id = STR("rq_0123456789")};
    fixture->service.fd = bound_socket(&fixture->service.port);
    CHECK(listen(fixture->service.fd, 8) == 0);
    CHECK(pthread_create(&fixture->service.thread, NULL, serve, &fixture->service) == 0);
    *state = fixture;
    return 0;
}

static int end(void **state) {
    struct fixture *fixture = *state;
    shutdown(fixture->service.fd, SHUT_RDWR);
    pthread_join(fixture->service.thread, NULL);
    close(fixture->service.fd);
    fetcher_free(fixture->fetcher);
    loop_free(fixture->loop);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static struct upstream_settings settings_for(struct fixture *fixture) {
    return (struct upstream_settings){
        .name = STR("population"),
        .adapter = STR("population"),
        .url = str_format(fixture->arena, "http://127.0.0.1:%d", fixture->service.port),
        .app_id = STR("tongxing"),
        .secret = SECRET,
        .timeout_ms = TIMEOUT_MS,
        .concurrent = 1,
        .breaker_errors = 100,
        .breaker_ms = 1000,
    };
}

static void ask_on_fiber(void *arg) {
    struct fixture *fixture = arg;
    int64_t before = clock_monotonic_ms();
    fixture->result = upstream_verify(fixture->upstream, fixture->arena, &fixture->asked, &fixture->found);
    fixture->took_ms = clock_monotonic_ms() - before;
}

/* One call to the service in the given mood, as the first of a new upstream. */
static enum verify_result ask(struct fixture *fixture, enum how how) {
    struct upstream_settings settings = settings_for(fixture);
    struct fault fault;
    fixture->service.how = how;
    fixture->service.calls = 0;
    CHECK(upstream_open(&settings, fixture->fetcher, &fixture->upstream, &fault));
    run_on(fixture->loop, ask_on_fiber, fixture);
    upstream_free(fixture->upstream);
    return fixture->result;
}

/* --- tests --- */

static void a_good_answer_becomes_evidence(void **state) {
    struct fixture *fixture = *state;
    assert_int_equal(ask(fixture, GOOD), VERIFY_MATCH);
    assert_int_equal(fixture->found.evidence.result, VERIFY_MATCH);
    assert_str(fixture->found.evidence.source, "population");
    assert_str(fixture->found.evidence.authority, "mps-population");
    assert_str(fixture->found.evidence.method, "two_element_match");
    assert_str(fixture->found.evidence.check_id, "chk-7");
    assert_int_equal(fixture->found.evidence.level, 2);
    assert_false(fixture->found.evidence.folded);
}

static void the_request_is_signed_and_says_who_is_asked_about(void **state) {
    struct fixture *fixture = *state;
    const char *heard = fixture->service.heard;
    fixture->asked.name = STR("阿依古丽·\"示\\例\"");
    assert_int_equal(ask(fixture, GOOD), VERIFY_MATCH);
    assert_true(str_starts(str_from(heard), STR("POST " POPULATION_PATH " HTTP/1.1\r\n")));
    assert_str(field_of(heard, "Content-Type: "), "application/json");
    const struct envelope_signed parts = {field_of(heard, "X-App-Id: "), field_of(heard, "X-Timestamp: "),
                                          field_of(heard, "X-Nonce: "), body_of(heard)};
    assert_str(parts.app_id, "tongxing");
    struct str signature = envelope_signature(fixture->arena, SECRET, &parts);
    assert_true(str_equal(field_of(heard, "X-Signature: "), signature));
    int64_t sent_at;
    assert_true(str_to_i64(parts.timestamp, &sent_at) && llabs(clock_wall_ms() - sent_at) < 10000);
    const struct json *body;
    struct str text;
    int64_t type;
    assert_true(json_parse(fixture->arena, parts.body, JSON_LIMITS_TOKEN, &body));
    assert_true(json_get_str(body, "name", &text));
    assert_str(text, "阿依古丽·\"示\\例\"");
    assert_true(json_get_str(body, "idNumber", &text));
    assert_str(text, "110105188812310013");
    assert_true(json_get_int(body, "idType", &type) && type == ID_TYPE_RESIDENT);
    assert_true(json_get_str(body, "requestId", &text));
    assert_str(text, "rq_0123456789");
}

static void no_two_requests_share_nonce_or_serial(void **state) {
    struct fixture *fixture = *state;
    ask(fixture, GOOD);
    struct str nonce = str_dup(fixture->arena, field_of(fixture->service.heard, "X-Nonce: "));
    struct str serial = str_dup(fixture->arena, str_sub(body_of(fixture->service.heard), 0, 35));
    ask(fixture, GOOD);
    assert_false(str_equal(nonce, field_of(fixture->service.heard, "X-Nonce: ")));
    assert_false(str_equal(serial, str_sub(body_of(fixture->service.heard), 0, 35)));
    assert_true(nonce.len >= 16);
}

static void only_a_good_answer_is_an_answer(void **state) {
    static const struct {
        const char *name;
        enum how how;
        enum verify_result result;
        int calls; /* a lost connection is tried once more, nothing else is */
    } rows[] = {
        {"good", GOOD, VERIFY_MATCH, 1},
        {"with a charset", GOOD_WITH_CHARSET, VERIFY_MATCH, 1},
        {"as long as may be", GOOD_UP_TO_THE_CEILING, VERIFY_MATCH, 1},
        {"too long", PAST_THE_CEILING, VERIFY_UPSTREAM_ERROR, 1},
        {"without end", ENDLESS, VERIFY_UPSTREAM_ERROR, 1},
        {"without type", WITHOUT_TYPE, VERIFY_UPSTREAM_ERROR, 1},
        {"as HTML", AS_HTML, VERIFY_UPSTREAM_ERROR, 1},
        {"as almost JSON", AS_ALMOST_JSON, VERIFY_UPSTREAM_ERROR, 1},
        {"204", STATUS_204, VERIFY_UPSTREAM_ERROR, 1},
        {"a redirect, not followed", STATUS_302, VERIFY_UPSTREAM_ERROR, 1},
        {"401", STATUS_401, VERIFY_UPSTREAM_ERROR, 1},
        {"500", STATUS_500, VERIFY_UPSTREAM_ERROR, 1},
        {"empty", EMPTY, VERIFY_UPSTREAM_ERROR, 1},
        {"garbage", GARBAGE, VERIFY_UPSTREAM_ERROR, 1},
        {"signed by another", OTHER_KEY, VERIFY_UPSTREAM_ERROR, 1},
        {"the answer of before", REPLAY, VERIFY_UPSTREAM_ERROR, 1},
        {"half, well framed", CUT_JSON, VERIFY_UPSTREAM_ERROR, 1},
        {"half, the connection lost", CUT_SHORT, VERIFY_UPSTREAM_ERROR, 2},
        {"another protocol", NOT_HTTP, VERIFY_UPSTREAM_ERROR, 1},
        {"closed", CLOSED, VERIFY_UPSTREAM_ERROR, 2},
        {"closed, then good", CLOSED_ONCE, VERIFY_MATCH, 2},
        {"byte by byte", DRIPPING, VERIFY_UPSTREAM_ERROR, 1},
        {"silence", HANGING, VERIFY_UPSTREAM_ERROR, 1},
    };
    struct fixture *fixture = *state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        enum verify_result result = ask(fixture, rows[i].how);
        assert_row(result == rows[i].result, rows[i].name);
        assert_row(fixture->service.calls == rows[i].calls, rows[i].name);
        assert_row(fixture->found.evidence.level == (result == VERIFY_MATCH ? 2 : 0), rows[i].name);
        assert_row(fixture->took_ms < TIMEOUT_MS + 1000, rows[i].name);
    }
}

static void nobody_there_is_an_error_at_once(void **state) {
    struct fixture *fixture = *state;
    int silent = bound_socket(&fixture->service.port);
    assert_int_equal(ask(fixture, GOOD), VERIFY_UPSTREAM_ERROR);
    close(silent);
    assert_true(fixture->took_ms < TIMEOUT_MS);
    assert_int_equal(fixture->service.calls, 0);
}

static void settings_that_cannot_work_are_refused(void **state) {
    static const struct {
        const char *name;
        struct str url, app_id, secret;
    } rows[] = {
        {"no app_id", STR_INIT("https://register.example"), STR_INIT(""), STR_INIT("0123456789abcdef")},
        {"no secret", STR_INIT("https://register.example"), STR_INIT("tongxing"), {NULL, 0}},
        {"a short secret", STR_INIT("https://register.example"), STR_INIT("tongxing"), STR_INIT("0123456789abcde")},
        {"no scheme", STR_INIT("register.example"), STR_INIT("tongxing"), STR_INIT("0123456789abcdef")},
        {"another scheme", STR_INIT("ftp://register.example"), STR_INIT("tongxing"), STR_INIT("0123456789abcdef")},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct upstream_settings settings = settings_for(*state);
        struct upstream *upstream = NULL;
        struct fault fault;
        settings.url = rows[i].url;
        settings.app_id = rows[i].app_id;
        settings.secret = rows[i].secret;
        assert_row(!upstream_open(&settings, NULL, &upstream, &fault) && !upstream, rows[i].name);
        assert_row(!strstr(fault.text, "0123456789"), rows[i].name);
    }
}

#define WITH_SERVICE(test) cmocka_unit_test_setup_teardown(test, begin, end)

RUN_TESTS(WITH_SERVICE(a_good_answer_becomes_evidence), WITH_SERVICE(the_request_is_signed_and_says_who_is_asked_about),
          WITH_SERVICE(no_two_requests_share_nonce_or_serial), WITH_SERVICE(only_a_good_answer_is_an_answer),
          WITH_SERVICE(nobody_there_is_an_error_at_once), WITH_SERVICE(settings_that_cannot_work_are_refused))
