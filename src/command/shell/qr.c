/*
 * qrencode writes to our standard output by itself; we write the text to it.
 */
#include "qr.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

#define TEXT_MOST 2048 /* fits a pipe whole, so that writing never waits for the reader */

static bool start(int from, pid_t *ret_pid) {
    char name[] = "qrencode", type[] = "--type=UTF8", margin[] = "--margin=2";
    char *argv[] = {name, type, margin, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, from, STDIN_FILENO);
    posix_spawn_file_actions_addclose(&actions, from);
    int failed = posix_spawnp(ret_pid, name, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed == 0;
}

static bool ended_well(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool qr_print(struct str text) {
    int ends[2];
    pid_t pid;
    if (text.len == 0 || text.len > TEXT_MOST || pipe(ends) != 0) {
        return false;
    }
    signal(SIGPIPE, SIG_IGN);
    bool started = write(ends[1], text.ptr, text.len) == (ssize_t)text.len;
    close(ends[1]);
    started = started && start(ends[0], &pid);
    close(ends[0]);
    return started && ended_well(pid);
}
