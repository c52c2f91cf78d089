/*
 * All nouns, and the commands that are no administration.
 */
#include "nouns.h"

#include "base/check.h"
#include "call.h"
#include "command/command.h"
#include "help.h"

/* The older commands read their arguments themselves: they are given the file as they always were. */
static int with_file(struct call *call, struct str name, int (*run)(int argc, char **argv)) {
    struct str path = call_config_path(call, call->typed.arguments[0]);
    if (str_is_absent(path)) {
        return call->status;
    }
    char *argv[] = {str_c(call->arena, name), str_c(call->arena, path), NULL};
    return run(2, argv);
}

static int serve(struct call *call) {
    return with_file(call, STR("serve"), command_serve);
}

static int check(struct call *call) {
    if (!call_has(call, OPT_REFERENCE)) {
        return with_file(call, STR("check"), command_check);
    }
    char first[] = "check", second[] = "--reference";
    char *argv[] = {first, second, NULL};
    return command_check(2, argv);
}

static int help(struct call *call) {
    struct str name = call->typed.arguments[0], verb = call->typed.arguments[1];
    if (call_has(call, OPT_COMMANDS)) {
        help_write_reference(call->nouns, &call->out);
        return call_print(call);
    }
    if (str_is_absent(name)) {
        help_write_nouns(call->nouns, &call->out);
        return call_print(call);
    }
    struct typed asked;
    struct fault fault;
    char ask[] = "--help";
    char *words[] = {str_c(call->arena, name), str_is_absent(verb) ? ask : str_c(call->arena, verb), ask};
    if (!args_read(call->nouns, call->arena, ARRAY_LEN(words), words, &asked, &fault)) {
        return call_failed_fault(call, EXIT_USAGE, &fault);
    }
    if (asked.command) {
        help_write_command(asked.noun, asked.command, &call->out);
    } else {
        help_write_noun(asked.noun, &call->out);
    }
    return call_print(call);
}

static int completion(struct call *call) {
    completion_write_bash(call->nouns, &call->out);
    return call_print(call);
}

#define FILE_ARGUMENT                                                                                                  \
    {                                                                                                                  \
        { .name = "FILE", .optional = true, .takes = TAKES_FILE }                                                      \
    }

static const struct command serve_commands[] = {{
    .help = "run the server",
    .example = "serve /etc/tongxing/tongxing.yaml",
    .arguments = FILE_ARGUMENT,
    .without_json = true,
    .run = serve,
}};

static const struct command check_commands[] = {{
    .help = "say every mistake in a configuration, with file, line and option",
    .example = "check tongxing.yaml",
    .arguments = FILE_ARGUMENT,
    .options = {OPT_REFERENCE},
    .without_json = true,
    .run = check,
}};

static const struct command audit_commands[] = {{
    .help = "the audit trail: verify, search, export, verify-export or prune",
    .example = "audit verify /etc/tongxing/tongxing.yaml",
    .raw = command_audit,
}};

static const struct command initial_token_commands[] = {{
    .help = "tokens with which client systems register themselves: create, list or revoke",
    .example = "initial-token list /etc/tongxing/tongxing.yaml",
    .raw = command_initial_token,
}};

static const struct command migrate_commands[] = {{
    .help = "bring the database's schema up to date",
    .example = "migrate /etc/tongxing/tongxing.yaml",
    .raw = command_migrate,
}};

static const struct command backup_commands[] = {{
    .help = "the database to a file, while the servers run",
    .example = "backup /etc/tongxing/tongxing.yaml tongxing.jsonl",
    .raw = command_backup,
}};

static const struct command restore_commands[] = {{
    .help = "such a file into an empty database",
    .example = "restore /etc/tongxing/tongxing.yaml tongxing.jsonl",
    .raw = command_restore,
}};

static const struct command simulate_commands[] = {{
    .help = "upstream registers as real HTTP services, for trials and tests",
    .example = "simulate --register config/register.yaml --port 8090",
    .raw = command_simulate,
}};

static const struct command portal_commands[] = {{
    .help = "a sample portal, with its secret in $TONGXING_PORTAL_SECRET",
    .example = "portal --issuer http://localhost:8080 --client-id zwfw --port 8081 --name 政务服务网",
    .raw = command_portal,
}};

static const struct command help_commands[] = {{
    .help = "all commands, those of one noun, or one of them",
    .example = "help client add",
    .arguments = {{.name = "COMMAND", .optional = true}, {.name = "VERB", .optional = true}},
    .options = {OPT_COMMANDS},
    .without_config = true,
    .without_json = true,
    .run = help,
}};

static const struct command completion_commands[] = {{
    .help = "what makes a shell complete these commands when Tab is pressed",
    .example = "completion bash >/etc/bash_completion.d/tongxing",
    .arguments = {{.name = "SHELL", .takes = TAKES_WORD, .words = "bash"}},
    .without_config = true,
    .without_json = true,
    .run = completion,
}};

static const struct noun nouns[] = {
    {"serve", "run the server", serve_commands, ARRAY_LEN(serve_commands)},
    {"check", "say every mistake in a configuration", check_commands, ARRAY_LEN(check_commands)},
    {"keys", "signing keys", keys_commands, KEYS_COMMANDS},
    {"client", "client systems: portals and apps", client_commands, CLIENT_COMMANDS},
    {"agency", "the organisations that own client systems", agency_commands, AGENCY_COMMANDS},
    {"admin", "who administers", admin_commands, ADMIN_COMMANDS},
    {"account", "people's accounts", account_commands, ACCOUNT_COMMANDS},
    {"session", "where a person is signed in", session_commands, SESSION_COMMANDS},
    {"consent", "what a person has allowed", consent_commands, CONSENT_COMMANDS},
    {"organisation", "whom people act for", organisation_commands, ORGANISATION_COMMANDS},
    {"settings", "what can be changed while everything runs", settings_commands, SETTINGS_COMMANDS},
    {"initial-token", "tokens for dynamic client registration", initial_token_commands,
     ARRAY_LEN(initial_token_commands)},
    {"audit", "the audit trail", audit_commands, ARRAY_LEN(audit_commands)},
    {"upstream", "other people's identity services", upstream_commands, UPSTREAM_COMMANDS},
    {"migrate", "bring the database's schema up to date", migrate_commands, ARRAY_LEN(migrate_commands)},
    {"backup", "the database to a file", backup_commands, ARRAY_LEN(backup_commands)},
    {"restore", "such a file into an empty database", restore_commands, ARRAY_LEN(restore_commands)},
    {"simulate", "upstream registers for trials and tests", simulate_commands, ARRAY_LEN(simulate_commands)},
    {"portal", "a sample portal", portal_commands, ARRAY_LEN(portal_commands)},
    {"help", "this, or help about one command", help_commands, ARRAY_LEN(help_commands)},
    {"completion", "completion for bash", completion_commands, ARRAY_LEN(completion_commands)},
};
const struct nouns shell_nouns = {nouns, ARRAY_LEN(nouns)};
