/*
 * process: what the kernel says of a process, from /proc (proc(5)).
 */
#ifndef LOAD_PROCESS_H
#define LOAD_PROCESS_H

#include <stdbool.h>
#include <stdint.h>

struct process_usage {
    int64_t user_us, system_us; /* of all its threads since it began */
    int64_t rss_kib;
};

/* False when there is no such process. */
bool process_usage_read(int64_t pid, struct process_usage *ret_usage);
/* User and system time of this process itself, in microseconds. */
int64_t process_own_cpu_us(void);

#endif
