/*
 * watch: tells when a socket that a foreign library owns can be read or written. For libraries that do their own
 * reading and writing (libpq); everything of our own goes through http, fetch and redis.
 */
#ifndef LOOP_WATCH_H
#define LOOP_WATCH_H

#include <stdbool.h>

struct loop;
struct loop_watch;

/* ready(arg) on the loop's thread, outside any fiber, each time the descriptor can be read, and, while it is wanted,
 * when it can be written. It must be watched no longer than it is open. ready may free the watch. */
struct loop_watch *loop_watch_new(struct loop *loop, int fd, void (*ready)(void *arg), void *arg);
void loop_watch_write(struct loop_watch *watch, bool wanted);
void loop_watch_free(struct loop_watch *watch);

#endif
