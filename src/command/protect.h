/*
 * protect: what a server does about itself before it holds keys.
 */
#ifndef COMMAND_PROTECT_H
#define COMMAND_PROTECT_H

#include <stdint.h>

/*
 * No core dump, no debugger and no reading of our memory by others of the same user (AD-08); and never a privilege more
 * than now, whatever is executed (AD-14). Under AddressSanitizer memory stays readable: its leak check has to.
 */
void process_protect(void);

/* Open file descriptors of the process; 0 when they cannot be counted. After process_protect only root may open
 * /proc/self/fd, so it is kept open from then on. */
uint64_t process_descriptors(void);

#endif
