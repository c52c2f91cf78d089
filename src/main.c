/*
 * tongxing: one binary; its commands are one table (command/shell/nouns.c).
 */
#include "command/command.h"

int main(int argc, char **argv) {
    return shell_run(argc - 1, argv + 1);
}

/*
 * Debian's libcurl brings GnuTLS along, for RTMP, which we never speak. GnuTLS makes itself ready when it is loaded,
 * unless the program says this (GnuTLS manual, "Initialization"): 0.8 MB that nobody would use.
 */
int _gnutls_global_init_skip(void);
int _gnutls_global_init_skip(void) {
    return 1;
}
