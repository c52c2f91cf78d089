/*
 * postgres: a throw-away PostgreSQL cluster for a unit test, through tests/support/postgres.
 */
#ifndef SUPPORT_POSTGRES_H
#define SUPPORT_POSTGRES_H

#include "base/check.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define POSTGRES_PASSWORD "test-password-of-postgres"

struct postgres_cluster {
    pid_t pid;
    FILE *to, *from;
    char folder[256];
};

static inline void postgres_line(struct postgres_cluster *cluster, char *line, size_t size) {
    CHECK(fgets(line, (int)size, cluster->from));
    line[strcspn(line, "\n")] = '\0';
}

static inline void postgres_begin(struct postgres_cluster *cluster) {
    int in[2], out[2];
    CHECK(pipe(in) == 0 && pipe(out) == 0);
    cluster->pid = fork();
    CHECK(cluster->pid >= 0);
    if (cluster->pid == 0) {
        dup2(in[0], STDIN_FILENO);
        dup2(out[1], STDOUT_FILENO);
        close(in[1]);
        close(out[0]);
        execl("tests/support/postgres", "postgres", (char *)NULL);
        _exit(127);
    }
    close(in[0]);
    close(out[1]);
    cluster->to = fdopen(in[1], "w");
    cluster->from = fdopen(out[0], "r");
    postgres_line(cluster, cluster->folder, sizeof(cluster->folder));
}

/* stop, kill, hang, go_on, start. Returns when it is done. */
static inline void postgres_do(struct postgres_cluster *cluster, const char *command) {
    char line[16];
    fprintf(cluster->to, "%s\n", command);
    fflush(cluster->to);
    postgres_line(cluster, line, sizeof(line));
    CHECK(strcmp(line, "done") == 0);
}

static inline void postgres_end(struct postgres_cluster *cluster) {
    fclose(cluster->to);
    fclose(cluster->from);
    waitpid(cluster->pid, NULL, 0);
}

#endif
