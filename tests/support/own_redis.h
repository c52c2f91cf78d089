/*
 * own_redis: a real Redis on a socket in a folder of its own, for the tests of one file.
 */
#ifndef SUPPORT_OWN_REDIS_H
#define SUPPORT_OWN_REDIS_H

#include "base/clock.h"
#include "loop/fiber.h"
#include "store/kv.h"
#include "test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[64], socket_path[128];
static pid_t redis_pid;

static void start_redis(void) {
    redis_pid = fork();
    assert_true(redis_pid >= 0);
    if (redis_pid == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, STDOUT_FILENO);
        dup2(null, STDERR_FILENO);
        execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", socket_path, "--dir", folder, "--save",
               "", "--appendonly", "no", (char *)NULL);
        _exit(127);
    }
}

static void stop_redis(void) {
    kill(redis_pid, SIGKILL);
    waitpid(redis_pid, NULL, 0);
    unlink(socket_path);
}

static int make_redis(void **state) {
    snprintf(folder, sizeof(folder), "/tmp/kv-test-XXXXXX");
    if (!mkdtemp(folder)) {
        return -1;
    }
    snprintf(socket_path, sizeof(socket_path), "%s/redis.sock", folder);
    start_redis();
    return 0;
}

static int drop_redis(void **state) {
    stop_redis();
    return rmdir(folder);
}

static void until_up(struct kv *kv) {
    int64_t deadline = clock_monotonic_ms() + 10000;
    while (!kv_is_up(kv)) {
        assert_true(clock_monotonic_ms() < deadline);
        fiber_sleep(10);
    }
}

#endif
