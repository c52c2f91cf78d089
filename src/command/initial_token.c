/*
 * tongxing initial-token: the tokens with which client systems register themselves (docs/dynamic-registration.md), from
 * the host. Answers are one JSON document on standard output.
 */
#include "domain/initial_tokens.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "command.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "store/sql.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INPUT_MOST  (64 * 1024)
#define OUTPUT_MOST (1024 * 1024)

struct job {
    struct domain domain;
    struct arena *arena;
    struct actor actor;
    void (*run)(struct job *job);
    const char *token_id; /* of revoke */
    struct initial_token_wanted wanted;
    struct buf output;
    struct admin_answer answer;
};

static void put_row(struct json_out *out, struct arena *arena, const struct initial_token_row *row) {
    json_put_str(out, "token_id", row->token_id);
    json_put_int(out, "uses_left", row->uses_left);
    json_put_str(out, "expires_at", clock_rfc3339(arena, row->expires_at));
    json_put_str(out, "created_by", row->created_by);
    json_put_str(out, "created_at", clock_rfc3339(arena, row->created_at));
    json_put_raw(out, "policy", row->policy);
}

static void create(struct job *job) {
    struct initial_token_row row;
    struct str token;
    job->answer = initial_token_create(&job->domain, job->arena, &job->actor, &job->wanted, &row, &token);
    if (job->answer.result == ADMIN_DONE) {
        struct json_out out = json_out(&job->output);
        json_open_object(&out, NULL);
        json_put_str(&out, "token", token);
        put_row(&out, job->arena, &row);
        json_close_object(&out);
    }
}

static void list(struct job *job) {
    struct str after = STR_NONE;
    struct json_out out = json_out(&job->output);
    size_t count = ADMIN_PAGE_MOST;
    json_open_array(&out, NULL);
    while (count == ADMIN_PAGE_MOST) {
        struct initial_token_row *rows;
        job->answer = initial_token_list(&job->domain, job->arena, &job->actor, after, ADMIN_PAGE_MOST, &rows, &count);
        if (job->answer.result != ADMIN_DONE) {
            return;
        }
        for (size_t i = 0; i < count; i++) {
            json_open_object(&out, NULL);
            put_row(&out, job->arena, &rows[i]);
            json_close_object(&out);
            after = rows[i].token_id;
        }
    }
    json_close_array(&out);
}

static void withdraw(struct job *job) {
    job->answer = initial_token_revoke(&job->domain, job->arena, &job->actor, str_from(job->token_id));
}

static const struct verb {
    const char *name;
    int arguments;
    void (*run)(struct job *job);
} verbs[] = {{"create", 1, create}, {"list", 1, list}, {"revoke", 2, withdraw}};

/* {"uses":…,"expires_in":…,"policy":{…}} */
static bool read_wanted(struct job *job, struct fault *fault) {
    struct buf input;
    const struct json *object;
    buf_init(&input, job->arena, INPUT_MOST, INPUT_MOST);
    buf_added(&input, fread(buf_reserve(&input, INPUT_MOST), 1, INPUT_MOST, stdin));
    if (!json_parse(job->arena, buf_str(&input), JSON_LIMITS_DOCUMENT, &object) ||
        !json_get_int(object, "uses", &job->wanted.uses) ||
        !json_get_int(object, "expires_in", &job->wanted.expires_in)) {
        return fault_set(fault, "standard input is not a JSON object with uses, expires_in and policy");
    }
    job->wanted.policy = json_member(object, "policy");
    return true;
}

static void run_job(void *arg) {
    struct job *job = arg;
    job->run(job);
    loop_stop(job->domain.loop);
}

static void start_job(void *arg) {
    struct job *job = arg;
    fiber_spawn(job->domain.loop, run_job, job);
}

static bool with_database(struct job *job, const struct config *config, struct fault *fault) {
    struct sql_database *database;
    if (!command_open_database(config, &database, fault)) {
        return false;
    }
    job->domain.loop = loop_new();
    bool connected = sql_connect(database, &job->domain.sql, fault);
    if (connected) {
        loop_post(job->domain.loop, start_job, job);
        loop_run(job->domain.loop);
    }
    sql_free(job->domain.sql);
    loop_free(job->domain.loop);
    sql_database_free(database);
    return connected;
}

/* Why not, on standard error; 0 when it was done. */
static int say(const struct job *job) {
    static const char *const reasons[] = {
        [ADMIN_DONE] = "done",
        [ADMIN_FORBIDDEN] = "not allowed",
        [ADMIN_MISSING] = "there is no such token that is still good",
        [ADMIN_STALE] = "it was changed in the meantime",
        [ADMIN_INVALID] = "it cannot be made like this",
        [ADMIN_CONFLICT] = "it is taken",
        [ADMIN_UNAVAILABLE] = "the database does not answer",
    };
    const struct client_problems *problems = job->answer.problems;
    if (job->answer.result == ADMIN_DONE) {
        printf("%.*s%s", STR_ARG(buf_str(&job->output)), job->output.len > 0 ? "\n" : "");
        return 0;
    }
    fprintf(stderr, "tongxing: %s\n", reasons[job->answer.result]);
    for (size_t i = 0; problems && i < problems->count; i++) {
        fprintf(stderr, "  %.*s %s\n", STR_ARG(problems->items[i].member), problems->items[i].text);
    }
    return 1;
}

static struct str user_on_host(struct arena *arena) {
    const char *behind_sudo = geteuid() == 0 ? getenv("SUDO_USER") : NULL;
    struct passwd entry, *found = NULL;
    char *texts = arena_alloc(arena, 4096);
    if (!behind_sudo) {
        getpwuid_r(getuid(), &entry, texts, 4096, &found);
    }
    struct str name = str_from(behind_sudo ? behind_sudo : found ? entry.pw_name : "unknown");
    return str_concat(arena, STR("host:"), str_sub(name, 0, name.len < 64 ? name.len : 64));
}

static int run(struct job *job, const char *file) {
    struct config *config = arena_new_of(job->arena, struct config);
    struct fault fault;
    struct keyring *keyring;
    struct domain_sealers sealers;
    if (!command_load_config(file, job->arena, config)) {
        return 1;
    }
    const struct keyring_options options = command_keyring_options(config);
    const struct domain_settings settings = command_settings(config);
    if (!keyring_open(&options, &keyring, &fault)) {
        return command_failed(&fault);
    }
    domain_sealers_init(&sealers, keyring);
    job->domain.settings = &settings;
    job->domain.sealers = &sealers;
    bool ran = with_database(job, config, &fault);
    keyring_free(keyring);
    return ran ? say(job) : command_failed(&fault);
}

int command_initial_token(int argc, char **argv) {
    const struct verb *verb = NULL;
    for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
        if (argc == verbs[i].arguments + 2 && strcmp(argv[1], verbs[i].name) == 0) {
            verb = &verbs[i];
        }
    }
    if (!verb) {
        fprintf(stderr, "usage: tongxing initial-token create FILE < token.json | list FILE | revoke FILE TOKEN_ID\n");
        return 2;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct job job = {.arena = arena,
                      .actor = {.role = ROLE_HOST, .id = user_on_host(arena)},
                      .run = verb->run,
                      .token_id = verb->arguments == 2 ? argv[3] : NULL};
    struct fault fault;
    buf_init(&job.output, arena, 4096, OUTPUT_MOST);
    if (verb->run == create && !read_wanted(&job, &fault)) {
        return command_failed(&fault);
    }
    return run(&job, argv[2]);
}
