/*
 * tongxing simulate: reads the register, listens on this machine only, answers.
 */
#include "simulate.h"
#include "faults.h"

#include "base/check.h"
#include "base/json.h"
#include "base/log.h"
#include "command/command.h"
#include "command/run.h"
#include "config/yaml.h"
#include "http/server.h"
#include "loop/loop.h"
#include "model/identity.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const struct str mode_names[] = {
#define MODE(identifier, name) STR_INIT(name),
#include "modes.def"
#undef MODE
};

struct running {
    struct simulator simulator;
    struct service *services; /* as many as there are kinds; those that are off have no kind */
};

/* --- the register --- */

static bool read_person(struct simulator *simulator, const struct yaml *node, struct person *person) {
    struct str phone = simulate_text(node, "phone", STR(""));
    person->name = simulate_text(node, "name", STR(""));
    person->id_number = simulate_text(node, "id_number", STR(""));
    person->state = simulate_text(node, "state", STR("normal"));
    person->entry = node;
    return person_name_key(simulator->arena, person->name, &person->key) != PERSON_NAME_BAD &&
           person->id_number.len == 18 && (str_is_empty(phone) || phone_read(simulator->arena, phone, &person->phone));
}

static bool read_register(struct simulator *simulator, const char *path) {
    struct config_problems problems = {.arena = simulator->arena};
    const struct yaml *people = NULL;
    if (yaml_load(simulator->arena, str_from(path), &simulator->root, &problems)) {
        people = yaml_member(simulator->root, "people");
        if (!people || people->kind != YAML_LIST) {
            config_problem_add(&problems, str_from(path), simulator->root->line, STR("people"), "must be a list");
        }
    }
    for (size_t i = 0; problems.count == 0 && i < people->count; i++) {
        simulator->people = i == 0 ? arena_array_of(simulator->arena, people->count, struct person) : simulator->people;
        if (!read_person(simulator, people->items[i], &simulator->people[simulator->people_count++])) {
            config_problem_add(&problems, str_from(path), people->items[i]->line, STR("people"),
                               "needs a name and an id_number, and a phone that is one");
        }
    }
    config_problems_print(&problems, stderr);
    return problems.count == 0;
}

/* --- control --- */

static void show_control(const struct service *service, struct http_reply *reply) {
    struct json_out out = json_out(&reply->body);
    reply->content_type = STR("application/json");
    json_open_object(&out, NULL);
    json_put_str(&out, "service", str_from(service->kind->name));
    json_put_str(&out, "mode", mode_names[service->mode]);
    json_put_int(&out, "delay_ms", service->delay_ms);
    json_put_int(&out, "calls", service->calls);
    json_close_object(&out);
}

static void set_control(struct service *service, const struct http_params *form, struct http_reply *reply) {
    size_t mode = 0;
    while (mode < ARRAY_LEN(mode_names) && !str_equal(mode_names[mode], http_params_get(form, STR("mode")))) {
        mode++;
    }
    if (mode == ARRAY_LEN(mode_names)) {
        reply->status = 400;
        return;
    }
    service->mode = (enum fault_mode)mode;
    str_to_i64(http_params_get(form, STR("delay_ms")), &service->delay_ms);
    show_control(service, reply);
}

static struct service *service_named(struct running *running, struct str name) {
    for (size_t i = 0; i < service_kind_count; i++) {
        struct service *service = &running->services[i];
        if (service->kind && (str_is_absent(name) || str_equal(name, str_from(service->kind->name)))) {
            return service;
        }
    }
    return NULL;
}

static void control(struct running *running, const struct http_request *request, struct http_reply *reply) {
    struct http_params params = request->query;
    if (request->method == HTTP_POST && http_form(request, &params) != HTTP_FORM_OK) {
        reply->status = 400;
        return;
    }
    struct service *service = service_named(running, http_params_get(&params, STR("service")));
    if (!service) {
        reply->status = 404;
    } else if (request->method == HTTP_POST) {
        set_control(service, &params, reply);
    } else {
        show_control(service, reply);
    }
}

/* --- answering --- */

static const struct service_path *path_of(const struct service *service, struct str path) {
    for (size_t i = 0; service->kind && i < service->kind->path_count; i++) {
        if (str_starts(path, str_from(service->kind->paths[i].prefix))) {
            return &service->kind->paths[i];
        }
    }
    return NULL;
}

static void handle(void *ctx, const struct http_request *request, struct http_reply *reply) {
    struct running *running = ctx;
    if (str_equal(request->path, STR("/_control"))) {
        control(running, request, reply);
        return;
    }
    for (size_t i = 0; i < service_kind_count; i++) {
        struct service *service = &running->services[i];
        const struct service_path *path = path_of(service, request->path);
        if (path && path->page) {
            service->kind->handle(service, request, reply);
            return;
        }
        if (path) {
            faults_around(service, request, reply);
            return;
        }
    }
    reply->status = 404;
}

/* --- the command --- */

static int usage(void) {
    fprintf(stderr,
            "usage: tongxing simulate --register FILE [--port N] [--app-id ID] [--tls-certificate FILE --tls-key "
            "FILE]\n"
            "Each service is on where its secret is in the environment: ");
    for (size_t i = 0; i < service_kind_count; i++) {
        if (service_kinds[i]->secret_variable) {
            fprintf(stderr, "%s%s", i > 0 ? ", " : "", service_kinds[i]->secret_variable);
        }
    }
    fprintf(stderr, ".\n");
    return 2;
}

static bool open_services(struct running *running, struct fault *fault) {
    running->services = arena_array_of(running->simulator.arena, service_kind_count, struct service);
    for (size_t i = 0; i < service_kind_count; i++) {
        const struct service_kind *kind = service_kinds[i];
        struct service *service = &running->services[i];
        *service = (struct service){.simulator = &running->simulator};
        service->secret = kind->secret_variable ? str_from(getenv(kind->secret_variable)) : STR("");
        if (str_is_absent(service->secret)) {
            continue;
        }
        service->kind = kind;
        if (kind->open && !kind->open(service, fault)) {
            return false;
        }
    }
    return service_named(running, STR_NONE) != NULL || fault_set(fault, "no service is on: no secret is set");
}

static void close_services(struct running *running) {
    for (size_t i = 0; i < service_kind_count; i++) {
        struct service *service = &running->services[i];
        if (service->kind && service->kind->done) {
            service->kind->done(service);
        }
        simulate_nonces_done(service);
    }
}

static int serve(struct running *running, struct http_server_options *options) {
    struct fault fault;
    struct http_server *server;
    struct loop *loop = loop_new();
    int status = 0;
    options->address = STR("127.0.0.1");
    options->limits = http_limits_default();
    options->handle = handle;
    options->ctx = running;
    run_prepare();
    if (open_services(running, &fault) && http_server_new(loop, options, &server, &fault)) {
        log_info("simulator.started", log_int("port", http_server_port(server)),
                 log_int("people", (int64_t)running->simulator.people_count));
        run_until_signal(loop);
        loop_end_fibers(loop);
        http_server_free(server);
    } else {
        status = command_failed(&fault);
    }
    loop_free(loop);
    close_services(running);
    return status;
}

static struct str folder_of(struct arena *arena, const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? str_dup(arena, str_of(path, (size_t)(slash - path))) : STR(".");
}

int command_simulate(int argc, char **argv) {
    static const struct option options[] = {
        {"register", required_argument, NULL, 'r'}, {"port", required_argument, NULL, 'p'},
        {"app-id", required_argument, NULL, 'a'},   {"tls-certificate", required_argument, NULL, 'c'},
        {"tls-key", required_argument, NULL, 'k'},  {0}};
    const char *file = NULL;
    struct arena *arena ARENA_AUTO = arena_new();
    struct running running = {.simulator = {.arena = arena, .app_id = STR("tongxing")}};
    struct http_server_options server = {0};
    uint64_t port = 8090;
    int option;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'r') {
            file = optarg;
        } else if (option == 'a') {
            running.simulator.app_id = str_from(optarg);
        } else if (option == 'c') {
            server.tls.certificate_file = str_from(optarg);
        } else if (option == 'k') {
            server.tls.key_file = str_from(optarg);
        } else if (option != 'p' || !str_to_u64(str_from(optarg), &port) || port > 65535) {
            return usage();
        }
    }
    if (!file || optind != argc) {
        return usage();
    }
    server.port = (uint16_t)port;
    running.simulator.folder = folder_of(arena, file);
    log_init(LOG_INFO, LOG_TEXT);
    return read_register(&running.simulator, file) ? serve(&running, &server) : 1;
}
