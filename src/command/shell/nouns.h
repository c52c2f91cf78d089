/*
 * nouns: what can be administered, one file each. A new verb is a line of its noun's table.
 */
#ifndef COMMAND_SHELL_NOUNS_H
#define COMMAND_SHELL_NOUNS_H

#include "args.h"

enum {
    CLIENT_COMMANDS = 12,
    AGENCY_COMMANDS = 4,
    ADMIN_COMMANDS = 5,
    ACCOUNT_COMMANDS = 7,
    SESSION_COMMANDS = 2,
    CONSENT_COMMANDS = 2,
    ORGANISATION_COMMANDS = 2,
    KEYS_COMMANDS = 3,
    SETTINGS_COMMANDS = 2,
    UPSTREAM_COMMANDS = 2,
};

extern const struct command client_commands[CLIENT_COMMANDS];
extern const struct command agency_commands[AGENCY_COMMANDS];
extern const struct command admin_commands[ADMIN_COMMANDS];
extern const struct command account_commands[ACCOUNT_COMMANDS];
extern const struct command session_commands[SESSION_COMMANDS];
extern const struct command consent_commands[CONSENT_COMMANDS];
extern const struct command organisation_commands[ORGANISATION_COMMANDS];
extern const struct command keys_commands[KEYS_COMMANDS];
extern const struct command settings_commands[SETTINGS_COMMANDS];
extern const struct command upstream_commands[UPSTREAM_COMMANDS];

#endif
