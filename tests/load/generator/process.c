/*
 * Reading /proc/PID/stat and /proc/PID/status.
 */
#include "process.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* The file's text with a NUL behind it; false when it cannot be read. */
static bool read_proc(int64_t pid, const char *name, char *text, size_t size) {
    char path[64];
    snprintf(path, sizeof(path), "/proc/%" PRId64 "/%s", pid, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return false;
    }
    ssize_t len = read(fd, text, size - 1);
    close(fd);
    text[len > 0 ? len : 0] = '\0';
    return len > 0;
}

/* The name of the program, in parentheses, may hold anything: the fields are counted from behind it. */
static bool read_times(const char *stat, struct process_usage *usage) {
    const char *fields = strrchr(stat, ')');
    uint64_t user, system;
    if (!fields ||
        sscanf(fields + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %" SCNu64 " %" SCNu64, &user, &system) != 2) {
        return false;
    }
    int64_t tick_us = 1000000 / sysconf(_SC_CLK_TCK);
    usage->user_us = (int64_t)user * tick_us;
    usage->system_us = (int64_t)system * tick_us;
    return true;
}

bool process_usage_read(int64_t pid, struct process_usage *ret_usage) {
    char text[8192];
    struct process_usage usage = {0};
    if (!read_proc(pid, "stat", text, sizeof(text)) || !read_times(text, &usage) ||
        !read_proc(pid, "status", text, sizeof(text))) {
        return false;
    }
    const char *rss = strstr(text, "\nVmRSS:");
    if (!rss || sscanf(rss, "\nVmRSS: %" SCNd64 " kB", &usage.rss_kib) != 1) {
        return false; /* a zombie has none */
    }
    *ret_usage = usage;
    return true;
}

int64_t process_own_cpu_us(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (int64_t)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}
