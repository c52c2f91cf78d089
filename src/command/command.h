/*
 * command: the subcommands of the binary, and what several of them do at start-up. Each returns the exit status: 0
 * done, 1 could not, 2 wrong usage.
 */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

#include "base/fault.h"
#include "config/config.h"
#include "domain/domain.h"
#include "jose/keyring.h"
#include "loop/redis.h"
#include "model/client.h"
#include "store/sql.h"

int command_serve(int argc, char **argv);
int command_check(int argc, char **argv);
int command_audit(int argc, char **argv);
int command_migrate(int argc, char **argv);
int command_backup(int argc, char **argv);
int command_restore(int argc, char **argv);
int command_initial_token(int argc, char **argv);
int command_simulate(int argc, char **argv);
int command_portal(int argc, char **argv);

/* Whatever was typed, from the first word behind "tongxing" on: see shell/. */
int shell_run(int argc, char **argv);

/* Loads the file, or says every mistake on standard error. */
bool command_load_config(const char *path, struct arena *arena, struct config *ret_config);
/* Says the fault on standard error; always 1, the exit status. */
int command_failed(const struct fault *fault);

struct sql_options command_sql_options(const struct config *config);
struct keyring_options command_keyring_options(const struct config *config);
/* Of a connection for commands, which nobody watches; the strings are the configuration's. */
struct redis_options command_redis_options(const struct config *config);
struct audit_options;
/* Without database and sealer. */
struct audit_options command_audit_options(const struct config *config);
struct domain_settings command_settings(const struct config *config);
/* The durable store that the configuration names; release it with sql_database_free. */
bool command_open_database(const struct config *config, struct sql_database **ret_database, struct fault *fault);
/* The clients of clients.file; false with every mistake in *ret_problems. */
bool command_read_clients(const struct config *config, struct arena *arena, struct client **ret_clients,
                          size_t *ret_count, struct config_problems *ret_problems);
/* The same; every mistake is said on standard error. */
bool command_load_clients(const struct config *config, struct arena *arena, struct client **ret_clients,
                          size_t *ret_count);

#endif
