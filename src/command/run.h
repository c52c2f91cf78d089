/*
 * run: a single-threaded program on one loop, until SIGINT or SIGTERM. For simulate and portal.
 */
#ifndef COMMAND_RUN_H
#define COMMAND_RUN_H

struct loop;

/* Blocks the signals in this and later threads. */
void run_prepare(void);
void run_until_signal(struct loop *loop);

#endif
