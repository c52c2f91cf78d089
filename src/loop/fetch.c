/*
 * Outbound HTTP over libcurl's multi interface, driven by the loop's events. The only home of libcurl.
 */
#include "loop/fetch.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/trace.h"
#include "guard.h"
#include "internal.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <unistd.h>

#define CONNECT_MOST_MS 2000
#define FIELDS_MOST     16
#define ANSWER_FIELDS   64

struct fetcher {
    struct loop *loop;
    struct arena *arena;
    struct fetch_options options;
    char *ca_file;
    CURLM *multi;
    struct event *timer;
    struct socket_watch *free_watches;
    struct fetch_observer observer;
};

struct socket_watch {
    struct fetcher *fetcher;
    struct event *event;
    struct socket_watch *next; /* unused ones, for reuse: freed with the fetcher */
};

/* One call, on the stack of the fiber that waits for it. */
struct call {
    struct fetcher *fetcher;
    const struct fetch_request *request;
    struct fiber *fiber;
    CURL *easy;
    struct curl_slist *fields;
    struct buf body;
    bool allowed_private;
    bool refused;
    bool too_large;
    bool done;
    CURLcode code;
    char problem[CURL_ERROR_SIZE];
};

/* --- curl on the loop --- */

static void finish_calls(struct fetcher *fetcher) {
    CURLMsg *message;
    int left;
    while ((message = curl_multi_info_read(fetcher->multi, &left))) {
        if (message->msg != CURLMSG_DONE) {
            continue;
        }
        struct call *call;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call);
        call->code = message->data.result;
        call->done = true;
        fiber_wake(call->fiber);
    }
}

static void socket_ready(evutil_socket_t fd, short what, void *arg) {
    struct socket_watch *watch = arg;
    struct fetcher *fetcher = watch->fetcher;
    int running;
    int action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
    curl_multi_socket_action(fetcher->multi, fd, action, &running);
    finish_calls(fetcher);
}

static void timer_ready(evutil_socket_t fd, short what, void *arg) {
    struct fetcher *fetcher = arg;
    int running;
    curl_multi_socket_action(fetcher->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    finish_calls(fetcher);
}

static struct socket_watch *watch_take(struct fetcher *fetcher) {
    struct socket_watch *watch = fetcher->free_watches;
    if (watch) {
        fetcher->free_watches = watch->next;
        return watch;
    }
    return arena_new_of(fetcher->arena, struct socket_watch);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *socket_arg) {
    struct fetcher *fetcher = arg;
    struct socket_watch *watch = socket_arg;
    if (watch && watch->event) {
        event_free(watch->event);
        watch->event = NULL;
    }
    if (what == CURL_POLL_REMOVE) {
        if (watch) {
            watch->next = fetcher->free_watches;
            fetcher->free_watches = watch;
        }
        return 0;
    }
    if (!watch) {
        watch = watch_take(fetcher);
        watch->fetcher = fetcher;
        curl_multi_assign(fetcher->multi, fd, watch);
    }
    short events = (what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0);
    watch->event = event_new(fetcher->loop->base, fd, events | EV_PERSIST, socket_ready, watch);
    CHECK(watch->event && event_add(watch->event, NULL) == 0);
    return 0;
}

static int on_timer(CURLM *multi, long ms, void *arg) {
    struct fetcher *fetcher = arg;
    if (ms < 0) {
        event_del(fetcher->timer);
    } else {
        struct timeval interval = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
        event_add(fetcher->timer, &interval);
    }
    return 0;
}

static void curl_start(void) {
    CHECK(curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK);
}

struct fetcher *fetcher_new(struct loop *loop, const struct fetch_options *options) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, curl_start);
    struct fetcher *fetcher = check_calloc(1, sizeof(*fetcher));
    fetcher->loop = loop;
    fetcher->arena = arena_new();
    fetcher->options = *options;
    struct str *allowed = arena_array_of(fetcher->arena, options->allowed_private_count, struct str);
    for (size_t i = 0; i < options->allowed_private_count; i++) {
        allowed[i] = str_dup(fetcher->arena, options->allowed_private[i]);
    }
    fetcher->options.allowed_private = allowed;
    fetcher->ca_file = str_is_absent(options->ca_file) ? NULL : str_c(fetcher->arena, options->ca_file);
    fetcher->timer = evtimer_new(loop->base, timer_ready, fetcher);
    fetcher->multi = curl_multi_init();
    CHECK(fetcher->timer && fetcher->multi);
    curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
    curl_multi_setopt(fetcher->multi, CURLMOPT_SOCKETDATA, fetcher);
    curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERFUNCTION, on_timer);
    curl_multi_setopt(fetcher->multi, CURLMOPT_TIMERDATA, fetcher);
    return fetcher;
}

void fetcher_free(struct fetcher *fetcher) {
    if (!fetcher) {
        return;
    }
    curl_multi_cleanup(fetcher->multi);
    event_free(fetcher->timer);
    arena_free(fetcher->arena);
    free(fetcher);
}

/* --- the guard --- */

/* On the address really connected to, after name resolution: a name that changes its mind gains nothing. */
static curl_socket_t on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address) {
    struct call *call = arg;
    if (call->request->guarded && !call->allowed_private && !guard_is_public(&address->addr)) {
        call->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool host_allowed(const struct fetcher *fetcher, struct str host_port) {
    for (size_t i = 0; i < fetcher->options.allowed_private_count; i++) {
        if (str_equal(fetcher->options.allowed_private[i], host_port)) {
            return true;
        }
    }
    return false;
}

/* Reads the URL as curl itself will, so that the two cannot disagree about the host. */
static bool guard_url(struct call *call, struct arena *arena, const char *url) {
    CURLU *parsed = curl_url();
    CHECK(parsed);
    arena_defer(arena, (void (*)(void *))curl_url_cleanup, parsed);
    char *scheme = NULL, *host = NULL, *port = NULL, *user = NULL;
    bool good = curl_url_set(parsed, CURLUPART_URL, url, 0) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_USER, &user, 0) == CURLUE_NO_USER;
    if (good && call->request->guarded) {
        call->allowed_private = host_allowed(call->fetcher, str_format(arena, "%s:%s", host, port));
        good = call->allowed_private || (strcmp(scheme, "https") == 0 && strcmp(port, "443") == 0);
    }
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_free(user);
    return good;
}

/* --- one call --- */

static size_t on_body(char *bytes, size_t size, size_t count, void *arg) {
    struct call *call = arg;
    buf_put(&call->body, str_of(bytes, size * count));
    if (call->body.failed) {
        call->too_large = true;
        return 0;
    }
    return size * count;
}

static void add_field(struct call *call, const char *line) {
    struct curl_slist *longer = curl_slist_append(call->fields, line);
    CHECK(longer);
    call->fields = longer;
}

/* Each call is a span of its own. Client systems are told of no trace: it was somebody else's request that led to them.
 */
static void add_trace(struct call *call) {
    char line[] = "traceparent: 00-00000000000000000000000000000000-0000000000000000-00";
    if (trace_current && !call->request->guarded) {
        struct trace span = trace_child(trace_current);
        trace_write(&span, line + sizeof(line) - 1 - TRACE_PARENT_LENGTH);
        add_field(call, line);
    }
}

static void set_method(struct call *call, struct arena *arena) {
    const struct fetch_request *request = call->request;
    if (!str_is_absent(request->body)) {
        curl_easy_setopt(call->easy, CURLOPT_POST, 1L);
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)request->body.len);
        curl_easy_setopt(call->easy, CURLOPT_POSTFIELDS, request->body.len ? request->body.ptr : "");
    }
    if (!str_equal(request->method, STR("GET")) && !str_equal(request->method, STR("POST"))) {
        curl_easy_setopt(call->easy, CURLOPT_CUSTOMREQUEST, str_c(arena, request->method));
    }
    for (size_t i = 0; i < request->field_count; i++) {
        const struct fetch_field *field = &request->fields[i];
        add_field(call, str_format(arena, "%.*s: %.*s%c", STR_ARG(field->name), STR_ARG(field->value), 0).ptr);
    }
    add_trace(call);
    add_field(call, "Expect:"); /* no 100-continue round trip */
    curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, call->fields);
}

static void set_limits(struct call *call, struct arena *arena) {
    const struct fetch_request *request = call->request;
    CURL *easy = call->easy;
    long timeout = (long)request->timeout_ms;
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, timeout);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, timeout < CONNECT_MOST_MS ? timeout : (long)CONNECT_MOST_MS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, call);
    /* A guarded call must not reuse a connection that was opened without the guard. */
    curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, request->guarded || request->once ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, request->guarded ? 1L : 0L);
    if (call->fetcher->ca_file) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, call->fetcher->ca_file);
    }
    if (!str_is_absent(request->client_cert)) {
        curl_easy_setopt(easy, CURLOPT_SSLCERT, str_c(arena, request->client_cert));
        curl_easy_setopt(easy, CURLOPT_SSLKEY, str_c(arena, request->client_key));
    }
}

static enum fetch_result result_of(const struct call *call) {
    if (call->refused) {
        return FETCH_REFUSED;
    }
    if (call->too_large) {
        return FETCH_TOO_LARGE;
    }
    switch (call->code) {
    case CURLE_OK:
        return FETCH_DONE;
    case CURLE_OPERATION_TIMEDOUT:
        return FETCH_TIMEOUT;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
        return FETCH_REFUSED;
    default:
        return FETCH_UNREACHABLE;
    }
}

static void read_fields(const struct call *call, struct arena *arena, struct fetch_answer *ret_answer) {
    struct fetch_field *fields = arena_array_of(arena, ANSWER_FIELDS, struct fetch_field);
    struct curl_header *field = NULL;
    size_t count = 0;
    while (count < ANSWER_FIELDS && (field = curl_easy_nextheader(call->easy, CURLH_HEADER, 0, field))) {
        fields[count].name = str_dup(arena, str_from(field->name));
        fields[count++].value = str_dup(arena, str_from(field->value));
    }
    ret_answer->fields = fields;
    ret_answer->field_count = count;
}

static void read_answer(const struct call *call, struct arena *arena, struct fetch_answer *ret_answer) {
    long status = 0;
    const char *type = NULL;
    curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(call->easy, CURLINFO_CONTENT_TYPE, &type);
    *ret_answer = (struct fetch_answer){
        .status = (int)status,
        .content_type = type ? str_dup(arena, str_from(type)) : STR_NONE,
        .body = buf_str(&call->body),
    };
    read_fields(call, arena, ret_answer);
}

struct str fetch_answer_field(const struct fetch_answer *answer, struct str name) {
    struct str value = STR_NONE;
    for (size_t i = 0; i < answer->field_count; i++) {
        if (str_equal_fold(answer->fields[i].name, name)) {
            if (!str_is_absent(value)) {
                return STR_NONE;
            }
            value = answer->fields[i].value;
        }
    }
    return value;
}

static enum fetch_result run_call(struct call *call, struct arena *arena, struct fetch_answer *ret_answer) {
    CHECK(curl_multi_add_handle(call->fetcher->multi, call->easy) == CURLM_OK);
    enum wait_result waited = WAIT_DONE;
    while (!call->done && waited == WAIT_DONE) {
        waited = fiber_park(INT64_MAX);
    }
    curl_multi_remove_handle(call->fetcher->multi, call->easy);
    if (!call->done) {
        return waited == WAIT_CANCELLED ? FETCH_CANCELLED : FETCH_TIMEOUT;
    }
    enum fetch_result result = result_of(call);
    if (result == FETCH_DONE) {
        read_answer(call, arena, ret_answer);
    }
    return result;
}

void fetcher_observe(struct fetcher *fetcher, struct fetch_observer observer) {
    fetcher->observer = observer;
}

static enum fetch_result tell(const struct call *call, enum fetch_result result, const struct fetch_answer *answer) {
    const struct fetch_observer *observer = &call->fetcher->observer;
    if (observer->heard) {
        const struct fetch_observed observed = {
            .request = call->request,
            .result = result,
            .answer = result == FETCH_DONE ? answer : NULL,
            .problem = call->problem[0]         ? call->problem
                       : call->code != CURLE_OK ? curl_easy_strerror(call->code)
                                                : NULL,
        };
        observer->heard(observer->ctx, &observed);
    }
    return result;
}

enum fetch_result fetch(struct fetcher *fetcher, struct arena *arena, const struct fetch_request *request,
                        struct fetch_answer *ret_answer) {
    struct call call = {.fetcher = fetcher, .request = request, .fiber = fiber_current()};
    CHECK(call.fiber && request->field_count <= FIELDS_MOST && request->timeout_ms > 0);
    const char *url = str_c(arena, request->url);
    if (!guard_url(&call, arena, url)) {
        return tell(&call, FETCH_REFUSED, NULL);
    }
    call.easy = curl_easy_init();
    CHECK(call.easy);
    buf_init(&call.body, arena, 1024, request->answer_ceiling);
    curl_easy_setopt(call.easy, CURLOPT_URL, url);
    curl_easy_setopt(call.easy, CURLOPT_PRIVATE, &call);
    curl_easy_setopt(call.easy, CURLOPT_ERRORBUFFER, call.problem);
    curl_easy_setopt(call.easy, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(call.easy, CURLOPT_WRITEDATA, &call);
    set_method(&call, arena);
    set_limits(&call, arena);
    enum fetch_result result = run_call(&call, arena, ret_answer);
    curl_easy_cleanup(call.easy);
    curl_slist_free_all(call.fields);
    return tell(&call, result, ret_answer);
}

const char *fetch_result_name(enum fetch_result result) {
    switch (result) {
    case FETCH_DONE:
        return "done";
    case FETCH_REFUSED:
        return "refused";
    case FETCH_UNREACHABLE:
        return "unreachable";
    case FETCH_TIMEOUT:
        return "timeout";
    case FETCH_TOO_LARGE:
        return "too_large";
    case FETCH_CANCELLED:
        return "cancelled";
    }
    return "unknown";
}
