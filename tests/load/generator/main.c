/*
 * load: reads a plan (plan.h), plays it against an HTTP server, prints what came of it (result.h).
 *
 * Exit status: 0 when every answer was right, 1 when one was wrong, 2 when the plan cannot be played.
 */
#include "result.h"

#include "base/arena.h"
#include "base/buf.h"
#include "base/check.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#define DESCRIPTORS_BESIDES 32
#define PLAN_BYTES          (256 * 1024 * 1024)

static int unusable(const char *what, const char *why) {
    fprintf(stderr, "load: %s: %s\n", what, why);
    return 2;
}

static bool read_file(struct arena *arena, const char *path, struct str *ret_text) {
    FILE *file = fopen(path, "r");
    if (!file) {
        return false;
    }
    struct buf text;
    buf_init(&text, arena, 64 * 1024, PLAN_BYTES);
    char piece[16 * 1024];
    size_t len;
    while ((len = fread(piece, 1, sizeof(piece), file)) > 0) {
        buf_put(&text, str_of(piece, len));
    }
    bool fine = !ferror(file) && !text.failed;
    fclose(file);
    *ret_text = buf_str(&text);
    return fine;
}

static bool find_endpoint(struct arena *arena, const struct plan *plan, struct endpoint *endpoint) {
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV}, *found;
    const char *port = str_c(arena, str_format(arena, "%zu", plan->port));
    if (getaddrinfo(str_c(arena, plan->host), port, &hints, &found) != 0) {
        return false;
    }
    memcpy(&endpoint->address, found->ai_addr, found->ai_addrlen);
    endpoint->address_len = found->ai_addrlen;
    freeaddrinfo(found);
    return true;
}

/* One descriptor for each connection, as far as the system lets us. */
static bool raise_descriptor_limit(size_t connections) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur >= connections + DESCRIPTORS_BESIDES;
}

static void prepare_players(struct run *run) {
    struct arena *arena = run->arena;
    const struct plan *plan = run->plan;
    run->players = arena_array_of(arena, plan->connections, struct player);
    for (size_t i = 0; i < plan->connections; i++) {
        connection_init(&run->players[i].connection, arena, &run->endpoint, &run->players[i]);
        values_init(&run->players[i].values, arena, &plan->variables);
    }
    run->idle = arena_array_of(arena, plan->idle_connections + 1, int);
    run->usages = arena_array_of(arena, plan->pid_count + 1, struct usage);
    TAILQ_INIT(&run->sleepers);
    TAILQ_INIT(&run->free);
}

/* NULL with the reason when the plan cannot be played here. */
static struct run *prepare(struct arena *arena, const struct plan *plan, const char **ret_problem) {
    struct run *run = arena_new_of(arena, struct run);
    *run = (struct run){.arena = arena, .plan = plan, .endpoint.poll = epoll_create1(EPOLL_CLOEXEC)};
    CHECK(run->endpoint.poll >= 0);
    struct process_usage usage;
    for (size_t i = 0; i < plan->pid_count; i++) {
        if (!process_usage_read(plan->pids[i], &usage)) {
            *ret_problem = "pids: there is no such process";
            return NULL;
        }
    }
    if (!find_endpoint(arena, plan, &run->endpoint)) {
        *ret_problem = "host: is not known";
        return NULL;
    }
    if (!raise_descriptor_limit(plan->connections + plan->idle_connections)) {
        *ret_problem = "more connections than this system allows a process (ulimit -n)";
        return NULL;
    }
    run->supply = supply_new(arena, plan);
    run->sample = sample_new(arena, plan);
    *ret_problem = "assertion.jwk: is no key";
    prepare_players(run);
    return run->supply ? run : NULL;
}

int main(int argc, char **argv) {
    if (argc != 2) {
        return unusable("usage", "load PLAN.json");
    }
    struct arena *arena ARENA_AUTO = arena_new();
    struct plan *plan = arena_new_of(arena, struct plan);
    struct str text, problem;
    const char *reason;
    if (!read_file(arena, argv[1], &text)) {
        return unusable(argv[1], strerror(errno));
    }
    if (!plan_read(arena, text, plan, &problem)) {
        return unusable(argv[1], str_c(arena, problem));
    }
    struct run *run = prepare(arena, plan, &reason);
    if (!run) {
        return unusable(argv[1], reason);
    }
    prctl(PR_SET_TIMERSLACK, 1); /* flows of the open loop begin on the microsecond */
    run_play(run);
    if (run->tally.flows == 0 && run->tally.wrong == 0) {
        run_abort(run, "no flow began in the window: it is too short for this server");
    }
    if (!sample_write(run->sample)) {
        run_abort(run, "the sample's file cannot be written");
    }
    result_print(run);
    return run->tally.wrong > 0 ? 1 : 0;
}
