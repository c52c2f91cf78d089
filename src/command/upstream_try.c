/*
 * tongxing upstream try FILE NAME: asks one configured service once, from the host, to see whether it is set up well.
 * The first line of standard input is what is asked, as JSON. A service that the browser goes to answers with the
 * address; the lines that follow are the addresses that the browser came back with, or empty to ask again. Each answer
 * is a line of JSON on standard output: the result and the evidence, and nothing that was told about the person.
 */
#include "upstreams.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "command.h"
#include "http/request.h"
#include "loop/fetch.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "model/identity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MOST   (64 * 1024)
#define OUTPUT_MOST (64 * 1024)
#define PARAMS_MOST 50

struct trial {
    struct arena *arena;
    struct loop *loop;
    struct upstream *upstream;
    struct upstream_begin begin; /* asked, return_url and transaction */
    struct upstream_message message;
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

static const struct {
    const char *name;
    size_t offset;
} members[] = {
#define MEMBER(member)                                                                                                 \
    { #member, offsetof(struct upstream_asked, member) }
    MEMBER(name),
    MEMBER(id_number),
    MEMBER(phone),
    MEMBER(bank_card),
    MEMBER(social_card),
    MEMBER(region),
    MEMBER(org_name),
    MEMBER(credit_code),
    MEMBER(representative_name),
    MEMBER(representative_number),
    MEMBER(credential),
#undef MEMBER
};

static bool read_member(void *ctx, struct str name, const struct json *value) {
    struct upstream_asked *asked = ctx;
    for (size_t i = 0; i < ARRAY_LEN(members); i++) {
        if (str_equal(name, str_from(members[i].name))) {
            return json_str(value, (struct str *)(void *)((char *)asked + members[i].offset));
        }
    }
    return str_equal(name, STR("return_url")) || str_equal(name, STR("code")) || str_equal(name, STR("in_app"));
}

static bool read_asked(struct trial *trial, struct fault *fault) {
    const struct json *object;
    struct str line;
    struct upstream_asked *asked = &trial->begin.asked;
    if (!read_line(trial->arena, &line) || !json_parse(trial->arena, line, JSON_LIMITS_TOKEN, &object) ||
        json_kind(object) != JSON_KIND_OBJECT) {
        return fault_set(fault, "the first line of standard input must be a JSON object: {\"name\": …, \"id_number\": "
                                "…, …}");
    }
    json_each(object, read_member, asked);
    struct id_number number;
    if (!str_is_absent(asked->id_number) && id_number_read(asked->id_number, clock_wall(), &number) == ID_NUMBER_OK) {
        asked->id_type = number.type;
    }
    asked->request_id = asked->transaction = upstream_transaction(trial->arena);
    trial->begin.transaction = asked->transaction;
    trial->begin.return_url = STR("http://localhost/return");
    json_get_str(object, "return_url", &trial->begin.return_url);
    json_get_bool(object, "in_app", &trial->begin.in_app);
    trial->message = (struct upstream_message){.phone = asked->phone,
                                               .code = STR("000000"),
                                               .valid_s = 300,
                                               .transaction = asked->transaction,
                                               .request_id = asked->request_id};
    json_get_str(object, "code", &trial->message.code);
    return true;
}

/* --- what came of it --- */

static void print(const struct buf *buf) {
    fwrite(buf->ptr, 1, buf->len, stdout);
    putchar('\n');
    fflush(stdout);
}

static void print_result(struct trial *trial, enum verify_result result, const struct upstream_found *found) {
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

static void come_back(struct trial *trial, const struct upstream_begun *begun) {
    struct str line;
    enum verify_result result = VERIFY_PENDING;
    while (result == VERIFY_PENDING && read_line(trial->arena, &line)) {
        struct upstream_returned returned = {.begun = trial->begin, .kept = begun->kept};
        struct upstream_found found;
        returned.params = params_of(trial->arena, line, &returned.param_count);
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

static bool run(struct trial *trial, const struct config *config, const struct config_upstream *entry,
                struct fault *fault) {
    const struct fetch_options options = {.allowed_private = config->outbound_allow_private_hosts.items,
                                          .allowed_private_count = config->outbound_allow_private_hosts.count,
                                          .ca_file = config->outbound_ca_file};
    const struct upstream_settings settings = command_upstream_settings(entry);
    trial->loop = loop_new();
    struct fetcher *fetcher = fetcher_new(trial->loop, &options);
    bool opened = upstream_open(&settings, fetcher, &trial->upstream, fault);
    if (opened) {
        loop_post(trial->loop, start_fiber, trial);
        loop_run(trial->loop);
        upstream_free(trial->upstream);
    }
    fetcher_free(fetcher);
    loop_free(trial->loop);
    return opened;
}

static const struct config_upstream *entry_named(const struct config *config, struct str name) {
    for (size_t i = 0; i < config->upstream_count; i++) {
        if (str_equal(config->upstreams[i].name, name)) {
            return &config->upstreams[i];
        }
    }
    return NULL;
}

int command_upstream(int argc, char **argv) {
    if (argc != 4 || strcmp(argv[1], "try") != 0) {
        fprintf(stderr, "usage: tongxing upstream try FILE NAME < asked.json\n");
        return 2;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct config *config = arena_new_of(arena, struct config);
    struct trial trial = {.arena = arena};
    struct fault fault;
    if (!command_load_config(argv[2], arena, config)) {
        return 1;
    }
    const struct config_upstream *entry = entry_named(config, str_from(argv[3]));
    if (!entry) {
        fault_set(&fault, "upstreams has no entry %s", argv[3]);
        return command_failed(&fault);
    }
    log_init(LOG_WARN, LOG_TEXT);
    if (!read_asked(&trial, &fault) || !run(&trial, config, entry, &fault)) {
        return command_failed(&fault);
    }
    return trial.answered ? 0 : 1;
}
