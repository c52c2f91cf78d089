/*
 * What subcommands share: reading the configuration and the clients, and handing settings to the layers that use them.
 */
#include "command.h"

#include "audit/audit.h"
#include "base/json.h"
#include "config/clients_file.h"

#include <stdio.h>

bool command_load_config(const char *path, struct arena *arena, struct config *ret_config) {
    struct config_problems problems = {.arena = arena};
    struct fault fault;
    if (config_load(arena, str_from(path), ret_config, &problems)) {
        struct sql_options options = command_sql_options(ret_config);
        if (sql_options_check(&options, &fault)) {
            return true;
        }
        config_problem_add(&problems, str_from(path), 0, STR("sql.conninfo"), "%s", fault.text);
    }
    config_problems_print(&problems, stderr);
    return false;
}

int command_failed(const struct fault *fault) {
    fprintf(stderr, "tongxing: %s\n", fault->text);
    return 1;
}

struct sql_options command_sql_options(const struct config *config) {
    return (struct sql_options){
        .kind = config->sql_driver == CONFIG_SQL_POSTGRES ? SQL_POSTGRES : SQL_SQLITE,
        .path = config->sql_path,
        .conninfo = config->sql_conninfo,
        .connections = (size_t)config->sql_connections,
        .timeout_ms = config->sql_timeout_ms,
        .refuse_old_schema = !config->sql_migrate,
    };
}

struct keyring_options command_keyring_options(const struct config *config) {
    int64_t longest = config->lifetimes_access_token_s > config->lifetimes_id_token_s ? config->lifetimes_access_token_s
                                                                                      : config->lifetimes_id_token_s;
    return (struct keyring_options){
        .folder = config->keys_folder,
        .kek = config->keys_kek,
        /* ID tokens come back as hints long after they expired: a day is kept for them. */
        .retired_seconds = longest + 24 * 3600,
    };
}

struct audit_options command_audit_options(const struct config *config) {
    return (struct audit_options){
        .folder = config->audit_folder,
        .node = config->server_node,
        .spool_bytes = config->audit_spool_bytes,
        .sync_ms = config->audit_sync_ms,
        .checkpoint_ms = config->audit_checkpoint_s * 1000,
        .refuse_when_full = config->audit_full == CONFIG_AUDIT_REFUSE,
    };
}

struct redis_options command_redis_options(const struct config *config) {
    return (struct redis_options){
        .host = config->redis_host,
        .port = (uint16_t)config->redis_port,
        .username = config->redis_username,
        .password = config->redis_password,
        .database = (unsigned)config->redis_database,
        .timeout_ms = config->redis_timeout_ms,
    };
}

struct domain_settings command_settings(const struct config *config) {
    return (struct domain_settings){
        .issuer = config->server_issuer,
        .trust_framework = config->assurance_trust_framework,
        .code_s = config->lifetimes_code_s,
        .access_token_s = config->lifetimes_access_token_s,
        .id_token_s = config->lifetimes_id_token_s,
        .refresh_token_s = config->lifetimes_refresh_token_s,
        .refresh_grace_s = config->lifetimes_refresh_grace_s,
        .session_idle_s = config->lifetimes_session_idle_s,
        .session_s = config->lifetimes_session_s,
        .flow_s = config->lifetimes_flow_s,
        .clock_skew_s = config->lifetimes_clock_skew_s,
        .login_attempts_per_account = config->login_attempts_per_account,
        .login_attempts_per_address = config->login_attempts_per_address,
        .login_lock_s = config->login_lock_s,
        .password_least = config->login_password_least,
        .password_memory_kib = config->password_memory_kib,
        .password_passes = config->password_passes,
        .sms_code_s = config->sms_code_s,
        .sms_resend_s = config->sms_resend_s,
        .sms_per_phone = config->sms_per_phone,
        .sms_per_phone_and_address = config->sms_per_phone_and_address,
        .sms_per_address = config->sms_per_address,
        .sms_per_account = config->sms_per_account,
        .registration_enabled = config->registration_enabled,
        .minimum_age = config->registration_minimum_age,
        .registration_attempts_per_number = config->registration_attempts_per_number,
        .registration_attempts_per_address = config->registration_attempts_per_address,
        .proof_attempts_per_account = config->proofs_attempts_per_account,
        .proof_attempts_per_card = config->proofs_attempts_per_card,
        .organisation_recheck_s = config->organisations_recheck_days * 86400,
        .organisation_attempts_per_account = config->organisations_attempts_per_account,
        .organisation_attempts_per_code = config->organisations_attempts_per_code,
        .organisation_attempts_per_address = config->organisations_attempts_per_address,
    };
}

static bool read_client(struct arena *arena, const struct client_entry *entry, struct str file, struct client *client,
                        struct config_problems *problems) {
    static struct client_problems found; /* large, and commands run on one thread */
    if (client_read(arena, entry->metadata, client, &found)) {
        return true;
    }
    for (size_t i = 0; i < found.count; i++) {
        config_problem_add(problems, file, entry->line, found.items[i].member, "%s", found.items[i].text);
    }
    return false;
}

static void check_not_ourselves(const struct config *config, const struct client_entry *entry,
                                const struct client *client, struct config_problems *problems) {
    if (client_leads_to_issuer(client, config->server_issuer)) {
        config_problem_add(problems, config->clients_file, entry->line, STR("redirect_uris"),
                           "leads to this server itself");
    }
}

bool command_read_clients(const struct config *config, struct arena *arena, struct client **ret_clients,
                          size_t *ret_count, struct config_problems *ret_problems) {
    struct client_entries entries = {0};
    struct client *clients = NULL;
    if (!str_is_empty(config->clients_file) && clients_file_load(arena, config->clients_file, &entries, ret_problems)) {
        clients = arena_array_of(arena, entries.count + 1, struct client);
        for (size_t i = 0; i < entries.count; i++) {
            if (read_client(arena, &entries.items[i], config->clients_file, &clients[i], ret_problems)) {
                check_not_ourselves(config, &entries.items[i], &clients[i], ret_problems);
            }
        }
    }
    *ret_clients = clients;
    *ret_count = entries.count;
    return ret_problems->count == 0;
}

bool command_load_clients(const struct config *config, struct arena *arena, struct client **ret_clients,
                          size_t *ret_count) {
    struct config_problems problems = {.arena = arena};
    if (command_read_clients(config, arena, ret_clients, ret_count, &problems)) {
        return true;
    }
    config_problems_print(&problems, stderr);
    return false;
}

bool command_open_database(const struct config *config, struct sql_database **ret_database, struct fault *fault) {
    const struct sql_options options = command_sql_options(config);
    return sql_open(&options, ret_database, fault);
}
