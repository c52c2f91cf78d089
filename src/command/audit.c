/*
 * tongxing audit verify|search|export|verify-export|prune FILE …: the audit trail from the shell, whether the server
 * runs or not. What it does itself is told through the outbox, which a running server, or the next one, takes into the
 * trail.
 */
#include "audit.h"

#include "audit/export.h"
#include "audit/verify.h"
#include "base/check.h"
#include "base/clock.h"
#include "loop/fiber.h"
#include "loop/loop.h"
#include "store/sql.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define DAY_MS 86400000LL

/* Whoever is at the shell (model/actor.h). */
static struct str host_actor(struct arena *arena) {
    const struct passwd *user = getpwuid(getuid());
    return user && user->pw_name ? str_format(arena, "host:%s", user->pw_name)
                                 : str_format(arena, "host:%u", (unsigned)getuid());
}

/* --- verify --- */

static void print_chain(void *ctx, const struct audit_chain_report *report) {
    bool rows = report->last_seq >= report->first_seq;
    printf("%.*s: ", STR_ARG(report->node));
    if (report->broken) {
        printf("row %lld %s; ", (long long)report->fault_seq, audit_fault_text(report->fault));
    }
    if (rows) {
        printf("rows %lld to %lld are in order\n", (long long)report->first_seq, (long long)report->last_seq);
    } else {
        printf("no rows%s\n", report->broken ? " before it" : "");
    }
}

static bool print_checkpoints(struct audit_job *job) {
    struct str after = STR("");
    for (;;) {
        struct audit_mark *heads;
        size_t count;
        if (audit_marks_list(job->sql, job->arena, AUDIT_HEAD, after, 100, &heads, &count) != SQL_DONE) {
            return fault_set(&job->fault, "the database does not answer");
        }
        for (size_t i = 0; i < count; i++) {
            if (chain_mark_fits(job->sealer, AUDIT_HEAD, &heads[i])) {
                printf("checkpoint %.*s\n", STR_ARG(chain_checkpoint(job->sealer, job->arena, &heads[i])));
            }
        }
        if (count == 0) {
            return true;
        }
        after = heads[count - 1].node;
    }
}

static bool read_checkpoints(struct audit_job *job, struct audit_mark *marks) {
    for (size_t i = 0; i < job->args->checkpoint_count; i++) {
        if (!chain_checkpoint_read(job->sealer, job->arena, job->args->checkpoints[i], &marks[i])) {
            return fault_set(&job->fault, "%.*s is no checkpoint of this installation",
                             (int)(job->args->checkpoints[i].len < 200 ? job->args->checkpoints[i].len : 200),
                             job->args->checkpoints[i].ptr);
        }
    }
    return true;
}

static bool verify(struct audit_job *job) {
    struct audit_mark *marks = arena_array_of(job->arena, job->args->checkpoint_count + 1, struct audit_mark);
    if (!read_checkpoints(job, marks)) {
        return false;
    }
    const struct audit_verify wanted = {.sealer = job->sealer,
                                        .checkpoints = marks,
                                        .checkpoint_count = job->args->checkpoint_count,
                                        .report = print_chain};
    switch (audit_verify(job->sql, &wanted)) {
    case AUDIT_INTACT:
        return print_checkpoints(job);
    case AUDIT_BROKEN:
        return fault_set(&job->fault, "the audit trail is not what was written");
    case AUDIT_CANNOT_SAY:
        break;
    }
    return fault_set(&job->fault, "the database does not answer");
}

/* --- export, prune --- */

static bool export(struct audit_job *job) {
    int64_t rows;
    const struct audit_filter *filter = &job->args->filter;
    const struct audit_export_wanted wanted = {.sealer = job->sealer,
                                               .from_ms = filter->from_ms,
                                               .before_ms = filter->before_ms ? filter->before_ms : clock_wall_ms(),
                                               .path = job->args->other_file,
                                               .actor = host_actor(job->arena)};
    if (!audit_export(job->sql, &wanted, &rows, &job->fault)) {
        return false;
    }
    printf("%lld rows\n", (long long)rows);
    return print_checkpoints(job);
}

static bool verify_export(struct audit_job *job) {
    int64_t rows;
    if (!audit_export_verify(job->sealer, job->args->other_file, &rows, &job->fault)) {
        return false;
    }
    printf("%lld rows are in order, and the seal is this installation's\n", (long long)rows);
    return true;
}

static bool prune(struct audit_job *job) {
    int64_t days = job->config->audit_keep_days;
    const struct audit_prune_wanted wanted = {
        .sealer = job->sealer, .before_ms = job->args->filter.before_ms, .actor = host_actor(job->arena)};
    if (wanted.before_ms <= 0 || wanted.before_ms > clock_wall_ms() - days * DAY_MS) {
        return fault_set(&job->fault, "--before must be at least %lld days ago (audit.keep_days)", (long long)days);
    }
    struct audit_pruned pruned = {0};
    bool fine = audit_prune(job->sql, &wanted, &pruned, &job->fault);
    printf("%lld rows taken out, %lld kept because they were not exported\n", (long long)pruned.rows,
           (long long)pruned.not_exported);
    return fine;
}

/* --- running them --- */

static const struct subcommand {
    const char *name;
    bool (*run)(struct audit_job *job); /* false with the fault set */
    bool file;                          /* takes another file */
    const char *help;
} subcommands[] = {
    {"verify", verify, false, "verify FILE [--since-checkpoint TEXT]…"},
    {"search", audit_search_print, false,
     "search FILE [--event NAME] [--actor ID] [--client ID] [--subject ID] [--result NAME] [--request ID]\n"
     "              [--from TIME] [--to TIME] [--limit N] [--json]"},
    {"export", export, true, "export FILE [--from TIME] [--to TIME] OUT"},
    {"verify-export", verify_export, true, "verify-export FILE EXPORTED"},
    {"prune", prune, false, "prune FILE --before TIME"},
};

static int usage(void) {
    fprintf(stderr, "usage:\n");
    for (size_t i = 0; i < ARRAY_LEN(subcommands); i++) {
        fprintf(stderr, "  tongxing audit %s\n", subcommands[i].help);
    }
    return 2;
}

struct running {
    const struct subcommand *subcommand;
    struct audit_job job;
    struct loop *loop;
    bool fine;
};

static void run_fiber(void *arg) {
    struct running *running = arg;
    running->fine = running->subcommand->run(&running->job);
    loop_stop(running->loop);
}

static void start_fiber(void *arg) {
    struct running *running = arg;
    fiber_spawn(running->loop, run_fiber, running);
}

static bool run_on_loop(struct running *running) {
    struct sql_database *database;
    if (!sql_sqlite_open(running->job.config->sql_path, &database, &running->job.fault)) {
        return false;
    }
    running->loop = loop_new();
    if (sql_connect(database, &running->job.sql, &running->job.fault)) {
        loop_post(running->loop, start_fiber, running);
        loop_run(running->loop);
    }
    sql_free(running->job.sql);
    loop_free(running->loop);
    sql_database_free(database);
    return running->fine;
}

static int run_subcommand(const struct subcommand *subcommand, const struct audit_args *args, struct arena *arena) {
    struct config *config = arena_new_of(arena, struct config);
    struct running running = {.subcommand = subcommand, .job = {.arena = arena, .config = config, .args = args}};
    struct keyring *keyring;
    if (!command_load_config(str_c(arena, args->file), arena, config)) {
        return 1;
    }
    struct keyring_options options = command_keyring_options(config);
    if (!keyring_open(&options, &keyring, &running.job.fault)) {
        return command_failed(&running.job.fault);
    }
    running.job.sealer = keyring_sealer(keyring, "audit");
    bool fine = run_on_loop(&running);
    fine = fflush(stdout) == 0 && fine;
    keyring_free(keyring);
    return fine ? 0 : command_failed(&running.job.fault);
}

int command_audit(int argc, char **argv) {
    struct arena *arena ARENA_AUTO = arena_new();
    struct audit_args args;
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(subcommands); i++) {
        if (strcmp(argv[1], subcommands[i].name) == 0) {
            bool read = audit_args_read(argc - 1, argv + 1, arena, &args) &&
                        subcommands[i].file == !str_is_absent(args.other_file);
            return read ? run_subcommand(&subcommands[i], &args, arena) : usage();
        }
    }
    return usage();
}
