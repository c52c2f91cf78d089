/*
 * tongxing simulate: reads the register, listens on this machine only, answers.
 */
#include "simulate.h"

#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "command/command.h"
#include "command/run.h"
#include "config/yaml.h"
#include "http/server.h"
#include "loop/loop.h"
#include "model/identity.h"
#include "upstream/population.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const struct str mode_names[] = {
#define MODE(identifier, name) STR_INIT(name),
#include "modes.def"
#undef MODE
};

/* --- the register --- */

static struct str text_of(const struct yaml *map, const char *name, struct str otherwise) {
    const struct yaml *member = yaml_member(map, name);
    return member && member->kind == YAML_SCALAR ? member->text : otherwise;
}

static bool read_person(struct simulator *simulator, const struct yaml *node, struct person *person) {
    person->name = text_of(node, "name", STR(""));
    person->id_number = text_of(node, "id_number", STR(""));
    person->state = text_of(node, "state", STR("normal"));
    return person_name_key(simulator->arena, person->name, &person->key) != PERSON_NAME_BAD &&
           person->id_number.len == 18;
}

static bool read_register(struct simulator *simulator, const char *path) {
    struct config_problems problems = {.arena = simulator->arena};
    const struct yaml *root;
    const struct yaml *people = NULL;
    if (yaml_load(simulator->arena, str_from(path), &root, &problems)) {
        people = yaml_member(root, "people");
        if (!people || people->kind != YAML_LIST) {
            config_problem_add(&problems, str_from(path), root->line, STR("people"), "must be a list");
        }
    }
    for (size_t i = 0; problems.count == 0 && i < people->count; i++) {
        simulator->people = i == 0 ? arena_array_of(simulator->arena, people->count, struct person) : simulator->people;
        if (!read_person(simulator, people->items[i], &simulator->people[simulator->people_count++])) {
            config_problem_add(&problems, str_from(path), people->items[i]->line, STR("people"),
                               "needs a name and an id_number");
        }
    }
    config_problems_print(&problems, stderr);
    return problems.count == 0;
}

/* --- control --- */

static void show_control(const struct simulator *simulator, struct http_reply *reply) {
    struct json_out out = json_out(&reply->body);
    reply->content_type = STR("application/json");
    json_open_object(&out, NULL);
    json_put_str(&out, "mode", mode_names[simulator->mode]);
    json_put_int(&out, "delay_ms", simulator->delay_ms);
    json_put_int(&out, "calls", simulator->calls);
    json_close_object(&out);
}

static void set_control(struct simulator *simulator, const struct http_request *request, struct http_reply *reply) {
    struct http_params form;
    if (http_form(request, &form) != HTTP_FORM_OK) {
        reply->status = 400;
        return;
    }
    size_t mode = 0;
    while (mode < ARRAY_LEN(mode_names) && !str_equal(mode_names[mode], http_params_get(&form, STR("mode")))) {
        mode++;
    }
    if (mode == ARRAY_LEN(mode_names)) {
        reply->status = 400;
        return;
    }
    simulator->mode = (enum fault_mode)mode;
    str_to_i64(http_params_get(&form, STR("delay_ms")), &simulator->delay_ms);
    show_control(simulator, reply);
}

static void handle(void *ctx, const struct http_request *request, struct http_reply *reply) {
    struct simulator *simulator = ctx;
    bool posted = request->method == HTTP_POST;
    if (str_equal(request->path, STR(POPULATION_PATH)) && posted) {
        simulate_population(simulator, request, reply);
    } else if (str_equal(request->path, STR("/_control")) && posted) {
        set_control(simulator, request, reply);
    } else if (str_equal(request->path, STR("/_control"))) {
        show_control(simulator, reply);
    } else {
        reply->status = 404;
    }
}

/* --- the command --- */

static int usage(void) {
    fprintf(stderr, "usage: tongxing simulate --register FILE [--port N] [--app-id ID]\n"
                    "The secret of the request signatures is in the environment: TONGXING_POPULATION_SECRET.\n");
    return 2;
}

static int serve(struct simulator *simulator, uint16_t port) {
    struct fault fault;
    struct http_server *server;
    struct loop *loop = loop_new();
    struct http_server_options options = {
        .address = STR("127.0.0.1"), .port = port, .limits = http_limits_default(), .handle = handle, .ctx = simulator};
    int status = 0;
    run_prepare();
    if (http_server_new(loop, &options, &server, &fault)) {
        log_info("simulator.started", log_int("port", http_server_port(server)),
                 log_int("people", (int64_t)simulator->people_count));
        run_until_signal(loop);
        loop_end_fibers(loop);
        http_server_free(server);
    } else {
        status = command_failed(&fault);
    }
    loop_free(loop);
    simulate_population_done(simulator);
    return status;
}

int command_simulate(int argc, char **argv) {
    static const struct option options[] = {{"register", required_argument, NULL, 'r'},
                                            {"port", required_argument, NULL, 'p'},
                                            {"app-id", required_argument, NULL, 'a'},
                                            {0}};
    const char *file = NULL, *secret = getenv("TONGXING_POPULATION_SECRET");
    struct arena *arena ARENA_AUTO = arena_new();
    struct simulator simulator = {.arena = arena, .app_id = STR("tongxing")};
    uint64_t port = 8090;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'r') {
            file = optarg;
        } else if (option == 'a') {
            simulator.app_id = str_from(optarg);
        } else if (option != 'p' || !str_to_u64(str_from(optarg), &port) || port > 65535) {
            return usage();
        }
    }
    if (!file || !secret || optind != argc) {
        return usage();
    }
    simulator.secret = str_from(secret);
    log_init(LOG_INFO, LOG_TEXT);
    return read_register(&simulator, file) ? serve(&simulator, (uint16_t)port) : 1;
}
