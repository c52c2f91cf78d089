/*
 * tongxing: one binary, its subcommands in one table.
 */
#include "base/check.h"
#include "command/command.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"serve", command_serve, "FILE                      run the server"},
    {"check", command_check, "FILE | --reference        say every mistake in a configuration, or all options"},
    {"keys", command_keys, "create|list|rotate FILE   signing keys"},
    {"account", command_account, "add FILE                  an account from a JSON profile on standard input"},
    {"initial-token", command_initial_token, "create|list|revoke FILE   tokens for dynamic client registration"},
    {"simulate", command_simulate, "…                         upstream registers for trials and tests"},
    {"portal", command_portal, "…                         a sample portal"},
};

static int usage(void) {
    fprintf(stderr, "usage: tongxing COMMAND …\n\n");
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        fprintf(stderr, "  %-13s %s\n", commands[i].name, commands[i].help);
    }
    return 2;
}

int main(int argc, char **argv) {
    for (size_t i = 0; argc > 1 && i < ARRAY_LEN(commands); i++) {
        if (strcmp(argv[1], commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    return usage();
}

/*
 * Debian's libcurl brings GnuTLS along, for RTMP, which we never speak. GnuTLS makes itself ready when it is loaded,
 * unless the program says this (GnuTLS manual, "Initialization"): 0.8 MB that nobody would use.
 */
int _gnutls_global_init_skip(void);
int _gnutls_global_init_skip(void) {
    return 1;
}
