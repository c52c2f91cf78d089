/*
 * tongxing upstream try [FILE] NAME: asks one configured service once, from the host, to see whether it is set up well.
 * What is asked is a line of JSON on standard input, or said by options, or asked for at a terminal. A service that the
 * browser goes to answers with the address; the lines that follow are the addresses that the browser came back with, or
 * empty to ask again. Each answer is a line of JSON on standard output: the result and the evidence, and nothing that
 * was told about the person. With --show, what went over the wire is on standard error, masked.
 */
#include "upstream_try.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "command.h"
#include "http/request.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "model/identity.h"
#include "shell/call.h"
#include "upstream_watch.h"
#include "upstreams.h"

#include <stdio.h>
#include <unistd.h>

#define LINE_MOST   (64 * 1024)
#define OUTPUT_MOST (64 * 1024)
#define PARAMS_MOST 50

struct trial {
    struct call *call;
    struct arena *arena;
    struct upstream_settings settings;
    struct watch watch;
    struct mask *mask; /* NULL until something is shown */
    struct loop *loop;
    struct upstream *upstream;
    struct upstream_begin begin; /* asked, return_url and transaction */
    struct upstream_message message;
    bool notice; /* the message is one, and no code */
    bool answered;
};

/* --- what is asked --- */

static bool read_line(struct arena *arena, struct str *ret_line) {
    char *line = arena_alloc(arena, LINE_MOST);
    if (!fgets(line, LINE_MOST, stdin)) {
        return false;
    }
    *ret_line = str_of(line, strcspn(line, "\r\n"));
    return true;
}

/* With the option that says it, and what a service that asks for it needs. */
static const struct {
    const char *name;
    size_t offset;
    enum option_id option;
    unsigned ask;
    const char *what;
} members[] = {
#define MEMBER(member, option, ask, what)                                                                              \
    { #member, offsetof(struct upstream_asked, member), option, ask, what }
    MEMBER(name, OPT_ASKED_NAME, ASK_NAME, "the name"),
    MEMBER(id_number, OPT_ASKED_NUMBER, ASK_ID_NUMBER, "the identity number"),
    MEMBER(phone, OPT_ASKED_PHONE, ASK_PHONE, "the phone, +86 and 11 digits"),
    MEMBER(bank_card, OPT_ASKED_BANK_CARD, ASK_BANK_CARD, "the number of the bank card"),
    MEMBER(social_card, OPT_ASKED_SOCIAL_CARD, ASK_SOCIAL_CARD, "the number of the social security card"),
    MEMBER(region, OPT_ASKED_REGION, ASK_REGION, "the region, six digits"),
    MEMBER(org_name, OPT_ASKED_ORG_NAME, ASK_ORGANISATION, "the organisation's name"),
    MEMBER(credit_code, OPT_CREDIT_CODE, ASK_ORGANISATION, "its credit code"),
    MEMBER(representative_name, OPT_ASKED_REPRESENTATIVE, ASK_REPRESENTATIVE, "the legal representative's name"),
    MEMBER(representative_number, OPT_ASKED_REPRESENTATIVE_NUMBER, 0, "the legal representative's identity number"),
    MEMBER(credential, OPT_NONE, ASK_CREDENTIAL, "the credential that the person's app made"),
#undef MEMBER
};

static struct str *member_of(struct upstream_asked *asked, size_t i) {
    return (struct str *)(void *)((char *)asked + members[i].offset);
}

static bool is_flag(struct str name) {
    return str_equal(name, STR("notice"));
}

static bool is_known(struct str name) {
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (str_equal(name, str_from(members[i].name))) {
            return true;
        }
    }
    return str_equal(name, STR("return_url")) || str_equal(name, STR("code")) || str_equal(name, STR("inside")) ||
           is_flag(name);
}

struct unknown {
    struct str name;
};
static bool find_unknown(void *ctx, struct str name, const struct json *value) {
    struct unknown *unknown = ctx;
    unknown->name = name;
    return is_known(name) && json_kind(value) == (is_flag(name) ? JSON_KIND_BOOL : JSON_KIND_STRING);
}

/* The app that the browser would be in. */
static bool read_app(struct trial *trial, const struct json *object) {
    struct str app = STR_NONE;
    json_get_str(object, "inside", &app);
    trial->begin.inside = str_equal(app, STR("wechat"))   ? UPSTREAM_APP_WECHAT
                          : str_equal(app, STR("alipay")) ? UPSTREAM_APP_ALIPAY
                                                          : UPSTREAM_APP_NONE;
    if (str_is_absent(app) || trial->begin.inside != UPSTREAM_APP_NONE) {
        return true;
    }
    call_failed(trial->call, EXIT_COULD_NOT, "standard input: inside must be wechat or alipay");
    return false;
}

static bool read_object(struct trial *trial) {
    const struct json *object;
    struct str line;
    struct unknown unknown = {STR_NONE};
    struct upstream_asked *asked = &trial->begin.asked;
    if (!read_line(trial->arena, &line) || !json_parse(trial->arena, line, JSON_LIMITS_TOKEN, &object) ||
        json_kind(object) != JSON_KIND_OBJECT) {
        call_failed(trial->call, EXIT_COULD_NOT,
                    "the first line of standard input must be a JSON object: {\"name\": …, \"id_number\": …, …}");
        return false;
    }
    if (!json_each(object, find_unknown, &unknown)) {
        call_failed(trial->call, EXIT_COULD_NOT,
                    is_flag(unknown.name)    ? "standard input: %.*s must be true or false"
                    : is_known(unknown.name) ? "standard input: %.*s must be text"
                                             : "standard input: there is no member %.*s; docs/upstreams has them",
                    STR_ARG(unknown.name));
        return false;
    }
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        json_get_str(object, members[i].name, member_of(asked, i));
    }
    json_get_str(object, "return_url", &trial->begin.return_url);
    json_get_str(object, "code", &trial->message.code);
    json_get_bool(object, "notice", &trial->notice);
    return read_app(trial, object);
}

static bool read_options(struct trial *trial) {
    bool given = false;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (members[i].option != OPT_NONE && call_has(trial->call, members[i].option)) {
            *member_of(&trial->begin.asked, i) = call_text(trial->call, members[i].option);
            given = true;
        }
    }
    if (call_has(trial->call, OPT_RETURN_URL)) {
        trial->begin.return_url = call_text(trial->call, OPT_RETURN_URL);
        given = true;
    }
    return given;
}

/* What the service asks for: a carrier wants the phone alone. */
static unsigned wanted(const struct trial *trial) {
    const struct upstream_traits *traits = upstream_traits(trial->upstream);
    return traits->asks | (traits->services & UPSTREAM_MESSAGE ? ASK_PHONE : 0);
}

static bool ask_person(struct trial *trial) {
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if ((members[i].ask & wanted(trial)) &&
            !call_ask_secretly(trial->call, members[i].what, member_of(&trial->begin.asked, i))) {
            return false;
        }
    }
    return true;
}

/* Not an error: it may be just what is tried. */
static void remark_missing(struct trial *trial) {
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if ((members[i].ask & wanted(trial)) && str_is_empty(*member_of(&trial->begin.asked, i))) {
            call_remark(trial->call, "%.*s asks for %s (%s), which was not given.", STR_ARG(trial->settings.name),
                        members[i].what, members[i].name);
        }
    }
}

static bool read_asked(struct trial *trial) {
    struct upstream_asked *asked = &trial->begin.asked;
    trial->begin.return_url = STR("http://localhost/return");
    trial->message.code = STR("000000");
    bool good = read_options(trial) || (isatty(STDIN_FILENO) ? ask_person(trial) : read_object(trial));
    if (!good) {
        return false;
    }
    struct id_number number;
    if (!str_is_absent(asked->id_number) && id_number_read(asked->id_number, clock_wall(), &number) == ID_NUMBER_OK) {
        asked->id_type = number.type;
    }
    asked->request_id = asked->transaction = upstream_transaction(trial->arena);
    trial->begin.transaction = asked->transaction;
    trial->message = (struct upstream_message){.kind = trial->notice ? MESSAGE_PHONE_CHANGED : MESSAGE_CODE,
                                               .phone = asked->phone,
                                               .code = trial->message.code,
                                               .valid_s = 300,
                                               .transaction = asked->transaction,
                                               .request_id = asked->request_id};
    remark_missing(trial);
    return true;
}

/* --- what came of it --- */

static void print(const struct buf *buf) {
    fwrite(buf->ptr, 1, buf->len, stdout);
    putchar('\n');
    fflush(stdout);
}

static struct mask *mask_of(struct trial *trial) {
    if (!trial->mask) {
        trial->mask = watch_mask(trial->arena, &trial->settings, &trial->begin.asked);
        if (upstream_traits(trial->upstream)->services & UPSTREAM_MESSAGE) {
            mask_add_secret(trial->mask, trial->message.code);
        }
    }
    return trial->mask;
}

/* The calls that led to it, and what there is to say about it. */
static void explain(struct trial *trial, enum verify_result result, const struct upstream_found *found) {
    watch_mask_found(mask_of(trial), found);
    if (call_has(trial->call, OPT_SHOW)) {
        watch_show(&trial->watch, mask_of(trial));
    }
    if (result == VERIFY_UPSTREAM_ERROR) {
        struct str reason = watch_reason(&trial->watch, trial->arena, mask_of(trial));
        call_failed(trial->call, EXIT_COULD_NOT, "%.*s: %.*s", STR_ARG(trial->settings.name), STR_ARG(reason));
    }
}

static void print_result(struct trial *trial, enum verify_result result, const struct upstream_found *found) {
    if (result == VERIFY_UPSTREAM_ERROR || call_has(trial->call, OPT_SHOW)) {
        explain(trial, result, found);
    }
    struct buf buf;
    buf_init(&buf, trial->arena, 1024, OUTPUT_MOST);
    struct json_out out = json_out(&buf);
    json_open_object(&out, NULL);
    json_put_str(&out, "result", str_from(verify_result_name(result)));
    json_put_str(&out, "authority", str_or(found->evidence.authority, STR("")));
    json_put_str(&out, "method", str_or(found->evidence.method, STR("")));
    json_put_str(&out, "check_id", str_or(found->evidence.check_id, STR("")));
    json_put_int(&out, "level", found->evidence.level);
    json_put_bool(&out, "folded", found->evidence.folded);
    json_put_bool(&out, "subject", !str_is_empty(found->subject));
    json_put_bool(&out, "certified", found->certified);
    json_put_bool(&out, "alert", found->alert);
    json_put_str(&out, "status", str_from(organisation_status_name(found->status)));
    json_close_object(&out);
    trial->answered = result != VERIFY_UPSTREAM_ERROR;
    print(&buf);
}

static void print_begun(struct trial *trial, const struct upstream_begun *begun) {
    if (call_has(trial->call, OPT_SHOW)) {
        mask_add_secret(mask_of(trial), begun->kept);
        watch_show(&trial->watch, mask_of(trial));
    }
    struct buf buf;
    buf_init(&buf, trial->arena, 1024, OUTPUT_MOST);
    struct json_out out = json_out(&buf);
    json_open_object(&out, NULL);
    json_put_str(&out, "url", begun->url);
    json_put_bool(&out, "other_device", begun->other_device);
    json_close_object(&out);
    print(&buf);
}

/* --- asking --- */

static struct upstream_param *params_of(struct arena *arena, struct str address, size_t *ret_count) {
    struct str query, fragment;
    str_cut(address, '?', &query);
    struct http_params params = http_params_parse(arena, str_cut(str_or(query, STR("")), '#', &fragment), PARAMS_MOST);
    struct upstream_param *list = arena_array_of(arena, params.count + 1, struct upstream_param);
    for (size_t i = 0; i < params.count; i++) {
        list[i] = (struct upstream_param){params.fields[i].name, params.fields[i].value};
    }
    *ret_count = params.malformed ? 0 : params.count;
    return list;
}

/* A code is as good as a password until it is used. */
static void hide_params(struct trial *trial, const struct upstream_returned *returned) {
    for (size_t i = 0; i < returned->param_count; i++) {
        struct str name = returned->params[i].name;
        if (!str_equal(name, STR("state")) && !str_equal(name, STR("iss"))) {
            mask_add(mask_of(trial), returned->params[i].value, MASK_HIDDEN);
        }
    }
}

static void come_back(struct trial *trial, const struct upstream_begun *begun) {
    struct str line;
    enum verify_result result = VERIFY_PENDING;
    while (result == VERIFY_PENDING && read_line(trial->arena, &line)) {
        struct upstream_returned returned = {.begun = trial->begin, .kept = begun->kept};
        struct upstream_found found;
        returned.params = params_of(trial->arena, line, &returned.param_count);
        hide_params(trial, &returned);
        result = upstream_finish(trial->upstream, trial->arena, &returned, &found);
        print_result(trial, result, &found);
    }
}

static void ask(struct trial *trial) {
    unsigned services = upstream_traits(trial->upstream)->services;
    struct upstream_found found = {0};
    if (services & UPSTREAM_MESSAGE) {
        print_result(trial, upstream_send(trial->upstream, trial->arena, &trial->message), &found);
    } else if (services & (UPSTREAM_PERSON | UPSTREAM_ORGANISATION)) {
        enum verify_result result = upstream_verify(trial->upstream, trial->arena, &trial->begin.asked, &found);
        print_result(trial, result, &found);
    } else {
        struct upstream_begun begun;
        enum verify_result result = upstream_begin(trial->upstream, trial->arena, &trial->begin, &begun);
        if (result == VERIFY_PENDING) {
            print_begun(trial, &begun);
            come_back(trial, &begun);
        } else {
            print_result(trial, result, &found);
        }
    }
}

static void run_fiber(void *arg) {
    struct trial *trial = arg;
    fiber_set_deadline(INT64_MAX);
    ask(trial);
    loop_stop(trial->loop);
}

static void start_fiber(void *arg) {
    struct trial *trial = arg;
    fiber_spawn(trial->loop, run_fiber, trial);
}

/* Opens the service before anything is asked: at a terminal its traits say what. */
static int run(struct trial *trial) {
    const struct config *config = trial->call->config;
    const struct fetch_options options = {.allowed_private = config->outbound_allow_private_hosts.items,
                                          .allowed_private_count = config->outbound_allow_private_hosts.count,
                                          .ca_file = config->outbound_ca_file};
    struct fault fault;
    trial->loop = loop_new();
    struct fetcher *fetcher = fetcher_new(trial->loop, &options);
    fetcher_observe(fetcher, (struct fetch_observer){watch_heard, &trial->watch});
    int status = EXIT_COULD_NOT;
    if (!upstream_open(&trial->settings, fetcher, &trial->upstream, &fault)) {
        call_failed_fault(trial->call, EXIT_COULD_NOT, &fault);
    } else if (read_asked(trial)) {
        loop_post(trial->loop, start_fiber, trial);
        loop_run(trial->loop);
        status = trial->answered ? EXIT_DONE : EXIT_COULD_NOT;
    } else {
        status = trial->call->status;
    }
    upstream_free(trial->upstream);
    fetcher_free(fetcher);
    loop_free(trial->loop);
    return status;
}

static const struct config_upstream *entry_named(const struct config *config, struct str name) {
    for (size_t i = 0; i < config->upstream_count; i++) {
        if (str_equal(config->upstreams[i].name, name)) {
            return &config->upstreams[i];
        }
    }
    return NULL;
}

int upstream_try(struct call *call) {
    struct trial *trial = arena_new_of(call->arena, struct trial);
    if (!call_load_config(call, call->typed.arguments[0])) {
        return call->status;
    }
    const struct config_upstream *entry = entry_named(call->config, call->typed.arguments[1]);
    if (!entry) {
        return call_failed(call, EXIT_NOT_FOUND, "upstreams has no entry %.*s", STR_ARG(call->typed.arguments[1]));
    }
    log_init(LOG_WARN, LOG_TEXT);
    trial->call = call;
    trial->arena = trial->watch.arena = call->arena;
    trial->settings = command_upstream_settings(entry);
    return run(trial);
}
