/*
 * floor_argon2 MEMORY_KIB PASSES THREADS SECONDS: how many argon2id hashes a second that many threads make, each alone
 * on its memory, and nothing else.
 */
#include <argon2.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define THREADS_MOST 64

static unsigned memory_kib, passes;
static double seconds;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void *run(void *arg) {
    double *rate = arg, start = now(), spent = 0;
    unsigned long count = 0;
    unsigned char hash[32];
    while (spent < seconds) {
        if (argon2id_hash_raw(passes, memory_kib, 1, "Bench-Pass-1", 12, "0123456789abcdef", 16, hash, sizeof(hash)) !=
            ARGON2_OK) {
            abort();
        }
        count++;
        spent = now() - start;
    }
    *rate = (double)count / spent;
    return NULL;
}

int main(int argc, char **argv) {
    if (argc != 5) {
        fprintf(stderr, "usage: floor_argon2 MEMORY_KIB PASSES THREADS SECONDS\n");
        return 2;
    }
    memory_kib = (unsigned)atoi(argv[1]);
    passes = (unsigned)atoi(argv[2]);
    seconds = atof(argv[4]);
    int threads = atoi(argv[3]);
    pthread_t ids[THREADS_MOST];
    double rates[THREADS_MOST], sum = 0;
    if (threads < 1 || threads > THREADS_MOST) {
        return 2;
    }
    for (int i = 0; i < threads; i++) {
        pthread_create(&ids[i], NULL, run, &rates[i]);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        sum += rates[i];
    }
    printf("{\"per_second\": %.3f}\n", sum);
    return 0;
}
