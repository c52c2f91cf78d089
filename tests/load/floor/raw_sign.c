/*
 * floor_raw_sign ALG SECONDS: how often this core signs, and verifies, with one loaded key and nothing else, as the
 * processor time it takes. ALG is ES256, RS256, PS256 or EdDSA; only ES256 is verified.
 */
#include "floor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 100

static double cpu_seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double rate(void (*operation)(void), double seconds) {
    double start = cpu_seconds(), spent = 0;
    unsigned long count = 0;
    while (spent < seconds) {
        for (int i = 0; i < BATCH; i++) {
            operation();
        }
        count += BATCH;
        spent = cpu_seconds() - start;
    }
    return (double)count / spent;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: floor_raw_sign ALG SECONDS\n");
        return 2;
    }
    double seconds = atof(argv[2]);
    crypto_init(argv[1]);
    double sign = rate(crypto_sign, seconds / 2);
    double verify = strcasecmp(argv[1], "es256") == 0 ? rate(crypto_verify, seconds / 2) : 0;
    printf("{\"sign_per_second\": %.0f, \"verify_per_second\": %.0f}\n", sign, verify);
    return 0;
}
