/*
 * tongxing account add FILE: an account from one JSON object on standard input, for the first administrators and for
 * trials. Its members are the standard claims, and username, password, id_number and level: the level is recorded as
 * the operator's own word.
 */
#include "command.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/json.h"
#include "domain/account.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "loop/pool.h"
#include "store/sql.h"

#include <stdio.h>
#include <string.h>

#define INPUT_MOST (64 * 1024)

struct job {
    struct domain domain;
    struct arena *arena;
    struct account_wanted wanted;
    enum domain_status status;
    struct str account_id;
};

static bool read_input(struct arena *arena, struct account_wanted *wanted, struct fault *fault) {
    struct buf input;
    buf_init(&input, arena, INPUT_MOST, INPUT_MOST);
    buf_added(&input, fread(buf_reserve(&input, INPUT_MOST), 1, INPUT_MOST, stdin));
    const struct json *object;
    if (!json_parse(arena, buf_str(&input), JSON_LIMITS_DOCUMENT, &object) ||
        !profile_read(arena, buf_str(&input), &wanted->profile)) {
        return fault_set(fault, "standard input is not a JSON object of claims");
    }
    json_get_str(object, "username", &wanted->username);
    int64_t level = 1;
    json_get_int(object, "level", &level);
    if (!json_get_str(object, "password", &wanted->password) || level < 1 || level > 4) {
        return fault_set(fault, "password is missing, or level is not 1 to 4");
    }
    struct evidence *evidence = arena_new_of(arena, struct evidence);
    *evidence = (struct evidence){.source = STR("operator"),
                                  .authority = STR("operator"),
                                  .method = STR("manual_record"),
                                  .check_id = STR(""),
                                  .result = VERIFY_MATCH,
                                  .checked_at = clock_wall(),
                                  .level = (int)level};
    wanted->evidence = evidence;
    wanted->evidence_count = 1;
    return true;
}

static void add(void *arg) {
    struct job *job = arg;
    job->status = account_create(&job->domain, job->arena, &job->wanted, &job->account_id);
    loop_stop(job->domain.loop);
}

static void start_add(void *arg) {
    struct job *job = arg;
    fiber_spawn(job->domain.loop, add, job);
}

static int run(struct job *job, const struct config *config, struct fault *fault) {
    struct sql_database *database;
    struct sql_options options = command_sql_options(config);
    options.connections = 1;
    if (!sql_open(&options, &database, fault)) {
        return command_failed(fault);
    }
    struct loop *loop = loop_new();
    job->domain.loop = loop;
    job->domain.passwords = pool_new("passwords", 1, 1, 0);
    int status = 1;
    if (sql_connect(database, &job->domain.sql, fault)) {
        loop_post(loop, start_add, job);
        loop_run(loop);
        status = job->status == DOMAIN_DONE ? 0 : 1;
        fault_set(fault, job->status == DOMAIN_NO ? "the user name, phone or identity number belongs to another account"
                                                  : "the database did not take it");
    }
    sql_free(job->domain.sql);
    pool_free(job->domain.passwords);
    loop_free(loop);
    sql_database_free(database);
    return status ? command_failed(fault) : 0;
}

int command_account(int argc, char **argv) {
    if (argc != 3 || strcmp(argv[1], "add") != 0) {
        fprintf(stderr, "usage: tongxing account add FILE < account.json\n");
        return 2;
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct config *config = arena_new_of(arena, struct config);
    struct fault fault;
    struct keyring *keyring;
    struct domain_sealers sealers;
    if (!command_load_config(argv[2], arena, config)) {
        return 1;
    }
    struct keyring_options options = command_keyring_options(config);
    struct domain_settings settings = command_settings(config);
    struct job job = {.arena = arena, .domain = {.settings = &settings, .sealers = &sealers}};
    if (!read_input(arena, &job.wanted, &fault) || !keyring_open(&options, &keyring, &fault)) {
        return command_failed(&fault);
    }
    domain_sealers_init(&sealers, keyring);
    int status = run(&job, config, &fault);
    if (status == 0) {
        printf("%.*s\n", STR_ARG(job.account_id));
    }
    keyring_free(keyring);
    return status;
}
