/*
 * The guard around every adapter: deadline, breaker, concurrency. One per loop, so it needs no lock; each worker finds
 * out by itself that a service is down, which costs that service a few calls and us nothing shared.
 */
#include "upstream/upstream.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/encode.h"
#include "base/log.h"
#include "base/random.h"
#include "config/yaml.h"
#include "loop/fiber.h"
#include "upstream/adapter.h"

#include <stdlib.h>

#define DAY_S 86400

struct upstream {
    const struct upstream_adapter *adapter;
    struct upstream_settings settings;
    struct upstream_traits traits;
    void *state; /* the adapter's */
    struct fetcher *fetcher;
    int64_t consecutive_errors;
    int64_t open_until; /* monotonic ms */
    bool trial_running;
    struct upstream_health health;
};

static void put_titles(struct upstream *upstream) {
    const struct upstream_settings *settings = &upstream->settings;
    struct upstream_traits *traits = &upstream->traits;
    traits->title = str_or(settings->title, str_or(traits->title, settings->name));
    traits->title_en = str_or(settings->title_en, str_or(traits->title_en, traits->title));
}

static const struct yaml *option_node(const struct upstream_settings *settings, struct str option) {
    struct str rest;
    struct str name = str_cut(option, '.', &rest);
    for (size_t i = 0; settings->entry && i < settings->entry->count; i++) {
        if (str_equal(settings->entry->names[i], name)) {
            return settings->entry->items[i];
        }
    }
    return NULL;
}

/* "upstreams.it.scope: …" with the line of the option, "line 12: upstreams.it.map: …" with that one. */
static void add_fault(const struct upstream_settings *settings, struct config_problems *problems,
                      const struct fault *fault) {
    struct str text = str_from(fault->text), behind = STR_NONE, said;
    uint64_t number = settings->entry ? (uint64_t)settings->entry->line : 0;
    struct str numbered = text;
    if (str_drop_prefix(&numbered, STR("line ")) && str_to_u64(str_cut(numbered, ':', &behind), &number)) {
        text = str_trim(behind);
    }
    struct str option = str_cut(text, ':', &said);
    struct str inner = option;
    bool named = !str_is_absent(said) && str_drop_prefix(&inner, STR("upstreams.")) &&
                 str_drop_prefix(&inner, settings->name) && str_drop_prefix(&inner, STR("."));
    const struct yaml *node = named && str_is_absent(behind) ? option_node(settings, inner) : NULL;
    config_problem_add(problems, settings->file, node ? node->line : (int)number, named ? option : STR_NONE, "%.*s",
                       STR_ARG(named ? str_trim(said) : text));
}

/* What can be said before the adapter looks itself. */
static void check_common(const struct upstream_adapter *adapter, const struct upstream_settings *settings,
                         struct config_problems *problems) {
    const struct yaml *node = settings->entry ? yaml_member(settings->entry, "url") : NULL;
    if (str_is_absent(settings->url)) {
        upstream_wrong(settings, problems, 0, "url", "is missing");
    } else if (upstream_address_problem(settings->url)) {
        upstream_wrong(settings, problems, node ? node->line : 0, "url", "%s", upstream_address_problem(settings->url));
    }
    upstream_options_check(adapter, settings, problems);
}

/* Says the first mistake. */
static bool check_first(const struct upstream_adapter *adapter, const struct upstream_settings *settings,
                        struct fault *fault) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct config_problems problems = {.arena = arena};
    check_common(adapter, settings, &problems);
    if (problems.count == 0) {
        return !adapter->check || adapter->check(settings, fault);
    }
    const struct config_problem *first = &problems.items[0];
    struct str where = first->line > 0 ? str_format(arena, "line %d: ", first->line) : STR("");
    return fault_set(fault, "%.*s%.*s: %.*s", STR_ARG(where), STR_ARG(first->option), STR_ARG(first->text));
}

static struct upstream_settings whole_of(const struct upstream_settings *settings,
                                         const struct upstream_adapter *adapter) {
    struct upstream_settings whole = *settings;
    whole.url = str_or(settings->url, str_from(adapter->url));
    return whole;
}

bool upstream_open(const struct upstream_settings *settings, struct fetcher *fetcher, struct upstream **ret_upstream,
                   struct fault *fault) {
    const struct upstream_adapter *adapter = upstream_adapter_find(settings->adapter);
    void *state = NULL;
    if (!adapter) {
        return fault_set(fault, "upstreams.%.*s.adapter: there is no adapter %.*s", STR_ARG(settings->name),
                         STR_ARG(settings->adapter));
    }
    const struct upstream_settings whole = whole_of(settings, adapter);
    if (!check_first(adapter, &whole, fault) || (adapter->open && !adapter->open(&whole, &state, fault))) {
        return false;
    }
    struct upstream *upstream = check_calloc(1, sizeof(*upstream));
    upstream->adapter = adapter;
    upstream->settings = whole;
    upstream->state = state;
    upstream->traits = adapter->traits_of ? adapter->traits_of(state) : adapter->traits;
    upstream->fetcher = fetcher;
    put_titles(upstream);
    *ret_upstream = upstream;
    return true;
}

void upstream_check(const struct upstream_settings *settings, struct config_problems *problems) {
    const struct upstream_adapter *adapter = upstream_adapter_find(settings->adapter);
    size_t before = problems->count;
    if (adapter) {
        const struct upstream_settings whole = whole_of(settings, adapter);
        check_common(adapter, &whole, problems);
        if (adapter->check_all) {
            adapter->check_all(&whole, problems);
        }
    }
    struct upstream *upstream;
    struct fault fault;
    if (problems->count > before) {
        return;
    }
    if (upstream_open(settings, NULL, &upstream, &fault)) {
        upstream_free(upstream);
    } else {
        add_fault(settings, problems, &fault);
    }
}

void upstream_free(struct upstream *upstream) {
    if (upstream && upstream->adapter->close) {
        upstream->adapter->close(upstream->state);
    }
    free(upstream);
}

struct str upstream_name(const struct upstream *upstream) {
    return upstream->settings.name;
}

struct str upstream_adapter(const struct upstream *upstream) {
    return upstream->settings.adapter;
}

const struct upstream_traits *upstream_traits(const struct upstream *upstream) {
    return &upstream->traits;
}

const struct upstream_health *upstream_health(const struct upstream *upstream) {
    return &upstream->health;
}

struct upstream *upstreams_find(const struct upstreams *upstreams, struct str name) {
    for (size_t i = 0; i < upstreams->count; i++) {
        if (str_equal(upstreams->items[i]->settings.name, name)) {
            return upstreams->items[i];
        }
    }
    return NULL;
}

struct upstream *upstreams_first(const struct upstreams *upstreams, unsigned services) {
    for (size_t i = 0; i < upstreams->count; i++) {
        if ((upstreams->items[i]->traits.services & services) == services) {
            return upstreams->items[i];
        }
    }
    return NULL;
}

/* --- breaker --- */

/* May a call be made now? An open breaker lets one through when its time is over. */
static bool breaker_allows(struct upstream *upstream) {
    if (upstream->health.breaker == BREAKER_OPEN && clock_monotonic_ms() >= upstream->open_until) {
        upstream->health.breaker = BREAKER_TRIAL;
    }
    switch (upstream->health.breaker) {
    case BREAKER_CLOSED:
        return true;
    case BREAKER_TRIAL:
        return !upstream->trial_running;
    case BREAKER_OPEN:
        break;
    }
    return false;
}

static void breaker_open(struct upstream *upstream) {
    upstream->health.breaker = BREAKER_OPEN;
    upstream->open_until = clock_monotonic_ms() + upstream->settings.breaker_ms;
    log_warn("upstream.breaker_open", log_str("upstream", upstream->settings.name),
             log_int("ms", upstream->settings.breaker_ms));
}

/* What a call says about whether the service works. */
enum breaker_sign { SIGN_NONE, SIGN_WORKS, SIGN_FAILS };

static void breaker_heard(struct upstream *upstream, enum breaker_sign sign) {
    if (sign == SIGN_NONE) {
        return;
    }
    if (sign == SIGN_WORKS) {
        if (upstream->health.breaker != BREAKER_CLOSED) {
            log_info("upstream.breaker_closed", log_str("upstream", upstream->settings.name));
        }
        upstream->health.breaker = BREAKER_CLOSED;
        upstream->consecutive_errors = 0;
        return;
    }
    upstream->health.errors++;
    upstream->consecutive_errors++;
    bool was_trial = upstream->health.breaker == BREAKER_TRIAL;
    if (was_trial || (upstream->health.breaker == BREAKER_CLOSED &&
                      upstream->consecutive_errors >= upstream->settings.breaker_errors)) {
        breaker_open(upstream);
    }
}

/* --- calling --- */

/* One of the four questions, with what it is asked with and where the answer goes. */
struct question {
    const struct upstream_asked *asked;
    const struct upstream_begin *begin;
    const struct upstream_returned *returned;
    const struct upstream_message *message;
    struct upstream_found *found;
    struct upstream_begun *begun;
};

static enum verify_result ask(const struct upstream_adapter *adapter, struct upstream_call *call,
                              const struct question *question) {
    if (question->asked) {
        return adapter->verify ? adapter->verify(call, question->asked, question->found) : VERIFY_UNSUPPORTED;
    }
    if (question->begin) {
        return adapter->begin ? adapter->begin(call, question->begin, question->begun) : VERIFY_UNSUPPORTED;
    }
    if (question->returned) {
        return adapter->finish ? adapter->finish(call, question->returned, question->found) : VERIFY_UNSUPPORTED;
    }
    return adapter->send ? adapter->send(call, question->message) : VERIFY_UNSUPPORTED;
}

static bool is_answer(enum fetch_result result, const struct fetch_answer *answer) {
    bool by_gateway = answer->status == 502 || answer->status == 503 || answer->status == 504;
    return result == FETCH_TOO_LARGE || (result == FETCH_DONE && !by_gateway);
}

enum fetch_result upstream_fetch(struct upstream_call *call, const struct fetch_request *request,
                                 struct fetch_answer *ret_answer) {
    enum fetch_result result =
        request->timeout_ms > 0 ? fetch(call->fetcher, call->arena, request, ret_answer) : FETCH_TIMEOUT;
    call->unreachable = result == FETCH_UNREACHABLE;
    call->heard = is_answer(result, ret_answer) ? HEARD_ANSWER : HEARD_SILENCE;
    return result;
}

/*
 * Who comes back from a service brings what anybody may have made up, and how the service answers that is theirs to
 * choose: a code that is none gets a 400 from one, a page of its firewall or a 500 from another. Were such an answer a
 * failure, strangers could switch a way of signing in off for all. That no answer comes, they cannot bring about.
 */
static enum breaker_sign sign_of(const struct question *question, enum verify_result result,
                                 enum upstream_heard heard) {
    if (result != VERIFY_UPSTREAM_ERROR) {
        return heard == HEARD_NOTHING ? SIGN_NONE : SIGN_WORKS;
    }
    return question->returned && heard == HEARD_ANSWER ? SIGN_NONE : SIGN_FAILS;
}

static enum verify_result call_adapter(struct upstream *upstream, struct arena *arena, const struct question *question,
                                       enum upstream_heard *ret_heard) {
    int64_t deadline = clock_monotonic_ms() + upstream->settings.timeout_ms;
    struct upstream_call call = {.arena = arena,
                                 .fetcher = upstream->fetcher,
                                 .settings = &upstream->settings,
                                 .state = upstream->state,
                                 .timeout_ms = upstream->settings.timeout_ms};
    enum verify_result result = ask(upstream->adapter, &call, question);
    bool again = question->asked && upstream->adapter->idempotent;
    if (result == VERIFY_UPSTREAM_ERROR && call.unreachable && again) {
        call.unreachable = false;
        call.timeout_ms = deadline - clock_monotonic_ms();
        result = call.timeout_ms > 0 ? ask(upstream->adapter, &call, question) : result;
    }
    *ret_heard = call.heard;
    return result;
}

static enum verify_result guarded(struct upstream *upstream, struct arena *arena, const struct question *question) {
    bool allowed = breaker_allows(upstream);
    if (!allowed || upstream->health.running >= upstream->settings.concurrent) {
        upstream->health.shed++;
        return allowed ? VERIFY_RATE_LIMITED : VERIFY_UPSTREAM_ERROR;
    }
    bool trial = upstream->health.breaker == BREAKER_TRIAL;
    upstream->trial_running = upstream->trial_running || trial;
    upstream->health.running++;
    upstream->health.calls++;
    int64_t started = clock_monotonic_us();
    enum upstream_heard heard;
    enum verify_result result = call_adapter(upstream, arena, question, &heard);
    histogram_add(&upstream->health.took, clock_monotonic_us() - started);
    upstream->health.answers[result]++;
    upstream->health.running--;
    upstream->trial_running = upstream->trial_running && !trial;
    breaker_heard(upstream, sign_of(question, result, heard));
    return result;
}

static void complete_evidence(const struct upstream *upstream, enum verify_result result, struct evidence *evidence) {
    int64_t days = upstream->settings.evidence_days;
    evidence->source = upstream->settings.name;
    evidence->authority = str_or(evidence->authority, str_from(upstream->adapter->authority));
    evidence->result = result;
    evidence->checked_at = clock_wall();
    evidence->expires_at = days > 0 ? evidence->checked_at + days * DAY_S : 0;
    /* Only what was asked by name and number alone can be asked again without the person. */
    bool again = upstream->settings.recheck_days > 0 && upstream->traits.asks == (ASK_NAME | ASK_ID_NUMBER);
    evidence->due_at =
        again && result == VERIFY_MATCH ? evidence->checked_at + upstream->settings.recheck_days * DAY_S : 0;
}

enum verify_result upstream_verify(struct upstream *upstream, struct arena *arena, const struct upstream_asked *asked,
                                   struct upstream_found *ret_found) {
    *ret_found = (struct upstream_found){0};
    enum verify_result result = guarded(upstream, arena, &(struct question){.asked = asked, .found = ret_found});
    complete_evidence(upstream, result, &ret_found->evidence);
    return result;
}

enum verify_result upstream_begin(struct upstream *upstream, struct arena *arena, const struct upstream_begin *begin,
                                  struct upstream_begun *ret_begun) {
    *ret_begun = (struct upstream_begun){0};
    enum verify_result result = guarded(upstream, arena, &(struct question){.begin = begin, .begun = ret_begun});
    /* Whatever the other side said: without an address nothing has begun. */
    bool begun = ret_begun->url.len > 0 && ret_begun->kept.len <= UPSTREAM_KEPT_MOST;
    return result == VERIFY_PENDING && !begun ? VERIFY_UPSTREAM_ERROR : result;
}

enum verify_result upstream_finish(struct upstream *upstream, struct arena *arena,
                                   const struct upstream_returned *returned, struct upstream_found *ret_found) {
    *ret_found = (struct upstream_found){0};
    enum verify_result result = guarded(upstream, arena, &(struct question){.returned = returned, .found = ret_found});
    complete_evidence(upstream, result, &ret_found->evidence);
    return result;
}

enum verify_result upstream_send(struct upstream *upstream, struct arena *arena,
                                 const struct upstream_message *message) {
    return guarded(upstream, arena, &(struct question){.message = message});
}

struct str upstream_transaction(struct arena *arena) {
    unsigned char bytes[16];
    random_bytes(bytes, sizeof(bytes));
    return hex_encode(arena, str_of(bytes, sizeof(bytes)));
}

struct str upstream_param(const struct upstream_returned *returned, const char *name) {
    struct str value = STR_NONE;
    for (size_t i = 0; i < returned->param_count; i++) {
        if (str_equal(returned->params[i].name, str_from(name))) {
            if (!str_is_absent(value)) {
                return STR_NONE;
            }
            value = returned->params[i].value;
        }
    }
    return value;
}
